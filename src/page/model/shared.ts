import type { TraitOptions } from '../../generator/family.js';

export interface ModelCall {
  readonly file: Blob;
  /** For messages. */
  readonly name: string;
  /** Which state dict of a checkpoint; `null`: the one that is found. */
  readonly key: string | null;
  readonly traits: TraitOptions;
}

/** What a weight file is, for people. */
export interface ModelFacts {
  /** `a ResNet generator`. */
  readonly title: string;
  /** One line: the class with its arguments. */
  readonly description: string;
  readonly config: readonly (readonly [name: string, value: string])[];
  readonly numbers: number;
  readonly bytes: number;
  /** `zip archive, as PyTorch 1.6 and newer write it`. */
  readonly container: string;
  /** `0..1 in, -1..1 out`. */
  readonly pictures: string;
  /** What was repaired, and what hints at a wrong picture. */
  readonly notes: readonly string[];
  /** Why its pictures cannot be translated; `null` where they can. */
  readonly problem: string | null;
  /** The state dict that was taken, and others of the same keys that the file has. */
  readonly key: string;
  readonly otherKeys: readonly string[];
  /** As options of the command say it. */
  readonly inputRange: readonly [number, number];
}
