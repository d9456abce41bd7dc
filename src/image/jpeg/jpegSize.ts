/**
 * Width and height from the first bytes of a file; `null` when they do not reach so far, or the file is damaged.
 * @see ITU-T T.81, B.2.2
 */
export function jpegSize(bytes: Uint8Array): { width: number; height: number } | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const { marker, start, end } of jpegSegments(bytes)) {
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame && start + 5 <= end) {
      return { width: view.getUint16(start + 3), height: view.getUint16(start + 1) };
    }
  }
  return null;
}

/** The segments before the first scan, whose contents lie from `start` to `end`, as far as the bytes reach. */
export function* jpegSegments(
  bytes: Uint8Array,
): Generator<{ marker: number; start: number; end: number }> {
  let at = 2;
  while (at + 4 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1];
    if (marker === 0xff) {
      at++; // a fill byte
      continue;
    }
    const length = (bytes[at + 2] << 8) | bytes[at + 3];
    const end = at + 2 + length;
    if (length < 2 || marker === 0xda || end > bytes.length) return;
    yield { marker, start: at + 4, end };
    at = end;
  }
}
