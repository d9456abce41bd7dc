import { ResNetGenerator } from '../generator/resNetGenerator.js';
import { StateDictError } from '../nn/loadStateDict.js';
import { openWeights } from '../pth/weightFile.js';
import { fetchNotes, shownName } from './addresses.js';
import { embeddedWeights } from './embedded.js';
import { resolveWeights } from './models.js';
import type { Terminal } from './terminal.js';

/**
 * The generator of a weight file, from a path or an address, or of a downloaded model, or the small one that the command carries within itself. Its numbers are
 * then being read, by other threads: what is given back waits for them.
 *
 * @param key Where in a checkpoint the state dict is.
 * @param late Whether large weights stay in the file until they are packed: for who needs them once, and soon.
 */
export async function openGenerator(
  weights: string | undefined,
  key: string | undefined,
  terminal: Terminal,
  { late = false } = {},
): Promise<() => Promise<ResNetGenerator>> {
  if (weights === undefined) {
    terminal.say(
      'Using the small built-in horse2zebra model; for the full one: cyclegan download book/horse2zebra, then add --weights book/horse2zebra.',
    );
  }
  const source = weights === undefined ? await embeddedWeights() : await resolveWeights(weights);
  const name = weights === undefined ? null : shownName(weights);
  const file = await openWeights(source, { key, ...fetchNotes(name ?? '', terminal) });
  const reading = file.stateDict({ late });
  // Whoever waits is told.
  reading.catch(() => undefined);
  return async () => {
    const stateDict = await reading;
    try {
      return ResNetGenerator.fromStateDict(stateDict, (note) => terminal.say(`${name}: ${note}`));
    } catch (error) {
      if (!(error instanceof StateDictError) || name === null) throw error;
      throw error.inFile(name);
    }
  };
}
