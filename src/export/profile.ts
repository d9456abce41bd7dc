import { ShapeError } from '../errors.js';
import { checkModule } from '../nn/compile.js';
import type { ForwardOptions, Module } from '../nn/module.js';
import { median } from '../platform/median.js';
import { checkOptions } from '../tensor/callerValues.js';
import type { Tensor } from '../tensor/tensor.js';
import { type Measurement, type Summary, summarizeWith } from './summary.js';

export interface ProfileOptions extends Omit<ForwardOptions, 'onProgress'> {
  /** How many runs are measured, after one that is not. Default: 5. */
  readonly runs?: number;
}

/** A summary whose costs have `milliseconds` and `gflops`. */
export interface Profile extends Summary {
  readonly measured: Measurement;
}

/**
 * `summarize` with the time that each layer takes, the median of several real runs. The fast engine does pads, norms and
 * activations in one go with the convolution that reads them: the time stands with the convolution then, and they show
 * none of their own. `totals` has the time of whole runs.
 *
 * ```ts
 * const net = new Sequential(new Conv2d(3, 8, 3), new ReLU());
 * const { rows } = await profile(net, Tensor.zeros([1, 3, 8, 8]), { runs: 1 });
 * rows.map(({ type }) => type); // ['Sequential', 'Conv2d', 'ReLU']
 * rows[1].total.milliseconds !== undefined; // true
 * ```
 *
 * @throws ShapeError when the input does not fit; the signal's reason after it fired.
 */
export async function profile(
  module: Module,
  input: Tensor,
  given: ProfileOptions = {},
): Promise<Profile> {
  checkModule(module);
  checkOptions('profile', given);
  const { runs = 5, ...options } = given;
  if (!Number.isInteger(runs) || runs < 1) {
    throw new ShapeError(`profile: runs must be a whole number from 1 up, but got ${runs}.`);
  }
  let engine = '';
  await module.forward(input, {
    ...options,
    onProgram: (program) => {
      engine = program.engine;
      options.onProgram?.(program);
    },
  });
  const whole: number[] = [];
  /** For each node, its time in each run. */
  const times = new Map<number, number[]>();
  for (let run = 0; run < runs; run++) {
    const begin = performance.now();
    await module.forward(input, {
      ...options,
      onProgram: undefined,
      onProgress: ({ node, milliseconds }) => {
        const ofNode = times.get(node.id) ?? new Array<number>(runs).fill(0);
        // With several pictures, a node comes once for each.
        ofNode[run] += milliseconds;
        times.set(node.id, ofNode);
      },
    });
    whole.push(performance.now() - begin);
  }
  const measured = { engine, runs };
  const summary = summarizeWith(module, input.shape, {
    ...measured,
    milliseconds: median(whole),
    millisecondsOf: ({ id }) => median(times.get(id) ?? [0]),
  });
  return { ...summary, measured };
}
