import { badHdf5, Fields } from './fields.js';
import type { Message } from './objectHeader.js';

/** Of the third version's flags: whether a value follows. */
const IS_GIVEN = 0x20;

/**
 * The value of elements that were never written; `null` for zeros.
 * @param size Bytes of an element.
 * @throws PthError for a value of another size.
 */
export function fillOf(
  fill: Message | undefined,
  oldFill: Message | undefined,
  size: number,
): Uint8Array | null {
  const message = fill ?? oldFill;
  if (message === undefined) return null;
  const fields = new Fields(message.content, message.place);
  if (message === fill && !isGiven(fields)) return null;
  const length = fields.uint32();
  if (length === 0) return null;
  if (length !== size) {
    throw badHdf5(`A value of ${length} bytes for elements of ${size}`, message.place);
  }
  const value = fields.bytes(length);
  return value.every((byte) => byte === 0) ? null : value;
}

/** Goes up to the value's length; the first version has one also where there is no value, but then it means nothing. */
function isGiven(fields: Fields): boolean {
  const version = fields.uint8();
  if (version > 2) return (fields.uint8() & IS_GIVEN) !== 0;
  fields.skip(2);
  return fields.uint8() !== 0;
}

/** So many bytes, filled with the value over and over. */
export function filled(bytes: number, fill: Uint8Array | null): Uint8Array {
  const out = new Uint8Array(bytes);
  if (fill === null || bytes === 0) return out;
  out.set(fill);
  for (let done = fill.length; done < bytes; done *= 2) out.copyWithin(done, 0, done);
  return out;
}
