/** What XML 1.0 has no way to hold, not even escaped: control characters and halves of surrogate pairs. */
const NO_XML = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;
const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as SVG and HTML may hold it, between tags and in quoted attributes. */
export function escapeMarkup(text: string): string {
  return text.replace(NO_XML, '\uFFFD').replace(/[&<>"']/g, (character) => ESCAPES[character]);
}

export type Attributes = Readonly<Record<string, string | number>>;

/** An element around markup that is escaped already. */
export function element(name: string, attributes: Attributes, ...content: string[]): string {
  const list = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${typeof value === 'number' ? round(value) : escapeMarkup(value)}"`,
  );
  const inner = content.join('');
  return inner === ''
    ? `<${name}${list.join('')}/>`
    : `<${name}${list.join('')}>${inner}</${name}>`;
}

/** Tenths of a pixel are as fine as anyone sees. */
export function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** The widest that common fonts set a character, in parts of the font size. */
const EM = { plain: 0.6, bold: 0.68, mono: 0.61 } as const;
export type Face = keyof typeof EM;

/**
 * How wide text may get, without a font to ask: the drawing must hold with whichever one there is.
 * From the Hangul letters on, most scripts stand in full squares.
 */
export function textWidth(text: string, size: number, face: Face): number {
  let width = 0;
  for (const character of text) width += character >= '\u1100' ? size : size * EM[face];
  return width;
}

/** Text cut to a width; the end of a module's name tells more than its start, so that is what stays. */
export function clipStart(text: string, size: number, face: Face, width: number): string {
  if (textWidth(text, size, face) <= width) return text;
  const characters = [...text];
  while (characters.length > 0 && textWidth(`…${characters.join('')}`, size, face) > width) {
    characters.shift();
  }
  return `…${characters.join('')}`;
}

/** Parts set one after the other, as many to a line as fit. */
export function wrap(
  parts: readonly string[],
  between: string,
  size: number,
  width: number,
): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    const longer = `${last}${between}${part}`;
    const fits = last !== undefined && textWidth(longer, size, 'plain') <= width;
    if (fits) lines[lines.length - 1] = longer;
    else lines.push(part);
  }
  return lines;
}
