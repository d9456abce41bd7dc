import { crc32 } from '../../platform/crc32.js';
import { utf8Bytes } from '../../platform/text.js';
import { PthError } from '../pthError.js';
import type { LaterBytes } from './savedTensor.js';

export interface NewEntry {
  readonly name: string;
  readonly content: Uint8Array | LaterBytes;
}

/** torch aligns contents so, that they can be mapped into memory. */
const ALIGNMENT = 64;
/** The extra field that fills up to there: its id is `FB`, its content `Z`s. */
const PADDING = { id: 0x4246, header: 4, fill: 0x5a };
const LOCAL = { signature: 0x04034b50, size: 30 };
const CENTRAL = { signature: 0x02014b50, size: 46 };
const END = { signature: 0x06054b50, size: 22 };
const VERSION = 20;
const UTF8_NAMES = 0x800;
/** 1 January 1980, the first day of zip: the same content gives the same bytes. */
const DATE = 0x21;
const MAX_BYTES = 0xffffffff;
const MAX_ENTRIES = 0xffff;

/** Where an entry lies in the archive, and what stands around it. */
interface PlacedEntry {
  readonly name: Uint8Array;
  readonly content: NewEntry['content'];
  readonly at: number;
  readonly padding: number;
}

/**
 * A zip archive whose entries are stored as they are and aligned, in pieces: contents are not copied, and those that are read
 * later are not kept.
 * @throws PthError `ERR_PTH_TOO_LARGE` for more than 4 GiB or 65,535 entries, before there is a piece.
 */
export function zipPieces(entries: readonly NewEntry[]): Iterable<Uint8Array> {
  const placed: PlacedEntry[] = [];
  let at = 0;
  let directory = 0;
  for (const { name: text, content } of entries) {
    const name = utf8Bytes(text);
    const bare = at + LOCAL.size + name.length + PADDING.header;
    const padding = PADDING.header + ((ALIGNMENT - (bare % ALIGNMENT)) % ALIGNMENT);
    placed.push({ name, content, at, padding });
    at += LOCAL.size + name.length + padding + content.length;
    directory += CENTRAL.size + name.length;
  }
  if (at + directory > MAX_BYTES || entries.length > MAX_ENTRIES) {
    throw new PthError(
      'ERR_PTH_TOO_LARGE',
      'A zip archive holds at most 4 GiB and 65,535 entries here; save as .safetensors',
    );
  }
  const end = endRecord(entries.length, directory, at);
  return { [Symbol.iterator]: () => writtenPieces(placed, end) };
}

function* writtenPieces(placed: readonly PlacedEntry[], end: Uint8Array): Generator<Uint8Array> {
  const directory: Uint8Array[] = [];
  for (const { name, content, at, padding } of placed) {
    const bytes = content instanceof Uint8Array ? content : content.read();
    const facts = { name, crc: crc32(bytes), size: bytes.length };
    yield localHeader(facts, padding);
    yield bytes;
    directory.push(centralHeader(facts, at));
  }
  yield* directory;
  yield end;
}

interface EntryFacts {
  readonly name: Uint8Array;
  readonly crc: number;
  readonly size: number;
}

function localHeader({ name, crc, size }: EntryFacts, padding: number): Uint8Array {
  const bytes = new Uint8Array(LOCAL.size + name.length + padding).fill(PADDING.fill);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, LOCAL.signature, true);
  view.setUint16(4, VERSION, true);
  view.setUint16(6, UTF8_NAMES, true);
  view.setUint16(8, 0, true);
  view.setUint16(10, 0, true);
  view.setUint16(12, DATE, true);
  view.setUint32(14, crc, true);
  view.setUint32(18, size, true);
  view.setUint32(22, size, true);
  view.setUint16(26, name.length, true);
  view.setUint16(28, padding, true);
  bytes.set(name, LOCAL.size);
  view.setUint16(LOCAL.size + name.length, PADDING.id, true);
  view.setUint16(LOCAL.size + name.length + 2, padding - PADDING.header, true);
  return bytes;
}

function centralHeader({ name, crc, size }: EntryFacts, at: number): Uint8Array {
  const bytes = new Uint8Array(CENTRAL.size + name.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, CENTRAL.signature, true);
  view.setUint16(4, VERSION, true);
  view.setUint16(6, VERSION, true);
  view.setUint16(8, UTF8_NAMES, true);
  view.setUint16(14, DATE, true);
  view.setUint32(16, crc, true);
  view.setUint32(20, size, true);
  view.setUint32(24, size, true);
  view.setUint16(28, name.length, true);
  view.setUint32(42, at, true);
  bytes.set(name, CENTRAL.size);
  return bytes;
}

function endRecord(count: number, size: number, at: number): Uint8Array {
  const bytes = new Uint8Array(END.size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, END.signature, true);
  view.setUint16(8, count, true);
  view.setUint16(10, count, true);
  view.setUint32(12, size, true);
  view.setUint32(16, at, true);
  return bytes;
}
