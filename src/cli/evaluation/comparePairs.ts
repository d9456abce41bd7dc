import { CycleganError } from '../../errors.js';
import { l1 } from '../../evaluate/pictures/l1.js';
import { psnr } from '../../evaluate/pictures/psnr.js';
import { ssim } from '../../evaluate/pictures/ssim.js';
import { FileError } from '../../platform/fileError.js';
import type { Terminal } from '../terminal.js';
import {
  type Failure,
  type Pairing,
  type PictureFolder,
  pairNames,
  readPicture,
} from './pictureFolders.js';

/** How alike two pictures are. */
export interface Comparison {
  readonly l1: number;
  /** `null` where nothing differs, and the ratio is infinite. */
  readonly psnr: number | null;
  readonly ssim: number;
}

export interface PairReport {
  readonly pairs: readonly (Comparison & { readonly a: string; readonly b: string })[];
  /** Of the PSNR, over those pairs that differ; `null` where no pair could be compared. */
  readonly mean: Comparison | null;
  readonly unpaired: Pairing['unpaired'];
  readonly failed: readonly Failure[];
}

/** @throws FileError where no picture has a partner. */
export async function comparePairs(
  a: PictureFolder,
  b: PictureFolder,
  terminal: Terminal,
): Promise<PairReport> {
  const { pairs, unpaired } = pairNames(a.names, b.names);
  if (pairs.length === 0) {
    throw new FileError(
      'ERR_FILE_NOT_FOUND',
      `No picture of ${a.path} has one of its name in ${b.path}; for sets without pairs, add --features NETWORK.`,
    );
  }
  const compared: PairReport['pairs'][number][] = [];
  const failed: Failure[] = [...a.failures, ...b.failures];
  for (const [i, pair] of pairs.entries()) {
    terminal.progress(`${i + 1} of ${pairs.length}  ${pair.a}`);
    try {
      const [first, second] = [
        await readPicture(a.path, pair.a),
        await readPicture(b.path, pair.b),
      ];
      if (first.width !== second.width || first.height !== second.height) {
        const [sizeA, sizeB] = [first, second].map(({ width, height }) => `${width} x ${height}`);
        failed.push({
          name: pair.a,
          error: `pictures of one size are compared, but got ${sizeA} and ${sizeB}; --keep-size makes translations as large as their inputs.`,
        });
        continue;
      }
      const ratio = psnr(first, second);
      compared.push({
        ...pair,
        l1: l1(first, second),
        psnr: Number.isFinite(ratio) ? ratio : null,
        ssim: ssim(first, second),
      });
    } catch (error) {
      if (!(error instanceof CycleganError)) throw error;
      failed.push({ name: pair.a, error: error.message });
    }
  }
  return { pairs: compared, mean: meanOf(compared), unpaired, failed };
}

function meanOf(pairs: readonly Comparison[]): Comparison | null {
  if (pairs.length === 0) return null;
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const ratios = pairs.map(({ psnr: ratio }) => ratio).filter((ratio) => ratio !== null);
  return {
    l1: mean(pairs.map((pair) => pair.l1)),
    psnr: ratios.length === 0 ? null : mean(ratios),
    ssim: mean(pairs.map((pair) => pair.ssim)),
  };
}

/** For people: a line for each pair, and their mean. */
export function formatPairs({ pairs, mean }: PairReport): string {
  const width = Math.max(...pairs.map(({ a }) => a.length), 4);
  const line = (name: string, { l1: levels, psnr: ratio, ssim: similarity }: Comparison) =>
    [
      name.padEnd(width),
      `L1 ${levels.toFixed(3).padStart(8)}`,
      `PSNR ${(ratio === null ? 'equal' : `${ratio.toFixed(2)} dB`).padStart(9)}`,
      `SSIM ${similarity.toFixed(4).padStart(7)}`,
    ].join('  ');
  const lines = pairs.map((pair) => line(pair.a, pair));
  if (mean !== null) lines.push('', line('mean', mean));
  return lines.join('\n');
}
