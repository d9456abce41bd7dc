/**
 * Natural position (row * 8 + column) of each coefficient in zigzag order (T.81 figure A.6).
 * 16 further entries catch the longest run of zeros behind the last coefficient in damaged data.
 */
export const NATURAL_ORDER = buildNaturalOrder();

function buildNaturalOrder(): Uint8Array {
  const order = new Uint8Array(64 + 16).fill(63);
  let index = 0;
  for (let diagonal = 0; diagonal < 15; diagonal++) {
    for (let i = Math.max(0, diagonal - 7); i <= Math.min(7, diagonal); i++) {
      const row = diagonal % 2 === 0 ? diagonal - i : i;
      order[index++] = row * 8 + (diagonal - row);
    }
  }
  return order;
}
