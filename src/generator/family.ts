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
}

/** How pictures get into a network and out of it, and what of that a file cannot tell by its keys. */
export interface PictureTraits {
  /** Of a picture, 3. */
  readonly inputChannels: number;
  /** Of a picture, 3 or 1. */
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
  /** What lies around a picture for the convolutions that keep its size. */
  readonly padding: 'reflect' | 'zero' | 'replicate';
  /** Whether the network adds its input to what its layers make. */
  readonly residual: boolean;
}

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
   * @throws MisfitError when they cannot be the family's.
   */
  infer(tensors: ReadonlyMap<string, Shaped>): C;
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
