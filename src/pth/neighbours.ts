import { type ByteInput, isPath } from '../platform/byteInput.js';
import { openFile } from '../platform/byteSource.js';
import { isPlainFile } from '../platform/files.js';
import type { Neighbours } from './container/container.js';

/** A name with a slash would lead somewhere else, and so would two dots. */
const NAME = /^(?!\.)[^/\\:\0]{1,255}$/;

/** The files in the folder of a path, none of them through a symbolic link; `undefined` for what has no folder. */
export function neighboursOf(source: ByteInput): Neighbours | undefined {
  if (!isPath(source)) return undefined;
  const folder = /^(.*[/\\])?/.exec(source)?.[1] ?? '';
  return async (name) => {
    const path = `${folder}${name}`;
    return NAME.test(name) && (await isPlainFile(path)) ? openFile(path) : null;
  };
}
