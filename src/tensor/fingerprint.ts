/**
 * A hash of all bits of some elements, by FNV-1a over four interleaved lanes, each of whose steps a changed bit survives.
 * @see https://www.rfc-editor.org/rfc/rfc9923 (FNV)
 */
export function fingerprintOf(data: Float32Array): number {
  const words = new Int32Array(data.buffer, data.byteOffset, data.length);
  const whole = words.length - (words.length % 4);
  let [a, b, c, d] = [BASIS, BASIS + 1, BASIS + 2, BASIS + 3];
  for (let i = 0; i < whole; i += 4) {
    a = Math.imul(a ^ words[i], PRIME);
    b = Math.imul(b ^ words[i + 1], PRIME);
    c = Math.imul(c ^ words[i + 2], PRIME);
    d = Math.imul(d ^ words[i + 3], PRIME);
  }
  for (let i = whole; i < words.length; i++) a = Math.imul(a ^ words[i], PRIME);
  let hash = a;
  for (const lane of [b, c, d]) hash = Math.imul(hash ^ lane, PRIME);
  return hash;
}

const BASIS = 0x811c9dc5 | 0;
const PRIME = 0x01000193;
