import { requireBuiltin } from './builtin.js';
import { errorCode } from './fileError.js';

/**
 * Makes a folder with all above it, where they are missing. Node's own recursive way never ends on file systems that
 * say "no such folder" of what they do not take, as `/proc` does.
 *
 * @throws What the file system said.
 */
export function makeFolders(folder: string): void {
  const { mkdirSync, statSync } = requireBuiltin('fs', `Making ${folder}`);
  const { dirname } = requireBuiltin('path', `Making ${folder}`);
  try {
    mkdirSync(folder);
    return;
  } catch (error) {
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
    if (errorCode(error) !== 'ENOENT' || dirname(folder) === folder) throw error;
  }
  makeFolders(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    // Somebody else may have made it meanwhile.
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}
