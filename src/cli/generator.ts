import type { TraitOptions } from '../generator/family.js';
import { beginGenerator, bookGenerator, type OpenedGenerator } from '../generator/openGenerator.js';
import { fetchNotes, shownName } from './addresses.js';
import { embeddedWeights } from './embedded.js';
import { findWeights } from './models.js';
import type { Terminal } from './terminal.js';

/** Which generator a command is about; what is `undefined` of its traits is as the model, its file or its family says. */
export interface WeightsRequest extends TraitOptions {
  /** A path, an address, or the name of a downloaded model; `null` where none was named. */
  readonly source: string | null;
  /** Where in a checkpoint the state dict is; `undefined`: it is searched. */
  readonly key: string | undefined;
}

/**
 * The generator of a weight file, or the small one that the command carries within itself. Its numbers are then being read,
 * by other threads: the function that is returned waits for them.
 *
 * @param late Whether large weights stay in the file until they are packed: for commands that need them once, and soon.
 */
export async function beginOpening(
  { source, inputRange, ...options }: WeightsRequest,
  terminal: Terminal,
  { late = false } = {},
): Promise<() => Promise<OpenedGenerator>> {
  if (source === null) {
    terminal.sayAtEnd(
      'Used the small built-in horse2zebra model; for the full one: cyclegan download book/horse2zebra, then add --weights book/horse2zebra.',
    );
    return beginGenerator(await embeddedWeights(), { ...options, late, inputRange });
  }
  const { path, model } = await findWeights(source);
  const name = shownName(source);
  const reading = await beginGenerator(path, {
    ...options,
    key: options.key ?? model?.key,
    late,
    inputRange: inputRange ?? model?.inputRange,
    ...fetchNotes(name, terminal),
  });
  return async () => {
    const generator = await reading();
    for (const note of generator.notes) terminal.say(`${name}: ${note}`);
    return generator;
  };
}

/** A file's generator, or the book's with random weights where none is named: for commands that look at layers. */
export async function openOrBook(
  weights: WeightsRequest,
  terminal: Terminal,
): Promise<OpenedGenerator> {
  if (weights.source === null) return bookGenerator();
  const reading = await beginOpening(weights, terminal);
  return reading();
}
