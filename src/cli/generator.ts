import { ResNetGenerator } from '../generator/resNetGenerator.js';
import { StateDictError } from '../nn/loadStateDict.js';
import { loadStateDict } from '../pth/loadStateDict.js';
import { embeddedWeights } from './embedded.js';
import type { Terminal } from './terminal.js';

/** The generator of a weight file, or the small one that the command carries within itself. */
export async function openGenerator(
  weights: string | undefined,
  terminal: Terminal,
): Promise<ResNetGenerator> {
  if (weights === undefined) {
    terminal.say(
      'Using the small built-in horse2zebra model; for the full one, get horse2zebra_0.4.0.pth (see the README) and add --weights FILE.',
    );
    return ResNetGenerator.fromStateDict(await loadStateDict(await embeddedWeights()));
  }
  const stateDict = await loadStateDict(weights);
  try {
    return ResNetGenerator.fromStateDict(stateDict, (note) => terminal.say(`${weights}: ${note}`));
  } catch (error) {
    if (!(error instanceof StateDictError)) throw error;
    throw error.inFile(weights);
  }
}
