import type { EngineName, Precision } from '../../engine/engine.js';
import { engineNames, parseEngineName } from '../../engine/engines.js';
import { CycleganError } from '../../errors.js';
import { type Invocation, type OptionSpec, UsageError } from '../usage.js';

export const ENGINE_OPTION: OptionSpec = {
  type: 'string',
  value: 'NAME',
  choices: engineNames,
  help: `${engineNames.join(' or ')}; default: the fastest that runs here`,
};

const PRECISIONS: readonly Precision[] = ['f32', 'f16'];

export const PRECISION_OPTION: OptionSpec = {
  type: 'string',
  value: 'NAME',
  choices: PRECISIONS,
  help: 'f16: values of 16 bits between layers, with --engine webgpu on a GPU that has them; how far that is off is measured and said; default: f32',
};

/** @throws UsageError for a precision that there is not. */
export function readPrecision({ text }: Invocation): Precision | undefined {
  const name = text('precision');
  const known = PRECISIONS.find((precision) => precision === name);
  if (name === undefined || known !== undefined) return known;
  throw new UsageError(`--precision takes ${PRECISIONS.join(' or ')}, but got "${name}".`);
}

/** @throws UsageError for an engine that there is not. */
export function readEngine({ text }: Invocation): EngineName | undefined {
  const name = text('engine');
  try {
    return name === undefined ? undefined : parseEngineName(name);
  } catch (error) {
    throw error instanceof CycleganError ? new UsageError(error.message) : error;
  }
}
