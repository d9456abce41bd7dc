import type { Kind } from './operators.js';

interface Colours {
  readonly ground: string;
  readonly text: string;
  readonly muted: string;
  readonly body: string;
  readonly border: string;
  readonly line: string;
  readonly frame: string;
  /** Behind white titles, which stay legible: 4.5 to 1 and more. */
  readonly kinds: Readonly<Record<Kind, string>>;
}

export const LIGHT: Colours = {
  ground: '#ffffff',
  text: '#1b2430',
  muted: '#566274',
  body: '#ffffff',
  border: '#b9c2ce',
  line: '#6b7788',
  frame: '#f1f4f8',
  kinds: {
    convolution: '#2b5c9e',
    norm: '#2c6e53',
    activation: '#a2402c',
    padding: '#66518f',
    sum: '#80590a',
    other: '#4e5866',
  },
};

export const DARK: Colours = {
  ground: '#14181d',
  text: '#e7ebf0',
  muted: '#a3aebc',
  body: '#20262e',
  border: '#434d5a',
  line: '#8a96a6',
  frame: '#1a1f26',
  kinds: {
    convolution: '#3a6cae',
    norm: '#337a5c',
    activation: '#b24f3a',
    padding: '#775fa6',
    sum: '#8c6411',
    other: '#5b6674',
  },
};

export const PLAIN_FONT =
  'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, "Liberation Sans", sans-serif';
export const MONO_FONT =
  'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace';

/**
 * The drawing's own style. Colours are written out and no variables are used, which many programs
 * that show SVG do not know. Paper is white, so what is printed is always the light one.
 */
export const DRAWING_STYLE = `
.graph { font-family: ${PLAIN_FONT}; font-size: 12px }
.graph .mono { font-family: ${MONO_FONT} }
.graph .heading { font-size: 20px; font-weight: 700 }
.graph .title { font-size: 14px; font-weight: 700 }
.graph .title, .graph .module { fill: #ffffff }
.graph .count { font-size: 13px; font-weight: 700 }
.graph .rim { fill: none; pointer-events: none }
.graph .edge { fill: none; stroke-width: 1.5 }
.graph .frame { stroke-dasharray: 5 4 }
${coloured(LIGHT)}
@media screen and (prefers-color-scheme: dark) {
${coloured(DARK)}
}
`;

function coloured({ ground, text, muted, body, border, line, frame, kinds }: Colours): string {
  return [
    `.graph .ground { fill: ${ground} }`,
    `.graph text { fill: ${text} }`,
    `.graph .muted { fill: ${muted} }`,
    `.graph .body, .graph .end rect { fill: ${body} }`,
    `.graph .rim, .graph .end rect { stroke: ${border} }`,
    `.graph .frame { fill: ${frame}; stroke: ${line} }`,
    `.graph .edge { stroke: ${line} }`,
    `.graph .dot, .graph .head { fill: ${line} }`,
    `.graph .badge { fill: ${text} }`,
    `.graph .count { fill: ${ground} }`,
    ...Object.entries(kinds).map(([kind, fill]) => `.graph .${kind} { fill: ${fill} }`),
  ].join('\n');
}

/** For a file of its own: as large as the sheet allows when it is printed. */
export const STANDALONE_STYLE = `
@page { margin: 10mm }
@media print { svg.graph { width: 100vw; height: 100vh } }
`;
