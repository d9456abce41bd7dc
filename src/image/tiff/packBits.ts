/**
 * Unpacks PackBits to `size` bytes: a byte n up to 127 is followed by n + 1 bytes as they are, one from 129 by a byte that
 * stands 257 - n times; 128 stands for nothing.
 *
 * @returns Fewer bytes when the data end early.
 * @see TIFF 6.0, section 9
 */
export function unpackBits(data: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size);
  let [at, to] = [0, 0];
  while (to < size && at + 1 < data.length) {
    const head = data[at++];
    if (head === 128) continue;
    if (head > 128) {
      const end = Math.min(size, to + 257 - head);
      out.fill(data[at++], to, end);
      to = end;
    } else {
      const run = data.subarray(at, at + Math.min(head + 1, size - to));
      out.set(run, to);
      at += head + 1;
      to += run.length;
    }
  }
  return out.subarray(0, to);
}
