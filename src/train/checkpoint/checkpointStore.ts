import { CycleganError } from '../../errors.js';
import { requireBuiltin } from '../../platform/builtin.js';
import { FileError } from '../../platform/fileError.js';
import { listFolder, moveFile, removeFile } from '../../platform/fileMoves.js';
import {
  isTaken,
  makeFolder,
  pathKind,
  removeStaleTemporaries,
  writeFileAtomic,
} from '../../platform/files.js';
import { fileSha256, Sha256 } from '../../platform/sha256.js';
import type { PlainValue } from '../../pth/plainValue.js';
import { openWeights, type WeightFile } from '../../pth/weightFile.js';
import type { StreamedTensor, TensorToSave } from '../../pth/write/savedTensor.js';
import { weightPieces } from '../../pth/write/saveStateDict.js';
import {
  isOwnName,
  keptEpoch,
  NETWORKS,
  type NetworkName,
  SLOTS,
  type Slot,
  stateName,
  weightName,
} from './names.js';
import { readRecord, type StateRecord, stateError, writeRecord } from './stateRecord.js';

export interface SavedNetwork {
  readonly stateDict: ReadonlyMap<string, TensorToSave | StreamedTensor>;
  /** All that makes another such network. */
  readonly config: PlainValue;
}

export interface Checkpoint {
  readonly record: Omit<StateRecord, 'weights'>;
  readonly networks: Readonly<Record<NetworkName, SavedNetwork>>;
  /** What is needed to go on, beside weights. */
  readonly tensors: ReadonlyMap<string, TensorToSave | StreamedTensor>;
}

/** A checkpoint whose files are all there. */
export interface FoundCheckpoint {
  readonly record: StateRecord;
  readonly state: WeightFile;
  /** Paths of the weight files. */
  readonly weights: Readonly<Record<NetworkName, string>>;
  /** What was wrong with a later one, for people. */
  readonly notes: readonly string[];
}

/** The files of one checkpoint while they are being looked for. */
interface Candidate {
  readonly slot: Slot;
  readonly record: StateRecord;
}

/**
 * The checkpoints of a run's folder: the last and the one before. All files of a checkpoint become valid together: they are
 * written under names of their own, the state file last, which has the SHA-256 of the others, and then renamed one by one.
 * Whenever the process ends in between, `recover` finds each file by its SHA-256 and completes what was begun.
 */
export class CheckpointStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  #at(name: string): string {
    return requireBuiltin('path', 'A checkpoint').join(this.#folder, name);
  }

  /**
   * The last checkpoint that is complete, put into place; `null` for a folder in which there is none, and nothing that a run
   * would replace.
   *
   * @throws CycleganError `ERR_TRAIN_STATE` where there are state files, but no complete checkpoint; FileError
   * `ERR_FILE_EXISTS` for files that no run that can go on has left.
   */
  async recover(): Promise<FoundCheckpoint | null> {
    const kind = await pathKind(this.#folder);
    if (kind === null) return null;
    const names = await listFolder(this.#folder);
    await this.#sweep();
    const { candidates, problems } = await this.#candidates(names);
    if (candidates.length === 0 && problems.length === 0) {
      this.#refuseForeign(names);
      await this.#removeNext();
      return null;
    }
    const digests = new Map<string, Promise<string | null>>();
    for (const candidate of candidates) {
      const sources = await this.#sourcesOf(candidate, digests);
      if (typeof sources === 'string') {
        problems.push(sources);
        continue;
      }
      await this.#putIntoPlace(candidate.slot, sources);
      return this.#found(candidate.record, problems);
    }
    throw stateError(
      `${this.#folder}: no checkpoint in it is complete, so the run cannot go on.\n${problems.map((problem) => `  ${problem}`).join('\n')}\nAnother folder (-o) begins a new run; --init takes weights from this one.`,
    );
  }

  /** Writes a checkpoint; the last one becomes the one before. @throws FileError, after which the others are as they were. */
  async save({ record, networks, tensors }: Checkpoint): Promise<void> {
    await makeFolder(this.#at('x'));
    try {
      const weights = await this.#writeWeights('next', networks);
      const config = writeRecord({ ...record, weights });
      const pieces = weightPieces(tensors, stateName('next'), { config });
      await writeFileAtomic(this.#at(stateName('next')), pieces, { replace: true });
    } catch (error) {
      await this.#removeNext();
      throw error;
    }
    await this.#promote();
  }

  /** Writes the networks' weights as those of an epoch, which are kept. */
  async saveEpoch(epoch: number, networks: Checkpoint['networks']): Promise<void> {
    await this.#writeWeights(epoch, networks);
  }

  /** Epochs whose weights were kept. */
  async keptEpochs(): Promise<number[]> {
    return (await listFolder(this.#folder)).flatMap((name) => keptEpoch(name) ?? []);
  }

  /** @returns SHA-256 of each. */
  async #writeWeights(
    slot: Slot | number,
    networks: Checkpoint['networks'],
  ): Promise<Record<NetworkName, string>> {
    const digests: [NetworkName, string][] = [];
    for (const network of NETWORKS) {
      const { stateDict, config } = networks[network];
      const name = weightName(slot, network);
      const digest = new Sha256();
      const pieces = digest.through(weightPieces(stateDict, name, { config }));
      await writeFileAtomic(this.#at(name), pieces, { replace: true });
      digests.push([network, digest.hex()]);
    }
    return Object.fromEntries(digests) as Record<NetworkName, string>;
  }

  /** The state file comes last, so that a `next_state.pth` tells that the rest is to be moved, too. */
  async #promote(): Promise<void> {
    for (const name of [weightNames, stateName].flatMap((names) => names('latest'))) {
      const next = this.#at(name.replace('latest', 'next'));
      if (!(await isTaken(next))) continue;
      if (await isTaken(this.#at(name))) {
        await moveFile(this.#at(name), this.#at(name.replace('latest', 'previous')));
      }
      await moveFile(next, this.#at(name));
    }
  }

  /** State files that can be read, the latest first, and what is wrong with the others. */
  async #candidates(
    names: readonly string[],
  ): Promise<{ candidates: Candidate[]; problems: string[] }> {
    const candidates: Candidate[] = [];
    const problems: string[] = [];
    for (const slot of SLOTS) {
      if (!names.includes(stateName(slot))) continue;
      const path = this.#at(stateName(slot));
      try {
        const { config } = await openWeights(path);
        candidates.push({ slot, record: readRecord(config) });
      } catch (error) {
        if (!(error instanceof CycleganError)) throw error;
        problems.push(
          error.message.startsWith(path) ? error.message : `${path}: ${error.message}.`,
        );
      }
    }
    return {
      candidates: candidates.sort((a, b) => b.record.iteration - a.record.iteration),
      problems,
    };
  }

  /** In which slot each weight file of a checkpoint lies; or what is wrong with one. */
  async #sourcesOf(
    { slot, record }: Candidate,
    digests: Map<string, Promise<string | null>>,
  ): Promise<Record<NetworkName, Slot> | string> {
    const digestOf = (name: string) => {
      const path = this.#at(name);
      const known = digests.get(name);
      const digest =
        known ??
        pathKind(path).then((kind) => (kind === 'file' ? fileSha256(path) : Promise.resolve(null)));
      digests.set(name, digest);
      return digest;
    };
    const sources: Partial<Record<NetworkName, Slot>> = {};
    for (const network of NETWORKS) {
      for (const place of PLACES[slot]) {
        if ((await digestOf(weightName(place, network))) !== record.weights[network]) continue;
        sources[network] ??= place;
      }
      if (sources[network] === undefined) {
        const missing = (await digestOf(weightName(slot, network))) === null;
        return `${this.#at(weightName(slot, network))}: ${missing ? 'it is missing' : `it is not the file that ${stateName(slot)} tells of`}.`;
      }
    }
    return sources as Record<NetworkName, Slot>;
  }

  /** Moves the files of a checkpoint to `latest`; what is there and not of any checkpoint is kept under another name. */
  async #putIntoPlace(state: Slot, sources: Readonly<Record<NetworkName, Slot>>): Promise<void> {
    if (state === 'next') return this.#promote();
    const moves = [
      ...NETWORKS.map((network) => [sources[network], weightName('latest', network)] as const),
      [state, stateName('latest')] as const,
    ];
    for (const [slot, name] of moves) {
      if (slot === 'latest') continue;
      if (await isTaken(this.#at(name))) await this.#setAside(name);
      await moveFile(this.#at(name.replace('latest', slot)), this.#at(name));
    }
    await this.#removeNext();
  }

  async #setAside(name: string): Promise<void> {
    for (let i = 1; ; i++) {
      const free = this.#at(name.replace('latest', `unusable${i}`));
      if (await isTaken(free)) continue;
      return moveFile(this.#at(name), free);
    }
  }

  async #found(record: StateRecord, notes: readonly string[]): Promise<FoundCheckpoint> {
    const state = await openWeights(this.#at(stateName('latest')));
    return { record, state, weights: this.weights(), notes };
  }

  /** Paths of the last checkpoint's weight files. */
  weights(): Record<NetworkName, string> {
    const at = (network: NetworkName) => this.#at(weightName('latest', network));
    return { G_A: at('G_A'), G_B: at('G_B'), D_A: at('D_A'), D_B: at('D_B') };
  }

  #refuseForeign(names: readonly string[]): void {
    const [foreign] = names.filter(isOwnName);
    if (foreign === undefined) return;
    throw new FileError(
      'ERR_FILE_EXISTS',
      `${this.#at(foreign)}: a run would replace it, but there is no state file with which a run could go on. Name another folder (-o), or move it elsewhere.`,
    );
  }

  /** What was written of a checkpoint that never became complete. */
  async #removeNext(): Promise<void> {
    for (const name of [...weightNames('next'), stateName('next')])
      await removeFile(this.#at(name));
  }

  /** What a process that was killed has left half-written. */
  async #sweep(): Promise<void> {
    const names = [...weightNames('next'), stateName('next')];
    await removeStaleTemporaries(names.map((name) => this.#at(name)));
  }
}

/** Where the weights of a checkpoint can be, by the place of its state file: the process may have ended between two renames. */
const PLACES: Readonly<Record<Slot, readonly Slot[]>> = {
  next: ['next', 'latest'],
  latest: ['latest', 'previous'],
  previous: ['previous'],
};

function weightNames(slot: Slot): string[] {
  return NETWORKS.map((network) => weightName(slot, network));
}
