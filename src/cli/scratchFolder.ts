import type { EngineOptions } from '../engine/engine.js';
import { requireBuiltin } from '../platform/builtin.js';
import { pathKind } from '../platform/files.js';
import { UsageError } from './usage.js';

/**
 * The same options with a folder for values that have no place in memory: the one that was named, or the one that an output goes to.
 * /tmp is none: it may be memory itself.
 *
 * @param output A file that will be written, in a folder that may be yet to be made.
 * @throws UsageError for a named folder that is none.
 */
export async function withScratch(engine: EngineOptions, output: string): Promise<EngineOptions> {
  const { scratch } = engine;
  if (scratch === undefined) return { ...engine, scratch: await folderOf(output) };
  if ((await pathKind(scratch)) === 'folder') return engine;
  throw new UsageError(`--scratch takes a folder, but ${scratch} is none.`);
}

/** The innermost folder of a path that is there. */
async function folderOf(path: string): Promise<string> {
  const { dirname } = requireBuiltin('path', 'A scratch file');
  const folder = dirname(path);
  if (folder === path || (await pathKind(folder)) === 'folder') return folder;
  return folderOf(folder);
}
