import { requireBuiltin } from './builtin.js';
import { readFileBytes } from './files.js';

/** The bytes of a file of an installed package (Node). @throws FileError when it is not there. */
export async function packageFile(name: string): Promise<Uint8Array> {
  const { createRequire } = requireBuiltin('module', 'Reading a file of a package');
  return readFileBytes(createRequire(import.meta.url).resolve(name));
}
