import { requireBuiltin } from '../../platform/builtin.js';
import { noticeOnce } from '../../platform/notice.js';
import { RESUMABLE_DAYS, type ScratchFile } from '../../platform/scratchFile.js';
import { restoreJournal, writeJournal } from '../../platform/scratchJournal.js';
import type { Buffer } from '../shared/arena.js';
import { megabytes } from './newMemory.js';
import type { Assembly } from './plan/assembly.js';
import type { Checkpoint } from './plan/checkpoints.js';
import { eachFileInput, type RunInputs, writeInputs } from './runInputs.js';
import { bytesOf } from './scratch/elements.js';

/** What is written where values lie at a checkpoint changes with this number. */
const KEY_VERSION = 'cyclegan-ts run 2';

/** Where a program's run can go on, and what it lies in. */
export interface Journaled {
  readonly assembly: Assembly;
  /** A digest of the program's machine code. */
  readonly code: string;
  /** See `JournalHeader.choice`. */
  readonly choice: string;
  readonly file: ScratchFile;
  readonly memory: ArrayBufferLike;
  /** Has all threads open the scratch file anew. */
  reopen(): void;
}

/** Steps `from … to − 1` of a run, and whether the rest is in vain: a value went beyond what layers take. */
export type RunSteps = (from: number, to: number) => Promise<{ readonly isVain: boolean }>;

/**
 * Keeps, beside the scratch file, how far a run came, so that another process goes on with the same bits. What it goes by is a digest of
 * all that decides what the run computes and where: the machine code, what its steps are, packed weights and tables, and the
 * inputs. A run that has another has no use for it.
 */
export class RunJournal {
  readonly #journaled: Journaled;

  constructor(journaled: Journaled) {
    this.#journaled = journaled;
  }

  /**
   * Runs all steps up to `to`, or those that an earlier run has not done.
   * @param inputs Those that lie in memory are there.
   * @param onResumed Called with the number of steps that an earlier run has done.
   */
  async run(
    to: number,
    inputs: RunInputs,
    runSteps: RunSteps,
    onResumed: (steps: number) => void,
  ): Promise<void> {
    const { file, assembly } = this.#journaled;
    const key = await this.#keyOf(inputs);
    let from = this.#takeUp(key);
    if (from > 0) onResumed(from);
    else {
      file.refuseFullDisk();
      await writeInputs(inputs);
    }
    for (const checkpoint of assembly.checkpoints) {
      if (checkpoint.step <= from) continue;
      const { isVain } = await runSteps(from, checkpoint.step);
      if (isVain) return file.forget();
      from = checkpoint.step;
      this.#write(key, checkpoint);
    }
    await runSteps(from, to);
  }

  /** What the run made was read: it is not to go on. */
  done(): void {
    this.#journaled.file.forget();
  }

  /** After a run that was ended. @param isWanted Whether it is to go on later. */
  ended(isWanted: boolean): void {
    const { file } = this.#journaled;
    if (!isWanted) file.forget();
    else if (file.isLeft) {
      const { folder, bytes } = file;
      noticeOnce(
        `What is computed so far is kept in ${folder} (.cyclegan-*.scratch, up to ${megabytes(bytes)}) for ${RESUMABLE_DAYS} days: the same again goes on from there.`,
      );
    }
  }

  /** @returns The step that the run begins with. */
  #takeUp(key: string): number {
    const { file, assembly, reopen } = this.#journaled;
    const restore = () =>
      restoreJournal(file.journal, (header) => {
        const checkpoint = assembly.checkpoints.find(({ step }) => step === header.step);
        const isUsable = header.key === key && header.fileBytes <= sizeOf(file.path);
        return isUsable && checkpoint !== undefined ? this.#parts(checkpoint.memory) : null;
      });
    // Of this program, or of another process.
    const own = restore();
    if (own !== null) return own.step;
    file.forget();
    if (!file.adopt(key)) return 0;
    reopen();
    const adopted = restore();
    if (adopted === null) file.forget();
    return adopted?.step ?? 0;
  }

  #write(key: string, { step, memory }: Checkpoint): void {
    const { file, choice } = this.#journaled;
    try {
      const header = { key, step, fileBytes: sizeOf(file.path), choice };
      writeJournal(file.journal, header, this.#parts(memory));
    } catch (error) {
      // What the one before it says is about to be overwritten.
      file.forget();
      noticeOnce(`Were this run ended, it could not go on: ${String(error)}`);
    }
  }

  async #keyOf(inputs: RunInputs): Promise<string> {
    const { assembly, code, memory } = this.#journaled;
    const hash = requireBuiltin('crypto', 'A scratch file').createHash('sha256');
    const sizes = [...assembly.constants.map(({ start, end }) => end - start)];
    const facts = [
      KEY_VERSION,
      code,
      sizes,
      inputs.tensors.map(({ size }) => 4 * size),
      assembly.fileBytes,
    ];
    hash.update(JSON.stringify(facts));
    for (const { start, end } of assembly.constants) {
      hash.update(new Uint8Array(memory, start, end - start));
    }
    for (const [i, place] of inputs.places.entries()) {
      if (inputs.files.has(place)) continue;
      hash.update(bytesOf(inputs.memory.floats(place.address, inputs.tensors[i].size)));
    }
    await eachFileInput(inputs, () => (part) => hash.update(part));
    return hash.digest('hex');
  }

  #parts(buffers: readonly Buffer[]): Uint8Array[] {
    const { memory } = this.#journaled;
    return buffers.map(({ address, bytes }) => new Uint8Array(memory, address, bytes));
  }
}

function sizeOf(path: string): number {
  return requireBuiltin('fs', 'A scratch file').statSync(path).size;
}
