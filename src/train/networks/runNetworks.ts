import { CycleganError } from '../../errors.js';
import { type OpenedGenerator, savedConfig } from '../../generator/openGenerator.js';
import { initWeights } from '../../nn/initWeights.js';
import { isWebAddress } from '../../platform/address.js';
import { requireBuiltin } from '../../platform/builtin.js';
import { listFolder } from '../../platform/fileMoves.js';
import { pathKind, whyMissing } from '../../platform/files.js';
import type { PlainValue } from '../../pth/plainValue.js';
import { openWeights } from '../../pth/weightFile.js';
import { NETWORKS, type NetworkName } from '../checkpoint/names.js';
import type { TrainSettings } from '../options/trainOptions.js';
import type { Draws } from '../random/draws.js';
import {
  newDiscriminator,
  type OpenedDiscriminator,
  openDiscriminator,
} from './discriminatorNetwork.js';
import {
  GENERATOR_OPTIONS,
  generatorLike,
  newGenerator,
  openForTraining,
} from './generatorNetwork.js';

/** The four networks of a run. */
export interface RunNetworks {
  readonly G_A: OpenedGenerator;
  readonly G_B: OpenedGenerator;
  readonly D_A: OpenedDiscriminator;
  readonly D_B: OpenedDiscriminator;
}

/** What is saved beside the weights of each: all that makes another one. */
export type NetworkConfigs = Readonly<Record<NetworkName, PlainValue>>;

/** Of networks that a run begins with. */
export function configsOf({ G_A, G_B, D_A, D_B }: RunNetworks): NetworkConfigs {
  return { G_A: savedConfig(G_A), G_B: savedConfig(G_B), D_A: D_A.config, D_B: D_B.config };
}

/** As the weight files of a run have it, so that those that follow are the same to the last byte. */
export async function savedConfigsOf(
  files: Readonly<Record<NetworkName, string>>,
  networks: RunNetworks,
): Promise<NetworkConfigs> {
  const configs = { ...configsOf(networks) };
  for (const name of NETWORKS)
    configs[name] = (await openWeights(files[name])).config ?? configs[name];
  return configs;
}

/** Paths of weight files; networks without one are drawn. */
export type NetworkFiles = Readonly<Partial<Record<NetworkName, string>>>;

/**
 * The networks of a run: from their files, or new ones. A generator that has no file is of the other's kind.
 *
 * @param given The options that were given, which must not contradict a generator's file.
 * @throws CycleganError `ERR_TRAIN_NETWORK` for a file that is not of such a network, or not as `given` has it.
 */
export async function openNetworks(
  files: NetworkFiles,
  settings: TrainSettings,
  draws: Draws,
  given: Partial<TrainSettings> = {},
): Promise<RunNetworks> {
  const generator = async (name: 'G_A' | 'G_B') => {
    const path = files[name];
    if (path === undefined) return null;
    const opened = await openForTraining(path);
    refuseContradiction(path, opened, given);
    return opened;
  };
  const [a, b] = [await generator('G_A'), await generator('G_B')];
  const other = (one: OpenedGenerator | null) =>
    one === null ? newGenerator(settings) : generatorLike(one);
  const discriminator = (name: 'D_A' | 'D_B') => {
    const path = files[name];
    return path === undefined ? newDiscriminator(settings) : openDiscriminator(path);
  };
  const networks = {
    G_A: a ?? other(b),
    G_B: b ?? other(a),
    D_A: await discriminator('D_A'),
    D_B: await discriminator('D_B'),
  };
  for (const [number, name] of NETWORKS.entries()) {
    const { module } = networks[name];
    module.train();
    if (files[name] !== undefined) continue;
    const seed = draws.word('weights', number);
    initWeights(module, { type: settings.initType, gain: settings.initGain, seed });
  }
  return networks;
}

function refuseContradiction(
  path: string,
  { config }: OpenedGenerator,
  given: Partial<TrainSettings>,
): void {
  for (const name of GENERATOR_OPTIONS) {
    if (given[name] === undefined || given[name] === config[name]) continue;
    throw new CycleganError(
      'ERR_TRAIN_NETWORK',
      `${path}: ${name} is given as ${given[name]}, but this generator has ${String(config[name] ?? 'none')}; leave the option out.`,
    );
  }
}

/**
 * Where a run's networks come from.
 * @param init A folder with `PREFIX_net_G_A.pth`, and `G_B`, `D_A`, `D_B`, any of which may be missing; or the file of a
 * generator, which becomes `G_A`.
 * @param epoch The prefix; default: `latest`, or the only one that there is.
 * @throws CycleganError `ERR_TRAIN_NETWORK` for a folder without such files, or of several prefixes.
 */
export async function findInitFiles(
  init: string,
  epoch: string | undefined,
): Promise<NetworkFiles> {
  if (isWebAddress(init)) return { G_A: init };
  const kind = await pathKind(init);
  if (kind === null) throw await whyMissing(init);
  if (kind === 'file') return { G_A: init };
  const names = await listFolder(init);
  const prefixes = [...new Set(names.flatMap((name) => prefixOf(name) ?? []))];
  const prefix = epoch ?? (prefixes.includes('latest') ? 'latest' : prefixes[0]);
  if (prefix === undefined || !prefixes.includes(prefix)) {
    const found = prefixes.length === 0 ? 'none' : prefixes.join(', ');
    throw new CycleganError(
      'ERR_TRAIN_NETWORK',
      `${init}: there is no ${prefix ?? 'latest'}_net_G_A.pth, nor G_B, D_A or D_B; of what stands before _net_, there is ${found}.`,
    );
  }
  if (epoch === undefined && prefix !== 'latest' && prefixes.length > 1) {
    throw new CycleganError(
      'ERR_TRAIN_NETWORK',
      `${init}: there are networks of several epochs (${prefixes.join(', ')}); say which.`,
    );
  }
  const { join } = requireBuiltin('path', 'Training');
  return Object.fromEntries(
    NETWORKS.flatMap((network) => {
      const name = `${prefix}_net_${network}.pth`;
      return names.includes(name) ? [[network, join(init, name)] as const] : [];
    }),
  );
}

function prefixOf(name: string): string | undefined {
  return /^(.+)_net_(?:G|D)_[AB]\.pth$/.exec(name)?.[1];
}
