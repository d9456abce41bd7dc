import { badHdf5, Fields, unknownHdf5 } from './fields.js';
import type { Hdf5File } from './hdf5File.js';

/** What a message of an object header is about. */
export const MESSAGE = {
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  oldFill: 0x04,
  fill: 0x05,
  link: 0x06,
  layout: 0x08,
  filters: 0x0b,
  attribute: 0x0c,
  continuation: 0x10,
  symbolTable: 0x11,
} as const;

/** Whether what a message says stands somewhere else. */
const SHARED = 2;
/** Of the second version's flags: creation order of attributes, numbers of attributes, times. */
const ORDERED = 4;
const PHASES = 0x10;
const TIMES = 0x20;
/** Headers go on in other places; none goes on in so many. */
const MAX_BLOCKS = 1000;

/** A statement about an object: its shape, its type, an attribute, a link. */
export interface Message {
  readonly type: number;
  /** In the file. */
  readonly place: number;
  readonly content: Uint8Array;
}

/** A stretch of messages that is yet to be read. */
interface Block {
  readonly address: number;
  readonly length: number;
}

/**
 * All that the header of an object says of it, wherever it goes on.
 * @throws PthError when it is damaged.
 */
export async function readMessages(file: Hdf5File, address: number): Promise<readonly Message[]> {
  const start = await file.read(address, 16, 'An object header');
  const isNew = start.uint8() === 0x4f;
  const messages: Message[] = [];
  const { first, isOrdered } = isNew
    ? await secondVersion(file, address)
    : { first: firstVersion(start, address), isOrdered: false };
  const blocks: Block[] = [first];
  for (let i = 0; i < blocks.length; i++) {
    if (i === MAX_BLOCKS) throw badHdf5('An object header that does not end', file.place(address));
    const { address: at, length } = blocks[i];
    const fields = await file.read(at, length, 'An object header');
    const found = isNew
      ? newMessages(file, fields, { isOrdered, isContinued: i > 0 })
      : oldMessages(file, fields);
    for (const message of found) {
      if (message.type === MESSAGE.continuation) blocks.push(continuation(message));
      else messages.push(message);
    }
  }
  return messages;
}

/** @param start Behind its version. */
function firstVersion(start: Fields, address: number): Block {
  // The version was read: a reserved byte, the number of messages, and of links that lead here.
  start.skip(7);
  return { address: address + 16, length: start.uint32() };
}

async function secondVersion(
  file: Hdf5File,
  address: number,
): Promise<{ first: Block; isOrdered: boolean }> {
  const most = Math.min(34, file.source.size - file.place(address));
  const fields = await file.read(address, most, 'An object header');
  const begin = fields.place;
  fields.signature('OHDR');
  const version = fields.uint8();
  if (version !== 2) throw unknownHdf5(`Version ${version} of object headers`, begin);
  const flags = fields.uint8();
  if ((flags & TIMES) !== 0) fields.skip(16);
  if ((flags & PHASES) !== 0) fields.skip(4);
  const length = fields.uint(2 ** (flags & 3));
  const first = { address: address + fields.place - begin, length };
  return { first, isOrdered: (flags & ORDERED) !== 0 };
}

function oldMessages(file: Hdf5File, fields: Fields): Message[] {
  const messages: Message[] = [];
  while (fields.left >= 8) {
    file.step('A message');
    const type = fields.uint16();
    const size = fields.uint16();
    const flags = fields.uint8();
    fields.skip(3);
    const place = fields.place;
    const content = fields.bytes(size);
    if ((flags & SHARED) === 0) messages.push({ type, place, content });
    else refuseShared(type, place);
  }
  return messages;
}

/** @param isContinued Whether the block has a signature and a sum around it. */
function newMessages(
  file: Hdf5File,
  fields: Fields,
  { isOrdered, isContinued }: { readonly isOrdered: boolean; readonly isContinued: boolean },
): Message[] {
  if (isContinued) fields.signature('OCHK');
  const messages: Message[] = [];
  const head = isOrdered ? 6 : 4;
  const sum = isContinued ? 4 : 0;
  while (fields.left >= head + sum) {
    file.step('A message');
    const type = fields.uint8();
    const size = fields.uint16();
    const flags = fields.uint8();
    if (isOrdered) fields.skip(2);
    const place = fields.place;
    const content = fields.bytes(size);
    if ((flags & SHARED) === 0) messages.push({ type, place, content });
    else refuseShared(type, place);
  }
  return messages;
}

/** What numbers are needs no reading elsewhere in files of Keras. */
function refuseShared(type: number, place: number): void {
  const isNeeded = type === MESSAGE.dataspace || type === MESSAGE.datatype;
  if (isNeeded) throw unknownHdf5('A type or a shape that several objects share', place);
}

function continuation({ content, place }: Message): Block {
  const fields = new Fields(content, place);
  const address = fields.address();
  if (address === null) throw badHdf5('An object header that goes on nowhere', place);
  return { address, length: fields.length() };
}
