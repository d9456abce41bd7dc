import type { ByteSource } from '../../platform/byteSource.js';
import { textOf } from '../../platform/text.js';
import { sizeOf } from '../../tensor/shape.js';
import type { Budget } from '../budget.js';
import { bytesOf, type Dtype } from '../dtypes.js';
import { NUMPY_DTYPES, stridesOf } from '../numpyArray.js';
import { COSTS } from '../pickle/costs.js';
import { PthError } from '../pthError.js';
import { UnreadableTensor } from '../tensorRef.js';
import type { ContainerFormat } from './container.js';
import { type NamedTensor, namedTensors } from './namedTensors.js';
import { entryContent, verifyEntries } from './zipContent.js';
import { locateZipEntry, readZipDirectory, type ZipEntry } from './zipDirectory.js';

const SUFFIX = '.npy';
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** A header is a dict of three entries; its numbers begin at a multiple of 64. */
const MAX_HEADER = 4096;
/** Of a zip archive: where the length of the first name stands, and the name. */
const NAME_LENGTH_AT = 26;
const NAME_AT = 30;

/** What NumPy's header says: `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`. */
const HEADER =
  /^\{'descr': '([<>|=])(\w+)', 'fortran_order': (True|False), 'shape': \(((?:\d+, ?)*\d*),?\), ?\}\s*$/;

/**
 * Arrays by name, as `numpy.savez(file, **{key: tensor.numpy() for …})` writes them: the names are the keys.
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export const npzFormat: ContainerFormat = {
  name: 'npz',

  matches: (start) => {
    const isZip = start[0] === 0x50 && start[1] === 0x4b && start[2] === 3 && start[3] === 4;
    const length = start[NAME_LENGTH_AT] + 256 * start[NAME_LENGTH_AT + 1];
    const name = textOf(start.subarray(NAME_AT, NAME_AT + length), 'latin1');
    return isZip && name.endsWith(SUFFIX);
  },

  async open(source, budget) {
    const entries = [...(await readZipDirectory(source, budget)).values()];
    const tensors: NamedTensor[] = [];
    const places = new Map<string, ZipEntry>();
    for (const entry of entries) {
      if (!entry.name.endsWith(SUFFIX)) continue;
      const array = await readArray(source, entry, budget);
      tensors.push(array);
      places.set(array.name, entry);
    }
    const metadata = new Map<string, string>();
    const opened = namedTensors(source, tensors, { writer: 'NumPy', metadata, budget });
    return {
      ...opened,
      // The checksum is of header and numbers together.
      readStorage: async ({ key, bytes }, use) => {
        const content = await entryContent(source, places.get(key) as ZipEntry, use);
        return content.subarray(content.length - bytes);
      },
      locateStorage: async () => null,
      verify: () => verifyEntries(source, entries),
    };
  },
};

async function readArray(
  source: ByteSource,
  entry: ZipEntry,
  budget: Budget,
): Promise<NamedTensor> {
  const at = entry.headerAt;
  const whole = entry.deflated ? await entryContent(source, entry, budget) : null;
  const begin = whole === null ? await locateZipEntry(source, entry, budget) : 0;
  const end = Math.min(entry.size, MAX_HEADER);
  const head =
    whole?.subarray(0, end) ?? (await budget.read(source, begin, begin + end, 'An array'));
  budget.takeValues(COSTS.text + COSTS.character * head.length, 'The header of an array');
  const { length, dtype, shape, isFortran } = headerOf(head, entry);
  const name = entry.name.slice(0, -SUFFIX.length);
  const bytes = entry.size - length;
  if (dtype instanceof UnreadableTensor) return { name, dtype, shape, start: begin, bytes: 0 };
  if (bytes !== sizeOf(shape) * bytesOf(dtype)) {
    throw bad(
      `Array "${name.slice(0, 100)}" of shape [${shape.join(', ')}] has ${bytes} bytes`,
      at,
    );
  }
  const strides = stridesOf(shape, isFortran);
  const inline = whole === null ? {} : { inline: whole.subarray(length) };
  return { name, dtype, shape, strides, start: begin + length, bytes, ...inline };
}

interface Header {
  /** Of the magic, the version, its own length, and itself. */
  readonly length: number;
  readonly dtype: Dtype | UnreadableTensor;
  readonly shape: readonly number[];
  readonly isFortran: boolean;
}

function headerOf(head: Uint8Array, { name, headerAt }: ZipEntry): Header {
  const isArray = MAGIC.every((byte, i) => head[i] === byte);
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const isShort = head[6] === 1;
  const begin = isShort ? 10 : 12;
  const length =
    head.length < begin ? 0 : begin + (isShort ? view.getUint16(8, true) : view.getUint32(8, true));
  const text = length <= head.length ? textOf(head.subarray(begin, length), 'latin1') : '';
  const match = HEADER.exec(text);
  if (!isArray || match === null) {
    throw bad(`Entry "${name.slice(0, 100)}" is no array of numbers that NumPy wrote`, headerAt);
  }
  const [, order, code, fortran, sides] = match;
  const known = order === '>' && !/1$/.test(code) ? undefined : NUMPY_DTYPES.get(code);
  return {
    length,
    dtype: known ?? new UnreadableTensor(`numpy.${order}${code}`),
    shape: sides
      .split(',')
      .filter((side) => side.trim() !== '')
      .map(Number),
    isFortran: fortran === 'True',
  };
}

function bad(message: string, offset: number): PthError {
  return new PthError('ERR_PTH_NUMPY', message, { offset });
}
