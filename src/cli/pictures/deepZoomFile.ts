import { deepZoomWriter } from '../../image/deepZoom/deepZoomWriter.js';
import { descriptor } from '../../image/deepZoom/levels.js';
import { encodeImage } from '../../image/formats.js';
import type { RowWriter } from '../../image/rows.js';
import { requireBuiltin } from '../../platform/builtin.js';
import {
  foldPath,
  realPath,
  removeStaleTemporaries,
  writeFileAtomic,
} from '../../platform/files.js';
import {
  folderExists,
  namesWithin,
  OTHERS,
  PartFolder,
  recoverFolder,
} from '../../platform/partFolder.js';
import { sha256 } from '../../platform/sha256.js';
import { utf8Bytes } from '../../platform/text.js';
import { UsageError } from '../usage.js';
import type { OutputFile } from './outputFile.js';

/** Whether a name is that of a Deep Zoom picture: a small file beside a folder of tiles. */
export function isDeepZoomName(name: string): boolean {
  return /\.dzi$/i.test(name);
}

/** Where the tiles lie. */
export function tileFolder(path: string): string {
  return path.replace(/\.dzi$/i, '_files');
}

/** Whether a folder has tiles, and nothing else: those may be replaced by others. */
function areTiles(names: readonly string[]): boolean {
  return names.every((name) => /^\d+[/]\d+_\d+\.(jpe?g|png)$/.test(name));
}

/** Before a run begins. @throws FileError where the tiles' folder is there, and holds something else. */
export async function refuseOtherThanTiles(path: string): Promise<void> {
  const folder = tileFolder(path);
  const names = await namesWithin(folder);
  if (names === null || !areTiles(names)) throw folderExists(folder, OTHERS);
}

/** @throws UsageError for a file that the run reads and that lies among the tiles, which would go with them. */
export async function refuseInputAmongTiles(path: string, reads: readonly string[]): Promise<void> {
  const { sep } = requireBuiltin('path', `Looking for ${path}`);
  const folder = `${foldPath(await realPath(tileFolder(path)))}${sep}`;
  for (const read of reads) {
    if (!foldPath(await realPath(read)).startsWith(folder)) continue;
    throw new UsageError(
      `${path}: the output would replace the input, ${read}, which lies among its tiles; name another file.`,
    );
  }
}

/** Removes what a run that was killed has left of these tiles, and gives back what it had put aside. */
export async function recoverTiles(path: string): Promise<void> {
  await removeStaleTemporaries([path]);
  await recoverFolder(tileFolder(path), areTiles);
}

/**
 * Deep Zoom: tiles of all sizes in a folder, written as they come, which gets its name once all are there, and then the file that tells of
 * them.
 * @param encodedAs A name whose extension is that of the tiles: `.jpg` or `.png`.
 */
export function deepZoomFile(
  path: string,
  replace: boolean,
  { encodedAs, quality }: { readonly encodedAs: string; readonly quality: number | undefined },
): OutputFile {
  const extension = encodedAs.slice(encodedAs.lastIndexOf('.') + 1);
  const folder = new PartFolder(tileFolder(path));
  let size = { width: 0, height: 0 };
  let count = 0;
  const tiles = deepZoomWriter(({ level, column, row, picture }) => {
    const bytes = encodeImage(picture, encodedAs, { quality });
    folder.write(`${level}/${column}_${row}.${extension}`, bytes);
    count += bytes.length;
  });
  const writer: RowWriter = {
    begin(head) {
      size = head;
      return tiles.begin(head);
    },
    end: () => tiles.end(),
  };
  return {
    writer,
    async publish(digest) {
      const text = utf8Bytes(descriptor(size, extension));
      await folder.publish(replace ? areTiles : null, () => {
        return writeFileAtomic(path, text, { replace });
      });
      return { bytes: count + text.length, sha256: digest ? sha256(text) : '' };
    },
    discard: () => folder.discard(),
  };
}
