import type { EngineOptions } from '../../engine/engine.js';
import type { Module } from '../../nn/module.js';
import type { GanMode } from '../losses/ganLoss.js';

/** The four networks of a CycleGAN, by the authors' names. */
export interface CycleGanNetworks {
  /** Translates pictures of A to B. */
  readonly netGA: Module;
  /** Translates pictures of B to A. */
  readonly netGB: Module;
  /** Tells real pictures of B from those that `netGA` makes. */
  readonly netDA: Module;
  /** Tells real pictures of A from those that `netGB` makes. */
  readonly netDB: Module;
}

export interface CycleGanOptions extends CycleGanNetworks, EngineOptions {
  /** Pictures of each side in a step. Default: 1. */
  readonly batchSize?: number;
  /** Of the pictures, in pixels. */
  readonly height: number;
  readonly width: number;
  /** Of pictures of A, and of B. Default: 3. */
  readonly channelsA?: number;
  readonly channelsB?: number;
  /** Weights of the cycle losses A → B → A and B → A → B. Default: 10. */
  readonly lambdaA?: number;
  readonly lambdaB?: number;
  /** Weight of the identity losses, relative to the cycle losses; 0 leaves them out. Default: 0.5. */
  readonly lambdaIdentity?: number;
  /** Default: `lsgan`. */
  readonly ganMode?: GanMode;
  /** Learning rate of both optimisers. Default: 2e-4. */
  readonly lr?: number;
  /** Adam's β₁; β₂ is 0.999. Default: 0.5. */
  readonly beta1?: number;
  /** What dropout follows from, a whole number from 0 to below 2²⁴. Default: drawn, so that `manualSeed` settles it. */
  readonly seed?: number;
}

/** How a CycleGAN's losses are weighted. */
export interface CycleGanWeights {
  readonly lambdaA: number;
  readonly lambdaB: number;
  readonly lambdaIdentity: number;
  readonly ganMode: GanMode;
}
