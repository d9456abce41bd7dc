import { decodeImage } from '../../image/formats.js';
import { requireBuiltin } from '../../platform/builtin.js';
import { makeFolder, readFileBytes, writeFileAtomic } from '../../platform/files.js';
import {
  type Sample,
  type SamplePictures,
  type SampleSide,
  sampleSheet,
  splitSheet,
} from './samples.js';

/** After which iteration samples were made. */
export interface SampleTime {
  readonly epoch: number;
  readonly iteration: number;
}

/** Sheets that lie in a folder, of one iteration. */
export interface StoredSheets extends SampleTime {
  /** The first of each side before the second. */
  readonly files: readonly { readonly side: SampleSide; readonly name: string }[];
}

/** `epoch-0012-iteration-0016008-A-1.png` */
const NAME = /^epoch-(\d{4,9})-iteration-(\d{7,12})-([AB])-(\d{1,3})\.png$/;

/**
 * Writes a sheet for each sample: real, fake and reconstructed side by side. One that is made anew, as after a run was resumed,
 * replaces what it was.
 * @returns The bytes of the PNG files, in the order of the samples.
 * @throws FileError when it cannot be written; ShapeError for pictures that are not of one size.
 */
export async function storeSheets(
  folder: string,
  { epoch, iteration }: SampleTime,
  samples: readonly Sample[],
): Promise<Uint8Array[]> {
  const { join } = requireBuiltin('path', 'Samples');
  const counts = { A: 0, B: 0 };
  const sheets: Uint8Array[] = [];
  for (const sample of samples) {
    const number = ++counts[sample.side];
    const stamp = `epoch-${digits(epoch, 4)}-iteration-${digits(iteration, 7)}`;
    const path = join(folder, `${stamp}-${sample.side}-${number}.png`);
    const sheet = sampleSheet(sample);
    await makeFolder(path);
    await writeFileAtomic(path, sheet, { replace: true });
    sheets.push(sheet);
  }
  return sheets;
}

function digits(value: number, count: number): string {
  return String(value).padStart(count, '0');
}

/** What lies in the folder from iterations up to one, the oldest first. */
export async function listSheets(folder: string, upTo: number): Promise<StoredSheets[]> {
  const { readdir } = requireBuiltin('fs/promises', 'Samples');
  const names = await readdir(folder).catch((): string[] => []);
  const groups = new Map<number, { epoch: number; files: { side: SampleSide; name: string }[] }>();
  for (const name of names.sort()) {
    const [, epoch, iteration, side] = NAME.exec(name) ?? [];
    if (side === undefined || Number(iteration) > upTo) continue;
    const group = groups.get(Number(iteration)) ?? { epoch: Number(epoch), files: [] };
    group.files.push({ side: side as SampleSide, name });
    groups.set(Number(iteration), group);
  }
  return [...groups]
    .map(([iteration, group]) => ({ iteration, ...group }))
    .sort((a, b) => a.iteration - b.iteration);
}

/** The pictures of a sheet; `null` where a file is none any more, or gone. */
export async function readSheet(folder: string, name: string): Promise<SamplePictures | null> {
  const { join } = requireBuiltin('path', 'Samples');
  try {
    return splitSheet(decodeImage(await readFileBytes(join(folder, name), { regular: true })));
  } catch {
    // A report is no reason to stop a run: what cannot be shown is left out.
    return null;
  }
}
