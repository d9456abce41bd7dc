import { CycleganError } from '../../errors.js';
import type { PlainValue } from '../../pth/plainValue.js';
import { readSettings } from '../options/settings.js';
import type { TrainSettings } from '../options/trainOptions.js';
import { NETWORKS, type NetworkName } from './names.js';

const FORMAT = 'cyclegan-ts training state';
const VERSION = 1;
const DIGEST = /^[\da-f]{64}$/;

/** What a state file tells beside its tensors. */
export interface StateRecord {
  /** Iterations that are done. */
  readonly iteration: number;
  readonly settings: TrainSettings;
  /** The engine that was asked for; `null`: the fastest. */
  readonly engine: string | null;
  /** Where the networks were taken from at the beginning; `null`: they were drawn. */
  readonly init: string | null;
  /** What stood before `_net_` there; `null`: it was not said. */
  readonly epoch: string | null;
  /** Of names and contents of all pictures. */
  readonly pictures: { readonly A: string; readonly B: string };
  /** Of the pictures as networks see them. */
  readonly height: number;
  readonly width: number;
  /** How many images are in each pool. */
  readonly pools: { readonly A: number; readonly B: number };
  /** SHA-256 of the weight files that belong to it. */
  readonly weights: Readonly<Record<NetworkName, string>>;
}

export function writeRecord(record: StateRecord): PlainValue {
  const { settings, pictures, pools, weights, ...rest } = record;
  return {
    format: FORMAT,
    version: VERSION,
    ...rest,
    settings: { ...settings },
    pictures: { ...pictures },
    pools: { ...pools },
    weights: { ...weights },
  };
}

/**
 * The record of a state file, which anybody may have written.
 * @throws CycleganError `ERR_TRAIN_STATE`, which says what is wrong with it.
 */
export function readRecord(value: unknown): StateRecord {
  const record = entriesOf(value, 'the record');
  if (record.get('format') !== FORMAT) throw stateError('it is no state of a training run');
  if (record.get('version') !== VERSION) {
    throw stateError(
      `it is of version ${String(record.get('version')).slice(0, 20)} of the format, and ${VERSION} is read here`,
    );
  }
  const pictures = entriesOf(record.get('pictures'), 'pictures');
  const pools = entriesOf(record.get('pools'), 'pools');
  const weights = entriesOf(record.get('weights'), 'weights');
  const settings = readSettings(record.get('settings'));
  return {
    iteration: countOf(record, 'iteration', Number.MAX_SAFE_INTEGER),
    settings,
    engine: textOf(record, 'engine'),
    init: textOf(record, 'init'),
    epoch: textOf(record, 'epoch'),
    pictures: { A: digestOf(pictures, 'A'), B: digestOf(pictures, 'B') },
    height: countOf(record, 'height', 65_535),
    width: countOf(record, 'width', 65_535),
    pools: {
      A: countOf(pools, 'A', settings.poolSize),
      B: countOf(pools, 'B', settings.poolSize),
    },
    weights: Object.fromEntries(
      NETWORKS.map((network) => [network, digestOf(weights, network)]),
    ) as Record<NetworkName, string>,
  };
}

export function stateError(problem: string): CycleganError {
  return new CycleganError('ERR_TRAIN_STATE', problem);
}

type Entries = ReadonlyMap<string, unknown>;

function entriesOf(value: unknown, name: string): Entries {
  if (typeof value === 'object' && value !== null) return new Map(Object.entries(value));
  throw stateError(`${name} is missing`);
}

function countOf(entries: Entries, name: string, most: number): number {
  const value = entries.get(name);
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most) {
    return value;
  }
  throw stateError(`${name} is no whole number from 0 to ${most}`);
}

function textOf(entries: Entries, name: string): string | null {
  const value = entries.get(name);
  if (value === null || typeof value === 'string') return value;
  throw stateError(`${name} is no text`);
}

function digestOf(entries: Entries, name: string): string {
  const value = entries.get(name);
  if (typeof value === 'string' && DIGEST.test(value)) return value;
  throw stateError(`${name} is no SHA-256`);
}
