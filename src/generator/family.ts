import type { Shaped } from '../nn/loadStateDict.js';
import type { Module } from '../nn/module.js';
import type { PlainValue } from '../pth/plainValue.js';

/** The lowest and the highest value of a picture as a network has it. */
export type ValueRange = readonly [low: number, high: number];

/** Everything that makes another network of a family; JSON can hold it. A type alias fits, an interface does not. */
export type FamilyConfig = Readonly<Record<string, PlainValue>>;

export interface SizeRule {
  /** Sides of the input must be multiples of this; 1 for any size. */
  readonly multipleOf: number;
  /** Sides of the output are those of the input, rounded up to a multiple of this. */
  readonly roundsUpTo: number;
  /** What comes on top of that, less than 0 for networks that pad by too little. Default: 0. */
  readonly grows?: number;
  /** What both sides of the input must be, for a network that has weights for each pixel. Default: any that the others allow. */
  readonly exactly?: number;
}

/** What lies around a picture for the convolutions that keep its size: it is mirrored, or zeros, or its edge again and again. */
export type PaddingKind = 'reflect' | 'zero' | 'replicate';

/** How pictures get into a network and out of it, and what of that a file cannot tell by its keys. */
export interface PictureTraits {
  /** Of a picture, 3, or 1 for a grey one. */
  readonly inputChannels: number;
  /** Of a picture, 3, or 1 for a grey one. */
  readonly outputChannels: number;
  /** What the darkest and the brightest byte of a picture become. */
  readonly inputRange: ValueRange;
  /** What becomes the darkest and the brightest byte. */
  readonly outputRange: ValueRange;
  /** Of input and output. */
  readonly channelOrder: 'rgb' | 'bgr';
  readonly sizeRule: SizeRule;
  /** Whether norms use the picture's own statistics, or those that were gathered in training. */
  readonly statistics: 'own' | 'running';
  readonly padding: PaddingKind;
  /** Whether the network adds its input to what its layers make; `'tanh'`: before the tanh in which they end. */
  readonly residual: boolean | 'tanh';
}

/** What callers may say of a generator, because its keys and shapes do not. */
export type TraitOptions = Partial<
  Pick<PictureTraits, 'inputRange' | 'channelOrder' | 'statistics' | 'padding' | 'residual'>
>;

/**
 * What most families have in common: pictures of [−1, 1] in and out, red first, three channels, sides rounded up to a multiple
 * of four. A family says what differs.
 */
export const USUAL_TRAITS: PictureTraits = {
  inputChannels: 3,
  outputChannels: 3,
  inputRange: [-1, 1],
  outputRange: [-1, 1],
  channelOrder: 'rgb',
  sizeRule: { multipleOf: 1, roundsUpTo: 4 },
  statistics: 'own',
  padding: 'reflect',
  residual: false,
};

/** What was saved beside a generator's weights. */
export type SavedOptions = TraitOptions & {
  /** Which norms its configuration names; keys without parameters do not tell all of them apart. */
  readonly norm?: string;
  /** Of its norms, where the file names it. */
  readonly epsilon?: number;
};

/** The key by which a family's files are found, whatever wrappers have put before it. */
export interface Anchor {
  readonly key: string;
  /** Whether a tensor of that key can be the family's: others have keys of the same name. */
  fits(tensor: Shaped): boolean;
  /** The outermost module's name, `model.`, where files have been seen that lack it. */
  readonly outermost?: string;
}

/** A kind of network that many files hold: how it is known, built, and fed with pictures. */
export interface Family<C extends FamilyConfig = FamilyConfig, M extends Module = Module> {
  /** Short, for data: `resnet`. */
  readonly name: string;
  /** For messages: `a ResNet generator`. */
  readonly title: string;
  /** Where its class is published: `owner/name` on GitHub. */
  readonly repository: string;
  /** What the class is called there. */
  readonly className: string;
  readonly anchor: Anchor;
  /** Whether keys and shapes are worth a closer look. It need not be strict: all of them are compared later. */
  matches(tensors: ReadonlyMap<string, Shaped>): boolean;
  /**
   * The configuration, read off keys and shapes that begin where the network's own begin.
   * @param saved What was saved beside them. Of running statistics, an .onnx has no counters.
   * @throws MisfitError when they cannot be the family's.
   */
  infer(tensors: ReadonlyMap<string, Shaped>, saved: SavedOptions): C;
  /** A network with weights yet to be loaded. */
  build(config: C): M;
  /**
   * What in a file is no part of the network and does no harm is left out, with a sentence for each kind of repair. Without it,
   * every key must be the network's.
   */
  adapt?<T extends Shaped>(
    tensors: ReadonlyMap<string, T>,
    network: M,
    notes: string[],
  ): ReadonlyMap<string, T>;
  /** One line: the class with its arguments, and what else distinguishes the network. */
  describe(config: C): string;
  traits(config: C): PictureTraits;
  /**
   * The configuration with padding of another kind, which `build`, `describe` and `traits` heed; `null` where the class has none
   * of that kind, or keys and shapes would be others. Without it, padding is as `traits` says.
   */
  withPadding?(config: C, padding: PaddingKind): C | null;
  /**
   * What keys and shapes cannot tell, and what hints at it: a sentence each, for people to check.
   * @param told What callers, or the file, have said already.
   */
  hints?(tensors: ReadonlyMap<string, Shaped>, config: C, told: TraitOptions): readonly string[];
}

/** Why keys and shapes cannot be a family's; whoever has the whole state dict makes a message of it. */
export class MisfitError extends Error {
  /** The key that is missing. */
  readonly key: string;

  constructor(key: string, reason: string) {
    super(reason);
    this.key = key;
  }
}
