import { type CommandSpec, type Invocation, UsageError } from '../usage.js';

export const cacheSpec: CommandSpec = {
  name: 'cache',
  namesNoFiles: true,
  operands: 'models',
  usage: '[remove MODEL... | clear]',
  summary: 'list what was downloaded, with size, date and digest, or remove it',
  notes: [
    'remove takes models by their names, with what has come of a download that was cut off. clear removes all of them, and what was found out about this machine, which is found out again when it is needed. Other files in the folder stay.',
  ],
  options: { json: { type: 'boolean', help: 'print the list as one JSON object' } },
};

export interface CacheRequest {
  readonly action: 'list' | 'clear' | { readonly remove: readonly string[] };
  readonly json: boolean;
}

/** @throws UsageError for what is no action, or lacks a name. */
export function readCache({ operands: [action, ...names], flag }: Invocation): CacheRequest {
  const json = flag('json');
  if (action === undefined) return { action: 'list', json };
  if (action === 'clear' && names.length === 0) return { action, json };
  if (action === 'remove' && names.length > 0) return { action: { remove: names }, json };
  throw new UsageError('cache lists; cache remove MODEL... and cache clear remove.');
}
