/**
 * How a gallery looks. Side by side is how pictures stand where nothing else is said: without scripts
 * and on paper. `--at` is where the divider is, `--w` and `--h` are the sides of the input.
 */
export const GALLERY_STYLE = `
:root {
  color-scheme: light dark;
  --ground: #f5f4f1;
  --card: #fff;
  --edge: #dcd9d2;
  --ink: #1d1c1a;
  --faint: #605d57;
  --accent: #1d5bc4;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #131313;
    --card: #1d1d1d;
    --edge: #363534;
    --ink: #eceae6;
    --faint: #a5a29c;
    --accent: #8db6ff;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body {
  margin: 0 auto;
  max-width: 100rem;
  padding: clamp(1rem, 3vw, 2.5rem);
  background: var(--ground);
  color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif;
}
h1, h2, p, ul, figure { margin: 0; padding: 0; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.unseen {
  position: absolute;
  width: 1px;
  height: 1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
}

header {
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
.frame { position: relative; display: grid; grid-template-columns: 1fr 1fr; align-items: start; gap: 2px; background: var(--edge); }
.side { position: relative; }
/* The network does not heed what EXIF says about turning, so neither does the page. */
.side img { display: block; width: 100%; height: auto; max-height: 80vh; image-orientation: none; object-fit: contain; }
.tag {
  position: absolute;
  top: 0.6rem;
  left: 0.6rem;
  padding: 0 0.55em;
  border-radius: 0.3rem;
  background: rgb(0 0 0 / 68%);
  color: #fff;
  font-size: 0.75rem;
  line-height: 1.7;
  pointer-events: none;
}
.divider, .line { display: none; }
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
  .scripted:not(.sides) .frame {
    display: block;
    width: min(100%, 80vh * var(--w) / var(--h));
    margin: 0 auto;
    aspect-ratio: var(--w) / var(--h);
    overflow: hidden;
    cursor: ew-resize;
    touch-action: pan-y pinch-zoom;
    user-select: none;
    -webkit-user-select: none;
  }
  .scripted:not(.sides) .side { position: absolute; inset: 0; }
  .scripted:not(.sides) .side img { height: 100%; max-height: none; object-fit: fill; }
  .scripted:not(.sides) .after { clip-path: inset(0 0 0 var(--at, 50%)); }
  .scripted:not(.sides) .after .tag { right: 0.6rem; left: auto; }
  .scripted:not(.sides) .divider {
    position: absolute;
    inset: 0;
    z-index: 2;
    display: block;
    width: 100%;
    height: 100%;
    margin: 0;
    appearance: none;
    background: none;
    pointer-events: none;
  }
  .divider::-webkit-slider-thumb { appearance: none; width: 1px; height: 100%; opacity: 0; }
  .divider::-moz-range-thumb { width: 1px; height: 100%; border: 0; opacity: 0; }
  .divider::-moz-range-track { background: none; }
  .divider:focus {
    outline: 3px solid var(--accent);
    outline-offset: -3px;
    border-radius: 0.7rem 0.7rem 0 0;
    box-shadow: inset 0 0 0 5px var(--card);
  }
  .scripted:not(.sides) .line {
    position: absolute;
    inset: 0 auto 0 var(--at, 50%);
    z-index: 1;
    display: block;
    width: 2px;
    margin-left: -1px;
    background: #fff;
    box-shadow: 0 0 0 1px rgb(0 0 0 / 25%);
    pointer-events: none;
    forced-color-adjust: none;
  }
  .line::before, .line::after { content: ""; position: absolute; top: 50%; left: 50%; translate: -50% -50%; }
  .line::before {
    width: 2.25rem;
    height: 2.25rem;
    border-radius: 50%;
    background: #fff;
    box-shadow: 0 0 0 1px rgb(0 0 0 / 20%), 0 2px 6px rgb(0 0 0 / 35%);
  }
  .line::after {
    width: 1.15rem;
    height: 0.6rem;
    background: #222;
    clip-path: polygon(0 50%, 36% 0, 36% 100%, 0 50%, 100% 50%, 64% 0, 64% 100%, 100% 50%);
  }
  .dragged .divider:focus { outline: none; box-shadow: none; }
  html:not(.dragged) .divider:focus + .line::before { box-shadow: 0 0 0 3px var(--accent), 0 2px 6px rgb(0 0 0 / 35%); }
}
@media screen and (prefers-reduced-motion: no-preference) {
  .line::before { transition: scale 0.15s, box-shadow 0.15s; }
  .frame:hover .line::before { scale: 1.1; }
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
