import type { EngineName } from '../../engine/engine.js';
import { engineNames, parseEngineName } from '../../engine/engines.js';
import { CycleganError } from '../../errors.js';
import { type Invocation, type OptionSpec, UsageError } from '../usage.js';

export const ENGINE_OPTION: OptionSpec = {
  type: 'string',
  value: 'NAME',
  choices: engineNames,
  help: `${engineNames.join(' or ')}; default: the fastest that runs here`,
};

/** @throws UsageError for an engine that there is not. */
export function readEngine({ text }: Invocation): EngineName | undefined {
  const name = text('engine');
  try {
    return name === undefined ? undefined : parseEngineName(name);
  } catch (error) {
    throw error instanceof CycleganError ? new UsageError(error.message) : error;
  }
}
