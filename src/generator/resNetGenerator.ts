import { ShapeError } from '../errors.js';
import type { GraphBuilder, Value } from '../graph/builder.js';
import { Conv2d } from '../nn/conv2d.js';
import { ConvTranspose2d } from '../nn/convTranspose2d.js';
import { Module } from '../nn/module.js';
import { ReflectionPad2d } from '../nn/reflectionPad2d.js';
import { ReLU } from '../nn/relu.js';
import { Sequential } from '../nn/sequential.js';
import { Tanh } from '../nn/tanh.js';
import type { Tensor } from '../tensor/tensor.js';
import { adaptStateDict, type GeneratorConfig } from './adaptStateDict.js';
import { type GeneratorOptions, normLayer, usesBias } from './options.js';
import { ResNetBlock } from './resNetBlock.js';

/** How often the picture is halved on the way in and doubled on the way out. */
const SCALINGS = 2;

/**
 * The CycleGAN generator of the book, module index by module index, so that its state dict is that
 * of PyTorch: `model.1.weight` … `model.26.bias` with nine blocks.
 *
 *     [N, inputNc, H, W] in [0, 1]  →  [N, outputNc, 4·⌈H/4⌉, 4·⌈W/4⌉] in [−1, 1]
 *
 * The smallest input is 5×5; without blocks, one of the sides may be 4.
 *
 * @see Stevens, Antiga, Viehmann, "Deep Learning with PyTorch", section 2.2; Zhu et al., arXiv:1703.10593
 */
export class ResNetGenerator extends Module {
  readonly inputNc: number;
  readonly outputNc: number;
  readonly ngf: number;
  readonly nBlocks: number;
  readonly options: GeneratorOptions;
  readonly model: Sequential;

  /** @throws ShapeError unless the counts are whole numbers, `nBlocks` from 0 and the others from 1 up. */
  constructor(inputNc = 3, outputNc = 3, ngf = 64, nBlocks = 9, options: GeneratorOptions = {}) {
    super();
    for (const [name, value, least] of [
      ['inputNc', inputNc, 1],
      ['outputNc', outputNc, 1],
      ['ngf', ngf, 1],
      ['nBlocks', nBlocks, 0],
    ] as const) {
      if (!Number.isInteger(value) || value < least) {
        throw new ShapeError(
          `ResNetGenerator: ${name} must be a whole number from ${least} up, but got ${value}.`,
        );
      }
    }
    this.inputNc = inputNc;
    this.outputNc = outputNc;
    this.ngf = ngf;
    this.nBlocks = nBlocks;
    this.options = options;

    const bias = usesBias(options);
    const model: Module[] = [
      new ReflectionPad2d(3),
      new Conv2d(inputNc, ngf, 7, { bias }),
      normLayer(ngf, options),
      new ReLU(true),
    ];
    for (let i = 0; i < SCALINGS; i++) {
      const dim = ngf * 2 ** i;
      model.push(
        new Conv2d(dim, dim * 2, 3, { stride: 2, padding: 1, bias }),
        normLayer(dim * 2, options),
        new ReLU(true),
      );
    }
    for (let i = 0; i < nBlocks; i++) model.push(new ResNetBlock(ngf * 2 ** SCALINGS, options));
    for (let i = SCALINGS; i > 0; i--) {
      const dim = ngf * 2 ** i;
      model.push(
        new ConvTranspose2d(dim, dim / 2, 3, { stride: 2, padding: 1, outputPadding: 1, bias }),
        normLayer(dim / 2, options),
        new ReLU(true),
      );
    }
    model.push(new ReflectionPad2d(3), new Conv2d(ngf, outputNc, 7), new Tanh());
    this.model = this.registerModule('model', new Sequential(...model));
  }

  /**
   * The generator that a state dict belongs to, in eval mode and with the weights loaded. Reads the
   * configuration off keys and shapes, and repairs what old or wrapped checkpoints differ in (key
   * prefixes, unused running statistics of InstanceNorm2d); each repair is reported.
   *
   * @param onNote Receives one sentence for each repair.
   * @throws StateDictError when the keys are not a ResNet generator's.
   */
  static fromStateDict(
    stateDict: ReadonlyMap<string, Tensor>,
    onNote: (note: string) => void = () => undefined,
  ): ResNetGenerator {
    const { config, adapted, notes } = adaptStateDict(stateDict);
    const generator = withConfig(config);
    generator.loadStateDict(adapted);
    for (const note of notes) onNote(note);
    return generator.eval();
  }

  /** Everything that makes another generator of this kind. */
  get config(): GeneratorConfig {
    const { inputNc, outputNc, ngf, nBlocks, options } = this;
    const { norm = 'instance', dropout = false } = options;
    return { inputNc, outputNc, ngf, nBlocks, norm, dropout, bias: usesBias(options) };
  }

  override trace(g: GraphBuilder, x: Value): Value {
    return g.call(this.model, x);
  }
}

/** Stands outside of the class: bundlers rename a class that names itself, and then it is printed as `_ResNetGenerator`. */
function withConfig({ inputNc, outputNc, ngf, nBlocks, ...options }: GeneratorConfig) {
  return new ResNetGenerator(inputNc, outputNc, ngf, nBlocks, options);
}
