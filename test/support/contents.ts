import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** What every path below a folder holds: bytes of files, targets of links, which are not followed. */
export function contents(folder: string, below = ''): Map<string, string> {
  const found = new Map<string, string>();
  for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
    const name = join(below, entry.name);
    const path = join(folder, name);
    if (entry.isSymbolicLink()) found.set(name, `-> ${readlinkSync(path)}`);
    else if (!entry.isDirectory()) found.set(name, readFileSync(path, 'latin1'));
    else for (const [inner, text] of contents(folder, name)) found.set(inner, text);
  }
  return found;
}
