import { LOSS_NAMES, type LossName, type TrainingStep } from './trainingStep.js';

/** What the discriminators' losses are made of; `wgangp` has no losses that tell who is ahead. */
export type GanMode = 'lsgan' | 'vanilla' | 'wgangp';

export interface SentinelOptions {
  /** Default: `lsgan`. */
  readonly ganMode?: GanMode;
  /** For how many iterations a discriminator must have won before it counts; default: 3000. */
  readonly patience?: number;
}

/** Why a run is lost. */
export interface Trouble {
  /** A loss that is NaN or infinite, or a discriminator that its generator has had no answer to for long. */
  readonly kind: 'not-finite' | 'discriminator-won';
  /** The losses that tell. */
  readonly losses: readonly LossName[];
  /** Where it was seen. */
  readonly iteration: number;
  readonly epoch: number;
  /** The last iteration whose weights, after it, are known to have been sound. */
  readonly soundUntil: number;
}

/** A checkpoint holds the weights that are there after that iteration. */
export interface CheckpointMark {
  readonly epoch: number;
  readonly iteration: number;
}

/** Of one discriminator and the generator that it judges: running means, and since when they are as of one that has won. */
interface Duel {
  readonly discriminator: number;
  readonly generator: number;
  readonly wonSince: number | null;
}

/** What sentinels remember from one iteration to the next: plain data, to be saved with a checkpoint. */
export interface SentinelState {
  readonly A: Duel | null;
  readonly B: Duel | null;
}

export const NO_SENTINEL_STATE: SentinelState = { A: null, B: null };

/** Running means go back about so many iterations: single pictures that are easy to tell apart do not count. */
const WINDOW = 200;

const DEFAULT_PATIENCE = 3000;

/**
 * Below and above which a discriminator has won.
 *
 * LSGAN: the loss of a discriminator is ½·mean((D(real) − 1)²) + ½·mean(D(fake)²), that of its generator mean((D(fake) − 1)²).
 * Where D cannot tell, D(x) = ½ and both are 0.25; a D that is never wrong brings them to 0 and to 1. Runs that go well have D at
 * 0.1 to 0.3, and at 0.02 to 0.1 towards their end. Below 0.01, D is off by less than 0.15 (root mean square) on real and fake
 * alike; above 0.85, what it says of new fakes is still 0.08 from what it says of known ones. Gradients of squares do not vanish
 * there, so a generator can come back, and at the beginning of a run often does within hundreds of iterations: hence the patience.
 *
 * Vanilla: the same in cross entropy, where D that cannot tell is at ln 2 = 0.69. D is right with a probability of 0.98, and gives
 * new fakes less than 0.02; there the generator's gradients are healthy, but D's are gone.
 */
const WON: Readonly<
  Record<GanMode, { readonly discriminator: number; readonly generator: number } | null>
> = {
  lsgan: { discriminator: 0.01, generator: 0.85 },
  vanilla: { discriminator: 0.02, generator: 4 },
  wgangp: null,
};

/**
 * Looks at the losses of one iteration.
 *
 * ```ts
 * const losses = { D_A: 0.2, G_A: 0.4, cycle_A: 1, idt_A: 0.5, D_B: 0.2, G_B: NaN, cycle_B: 1, idt_B: 0.5 };
 * const step = { iteration: 9, epoch: 1, losses, learningRate: 2e-4 };
 * lookAtLosses(NO_SENTINEL_STATE, step).trouble?.losses; // ['G_B']
 * ```
 *
 * @param state What came back for the iteration before; `NO_SENTINEL_STATE` at the start.
 */
export function lookAtLosses(
  state: SentinelState,
  step: TrainingStep,
  { ganMode = 'lsgan', patience = DEFAULT_PATIENCE }: SentinelOptions = {},
): { readonly state: SentinelState; readonly trouble: Trouble | null } {
  const { iteration, epoch, losses } = step;
  const notFinite = LOSS_NAMES.filter((name) => !Number.isFinite(losses[name]));
  if (notFinite.length > 0) {
    // Losses are computed before the update: those of the iteration before, which were finite, speak for the weights that it
    // began with, and not for those that it left behind.
    const soundUntil = Math.max(0, iteration - 2);
    const trouble = {
      kind: 'not-finite',
      losses: notFinite,
      iteration,
      epoch,
      soundUntil,
    } as const;
    return { state, trouble };
  }
  const next = {
    A: afterStep(state.A, losses.D_A, losses.G_A, iteration, ganMode),
    B: afterStep(state.B, losses.D_B, losses.G_B, iteration, ganMode),
  };
  const won = (['A', 'B'] as const).filter((side) => {
    const { wonSince } = next[side];
    return wonSince !== null && iteration - wonSince >= patience;
  });
  if (won.length === 0) return { state: next, trouble: null };
  const since = Math.min(...won.map((side) => next[side].wonSince ?? iteration));
  const trouble = {
    kind: 'discriminator-won',
    losses: won.flatMap((side) => [`D_${side}`, `G_${side}`] as const),
    iteration,
    epoch,
    // The means lag behind.
    soundUntil: Math.max(0, since - WINDOW),
  } as const;
  return { state: next, trouble };
}

function afterStep(
  before: Duel | null,
  discriminator: number,
  generator: number,
  iteration: number,
  ganMode: GanMode,
): Duel {
  const means = {
    discriminator: runningMean(before?.discriminator, discriminator),
    generator: runningMean(before?.generator, generator),
  };
  const bounds = WON[ganMode];
  const hasWon =
    bounds !== null &&
    means.discriminator < bounds.discriminator &&
    means.generator > bounds.generator;
  return { ...means, wonSince: hasWon ? (before?.wonSince ?? iteration) : null };
}

function runningMean(before: number | undefined, value: number): number {
  return before === undefined ? value : before + (value - before) / WINDOW;
}

/** The first trouble in a whole history of losses, each iteration in turn. */
export function findTrouble(
  history: Iterable<TrainingStep>,
  options: SentinelOptions = {},
): Trouble | null {
  let state = NO_SENTINEL_STATE;
  for (const step of history) {
    const seen = lookAtLosses(state, step, options);
    if (seen.trouble !== null) return seen.trouble;
    state = seen.state;
  }
  return null;
}

/** The newest checkpoint from before trouble began; `null` where there is none: the run has to begin anew. */
export function checkpointBefore(
  { soundUntil }: Trouble,
  checkpoints: readonly CheckpointMark[],
): CheckpointMark | null {
  const sound = checkpoints.filter(({ iteration }) => iteration <= soundUntil);
  return sound.reduce<CheckpointMark | null>(
    (newest, mark) => (newest === null || mark.iteration > newest.iteration ? mark : newest),
    null,
  );
}

/** A sentence or two for people: what is wrong, since when, and what to do. */
export function describeTrouble(trouble: Trouble, back: CheckpointMark | null): string {
  const { kind, losses, iteration, epoch, soundUntil } = trouble;
  const where = `iteration ${iteration}, epoch ${epoch}`;
  const from =
    back === null
      ? 'There is no checkpoint from before; begin anew'
      : `The last checkpoint from before is that of epoch ${back.epoch}; go back to it`;
  if (kind === 'not-finite') {
    const verb = losses.length === 1 ? 'is' : 'are';
    return `${losses.join(', ')} ${verb} not finite (${where}). ${from}, with a lower learning rate.`;
  }
  const names = losses.filter((name) => name.startsWith('D_'));
  const have = names.length === 1 ? 'has' : 'have';
  return `${names.join(' and ')} ${have} won since about iteration ${soundUntil + 1} (now ${where}): the generator no longer gets past, and learns little from it. ${from}, with a lower learning rate or more pictures.`;
}
