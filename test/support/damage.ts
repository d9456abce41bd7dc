/** Numbers from 0 to below `bound`, the same in every run. */
export function chance(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * bound);
  };
}

/** Bytes changed, in the header above all; a part taken out or twice there; the end cut off; a lie about a length. */
export function damage(bytes: Uint8Array, next: (bound: number) => number): Uint8Array {
  const at = () => next(next(2) === 0 ? Math.min(bytes.length, 80) : bytes.length);
  const out = bytes.slice();
  switch (next(5)) {
    case 0:
      for (let i = 1 + next(4); i > 0; i--) out[at()] = next(256);
      return out;
    case 1:
      return out.subarray(0, next(bytes.length));
    case 2:
      out.copyWithin(at(), at());
      return out;
    case 3: {
      const from = at();
      return Uint8Array.from([...out.subarray(0, from), ...out.subarray(from + 1 + next(30))]);
    }
    default:
      out.fill(next(2) * 255, at(), at() + 1 + next(4));
      return out;
  }
}
