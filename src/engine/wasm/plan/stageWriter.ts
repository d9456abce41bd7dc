import type { FunctionHandle, ModuleWriter } from '../../../emit/module.js';
import { type Buffer, newBuffer } from '../../shared/arena.js';
import type { Overlay } from '../../shared/overlays.js';
import type { Target } from '../kernels/target.js';
import { floatsAt } from '../writableMemory.js';
import type { Step, WeightFacts, WeightFill, WeightPacking } from './assembly.js';
import type { Machine } from './convolution/common.js';
import type { PlannedChain } from './plannedMember.js';
import type { PlannedStep } from './rowUnits.js';
import { paddedChannels } from './source.js';
import type { RowChain, Stage } from './stages.js';
import type { PlannedSteps } from './sums.js';
import { packVector } from './weights.js';

/** That a stage's result may take the place of its source, if the stage is the last to read that. */
export interface StageOverlay extends Overlay {
  readonly firstStep: number;
  readonly lastStep: number;
}

export type NodeOf = Pick<Stage, 'node'>;

/** Gathers the steps of stages and what they need, as those are written (`write/`). */
export class StageWriter {
  readonly steps: Step[] = [];
  readonly packings: WeightPacking[] = [];
  readonly fills: WeightFill[] = [];
  /** Buffers that live as long as the program. */
  readonly fixed: Buffer[] = [];
  /** Buffers of convolutions' own, which live for some steps. */
  readonly temporaries: Buffer[] = [];
  /** Weights as they are, by the first of their numbers. */
  readonly flatWeights = new Map<number, Buffer>();
  scratchBytes = 64;
  /** Whether values may take each other's place, and which ones may. */
  isOverlaid = false;
  readonly overlays: StageOverlay[] = [];
  /** Chains that are planned: for sums and for values, the same. */
  readonly chains = new Map<RowChain, PlannedChain>();
  /** What the last step of a run that packs weights has packed. */
  lastPacked: {
    readonly home: Buffer;
    readonly how: FunctionHandle | null;
    readonly weights: Buffer;
  } | null = null;
  readonly module: ModuleWriter;
  readonly target: Target;
  readonly machine: Machine;
  readonly weights: WeightFacts;

  constructor(module: ModuleWriter, target: Target, machine: Machine, weights: WeightFacts) {
    this.module = module;
    this.target = target;
    this.machine = machine;
    this.weights = weights;
  }

  /** A weight as it is, with zeros up to whole vectors. */
  addFlatWeight(weight: number, buffer: Buffer): void {
    this.flatWeights.set(weight, buffer);
    this.fixed.push(buffer);
    this.fills.push({
      reads: [weight],
      isFlat: true,
      apply: (memory, tensorOf) => packVector(tensorOf(weight), 0, floatsAt(memory, buffer)),
    });
  }

  addPlanned(stage: NodeOf, { steps, scratchBytes }: PlannedSteps): void {
    this.needScratch(scratchBytes);
    for (const { stage: handle, items, args } of steps) this.add(stage, handle, items, args);
  }

  addStep({ node }: NodeOf, { stage, items, firstItem }: PlannedStep, args: Step['args']): void {
    this.steps.push({ stage, items, firstItem, args, node });
  }

  /** Where a weight lies as it is. */
  home(id: number): Buffer {
    const weight = this.weights.firstView(id);
    const known = this.flatWeights.get(weight);
    if (known !== undefined) return known;
    const buffer = newBuffer(paddedChannels(this.weights.sizeOf(weight)) * 4);
    this.addFlatWeight(weight, buffer);
    return buffer;
  }

  add({ node }: NodeOf, handle: FunctionHandle, items: number, args: Step['args']): void {
    this.steps.push({ stage: handle, items, args, node });
  }

  /** A row of padded channels; lanes beyond the real ones have to be zero, or `fill`, and stay finite. */
  vector(id: number | null, fill: number, channels: number): Buffer {
    const weight = id === null ? null : this.weights.firstView(id);
    const flat = weight === null ? undefined : this.flatWeights.get(weight);
    if (flat?.bytes === channels * 4) return flat;
    const buffer = newBuffer(channels * 4);
    if (weight !== null && paddedChannels(this.weights.sizeOf(weight)) === channels) {
      this.addFlatWeight(weight, buffer);
      return buffer;
    }
    this.fixed.push(buffer);
    this.fills.push({
      reads: id === null ? [] : [id],
      apply: (memory, tensorOf) =>
        packVector(id === null ? null : tensorOf(id), fill, floatsAt(memory, buffer)),
    });
    return buffer;
  }

  needScratch(bytes: number): void {
    this.scratchBytes = Math.max(this.scratchBytes, bytes);
  }
}
