import { imageSize } from '../../image/formats.js';
import { ImageError } from '../../image/picture.js';
import { requireBuiltin } from '../../platform/builtin.js';
import { openFile } from '../../platform/byteSource.js';
import { concatenate } from '../../platform/concatenate.js';
import { FileError, fileError } from '../../platform/fileError.js';
import { makeFolder } from '../../platform/files.js';
import {
  bytes,
  double,
  float,
  integer,
  type Message,
  message,
  nested,
  repeated,
  text,
} from '../../platform/protobuf.js';
import { encodeRecord, readEventRecords } from './eventRecords.js';

/** TensorBoard takes every file with `tfevents` in its name, and reads those of a folder in the order of their names. */
const NAME = /^events\.out\.tfevents\.(\d{10})\.cyclegan$/;

/** What a TensorBoard of today asks of the first record of a file. */
const FILE_VERSION = 'brain.Event:2';

/** Records are kept in memory until so many bytes have come together, or `flush` is called. */
const MAX_PENDING_BYTES = 1 << 20;

export interface EventFileOptions {
  /**
   * The last iteration that a run which goes on has behind it; `null` for a run from its start. What earlier files of the run
   * tell of later iterations is cut off: those are about to be done again.
   */
  readonly resumeAfter?: number | null;
  /** Seconds since 1970, which TensorBoard shows as wall time. */
  readonly now?: () => number;
}

/**
 * A file of scalars and pictures that TensorBoard shows (`tensorboard --logdir FOLDER`). Only whole records are ever
 * appended: its reader stops without a word at the first that is not.
 *
 * ```ts no-run
 * const events = await EventFile.begin('runs/tensorboard');
 * events.scalars(1, { 'loss/G_A': 0.31, 'loss/D_A': 0.24 });
 * await events.flush();
 * ```
 *
 * @see https://github.com/tensorflow/tensorboard, compat/proto/event.proto and summary.proto, for the numbers of fields
 */
export class EventFile {
  readonly path: string;
  readonly #now: () => number;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #last: Promise<void> = Promise.resolve();

  /**
   * Begins a file in a folder that is made where it is missing.
   * @throws FileError `ERR_FILE_EXISTS` when a run from its start finds files of another one; when the file cannot be written.
   */
  static async begin(
    folder: string,
    { resumeAfter = null, now = () => Date.now() / 1000 }: EventFileOptions = {},
  ): Promise<EventFile> {
    const { join } = requireBuiltin('path', 'TensorBoard events');
    const earlier = await eventFiles(folder);
    if (resumeAfter === null && earlier.length > 0) {
      throw new FileError(
        'ERR_FILE_EXISTS',
        `${join(folder, earlier[0])}: this folder holds the events of another run; name another folder, or resume that run.`,
      );
    }
    for (const name of earlier) await cutAfter(join(folder, name), resumeAfter ?? 0);
    // Files are read by name, and within one second there may be two.
    const newest = Number(NAME.exec(earlier.at(-1) ?? '')?.[1] ?? 0);
    const stamp = Math.max(Math.floor(now()), newest + 1);
    const path = join(folder, `events.out.tfevents.${String(stamp).padStart(10, '0')}.cyclegan`);
    await makeFolder(path);
    const file = new EventFile(path, now);
    file.#append(text(3, FILE_VERSION));
    // A TensorBoard that is running has seen what was cut off: a start makes it forget that.
    if (resumeAfter !== null) {
      file.#append(message(integer(2, resumeAfter + 1), nested(7, integer(1, SESSION_START))));
    }
    await file.flush();
    return file;
  }

  private constructor(path: string, now: () => number) {
    this.path = path;
    this.#now = now;
  }

  /** Numbers of one iteration by their tags; a slash groups them. Kept as float32, NaN and infinities as they are. */
  scalars(iteration: number, values: Readonly<Record<string, number>>): void {
    const summary = repeated(Object.entries(values), ([tag, value]) =>
      nested(1, message(text(1, tag), float(2, value))),
    );
    this.#append(message(integer(2, iteration), nested(5, summary)));
  }

  /** A picture. @param png The bytes of a PNG file. @throws ImageError for other bytes. */
  image(iteration: number, tag: string, png: Uint8Array): void {
    const size = imageSize(png);
    if (size === null) {
      throw new ImageError('ERR_IMAGE_FORMAT', `${tag}: these bytes are no PNG file.`);
    }
    const { width, height } = size;
    const image = message(integer(1, height), integer(2, width), integer(3, RGB), bytes(4, png));
    const value = message(text(1, tag), nested(4, image));
    this.#append(message(integer(2, iteration), nested(5, nested(1, value))));
  }

  /**
   * Everything so far is in the file once this resolves.
   * @throws FileError when it cannot be written.
   */
  flush(): Promise<void> {
    const pending = this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#last = this.#last.then(() => appendWhole(this.path, pending));
    return this.#last;
  }

  #append(event: Message): void {
    const record = encodeRecord(message(double(1, this.#now()), event));
    this.#pending.push(record);
    this.#pendingBytes += record.length;
    // What went wrong is told by the next `flush` that somebody waits for.
    if (this.#pendingBytes > MAX_PENDING_BYTES) this.flush().catch(() => undefined);
  }
}

/** SessionLog.SessionStatus. */
const SESSION_START = 1;
/** Summary.Image.colorspace. */
const RGB = 3;

async function appendWhole(path: string, records: readonly Uint8Array[]): Promise<void> {
  if (records.length === 0) return;
  const { appendFile } = requireBuiltin('fs/promises', `Writing ${path}`);
  await appendFile(path, concatenate(records)).catch((error: unknown) => {
    throw fileError('write', path, error);
  });
}

/** Names of the event files that this class has written, the oldest first. */
async function eventFiles(folder: string): Promise<string[]> {
  const { readdir } = requireBuiltin('fs/promises', `Looking into ${folder}`);
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() && NAME.test(entry.name))
    .map(({ name }) => name)
    .sort();
}

async function cutAfter(path: string, iteration: number): Promise<void> {
  const source = await openFile(path, { regular: true });
  let end = 0;
  for await (const record of readEventRecords(source)) {
    if (record.step > iteration) break;
    end = record.end;
  }
  if (end === source.size) return;
  const { truncate } = requireBuiltin('fs/promises', `Writing ${path}`);
  await truncate(path, end).catch((error: unknown) => {
    throw fileError('write', path, error);
  });
}
