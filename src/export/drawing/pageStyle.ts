import { DARK, DRAWING_STYLE, LIGHT, MONO_FONT, PLAIN_FONT } from './style.js';

/** The page around the drawing, and the drawing's own style. */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --ground: ${LIGHT.ground}; --text: ${LIGHT.text}; --muted: ${LIGHT.muted}; --panel: ${LIGHT.frame};
  --border: ${LIGHT.border}; --accent: ${LIGHT.kinds.convolution}; --hit: #b54708;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --ground: ${DARK.ground}; --text: ${DARK.text}; --muted: ${DARK.muted}; --panel: ${DARK.frame};
    --border: ${DARK.border}; --accent: #7eb0f2; --hit: #ffb454;
  }
}
* { box-sizing: border-box }
[hidden] { display: none !important }
html, body { height: 100%; margin: 0 }
body {
  display: grid; grid-template: auto minmax(0, 1fr) / minmax(0, 1fr) 380px;
  grid-template-areas: 'bar bar' 'canvas panel';
  background: var(--ground); color: var(--text); font: 14px/1.45 ${PLAIN_FONT};
}
header {
  grid-area: bar; display: flex; flex-wrap: wrap; align-items: center; gap: 8px 12px;
  padding: 8px 16px; border-bottom: 1px solid var(--border);
}
h1 { margin: 0 auto 0 0; font-size: 16px; overflow-wrap: anywhere }
h2 { margin: 0; font-size: 18px; outline: none }
h3 { margin: 0; font: 600 13px/1.4 ${MONO_FONT}; overflow-wrap: anywhere }
button, input, select {
  min-height: 34px; padding: 0 10px; border: 1px solid var(--border); border-radius: 6px;
  background: var(--ground); color: inherit; font: inherit;
}
button { min-width: 36px; cursor: pointer }
button[aria-pressed='true'] { background: var(--accent); border-color: var(--accent); color: var(--ground) }
button:hover { border-color: var(--muted) }
.search { display: flex; align-items: center; gap: 8px }
.search input { width: 220px }
.search output { min-width: 64px; color: var(--muted); font-variant-numeric: tabular-nums }
.tools { display: flex; gap: 6px }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px }
main { grid-area: canvas; position: relative; min-height: 0; overflow: hidden; touch-action: none; cursor: grab }
main.moving { cursor: grabbing; user-select: none }
main > svg { position: absolute; inset: 0; width: 100%; height: 100% }
main text { user-select: text; cursor: text; -webkit-user-select: text }
.box { cursor: pointer; outline: none; -webkit-tap-highlight-color: transparent }
.graph .box.hit .rim { stroke: var(--hit); stroke-width: 4 }
.graph .box.selected .rim { stroke: var(--text); stroke-width: 4 }
.graph .box:focus-visible .rim { stroke: var(--accent); stroke-width: 5 }
.graph.searched .box:not(.hit):not(.selected) { opacity: 0.35 }
aside {
  grid-area: panel; overflow: auto; padding: 16px; border-left: 1px solid var(--border);
  background: var(--panel);
}
aside p { margin: 6px 0; color: var(--muted) }
.top { display: flex; align-items: start; justify-content: space-between; gap: 8px }
dl { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 3px 14px; margin: 10px 0 }
dt { color: var(--muted) }
dd { margin: 0; font: 13px/1.5 ${MONO_FONT}; overflow-wrap: anywhere }
aside label { display: block; margin: 10px 0; color: var(--muted) }
aside select { margin-left: 8px }
section { margin-top: 14px; padding: 12px; border: 1px solid var(--border); border-radius: 8px; background: var(--ground) }
section dl { margin: 6px 0 8px }
.histogram { display: block; width: 100% }
.histogram .bar { fill: var(--accent) }
.histogram .bar:hover { fill: var(--hit) }
.histogram path { stroke: var(--border) }
.histogram .zero { stroke: var(--muted); stroke-dasharray: 2 3 }
.histogram text { fill: var(--muted); font: 11px ${MONO_FONT} }
kbd { padding: 0 5px; border: 1px solid var(--border); border-radius: 4px; font: 12px ${MONO_FONT} }
@media (max-width: 800px) {
  body { grid-template: auto minmax(0, 1fr) auto / minmax(0, 1fr); grid-template-areas: 'bar' 'canvas' 'panel' }
  header { padding: 8px 12px }
  h1 { flex-basis: 100% }
  .search { flex: 1 }
  .search input { flex: 1; min-width: 0; width: 60px }
  .search output { min-width: 0 }
  aside { max-height: 46vh; border-left: 0; border-top: 1px solid var(--border) }
  aside.idle { display: none }
}
@media print {
  @page { margin: 10mm }
  body { display: block }
  header, aside { display: none }
  main { height: 100vh; overflow: visible }
  .graph.searched .box:not(.hit):not(.selected) { opacity: 1 }
}
${DRAWING_STYLE}`;
