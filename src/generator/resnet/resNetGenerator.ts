import type { GraphBuilder, Value } from '../../graph/builder.js';
import { checkStateDict } from '../../nn/loadStateDict.js';
import { Module } from '../../nn/module.js';
import type { Sequential } from '../../nn/sequential.js';
import type { Tensor } from '../../tensor/tensor.js';
import type { ValueRange } from '../family.js';
import { checkCounts } from '../layers/checkCounts.js';
import { usesBias } from '../layers/normLayer.js';
import { loadRecognised, readGenerator } from '../readGenerator.js';
import { type GeneratorConfig, type GeneratorOptions, trainedRange } from './options.js';
import { resNetFamilyOf } from './resNetFamily.js';
import { resNetLayers } from './resNetLayers.js';

/**
 * The CycleGAN generator of the book, module index by module index, so that its state dict is that
 * of PyTorch: `model.1.weight` … `model.26.bias` with nine blocks.
 *
 *     [N, inputNc, H, W] in `inputRange`  →  [N, outputNc, 4·⌈H/4⌉, 4·⌈W/4⌉] in [−1, 1]
 *
 * The smallest input is 5×5; without blocks, one of the sides may be 4.
 *
 * ```ts
 * const netG = new ResNetGenerator(3, 3, 8, 1).eval();
 * (await netG.forward(Tensor.zeros([1, 3, 30, 32]))).shape; // [1, 3, 32, 32]
 *
 * const mini = ResNetGenerator.fromStateDict(await loadStateDict('horse2zebra.pth'));
 * mini.config.ngf; // 24
 * ```
 *
 * @see Stevens, Antiga, Viehmann, "Deep Learning with PyTorch", section 2.2; Zhu et al., arXiv:1703.10593
 */
export class ResNetGenerator extends Module {
  readonly inputNc: number;
  readonly outputNc: number;
  readonly ngf: number;
  readonly nBlocks: number;
  readonly options: GeneratorOptions;
  /** What the darkest and the brightest byte of a picture become. */
  readonly inputRange: ValueRange;
  readonly model: Sequential;

  /** @throws ShapeError unless the counts are whole numbers, `nBlocks` from 0 and the others from 1 up. */
  constructor(inputNc = 3, outputNc = 3, ngf = 64, nBlocks = 9, options: GeneratorOptions = {}) {
    super();
    checkCounts('ResNetGenerator', { inputNc, outputNc, ngf }, 1);
    checkCounts('ResNetGenerator', { nBlocks });
    this.inputNc = inputNc;
    this.outputNc = outputNc;
    this.ngf = ngf;
    this.nBlocks = nBlocks;
    this.options = options;
    this.inputRange = options.inputRange ?? trainedRange(options);
    this.model = this.registerModule('model', resNetLayers(this.config));
  }

  /**
   * The generator that a state dict belongs to, in eval mode and with the weights loaded. Reads the
   * configuration off keys and shapes, and repairs what old or wrapped checkpoints differ in (key
   * prefixes, unused running statistics of InstanceNorm2d). Every key and every shape must be accounted for.
   *
   * @param onNote Receives one sentence for each repair, and for what keys do not tell.
   * @throws StateDictError when keys and shapes are not a ResNet generator's: what differs, and what they look like.
   */
  static fromStateDict(
    stateDict: ReadonlyMap<string, Tensor>,
    onNote: (note: string) => void = () => undefined,
  ): ResNetGenerator {
    checkStateDict(stateDict);
    const recognised = readGenerator(resNetFamily, stateDict);
    const network = loadRecognised(recognised);
    for (const note of [...recognised.notes, ...recognised.hints({})]) onNote(note);
    return network.eval();
  }

  /** Everything that makes another generator of this kind. */
  get config(): GeneratorConfig {
    const { inputNc, outputNc, ngf, nBlocks, options } = this;
    const { norm = 'instance', dropout = false, paddingType = 'reflect' } = options;
    const bias = usesBias(options);
    const tracked = norm !== 'batch' && options.tracked === true;
    const usual = trainedRange(options);
    const isUsual = this.inputRange.every((bound, i) => bound === usual[i]);
    return {
      ...{ inputNc, outputNc, ngf, nBlocks, norm, dropout, bias, paddingType },
      ...(tracked ? { tracked } : {}),
      ...(isUsual ? {} : { inputRange: this.inputRange }),
    };
  }

  override trace(g: GraphBuilder, x: Value): Value {
    return g.call(this.model, x);
  }
}

/** ResNet generators of the book and of the CycleGAN authors. */
export const resNetFamily = resNetFamilyOf(
  ({ inputNc, outputNc, ngf, nBlocks, ...options }) =>
    new ResNetGenerator(inputNc, outputNc, ngf, nBlocks, options),
);
