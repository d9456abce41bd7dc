import type { ByteSource } from '../../platform/byteSource.js';
import { crc32c } from '../../platform/crc32.js';
import { type Field, type Message, readFields } from '../../platform/protobuf.js';
import { textOf } from '../../platform/text.js';

/**
 * TFRecord framing: a record is its length (uint64, little-endian), the masked CRC-32C of those eight bytes, the data, and the
 * data's masked CRC-32C.
 *
 * @see https://www.tensorflow.org/tutorials/load_data/tfrecord
 */
const HEAD_BYTES = 12;
const TAIL_BYTES = 4;
/** Read at once: records of scalars have a hundred bytes or two. */
const WINDOW_BYTES = 1 << 20;

/** Rotated and moved, so that checksums of data that hold checksums are no worse than others. */
export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** A whole record around a message. */
export function encodeRecord({ length, pieces }: Message): Uint8Array {
  const record = new Uint8Array(HEAD_BYTES + length + TAIL_BYTES);
  const view = new DataView(record.buffer);
  view.setUint32(0, length % 2 ** 32, true);
  view.setUint32(4, Math.floor(length / 2 ** 32), true);
  view.setUint32(8, maskedCrc32c(record.subarray(0, 8)), true);
  let at = HEAD_BYTES;
  for (const piece of pieces) {
    record.set(piece, at);
    at += piece.length;
  }
  view.setUint32(at, maskedCrc32c(record.subarray(HEAD_BYTES, at)), true);
  return record;
}

/** A record of an event file, and where it ends in the file. */
export interface EventRecord {
  readonly end: number;
  /** The iteration; 0 where none is named. */
  readonly step: number;
  readonly scalars: ReadonlyMap<string, number>;
}

/** The whole records of an event file from its start: the first that is damaged or cut ends them, as it ends TensorBoard's reading. */
export async function* readEventRecords(source: ByteSource): AsyncGenerator<EventRecord> {
  let [window, from] = [new Uint8Array(0), 0];
  const bytesAt = async (start: number, end: number): Promise<Uint8Array> => {
    if (end > from + window.length) {
      from = start;
      window = Uint8Array.from(
        await source.read(start, Math.min(source.size, Math.max(end, start + WINDOW_BYTES))),
      );
    }
    return window.subarray(start - from, end - from);
  };
  for (let at = 0; at + HEAD_BYTES + TAIL_BYTES <= source.size; ) {
    const head = await bytesAt(at, at + HEAD_BYTES);
    const view = viewOf(head);
    const length = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
    if (view.getUint32(8, true) !== maskedCrc32c(head.subarray(0, 8))) return;
    const end = at + HEAD_BYTES + length + TAIL_BYTES;
    if (end > source.size) return;
    const body = await bytesAt(at + HEAD_BYTES, end);
    const data = body.subarray(0, length);
    if (viewOf(body).getUint32(length, true) !== maskedCrc32c(data)) return;
    const fields = readFields(data);
    if (fields === null) return;
    yield { end, ...eventOf(fields) };
    at = end;
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Event: `step` is 2, `summary` 5; Summary: `value` 1; Value: `tag` 1, `simple_value` 2. */
function eventOf(fields: readonly Field[]): { step: number; scalars: Map<string, number> } {
  const scalars = new Map<string, number>();
  let step = 0;
  for (const { field, value } of fields) {
    if (field === 2 && typeof value === 'number') step = value;
    if (field !== 5 || typeof value === 'number') continue;
    for (const { field, value: item } of readFields(value) ?? []) {
      if (field === 1 && typeof item !== 'number') addScalar(scalars, item);
    }
  }
  return { step, scalars };
}

function addScalar(scalars: Map<string, number>, value: Uint8Array): void {
  let [tag, number]: [string | null, number | null] = [null, null];
  for (const { field, value: item } of readFields(value) ?? []) {
    if (typeof item === 'number') continue;
    if (field === 1) tag = textOf(item);
    if (field === 2 && item.length === 4) number = viewOf(item).getFloat32(0, true);
  }
  if (tag !== null && number !== null) scalars.set(tag, number);
}
