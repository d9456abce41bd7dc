import type { ByteSource } from '../../platform/byteSource.js';
import type { Budget } from '../budget.js';
import { COSTS } from '../pickle/costs.js';
import { decodeStrictUtf8 } from '../pickle/text.js';
import { PthError } from '../pthError.js';

/** A tag and a length, both of at most ten bytes. */
const HEAD_BYTES = 20;
/** Read at once for heads. */
const WINDOW_BYTES = 4096;

/** A field: a number, or bytes from `start` to `end`. */
export interface Field {
  readonly number: number;
  readonly value: number;
  readonly start: number;
  readonly end: number;
}

/** Reads Protocol Buffers' fields of a file one by one, whatever lies in them. */
export class FieldReader {
  readonly #source: ByteSource;
  readonly #budget: Budget;
  #window: Uint8Array = new Uint8Array(0);
  #windowAt = 0;

  constructor(source: ByteSource, budget: Budget) {
    this.#source = source;
    this.#budget = budget;
  }

  async *fields(start: number, end: number): AsyncGenerator<Field> {
    for (let at = start; at < end; ) {
      this.#budget.take(COSTS.slot, 'The model');
      const head = await this.#head(at, Math.min(end, at + HEAD_BYTES));
      const tag = varint(head, 0, at);
      const number = Math.floor(tag.value / 8);
      const wire = tag.value % 8;
      const content = at + tag.length;
      if (wire === 0) {
        const { value, length } = varint(head, tag.length, at);
        at = content + length;
        yield { number, value, start: content, end: at };
      } else if (wire === 2) {
        const { value, length } = varint(head, tag.length, at);
        at = content + length + value;
        if (at > end) throw truncated(at - end, this.#source.size);
        yield { number, value: 0, start: content + length, end: at };
      } else if (wire === 5 || wire === 1) {
        at = content + (wire === 5 ? 4 : 8);
        if (at > end) throw truncated(at - end, this.#source.size);
      } else {
        throw bad(`Unknown kind of field ${wire}`, at);
      }
    }
  }

  /** Fields are often small and many: a piece of the file serves for some. */
  async #head(at: number, end: number): Promise<Uint8Array> {
    if (at < this.#windowAt || end > this.#windowAt + this.#window.length) {
      const stop = Math.min(this.#source.size, at + WINDOW_BYTES);
      this.#window = await this.#budget.read(this.#source, at, stop, 'The model');
      this.#windowAt = at;
    }
    return this.#window.subarray(at - this.#windowAt, end - this.#windowAt);
  }

  async bytes({ start, end }: Field): Promise<Uint8Array> {
    if (start >= this.#windowAt && end <= this.#windowAt + this.#window.length) {
      return this.#window.subarray(start - this.#windowAt, end - this.#windowAt);
    }
    return this.#budget.read(this.#source, start, end, 'The model');
  }

  async text(field: Field): Promise<string> {
    const { start, end } = field;
    this.#budget.takeValues(COSTS.text + COSTS.character * (end - start), 'A name');
    const text = decodeStrictUtf8(await this.bytes(field));
    if (text === null) throw bad('A name of the model is not in UTF-8', start);
    return text;
  }

  /** The texts of a message, by field. */
  async texts({ start, end }: Field): Promise<Map<number, string>> {
    const texts = new Map<number, string>();
    for await (const field of this.fields(start, end)) {
      texts.set(field.number, await this.text(field));
    }
    return texts;
  }
}

/** At most ten bytes; what is no safe integer is none that a model has. */
function varint(bytes: Uint8Array, from: number, at: number): { value: number; length: number } {
  let value = 0;
  for (let i = 0; i < 10 && from + i < bytes.length; i++) {
    const byte = bytes[from + i];
    value += (byte & 127) * 2 ** (7 * i);
    if (byte < 128) {
      if (!Number.isSafeInteger(value)) break;
      return { value, length: i + 1 };
    }
  }
  throw bad('A number of the model does not end, or is too large', at + from);
}

function truncated(missing: number, size: number): PthError {
  return new PthError(
    'ERR_PTH_TRUNCATED',
    `The file is cut short: ${missing} bytes are missing; download it again`,
    { offset: size },
  );
}

export function bad(message: string, offset: number): PthError {
  return new PthError('ERR_PTH_ONNX', message, { offset });
}
