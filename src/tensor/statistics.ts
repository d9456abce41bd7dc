/** How many bars a histogram has. */
const BINS = 32;

export interface Statistics {
  readonly count: number;
  /** NaN and infinities, which are left out of all the rest. */
  readonly notFinite: number;
  /** `null` when there is no finite number. */
  readonly mean: number | null;
  /** As `torch.std`, n − 1 below the line; `null` for less than two numbers. */
  readonly deviation: number | null;
  readonly min: number | null;
  readonly max: number | null;
  /** Numbers in each of 32 equal parts from `min` to `max`; without a width, half on either side. */
  readonly bins: readonly number[];
}

/** What a tensor's numbers are like, in double precision. */
export function statisticsOf(data: Float32Array): Statistics {
  const finite = data.filter(Number.isFinite);
  const notFinite = data.length - finite.length;
  const bins = new Array<number>(BINS).fill(0);
  if (finite.length === 0) {
    return {
      count: data.length,
      notFinite,
      mean: null,
      deviation: null,
      min: null,
      max: null,
      bins,
    };
  }
  let [sum, min, max] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of finite) {
    sum += value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const mean = sum / finite.length;
  const start = min < max ? min : min - 0.5;
  const scale = BINS / (min < max ? max - min : 1);
  // A second pass for the squares: with sums of squares in one, a small deviation would be lost.
  let squares = 0;
  for (const value of finite) {
    squares += (value - mean) ** 2;
    bins[Math.min(BINS - 1, Math.floor((value - start) * scale))]++;
  }
  const deviation = finite.length > 1 ? Math.sqrt(squares / (finite.length - 1)) : null;
  return { count: data.length, notFinite, mean, deviation, min, max, bins };
}
