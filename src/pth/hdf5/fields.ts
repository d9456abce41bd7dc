import { textOf } from '../../platform/text.js';
import { PthError } from '../pthError.js';

/** How HDF5 says that something is nowhere. */
const NOWHERE = 0xffffffffffffffffn;

/** Reads the fields of one piece of a file, one after the other; all numbers are little-endian. */
export class Fields {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #start: number;
  #at = 0;

  /** @param start Where in the file the piece begins, for messages. */
  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#start = start;
  }

  /** Bytes that are left. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** Where in the file the next field begins. */
  get place(): number {
    return this.#start + this.#at;
  }

  uint8(): number {
    return this.#view.getUint8(this.#pass(1));
  }

  uint16(): number {
    return this.#view.getUint16(this.#pass(2), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#pass(4), true);
  }

  /** A count or a length of eight bytes. */
  length(): number {
    const value = this.#view.getBigUint64(this.#pass(8), true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw this.bad(`A length of ${value}`);
    return Number(value);
  }

  /** An address; `null` for one that leads nowhere. */
  address(): number | null {
    const value = this.#view.getBigUint64(this.#pass(8), true);
    if (value === NOWHERE) return null;
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw this.bad(`An address of ${value}`);
    return Number(value);
  }

  /** A number of so many bytes. */
  uint(width: number): number {
    let value = 0;
    const at = this.#pass(width);
    for (let i = width - 1; i >= 0; i--) value = value * 256 + this.#bytes[at + i];
    if (!Number.isSafeInteger(value)) throw this.bad(`A number of ${value}`);
    return value;
  }

  bytes(count: number): Uint8Array {
    const at = this.#pass(count);
    return this.#bytes.subarray(at, at + count);
  }

  /** The next bytes, to be read on their own. */
  part(count: number): Fields {
    const place = this.place;
    return new Fields(this.bytes(count), place);
  }

  skip(count: number): void {
    this.#pass(count);
  }

  /** @throws PthError unless these four letters follow. */
  signature(wanted: string): void {
    const place = this.place;
    const found = textOf(this.bytes(4), 'latin1');
    if (found !== wanted) {
      throw badHdf5(`"${wanted}" should stand here, but ${JSON.stringify(found)} does`, place);
    }
  }

  bad(message: string): PthError {
    return badHdf5(message, this.place);
  }

  #pass(count: number): number {
    const at = this.#at;
    if (!(count >= 0 && at + count <= this.#bytes.length)) {
      throw this.bad(`A piece of ${this.#bytes.length} bytes ends where ${count} more are needed`);
    }
    this.#at += count;
    return at;
  }
}

/** What is wrong with an HDF5 file, and where. */
export function badHdf5(message: string, offset: number): PthError {
  return new PthError('ERR_PTH_HDF5', message, { offset });
}

/** What HDF5 knows and this reader does not. */
export function unknownHdf5(what: string, offset: number): PthError {
  return new PthError(
    'ERR_PTH_VERSION',
    `${what} of HDF5 is not read here: h5py.File(path, "w") without further options, as Keras calls it, writes none`,
    { offset },
  );
}
