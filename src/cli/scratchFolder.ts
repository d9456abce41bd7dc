import type { EngineOptions } from '../engine/engine.js';
import { requireBuiltin } from '../platform/builtin.js';
import { isPipeOrDevice, isRegularFile, pathKind, realPath } from '../platform/files.js';
import { UsageError } from './usage.js';

/**
 * The same options with a folder for values that have no place in memory: the one that was named, or the one that an output goes to.
 * /tmp is none: it may be memory itself. Nor is there one for an output that is no file.
 *
 * @param output A file that will be written, in a folder that may be yet to be made; `null` for standard output.
 * @throws UsageError for a named folder that is none.
 */
export async function withScratch(
  engine: EngineOptions,
  output: string | null,
): Promise<EngineOptions> {
  const { scratch } = engine;
  if (scratch === undefined) {
    const folder = output === null ? null : await folderBeside(output);
    return folder === null ? engine : { ...engine, scratch: folder };
  }
  if ((await pathKind(scratch)) === 'folder') return engine;
  throw new UsageError(`--scratch takes a folder, but ${scratch} is none.`);
}

/** Where Linux has devices, and files that are no files, among them its memory. */
const SYSTEM_FOLDER = /^\/(dev|proc|sys)(\/|$)/;

/** `null` where an output is a pipe or a device. /dev/stdout may be a file, which has its folder elsewhere. */
async function folderBeside(output: string): Promise<string | null> {
  if (await isPipeOrDevice(output)) return null;
  const path = (await isRegularFile(output)) ? await realPath(output) : output;
  const folder = await folderOf(path);
  return SYSTEM_FOLDER.test(await realPath(folder)) ? null : folder;
}

/** The innermost folder of a path that is there. */
async function folderOf(path: string): Promise<string> {
  const { dirname } = requireBuiltin('path', 'A scratch file');
  const folder = dirname(path);
  if (folder === path || (await pathKind(folder)) === 'folder') return folder;
  return folderOf(folder);
}
