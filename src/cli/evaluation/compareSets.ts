import { CycleganError } from '../../errors.js';
import { frechetDistance } from '../../evaluate/distance/frechetDistance.js';
import { type KernelDistance, kernelDistance } from '../../evaluate/distance/kernelDistance.js';
import { FeatureProgram, stackFeatures } from '../../evaluate/features/featureProgram.js';
import { openFeatureNetwork } from '../../evaluate/features/openFeatureNetwork.js';
import { fetchNotes, shownName } from '../addresses.js';
import { findWeights } from '../models.js';
import type { FeaturesRequest } from '../requests/evaluate.js';
import type { Terminal } from '../terminal.js';
import { type Failure, type PictureFolder, readPicture } from './pictureFolders.js';

export interface SetReport {
  readonly network: string;
  readonly description: string;
  readonly layer: string;
  readonly features: number;
  /** Side of the square that pictures were resized to. */
  readonly size: number;
  /** Of either folder. */
  readonly pictures: readonly [a: number, b: number];
  readonly frechetDistance: number;
  readonly kernelDistance: KernelDistance;
  readonly failed: readonly Failure[];
}

/** @throws CycleganError where the network cannot be had, or fewer than two pictures of a folder. */
export async function compareSets(
  folders: readonly [PictureFolder, PictureFolder],
  { source, key, layer, size, engine }: FeaturesRequest,
  terminal: Terminal,
): Promise<SetReport> {
  const { path, model } = await findWeights(source);
  const name = shownName(source);
  const network = await openFeatureNetwork(path, {
    key: key ?? model?.key,
    ...fetchNotes(name, terminal),
  });
  const program = await FeatureProgram.compile(network, {
    ...(engine === undefined ? {} : { engine }),
    ...(size === undefined ? {} : { size }),
    ...(layer === undefined ? {} : { layer }),
  });
  try {
    const failed: Failure[] = folders.flatMap(({ failures }) => failures);
    const sets: Float64Array[][] = [];
    for (const folder of folders) {
      const rows = await featuresOf(folder, program, terminal, failed);
      if (rows.length < 2) throw tooFew(folder, rows.length, failed);
      sets.push(rows);
    }
    const [a, b] = sets.map(stackFeatures);
    terminal.progress('comparing');
    return {
      network: name,
      description: network.description,
      layer: program.layer,
      features: program.count,
      size: program.size,
      pictures: [a.shape[0], b.shape[0]],
      frechetDistance: frechetDistance(a, b),
      kernelDistance: kernelDistance(a, b),
      failed,
    };
  } finally {
    program.dispose();
  }
}

async function featuresOf(
  { path, names }: PictureFolder,
  program: FeatureProgram,
  terminal: Terminal,
  failed: Failure[],
): Promise<Float64Array[]> {
  const rows: Float64Array[] = [];
  for (const [i, name] of names.entries()) {
    terminal.progress(`${path}: ${i + 1} of ${names.length}  ${name}`);
    try {
      rows.push(await program.featuresOf(await readPicture(path, name)));
    } catch (error) {
      if (!(error instanceof CycleganError)) throw error;
      failed.push({ name, error: error.message });
    }
  }
  return rows;
}

function tooFew(folder: PictureFolder, count: number, failed: readonly Failure[]): CycleganError {
  const first = failed[0] === undefined ? '' : ` (${failed[0].name}: ${failed[0].error})`;
  return new CycleganError(
    'ERR_SOME_FAILED',
    `${folder.path}: two sets are compared, of two pictures at least, but ${count} could be had of this folder${first}.`,
  );
}

/** For people: the numbers, and what they mean. */
export function formatSets(report: SetReport): string {
  const { description, layer, features, size, pictures, kernelDistance: kernel } = report;
  const deviation = kernel.deviation === null ? '' : ` ± ${kernel.deviation.toPrecision(3)}`;
  const subsets =
    kernel.subsets === 1 ? 'all pictures' : `${kernel.subsets} subsets of ${kernel.subsetSize}`;
  const facts = [
    [
      'features',
      `${features} of ${description}: layer ${layer}, mean over ${size} x ${size} pixels`,
    ],
    ['pictures', pictures.join(' and ')],
    ['Fréchet distance', report.frechetDistance.toPrecision(5)],
    ['kernel distance', `${kernel.mean.toPrecision(4)}${deviation} (${subsets})`],
  ];
  const lines = facts.map(([name, value]) => `${name.padEnd(18)}${value}`);
  return [...lines, '', ...meaning(report)].join('\n');
}

function meaning({ features, pictures }: SetReport): string[] {
  const fewest = Math.min(...pictures);
  const lines = [
    'Both are small for sets that are alike to this network. They compare with numbers of the same network, layer and size alone: FID and KID of papers are of Inception v3.',
  ];
  if (fewest <= features) {
    lines.push(
      `The Fréchet distance wants many more pictures than features: with ${fewest} for ${features}, covariances are singular, and it comes out too large. Compare it between sets of as many pictures, or go by the kernel distance, which has no such bias.`,
    );
  } else {
    lines.push(
      'The Fréchet distance becomes smaller as there are more pictures: compare it between sets of as many. The kernel distance has no such bias; near 0 it may be negative.',
    );
  }
  return lines;
}
