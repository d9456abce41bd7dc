import { describe, expect, it } from 'vitest';
import {
  checkpointBefore,
  describeTrouble,
  findTrouble,
  lookAtLosses,
  NO_SENTINEL_STATE,
  type SentinelOptions,
  type SentinelState,
} from '../../src/train/watch/sentinels.js';
import { LOSS_NAMES, type Losses, type TrainingStep } from '../../src/train/watch/trainingStep.js';

const HEALTHY: Losses = {
  ...{ D_A: 0.2, G_A: 0.4, cycle_A: 1.1, idt_A: 0.5 },
  ...{ D_B: 0.15, G_B: 0.5, cycle_B: 0.9, idt_B: 0.4 },
};
const WON: Losses = { ...HEALTHY, D_A: 0.002, G_A: 0.98 };
const EPOCH = 100;

function step(iteration: number, losses: Losses): TrainingStep {
  return { iteration, epoch: Math.ceil(iteration / EPOCH), losses, learningRate: 2e-4 };
}

function run(lossesAt: (iteration: number) => Losses, iterations: number): TrainingStep[] {
  return Array.from({ length: iterations }, (_, i) => step(i + 1, lossesAt(i + 1)));
}

/** mulberry32. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What discriminators that answer `real` and `fake`, with noise, and their generators lose under LSGAN. */
function lsgan(random: () => number, real: number, fake: number, noise: number): Losses {
  const around = (mean: number) => mean + (random() + random() + random() - 1.5) * 2 * noise;
  const [r, f, fresh] = [around(real), around(fake), around(fake)];
  const D = ((r - 1) ** 2 + f ** 2) / 2;
  const G = (fresh - 1) ** 2;
  return { ...HEALTHY, D_A: D, G_A: G, D_B: D, G_B: G };
}

describe('a loss that is not finite', () => {
  it.each(LOSS_NAMES)('is found at once: %s', (name) => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const history = run((i) => (i === 250 ? { ...HEALTHY, [name]: value } : HEALTHY), 300);
      expect(findTrouble(history)).toEqual({
        ...{ kind: 'not-finite', losses: [name], iteration: 250, epoch: 3, soundUntil: 248 },
      });
    }
  });

  it('leads back before the update that may have caused it', () => {
    const trouble = findTrouble(
      run((i) => (i === 201 ? { ...HEALTHY, G_B: Number.NaN } : HEALTHY), 201),
    );
    if (trouble === null) throw new Error('nothing was found');
    const checkpoints = [
      { epoch: 1, iteration: 100 },
      // Its weights are those that gave NaN.
      { epoch: 2, iteration: 200 },
    ];
    expect(checkpointBefore(trouble, checkpoints)).toEqual(checkpoints[0]);
    expect(checkpointBefore(trouble, checkpoints.slice(1))).toBeNull();
    expect(checkpointBefore({ ...trouble, soundUntil: 200 }, checkpoints.toReversed())).toEqual(
      checkpoints[1],
    );
  });

  it('is told of with what to do', () => {
    const trouble = lookAtLosses(
      NO_SENTINEL_STATE,
      step(1, { ...HEALTHY, G_A: Number.NaN, D_B: Number.NaN }),
    ).trouble;
    if (trouble === null) throw new Error('nothing was found');
    expect(trouble.soundUntil).toBe(0);
    expect(describeTrouble(trouble, null)).toBe(
      'G_A, D_B are not finite (iteration 1, epoch 1). There is no checkpoint from before; begin anew, with a lower learning rate.',
    );
  });
});

describe('a discriminator that has won', () => {
  it('is found when that has lasted, and leads back before it began', () => {
    const history = run((i) => (i <= 1000 ? HEALTHY : WON), 8000);
    const trouble = findTrouble(history);
    if (trouble === null) throw new Error('nothing was found');
    expect(trouble).toMatchObject({ kind: 'discriminator-won', losses: ['D_A', 'G_A'] });
    // 0.2 falls to 0.01 in a mean over 200 iterations after some 650 to 700.
    expect(trouble.iteration).toBeGreaterThan(1000 + 3000);
    expect(trouble.iteration).toBeLessThan(1000 + 3000 + 800);
    const checkpoints = Array.from({ length: 40 }, (_, i) => ({
      epoch: i + 1,
      iteration: (i + 1) * EPOCH,
    }));
    const back = checkpointBefore(trouble, checkpoints);
    expect(back?.epoch).toBeGreaterThanOrEqual(10);
    expect(back?.epoch).toBeLessThanOrEqual(15);
    expect(describeTrouble(trouble, back)).toMatch(
      /^D_A has won since about iteration 1[45]\d\d \(now iteration 4\d{3}, epoch 4\d\): .* epoch 1\d; go back to it/,
    );
  });

  it('is found with a patience of its own', () => {
    const patience = (n: number): SentinelOptions => ({ patience: n });
    expect(
      findTrouble(
        run(() => WON, 50),
        patience(40),
      )?.iteration,
    ).toBe(41);
    expect(
      findTrouble(
        run(() => WON, 40),
        patience(40),
      ),
    ).toBeNull();
  });

  it('is no trouble while its generator comes back in time', () => {
    expect(findTrouble(run((i) => (i % 3500 < 2500 ? WON : HEALTHY), 14_000))).toBeNull();
  });

  it('is no trouble while it alone does well, or the generator alone does badly', () => {
    expect(findTrouble(run(() => ({ ...WON, G_A: 0.6 }), 5000))).toBeNull();
    expect(findTrouble(run(() => ({ ...WON, D_A: 0.05 }), 5000))).toBeNull();
  });

  it('is judged by the losses of its kind', () => {
    const vanilla = { ...HEALTHY, D_B: 0.01, G_B: 5 };
    expect(
      findTrouble(
        run(() => vanilla, 3100),
        { ganMode: 'vanilla' },
      )?.losses,
    ).toEqual(['D_B', 'G_B']);
    // At ln 2, nobody has won.
    const even = { ...HEALTHY, D_A: 0.69, G_A: 0.69, D_B: 0.69, G_B: 0.69 };
    expect(
      findTrouble(
        run(() => even, 3100),
        { ganMode: 'vanilla' },
      ),
    ).toBeNull();
    expect(
      findTrouble(
        run(() => WON, 3100),
        { ganMode: 'wgangp' },
      ),
    ).toBeNull();
  });

  it('is not seen in runs that go well, from the first iteration to the last', () => {
    for (let seed = 1; seed <= 2; seed++) {
      const random = randomNumbers(seed);
      // Equilibrium; a discriminator that is ahead; one that is nearly always right, as in the last epochs.
      for (const [real, fake, noise] of [
        [0.5, 0.5, 0.1],
        [0.75, 0.25, 0.15],
        [0.88, 0.12, 0.1],
      ]) {
        const history = run(() => lsgan(random, real, fake, noise), 6000);
        expect(findTrouble(history)).toBeNull();
      }
    }
  });

  it('is seen through noise', () => {
    const random = randomNumbers(9);
    const history = run(() => lsgan(random, 0.98, 0.02, 0.05), 5000);
    expect(findTrouble(history)?.losses).toEqual(['D_A', 'G_A', 'D_B', 'G_B']);
  });
});

describe('the state of sentinels', () => {
  it('can be saved: a run that went on is judged as one that never stopped', () => {
    const history = run((i) => (i <= 500 ? HEALTHY : WON), 5000);
    let state: SentinelState = NO_SENTINEL_STATE;
    let found: number | null = null;
    for (const each of history) {
      const seen = lookAtLosses(JSON.parse(JSON.stringify(state)) as SentinelState, each);
      state = seen.state;
      if (seen.trouble !== null && found === null) found = each.iteration;
    }
    expect(found).toBe(findTrouble(history)?.iteration);
  });
});
