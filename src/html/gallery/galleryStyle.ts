import { DIVIDER_STYLE } from '../dividerStyle.js';
import { PAGE_STYLE } from '../pageStyle.js';

/** How a gallery looks. */
export const GALLERY_STYLE = `${PAGE_STYLE}${DIVIDER_STYLE}header {
  display: flex;
  flex-wrap: wrap;
  align-items: end;
  justify-content: space-between;
  gap: 1rem 2rem;
  margin-bottom: clamp(1rem, 2.5vw, 2rem);
}
h1 {
  font-size: clamp(1.4rem, 1.1rem + 1.4vw, 2rem);
  font-weight: 650;
  line-height: 1.2;
  letter-spacing: -0.015em;
  overflow-wrap: anywhere;
}
.summary { margin-top: 0.35rem; font-variant-numeric: tabular-nums; }
.facts {
  margin-top: 0.1rem;
  color: var(--faint);
  font-size: 0.9rem;
  list-style: none;
  overflow-wrap: anywhere;
}
.facts li { display: inline-block; }
.facts li:not(:last-child)::after { content: "·"; margin: 0 0.45em; }

.controls { display: none; }
.scripted .controls { display: flex; flex-wrap: wrap; align-items: center; gap: 0.75rem; }
.filter { display: flex; flex-direction: row-reverse; align-items: center; }
.filter input {
  width: 14rem;
  max-width: 100%;
  min-height: 2.5rem;
  padding: 0 0.75rem;
  border: 1px solid var(--faint);
  border-radius: 0.5rem;
  background: var(--card);
  color: inherit;
  font: inherit;
}
.filter input::placeholder { color: var(--faint); opacity: 1; }
.found { color: var(--faint); font-size: 0.9rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
.found:not(:empty) { margin-right: 0.75rem; }
.views {
  display: flex;
  margin: 0;
  padding: 0.2rem;
  border: 1px solid var(--faint);
  border-radius: 0.5rem;
  background: var(--card);
}
.views label { position: relative; cursor: pointer; }
.views input { position: absolute; inset: 0; margin: 0; opacity: 0; cursor: pointer; }
.views span {
  display: block;
  padding: 0 0.8rem;
  border-radius: 0.3rem;
  line-height: 2rem;
  font-size: 0.9rem;
  white-space: nowrap;
}
.views input:checked + span { background: var(--ink); color: var(--card); }
.views input:focus-visible + span { outline: 3px solid var(--accent); outline-offset: 4px; }

main {
  --least: 34rem;
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, var(--least)), 1fr));
  align-items: start;
  gap: clamp(1rem, 2vw, 1.5rem);
}
main:has(figure:nth-of-type(3)) { grid-template-columns: repeat(auto-fill, minmax(min(100%, var(--least)), 1fr)); }
figure {
  min-width: 0;
  max-width: 60rem;
  overflow: hidden;
  border: 1px solid var(--edge);
  border-radius: 0.75rem;
  background: var(--card);
}
figcaption { padding: 0.75rem 1rem 0.85rem; }
h2 { font-size: 1rem; font-weight: 600; line-height: 1.35; overflow-wrap: anywhere; }
figcaption p {
  position: relative;
  display: flex;
  flex-wrap: wrap;
  gap: 0 0.4em;
  color: var(--faint);
  font-size: 0.9rem;
  font-variant-numeric: tabular-nums;
}
.time { margin-left: auto; }

footer { margin-top: 1.5rem; }

@media screen {
  .scripted:not(.sides) main { --least: 21rem; }
  .scripted:not(.sides) figure { max-width: clamp(20rem, 80vh * var(--w) / var(--h), 60rem); }
}
@media screen and (prefers-reduced-motion: no-preference) {
  .views span { transition: background 0.15s, color 0.15s; }
}
@media (max-width: 40rem) {
  .scripted .controls, .filter, .views { width: 100%; }
  .filter input { flex: 1; min-width: 0; width: auto; }
  .views label { flex: 1; text-align: center; }
}
@media print {
  :root { --ground: #fff; --card: #fff; --edge: #bbb; --ink: #000; --faint: #444; }
  .scripted .controls { display: none; }
  figure { break-inside: avoid; }
}
`;
