import type { RunOptions } from '../../engine/engine.js';
import { ShapeError } from '../../errors.js';
import type { ParameterSource, Value } from '../../graph/builder.js';
import { BatchNorm2d } from '../../nn/batchNorm2d.js';
import type { Module } from '../../nn/module.js';
import type { Parameter } from '../../nn/parameter.js';
import { nextSeed } from '../../nn/random.js';
import { suggestCollection } from '../../platform/garbage.js';
import { formatShape, type Shape, sameShape } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';
import { Adam } from '../optim/adam.js';
import { type Optimizer, parametersOf } from '../optim/optimizer.js';
import type { OptimizerStateDict } from '../optim/optimizerState.js';
import { joinBatch, splitBatch } from '../step/pictures.js';
import { StepGraph } from '../step/stepGraph.js';
import { StepProgram } from '../step/stepProgram.js';
import { buildDiscriminatorStep } from './discriminatorStep.js';
import { type BatchShapes, buildGeneratorStep, type GeneratorOutputs } from './generatorStep.js';
import type { CycleGanNetworks, CycleGanOptions, CycleGanWeights } from './options.js';

/** Seeds are whole numbers below this. */
const MAX_SEED = 2 ** 24;

/** Losses of the generators, by the authors' names: means over the batch, their weights included. */
export interface GeneratorLosses {
  readonly G_A: number;
  readonly cycle_A: number;
  /** 0 without identity losses. */
  readonly idt_A: number;
  readonly G_B: number;
  readonly cycle_B: number;
  readonly idt_B: number;
}

/** What a step of the generators gives; pictures are `[N, C, H, W]`, as they were made before the step. */
export interface GeneratorResult {
  readonly losses: GeneratorLosses;
  /** G_A(A) and G_B(G_A(A)). */
  readonly fakeB: Tensor;
  readonly recA: Tensor;
  /** G_B(B) and G_A(G_B(B)). */
  readonly fakeA: Tensor;
  readonly recB: Tensor;
  /** G_A(B) and G_B(A); `null` without identity losses. */
  readonly idtA: Tensor | null;
  readonly idtB: Tensor | null;
}

export interface DiscriminatorInputs {
  /** `[N, C, H, W]` each. */
  readonly realA: Tensor;
  readonly realB: Tensor;
  /** What the generators made, from this step or an earlier one. */
  readonly fakeA: Tensor;
  readonly fakeB: Tensor;
}

export interface DiscriminatorLosses {
  readonly D_A: number;
  readonly D_B: number;
}

/** State dicts of the four networks, by the authors' names. */
export type CycleGanStateDicts = Readonly<
  Record<'G_A' | 'G_B' | 'D_A' | 'D_B', ReadonlyMap<string, Tensor>>
>;

/** What there is to save of a CycleGAN. */
export interface CycleGanCheckpointParts {
  readonly networks: Readonly<
    Record<'G_A' | 'G_B' | 'D_A' | 'D_B', ReadonlyMap<string, Parameter>>
  >;
  readonly optimizers: { readonly G: Optimizer; readonly D: Optimizer };
}

/** States of the optimisers of both generators and of both discriminators. */
export interface CycleGanOptimizerState {
  readonly G: OptimizerStateDict;
  readonly D: OptimizerStateDict;
}

interface Parts {
  readonly networks: CycleGanNetworks;
  readonly outputs: GeneratorOutputs;
  readonly optimizers: { readonly G: Adam; readonly D: Adam };
  readonly generators: StepProgram;
  readonly discriminators: { readonly A: StepProgram; readonly B: StepProgram };
  readonly shapes: BatchShapes;
}

/**
 * A CycleGAN that is being trained: a program for a step of both generators, and one for each discriminator. An iteration is
 * `optimizeGenerators`, then `optimizeDiscriminators`, as in the authors' `optimize_parameters`.
 *
 * ```ts
 * const netG = () => new Conv2d(3, 3, 3, { padding: 1 }); // or any family's
 * const netD = () => new NLayerDiscriminator(3, 2, 1, { norm: 'instance' });
 * const networks = { netGA: netG(), netGB: netG(), netDA: netD(), netDB: netD() };
 * const model = await CycleGanModel.create({ ...networks, height: 16, width: 16, engine: 'js' });
 * const [realA, realB] = [Tensor.full([1, 3, 16, 16], 0.5), Tensor.full([1, 3, 16, 16], -0.5)];
 * const { losses, fakeA, fakeB } = await model.optimizeGenerators(realA, realB);
 * losses.cycle_A > 0; // true
 * const { D_A } = await model.optimizeDiscriminators({ realA, realB, fakeA, fakeB });
 * D_A > 0; // true
 * model.dispose();
 * ```
 *
 * @see Zhu et al., arXiv:1703.10593; junyanz/pytorch-CycleGAN-and-pix2pix, models/cycle_gan_model.py
 */
export class CycleGanModel {
  readonly #parts: Parts;

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Prepares the programs. The networks' weights are read now.
   *
   * @throws ShapeError when a network does not take the pictures; CycleganError for options that are out of their ranges, for a
   * layer that cannot be trained, or an unknown engine.
   */
  static async create(options: CycleGanOptions): Promise<CycleGanModel> {
    const { batchSize = 1, height, width, channelsA = 3, channelsB = 3 } = options;
    const { lambdaA = 10, lambdaB = 10, lambdaIdentity = 0.5, ganMode = 'lsgan' } = options;
    const { lr = 2e-4, beta1 = 0.5, netGA, netGB, netDA, netDB } = options;
    const networks = { netGA, netGB, netDA, netDB };
    const shapes = {
      a: [batchSize, channelsA, height, width],
      b: [batchSize, channelsB, height, width],
      parts: hasBatchNorms(networks) ? 1 : batchSize,
    };
    checkCounts({ batchSize, channelsA, channelsB, height, width });
    const seed = options.seed ?? nextSeed() >>> 8;
    const adam = (...modules: Module[]) =>
      new Adam(parametersOf(...modules), { lr, betas: [beta1, 0.999] });
    const optimizers = { G: adam(netGA, netGB), D: adam(netDA, netDB) };
    const modules = { netG_A: netGA, netG_B: netGB, netD_A: netDA, netD_B: netDB };
    const weights: CycleGanWeights = { lambdaA, lambdaB, lambdaIdentity, ganMode };
    const programs: StepProgram[] = [];
    const compile = async (step: StepGraph, outputs: readonly Value[]) => {
      // Each program has random numbers of its own.
      const own = { ...options, seed: (seed + programs.length) % MAX_SEED };
      const program = await StepProgram.compile(step, outputs, own);
      programs.push(program);
      return program;
    };
    const discriminator = (netD: Module, shape: Shape) => {
      const step = new StepGraph({ modules, trained: [netD], optimizer: optimizers.D });
      return compile(step, [buildDiscriminatorStep(step, netD, ganMode, shape, shapes.parts)]);
    };
    try {
      const step = new StepGraph({ modules, trained: [netGA, netGB], optimizer: optimizers.G });
      const outputs = buildGeneratorStep(step, networks, weights, shapes);
      const generators = await compile(step, Object.values(outputs).flat());
      const discriminators = {
        A: await discriminator(netDA, shapes.b),
        B: await discriminator(netDB, shapes.a),
      };
      const programs = { generators, discriminators };
      // The weights that the networks began with are the programs' now: what they took is to go before the first step needs more.
      suggestCollection();
      return new CycleGanModel({ networks, outputs, optimizers, ...programs, shapes });
    } catch (error) {
      for (const program of programs) program.dispose();
      throw error;
    }
  }

  /**
   * A step of both generators; the discriminators stay as they are.
   *
   * @param realA Pictures of A, `[N, C, H, W]` between −1 and 1.
   * @param realB Pictures of B.
   * @throws ShapeError for pictures of another shape; AbortError, after which nothing is changed.
   */
  async optimizeGenerators(
    realA: Tensor,
    realB: Tensor,
    options: RunOptions = {},
  ): Promise<GeneratorResult> {
    const { generators, discriminators, optimizers, shapes, outputs } = this.#parts;
    checkPictures({ realA }, shapes.a);
    checkPictures({ realB }, shapes.b);
    const inputs = [...splitBatch(realA, shapes.parts), ...splitBatch(realB, shapes.parts)];
    const results = await generators.run(inputs, options);
    // Running statistics, which discriminators move whenever they are called.
    await generators.handOver(discriminators.A);
    await generators.handOver(discriminators.B);
    optimizers.G.advance();
    const take = (values: readonly unknown[]) => results.splice(0, values.length);
    const numbers = take(outputs.losses).map(({ data }) => data[0]);
    const pictures = (values: readonly unknown[]) => joinBatch(take(values));
    const fakeB = pictures(outputs.fakeB);
    const recA = pictures(outputs.recA);
    const fakeA = pictures(outputs.fakeA);
    const recB = pictures(outputs.recB);
    const hasIdentity = outputs.idtA.length > 0;
    return {
      losses: lossesOf(hasIdentity ? numbers : [...numbers.toSpliced(2, 0, 0), 0]),
      fakeB,
      recA,
      fakeA,
      recB,
      idtA: hasIdentity ? pictures(outputs.idtA) : null,
      idtB: hasIdentity ? pictures(outputs.idtB) : null,
    };
  }

  /**
   * A step of each discriminator: `D_A` judges `fakeB` against `realB`, `D_B` judges `fakeA` against `realA`.
   * @throws ShapeError for pictures of another shape; AbortError.
   */
  async optimizeDiscriminators(
    { realA, realB, fakeA, fakeB }: DiscriminatorInputs,
    options: RunOptions = {},
  ): Promise<DiscriminatorLosses> {
    const { generators, discriminators, optimizers, shapes } = this.#parts;
    checkPictures({ realA, fakeA }, shapes.a);
    checkPictures({ realB, fakeB }, shapes.b);
    const run = async (program: StepProgram, real: Tensor, fake: Tensor) => {
      const inputs = [...splitBatch(real, shapes.parts), ...splitBatch(fake, shapes.parts)];
      const [loss] = await program.run(inputs, options);
      await program.handOver(generators);
      return loss.data[0];
    };
    const D_A = await run(discriminators.A, realB, fakeB);
    const D_B = await run(discriminators.B, realA, fakeA);
    optimizers.D.advance();
    return { D_A, D_B };
  }

  /** The learning rate of both optimisers, from the next step on. */
  setLearningRate(lr: number): void {
    this.#parts.optimizers.G.lr = lr;
    this.#parts.optimizers.D.lr = lr;
  }

  get learningRate(): number {
    return this.#parts.optimizers.G.lr;
  }

  /** The networks' weights as they are now; the modules have them afterwards, too. */
  stateDicts(): CycleGanStateDicts {
    this.#pull();
    const { netGA, netGB, netDA, netDB } = this.#parts.networks;
    const copy = (module: Module) =>
      new Map([...module.namedState()].map(([key, { tensor }]) => [key, tensor.share()]));
    return { G_A: copy(netGA), G_B: copy(netGB), D_A: copy(netDA), D_B: copy(netDB) };
  }

  /** What a checkpoint is made of: parameters by state-dict key, and optimisers. Their elements change with the next step. */
  checkpointParts(): CycleGanCheckpointParts {
    this.#pull();
    const { netGA, netGB, netDA, netDB } = this.#parts.networks;
    const state = (module: Module) => new Map(module.namedState());
    return {
      networks: { G_A: state(netGA), G_B: state(netGB), D_A: state(netDA), D_B: state(netDB) },
      optimizers: this.#parts.optimizers,
    };
  }

  /** Takes weights as `stateDicts()` gives them. @throws StateDictError for those of other networks. */
  async loadStateDicts({ G_A, G_B, D_A, D_B }: CycleGanStateDicts): Promise<void> {
    this.#pull();
    const { netGA, netGB, netDA, netDB } = this.#parts.networks;
    netGA.loadStateDict(G_A);
    netGB.loadStateDict(G_B);
    netDA.loadStateDict(D_A);
    netDB.loadStateDict(D_B);
    await this.#push();
  }

  /** What both optimisers keep, in PyTorch's form. Their parameters are those of G_A, then G_B; those of D_A, then D_B. */
  optimizerState(): CycleGanOptimizerState {
    this.#pull();
    const { G, D } = this.#parts.optimizers;
    return { G: G.stateDict(), D: D.stateDict() };
  }

  /** Takes what `optimizerState()` gave, learning rates included. @throws CycleganError `ERR_OPTIMIZER` for another's state. */
  async loadOptimizerState({ G, D }: CycleGanOptimizerState): Promise<void> {
    this.#pull();
    this.#parts.optimizers.G.loadStateDict(G);
    this.#parts.optimizers.D.loadStateDict(D);
    await this.#push();
  }

  /** Nodes of a step that the engine leaves to the reference loops. */
  get fallbacks(): readonly string[] {
    return this.#programs.flatMap(({ program }) => program.fallbacks);
  }

  /** Memory that the programs hold. */
  get memoryBytes(): number {
    return this.#programs.reduce((sum, { program }) => sum + program.memoryBytes, 0);
  }

  /** Frees what the programs hold. The modules keep the weights as they are now. */
  dispose(): void {
    const weights = new Set<ParameterSource>(
      Object.values(this.#parts.networks).flatMap((network: Module) =>
        [...network.namedState()].map(([, parameter]) => parameter),
      ),
    );
    // What else there is belongs to the optimisers, which are the model's own.
    for (const program of this.#programs) program.dispose((one) => weights.has(one));
  }

  get #programs(): readonly StepProgram[] {
    const { generators, discriminators } = this.#parts;
    return [generators, discriminators.A, discriminators.B];
  }

  #pull(): void {
    for (const program of this.#programs) program.pull();
  }

  async #push(): Promise<void> {
    for (const program of this.#programs) await program.push();
  }
}

function lossesOf([G_A, cycle_A, idt_A, G_B, cycle_B, idt_B]: readonly number[]): GeneratorLosses {
  return { G_A, cycle_A, idt_A, G_B, cycle_B, idt_B };
}

function checkPictures(pictures: Readonly<Record<string, Tensor>>, shape: Shape): void {
  for (const [name, picture] of Object.entries(pictures)) {
    if (picture instanceof Tensor && sameShape(picture.shape, shape)) continue;
    const found = picture instanceof Tensor ? formatShape(picture.shape) : typeof picture;
    throw new ShapeError(
      `This model was made for ${name} of shape ${formatShape(shape)}, but got ${found}.`,
    );
  }
}

/**
 * Whether there are norms whose statistics are those of the whole batch, which then is one value of the graph: engines have all of
 * its pictures at once. Else they are computed one by one, so that activations of one picture are held at a time.
 */
function hasBatchNorms(networks: CycleGanNetworks): boolean {
  return Object.values(networks).some((network: Module) =>
    [...network.namedModules()].some(([, layer]) => layer instanceof BatchNorm2d && layer.training),
  );
}

function checkCounts(counts: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(counts)) {
    if (Number.isInteger(count) && count > 0) continue;
    throw new ShapeError(`CycleGanModel: ${name} is a whole number from 1 up, but got ${count}.`);
  }
}
