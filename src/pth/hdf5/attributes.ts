import { sizeOf } from '../../tensor/shape.js';
import { COSTS } from '../pickle/costs.js';
import { decodeStrictUtf8 } from '../pickle/text.js';
import { type Datatype, readDataspace, readDatatype } from './datatype.js';
import { badHdf5, Fields } from './fields.js';
import type { Hdf5File } from './hdf5File.js';
import type { Message } from './objectHeader.js';

/** Where a text stands that is too long for its attribute: in a heap, under a number. */
interface HeapPlace {
  readonly length: number;
  readonly heap: number | null;
  readonly index: number;
}

/** An attribute that is texts. */
export interface TextAttribute {
  readonly name: string;
  /** Reads them: one, or as many as the list has. */
  readonly texts: () => Promise<readonly string[]>;
}

/**
 * The name of an attribute, and a way to its texts; `null` for attributes that are none.
 * @throws PthError when it is damaged.
 */
export function readAttribute(file: Hdf5File, message: Message): TextAttribute | null {
  const fields = new Fields(message.content, message.place);
  const version = fields.uint8();
  if (version < 1 || version > 3) return null;
  const isShared = version > 1 && (fields.uint8() & 3) !== 0;
  if (version === 1) fields.skip(1);
  const sizes = [fields.uint16(), fields.uint16(), fields.uint16()];
  if (version === 3) fields.skip(1);
  // The first version pads each part to a multiple of eight.
  const [name, type, space] = sizes.map((size) => {
    const [place, content] = [fields.place, fields.bytes(size)];
    if (version === 1) fields.skip(Math.min(fields.left, (8 - (size % 8)) % 8));
    return { type: 0, place, content };
  });
  if (isShared) return null;
  const datatype = readDatatype(type);
  if (datatype.kind !== 'text' && datatype.kind !== 'longText') return null;
  const count = sizeOf(readDataspace(space));
  if (!(count * datatype.size <= fields.left)) {
    throw badHdf5(`An attribute of ${count} texts in ${fields.left} bytes`, message.place);
  }
  file.budget.takeValues(COSTS.call + COSTS.text, 'An attribute');
  const [place, content] = [fields.place, fields.bytes(count * datatype.size)];
  const texts = () => textsOf(file, new Fields(content, place), datatype, count);
  return { name: textOfName(file, name.content), texts };
}

async function textsOf(
  file: Hdf5File,
  fields: Fields,
  { kind, size }: Datatype,
  count: number,
): Promise<readonly string[]> {
  const texts: string[] = [];
  for (let i = 0; i < count; i++) {
    file.budget.takeValues(COSTS.slot + COSTS.text + COSTS.call, 'A text');
    if (kind === 'text') texts.push(textOfName(file, fields.bytes(size)));
    else {
      const place = { length: fields.uint32(), heap: fields.address(), index: fields.uint32() };
      texts.push(await textInHeap(file, place));
    }
  }
  return texts;
}

/** A global heap: objects under numbers, one behind the other. */
async function textInHeap(file: Hdf5File, { length, heap, index }: HeapPlace): Promise<string> {
  if (length === 0 || heap === null) return '';
  const head = await file.read(heap, 16, 'A heap of texts');
  head.signature('GCOL');
  head.skip(4);
  const fields = await file.read(heap, head.length(), 'A heap of texts');
  fields.skip(16);
  while (fields.left >= 16) {
    file.step('A text');
    const number = fields.uint16();
    fields.skip(6);
    const size = fields.length();
    if (number === 0) break;
    if (number === index) {
      if (length > size) throw fields.bad(`A text of ${length} bytes in ${size}`);
      return textOfName(file, fields.bytes(length));
    }
    fields.skip(Math.min(fields.left, 8 * Math.ceil(size / 8)));
  }
  throw badHdf5(`A text that is not in its heap: ${index}`, file.place(heap));
}

/** Up to a zero, if there is one. */
export function textOfName(file: Hdf5File, bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  const content = end < 0 ? bytes : bytes.subarray(0, end);
  file.budget.takeValues(COSTS.text + COSTS.character * content.length, 'A text');
  return decodeStrictUtf8(content) ?? '';
}
