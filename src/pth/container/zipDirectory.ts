import type { ByteSource } from '../../platform/byteSource.js';
import { newTextDecoder } from '../../platform/text.js';
import type { Budget } from '../budget.js';
import { COSTS } from '../pickle/costs.js';
import { PthError } from '../pthError.js';

/** One entry as the central directory, the authority on sizes, describes it. */
export interface ZipEntry {
  readonly name: string;
  /** In bytes. */
  readonly nameLength: number;
  readonly deflated: boolean;
  readonly crc: number;
  /** Bytes in the file, and once inflated. */
  readonly storedSize: number;
  readonly size: number;
  /** Where the local header stands. */
  readonly headerAt: number;
}

/** An archive whose directory was read. */
export interface Archive {
  readonly source: ByteSource;
  readonly entries: ReadonlyMap<string, ZipEntry>;
  readonly budget: Budget;
}

const END = { signature: 0x06054b50, size: 22 };
const END64_LOCATOR = { signature: 0x07064b50, size: 20 };
const END64 = { signature: 0x06064b50, size: 56 };
const CENTRAL = { signature: 0x02014b50, size: 46 };
const LOCAL = { signature: 0x04034b50, size: 30 };
const LONGEST_COMMENT = 0xffff;
/** All that the end record can reach back to: a comment, itself, and the zip64 locator before it. */
const TAIL = LONGEST_COMMENT + END.size + END64_LOCATOR.size;
const ENCRYPTED = 1;
/** An entry here, with its places in maps and sets. */
const ENTRY_COST = 4 * COSTS.call;

/**
 * Reads the central directory. Local headers hold zeros where torch streamed the sizes, so nothing
 * is taken from them but where their entry's bytes begin.
 *
 * @throws PthError `ERR_PTH_ZIP` or `ERR_PTH_TRUNCATED`.
 * @see PKWARE's APPNOTE, sections 4.3 and 4.5
 */
export async function readZipDirectory(
  source: ByteSource,
  budget: Budget,
): Promise<Map<string, ZipEntry>> {
  const { start, end, count } = await locateDirectory(source, budget);
  const bytes = await budget.read(source, start, end, 'The central directory');
  const view = viewOf(bytes);
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + CENTRAL.size > bytes.length || view.getUint32(at, true) !== CENTRAL.signature) {
      throw broken('The central directory has fewer entries than it claims', start + at);
    }
    const nameLength = view.getUint16(at + 28, true);
    const extraLength = view.getUint16(at + 30, true);
    const commentLength = view.getUint16(at + 32, true);
    const next = at + CENTRAL.size + nameLength + extraLength + commentLength;
    if (next > bytes.length) {
      throw broken('An entry of the central directory runs over its end', start + at);
    }
    budget.takeValues(ENTRY_COST + COSTS.character * nameLength, 'The central directory');
    const entry = readEntry(bytes, start, at, nameLength, extraLength);
    if (entries.has(entry.name)) {
      throw broken(`The archive holds "${entry.name}" twice`, start + at);
    }
    if (!(entry.headerAt + LOCAL.size + entry.storedSize <= source.size)) {
      throw broken(`Entry "${entry.name}" reaches beyond the end of the file`, start + at);
    }
    entries.set(entry.name, entry);
    at = next;
  }
  return entries;
}

/**
 * The bytes of an entry as they stand in the file, still deflated where it is.
 * @throws PthError when its local header is not where, or not whose, the directory says.
 */
export async function readZipEntry(
  source: ByteSource,
  entry: ZipEntry,
  budget: Budget,
): Promise<Uint8Array> {
  const start = await locateZipEntry(source, entry, budget);
  return budget.read(source, start, start + entry.storedSize, `Entry "${entry.name}"`);
}

/**
 * Where the bytes of an entry begin, behind its local header.
 * @throws PthError when that is not where, or not whose, the directory says.
 */
export async function locateZipEntry(
  source: ByteSource,
  entry: ZipEntry,
  budget: Budget,
): Promise<number> {
  const { name, nameLength, headerAt } = entry;
  const nameEnd = headerAt + LOCAL.size + nameLength;
  const header =
    nameEnd <= source.size
      ? await budget.read(source, headerAt, nameEnd, `Entry "${name}"`)
      : new Uint8Array(LOCAL.size);
  const view = viewOf(header);
  if (
    view.getUint32(0, true) !== LOCAL.signature ||
    view.getUint16(26, true) !== nameLength ||
    decodeName(header, LOCAL.size, nameLength) !== name
  ) {
    throw broken(`Entry "${name}" does not begin where the directory says`, headerAt, name);
  }
  const start = nameEnd + view.getUint16(28, true);
  if (start + entry.storedSize > source.size) {
    throw broken(`Entry "${name}" reaches beyond the end of the file`, headerAt, name);
  }
  return start;
}

async function locateDirectory(
  source: ByteSource,
  budget: Budget,
): Promise<{ start: number; end: number; count: number }> {
  const tailAt = Math.max(0, source.size - TAIL);
  const tail = viewOf(await budget.read(source, tailAt, source.size, 'The end record'));
  const endAt = findEnd(tail);
  let count = tail.getUint16(endAt + 10, true);
  let size = tail.getUint32(endAt + 12, true);
  let start = tail.getUint32(endAt + 16, true);
  let end = tailAt + endAt;
  const locatorAt = endAt - END64_LOCATOR.size;
  if (locatorAt >= 0 && tail.getUint32(locatorAt, true) === END64_LOCATOR.signature) {
    const end64At = uint64(tail, locatorAt + 8);
    if (!(end64At + END64.size <= tailAt + locatorAt)) {
      throw broken('The zip64 end record is not where it should be', tailAt + locatorAt);
    }
    const record = viewOf(
      await budget.read(source, end64At, end64At + END64.size, 'The zip64 end record'),
    );
    if (record.getUint32(0, true) !== END64.signature) {
      throw broken('The zip64 end record is not where it should be', tailAt + locatorAt);
    }
    count = uint64(record, 32);
    size = uint64(record, 40);
    start = uint64(record, 48);
    end = end64At;
  }
  if (!(start + size <= end)) {
    throw broken('The central directory reaches beyond the end record', tailAt + endAt);
  }
  if (!(count * CENTRAL.size <= size)) {
    throw broken(
      `The archive claims ${count} entries, more than its directory can hold`,
      tailAt + endAt,
    );
  }
  return { start, end: start + size, count };
}

/**
 * The end record is the last of its signature. Its comment should reach to the end of the file, but PyTorch and other readers
 * do not ask: what was added behind the archive, on a server or a disk, is passed over.
 */
function findEnd(view: DataView): number {
  const last = view.byteLength - END.size;
  for (let at = last; at >= Math.max(0, last - LONGEST_COMMENT); at--) {
    if (view.getUint32(at, true) === END.signature) return at;
  }
  throw new PthError(
    'ERR_PTH_TRUNCATED',
    'The end of the zip archive was not found: either the file is cut short, or more than 64 KB of something else stand behind it. Download it again',
  );
}

/** @param base Where the directory begins in the file. */
function readEntry(
  bytes: Uint8Array,
  base: number,
  at: number,
  nameLength: number,
  extraLength: number,
): ZipEntry {
  const view = viewOf(bytes);
  const nameAt = at + CENTRAL.size;
  const name = decodeName(bytes, nameAt, nameLength);
  const flags = view.getUint16(at + 8, true);
  const method = view.getUint16(at + 10, true);
  if ((flags & ENCRYPTED) !== 0) throw broken(`Entry "${name}" is encrypted`, base + at, name);
  if (method !== 0 && method !== 8) {
    throw broken(`Entry "${name}" is packed by unknown method ${method}`, base + at, name);
  }
  let storedSize = view.getUint32(at + 20, true);
  let size = view.getUint32(at + 24, true);
  let headerAt = view.getUint32(at + 42, true);
  // The zip64 extra field holds, in this order, those of the three that did not fit.
  let wide = findZip64(view, nameAt + nameLength, extraLength);
  const take = () => {
    if (wide === null || wide.at + 8 > wide.end) {
      throw broken(`Entry "${name}" lacks its zip64 sizes`, base + at, name);
    }
    const value = uint64(view, wide.at);
    wide = { at: wide.at + 8, end: wide.end };
    return value;
  };
  if (size === 0xffffffff) size = take();
  if (storedSize === 0xffffffff) storedSize = take();
  if (headerAt === 0xffffffff) headerAt = take();
  if (method === 0 && size !== storedSize) {
    throw broken(`Entry "${name}" is stored, but its two sizes differ`, base + at, name);
  }
  return {
    name,
    nameLength,
    deflated: method === 8,
    crc: view.getUint32(at + 16, true),
    storedSize,
    size,
    headerAt,
  };
}

function findZip64(
  view: DataView,
  start: number,
  length: number,
): { at: number; end: number } | null {
  let at = start;
  while (at + 4 <= start + length) {
    const end = at + 4 + view.getUint16(at + 2, true);
    if (end > start + length) return null;
    if (view.getUint16(at, true) === 1) return { at: at + 4, end };
    at = end;
  }
  return null;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function uint64(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}

function decodeName(bytes: Uint8Array, at: number, length: number): string {
  // A byte order mark belongs to the name.
  names ??= newTextDecoder('utf-8', { ignoreBOM: true });
  return names.decode(bytes.subarray(at, at + length));
}

let names: TextDecoder | null = null;

function broken(message: string, offset: number, key?: string): PthError {
  return new PthError('ERR_PTH_ZIP', message, { offset, key });
}
