/** A palette of 256 colours: beyond those that a file has, Pillow's are grey, and an index is as bright as its number. */
export function fullPalette(palette: Uint8Array): Uint8Array {
  const full = Uint8Array.from({ length: 768 }, (_, i) => Math.floor(i / 3));
  full.set(palette.subarray(0, 768));
  return full;
}

/** The colours of indices, three bytes each. */
export function coloursOf(indices: Uint8Array, palette: Uint8Array): Uint8Array {
  const full = fullPalette(palette);
  const data = new Uint8Array(indices.length * 3);
  for (let i = 0, to = 0; i < indices.length; i++, to += 3) {
    const from = indices[i] * 3;
    data[to] = full[from];
    data[to + 1] = full[from + 1];
    data[to + 2] = full[from + 2];
  }
  return data;
}
