/**
 * Limits to 0..255 the whole numbers from -8192 to 8191: that of n stands at index `n & 16383`. One
 * table access is faster than comparing, and its machine code is made sooner.
 */
export const LIMIT = new Uint8Array(1 << 14);
for (let n = 0; n < 256; n++) LIMIT[n] = n;
LIMIT.fill(255, 256, 1 << 13);
