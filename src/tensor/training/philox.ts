/** Rounds after which the generator passes all of TestU01's BigCrush, with room to spare. */
const ROUNDS = 10;

/** Multipliers and key increments of Philox4x32. */
const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;

/**
 * Philox4x32-10, a counter-based generator: 128 random bits that depend on key and counter alone, so that there is no state
 * to be saved, and numbers can be drawn in any order.
 *
 * ```ts
 * philox([0, 0], [0, 0, 0, 0])[0].toString(16); // '6627e8d5'
 * ```
 *
 * @param key Two words of 32 bits.
 * @param counter Four.
 * @returns Four unsigned words.
 * @see Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011)
 */
export function philox(
  [k0, k1]: readonly [number, number],
  [c0, c1, c2, c3]: readonly [number, number, number, number],
): [number, number, number, number] {
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(M0, c0);
    const low0 = Math.imul(M0, c0);
    const high1 = multiplyHigh(M1, c2);
    const low1 = Math.imul(M1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 += W0;
    k1 += W1;
  }
  return [c0 >>> 0, c1 >>> 0, c2 >>> 0, c3 >>> 0];
}

/** The upper 32 bits of a product of two unsigned words. */
function multiplyHigh(a: number, b: number): number {
  const aHigh = a >>> 16;
  const aLow = a & 0xffff;
  const bHigh = b >>> 16;
  const bLow = b & 0xffff;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const other = aLow * bHigh + (middle % 0x10000);
  return aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(other / 0x10000);
}
