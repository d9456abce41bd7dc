import { DIVIDER_STYLE } from '../../html/dividerStyle.js';
import { PAGE_STYLE } from '../../html/pageStyle.js';

/** How a report looks. A pair of colours that is told apart with any kind of colour vision, and dashes for the second line. */
export const REPORT_STYLE = `${PAGE_STYLE}${DIVIDER_STYLE}
:root { --first: #1d5bc4; --second: #b4480a; --alert: #a3231b; }
@media (prefers-color-scheme: dark) {
  :root { --first: #8db6ff; --second: #ffab70; --alert: #ff9d94; }
}
header { margin-bottom: 1.5rem; }
h1 { font-size: clamp(1.4rem, 1.1rem + 1.4vw, 2rem); font-weight: 650; line-height: 1.2; letter-spacing: -0.015em; overflow-wrap: anywhere; }
h2 { margin: 2.25rem 0 0.85rem; font-size: 1.2rem; font-weight: 650; }
h3 { margin: 0; font-size: 1rem; font-weight: 600; overflow-wrap: anywhere; }
.facts { margin-top: 0.35rem; color: var(--faint); list-style: none; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.facts li { display: inline-block; }
.facts li:not(:last-child)::after { content: "·"; margin: 0 0.45em; }
.progress { height: 0.4rem; margin-top: 0.75rem; border-radius: 0.2rem; background: var(--edge); overflow: hidden; }
.progress div { height: 100%; background: var(--accent); }
.notes { margin: 1rem 0 0; padding: 0; list-style: none; }
.notes li { margin-top: 0.5rem; padding: 0.7rem 1rem; border: 1px solid var(--edge); border-left: 4px solid var(--accent); border-radius: 0.5rem; background: var(--card); overflow-wrap: anywhere; }
.notes .alert { border-left-color: var(--alert); }
.notes .alert b { color: var(--alert); }
.nothing { color: var(--faint); }

.samples, .charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 30rem), 1fr)); align-items: start; gap: clamp(1rem, 2vw, 1.5rem); }
.samples figure, .chart { min-width: 0; overflow: hidden; border: 1px solid var(--edge); border-radius: 0.75rem; background: var(--card); }
.samples figure { max-width: 48rem; }
.samples figcaption, .chart figcaption { padding: 0.75rem 1rem; }
.samples figcaption p, .chart figcaption p { color: var(--faint); font-size: 0.9rem; overflow-wrap: anywhere; }
.samples { margin-top: 1rem; }
.cycle { display: grid; grid-template-columns: 1fr 1fr; gap: 2px; background: var(--edge); align-items: start; }
.back { position: relative; background: var(--card); }
.back img { display: block; width: 100%; height: auto; }
@media screen { .scripted:not(.sides) .cycle .frame { width: 100%; } }
@media (max-width: 30rem) { .cycle { grid-template-columns: 1fr; } }

.chart svg { display: block; width: 100%; height: auto; }
.chart > svg { padding: 0 0.25rem 0.25rem 0; }
.chart .legend { display: flex; flex-wrap: wrap; gap: 0.1rem 1.25rem; margin-top: 0.4rem; list-style: none; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
.legend .key { display: inline-block; width: 1.75rem; height: 0.6rem; margin-right: 0.4rem; vertical-align: baseline; }
.grid path { stroke: var(--edge); stroke-width: 1; fill: none; }
.grid text { fill: var(--faint); font-size: 13px; text-anchor: middle; font-variant-numeric: tabular-nums; }
.grid .y { text-anchor: end; }
.span1 { fill: var(--first); stroke: var(--first); stroke-width: 0.75; opacity: 0.22; }
.span2 { fill: var(--second); stroke: var(--second); stroke-width: 0.75; opacity: 0.22; }
.chart .line1, .chart .line2, .key path { fill: none; stroke-width: 2.25; stroke-linejoin: round; stroke-linecap: round; }
.line1 { stroke: var(--first); }
.line2 { stroke: var(--second); stroke-dasharray: 7 4; }

details { margin-top: 0.75rem; }
summary { cursor: pointer; font-weight: 600; }
.scroll { overflow-x: auto; margin-top: 0.75rem; }
table { border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.25rem 0.9rem 0.25rem 0; border-bottom: 1px solid var(--edge); text-align: right; font-weight: 400; white-space: nowrap; }
thead th { color: var(--faint); }
.options th, .options td { text-align: left; white-space: normal; overflow-wrap: anywhere; }
.options th { color: var(--faint); }

.history { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 24rem), 1fr)); gap: 1rem; margin: 0; padding: 0; list-style: none; }
.history li { min-width: 0; padding: 0.75rem; border: 1px solid var(--edge); border-radius: 0.75rem; background: var(--card); }
.history h3 { margin-bottom: 0.5rem; font-size: 0.95rem; font-variant-numeric: tabular-nums; }
.history img { display: block; width: 100%; height: auto; }
.history img + img { margin-top: 2px; }
footer { margin-top: 2.5rem; color: var(--faint); font-size: 0.9rem; }
@media print {
  :root { --ground: #fff; --card: #fff; --edge: #bbb; --ink: #000; --faint: #444; }
  figure, .history li { break-inside: avoid; }
}
`;
