import { scaled } from '../../autograd/arithmetic.js';
import type { GraphBuilder, Value } from '../../graph/builder.js';
import type { Module } from '../../nn/module.js';
import type { Shape } from '../../tensor/shape.js';
import { ganLoss } from '../losses/ganLoss.js';
import { l1Loss } from '../losses/l1Loss.js';
import { batchInputs } from '../step/pictures.js';
import type { StepGraph } from '../step/stepGraph.js';
import type { CycleGanNetworks, CycleGanWeights } from './options.js';

/** One direction of the cycle: what makes pictures, what judges them, and what brings them back. */
interface Direction {
  readonly forth: Module;
  readonly judge: Module;
  readonly back: Module;
  /** Weight of the cycle loss, and of the identity loss of `forth`. */
  readonly cycle: number;
  readonly identity: number;
}

/** What a direction gives for a part of the batch. */
interface Made {
  readonly gan: Value;
  readonly cycle: Value;
  readonly fake: Value;
  readonly recovered: Value;
}

interface MadeIdentity {
  readonly loss: Value;
  readonly picture: Value;
}

/** Batches of both sides, `[N, C, H, W]`, and in how many equal parts they are computed. */
export interface BatchShapes {
  readonly a: Shape;
  readonly b: Shape;
  readonly parts: number;
}

/** The values that a step of the generators returns, part by part of the batch. */
export interface GeneratorOutputs {
  /** In the authors' order: G_A, cycle_A, idt_A, G_B, cycle_B, idt_B. */
  readonly losses: readonly Value[];
  readonly fakeB: readonly Value[];
  readonly recA: readonly Value[];
  readonly fakeA: readonly Value[];
  readonly recB: readonly Value[];
  /** Empty without identity losses. */
  readonly idtA: readonly Value[];
  readonly idtB: readonly Value[];
}

/**
 * The losses of both generators, with frozen discriminators. Each term is followed by its gradients, so that the activations of
 * two generators and a discriminator are the most that there are at a time.
 *
 * @see Zhu et al., arXiv:1703.10593, section 3; junyanz/pytorch-CycleGAN-and-pix2pix, models/cycle_gan_model.py
 */
export function buildGeneratorStep(
  step: StepGraph,
  { netGA, netGB, netDA, netDB }: CycleGanNetworks,
  { lambdaA, lambdaB, lambdaIdentity, ganMode }: CycleGanWeights,
  { a: shapeA, b: shapeB, parts }: BatchShapes,
): GeneratorOutputs {
  const { g } = step;
  const realA = batchInputs(g, shapeA, parts, 'realA');
  const realB = batchInputs(g, shapeB, parts, 'realB');
  const a: Direction = {
    forth: netGA,
    judge: netDA,
    back: netGB,
    cycle: lambdaA,
    identity: lambdaB * lambdaIdentity,
  };
  const b: Direction = {
    forth: netGB,
    judge: netDB,
    back: netGA,
    cycle: lambdaB,
    identity: lambdaA * lambdaIdentity,
  };
  const share = 1 / realA.length;
  const identities = (direction: Direction, reals: readonly Value[]) =>
    lambdaIdentity > 0 ? reals.map((real) => addIdentity(step, direction, real, share)) : [];
  const cycles = (direction: Direction, reals: readonly Value[]) =>
    reals.map((real) => addCycle(step, direction, real, ganMode, share));
  // Norms move their running statistics in the order of the calls, which is the authors'.
  const [madeA, madeB] = [cycles(a, realA), cycles(b, realB)];
  const [idtA, idtB] = [identities(a, realB), identities(b, realA)];
  const losses = (made: readonly Made[], idt: readonly MadeIdentity[]) => [
    meanOf(
      g,
      made.map(({ gan }) => gan),
    ),
    meanOf(
      g,
      made.map(({ cycle }) => cycle),
    ),
    ...(idt.length > 0
      ? [
          meanOf(
            g,
            idt.map(({ loss }) => loss),
          ),
        ]
      : []),
  ];
  return {
    losses: [...losses(madeA, idtA), ...losses(madeB, idtB)],
    fakeB: madeA.map(({ fake }) => fake),
    recA: madeA.map(({ recovered }) => recovered),
    fakeA: madeB.map(({ fake }) => fake),
    recB: madeB.map(({ recovered }) => recovered),
    idtA: idtA.map(({ picture }) => picture),
    idtB: idtB.map(({ picture }) => picture),
  };
}

/** A generator leaves alone what is of its target side already. */
function addIdentity(
  step: StepGraph,
  { forth, identity }: Direction,
  real: Value,
  share: number,
): MadeIdentity {
  const { g } = step;
  const picture = g.call(forth, real);
  const loss = scaled(g, l1Loss(g, picture, real), identity);
  step.backward(scaled(g, loss, share));
  return { loss, picture };
}

/** What a generator makes is taken for real, and comes back as it was. */
function addCycle(
  step: StepGraph,
  { forth, judge, back, cycle: weight }: Direction,
  real: Value,
  ganMode: CycleGanWeights['ganMode'],
  share: number,
): Made {
  const { g } = step;
  const fake = g.call(forth, real);
  const gan = ganLoss(g, g.call(judge, fake), true, ganMode);
  const recovered = g.call(back, fake);
  const cycle = scaled(g, l1Loss(g, recovered, real), weight);
  step.backward(scaled(g, g.add(gan, cycle), share));
  return { gan, cycle, fake, recovered };
}

/** The mean of losses, `[1]`. */
export function meanOf(g: GraphBuilder, losses: readonly Value[]): Value {
  return scaled(
    g,
    losses.reduce((a, b) => g.add(a, b)),
    1 / losses.length,
  );
}
