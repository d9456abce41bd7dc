/**
 * Seeded random numbers for initialisation: PyTorch's distributions, not its numbers. Each parameter
 * takes a seed of its own when it is made, so its values do not depend on when, or whether, others
 * are drawn.
 */
let state = 0x2545f491;

/**
 * Makes the initialisation of modules constructed from here on repeatable, as `torch.manual_seed`.
 *
 * ```ts
 * manualSeed(7);
 * const first = new Conv2d(3, 8, 3).weight.tensor.data[0];
 * manualSeed(7);
 * new Conv2d(3, 8, 3).weight.tensor.data[0] === first; // true
 * ```
 */
export function manualSeed(seed: number): void {
  state = seed >>> 0;
}

export function nextSeed(): number {
  state = (state + 0x9e3779b9) >>> 0;
  return mix(state);
}

/** Makes modules that are only looked at: those made afterwards get the weights that they would have got without. */
export function withoutSeeds<T>(make: () => T): T {
  const before = state;
  try {
    return make();
  } finally {
    state = before;
  }
}

/** `size` values uniform in [−bound, bound). */
export function uniform(seed: number, size: number, bound: number): Float32Array {
  const out = new Float32Array(size);
  let at = seed >>> 0;
  for (let i = 0; i < size; i++) {
    at = (at + 0x9e3779b9) >>> 0;
    out[i] = ((mix(at) >>> 8) / 0x800000 - 1) * bound;
  }
  return out;
}

/** `to` filled with values of a normal distribution around 0, by Box and Muller's method. */
export function fillNormal(seed: number, deviation: number, to: Float32Array | Float64Array): void {
  let at = seed >>> 0;
  const next = () => {
    at = (at + 0x9e3779b9) >>> 0;
    // Never 0, which has no logarithm.
    return (mix(at) + 0.5) / 2 ** 32;
  };
  for (let i = 0; i < to.length; i += 2) {
    const radius = deviation * Math.sqrt(-2 * Math.log(next()));
    const angle = 2 * Math.PI * next();
    to[i] = radius * Math.cos(angle);
    if (i + 1 < to.length) to[i + 1] = radius * Math.sin(angle);
  }
}

/** The 32-bit finaliser of MurmurHash3 (Austin Appleby, public domain). */
function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
