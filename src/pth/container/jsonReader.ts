import type { Budget } from '../budget.js';
import { COSTS } from '../pickle/costs.js';
import { decodeStrictUtf8 } from '../pickle/text.js';

/** What JSON holds. Names are those of a map, which has none of its own. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | ReadonlyMap<string, JsonValue>;

/** What is wrong with a text that should be JSON, and where. */
export class JsonError extends Error {
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

/** Deeper values are skipped by nobody's reader: serde_json, which the format's own uses, has the same limit. */
const DEEPEST = 128;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Reads JSON step by step, by what is expected: nothing comes to be that was not asked for, and every text and entry is
 * charged first. Fields that stand twice in an object are refused.
 */
export class JsonReader {
  readonly #bytes: Uint8Array;
  readonly #budget: Budget;
  #at = 0;

  constructor(bytes: Uint8Array, budget: Budget) {
    this.#bytes = bytes;
    this.#budget = budget;
  }

  /**
   * An object: `field` is called behind each name, and must read the value.
   * @throws JsonError
   */
  object(field: (name: string) => void): void {
    const names = new Set<string>();
    this.#sequence('{', '}', () => {
      const name = this.text();
      this.#budget.takeValues(COSTS.mapEntry, 'The header');
      if (names.has(name))
        throw this.error(`${JSON.stringify(name.slice(0, 200))} stands there twice`);
      names.add(name);
      this.#expect(':');
      field(name);
    });
  }

  /** A list: `item` is called for each, and must read it. */
  list(item: () => void): void {
    this.#sequence('[', ']', () => {
      this.#budget.takeValues(COSTS.slot, 'The header');
      item();
    });
  }

  /** A value of any kind. */
  value(depth = 0): JsonValue {
    if (depth > DEEPEST) throw this.error('it is nested too deep');
    this.#budget.takeValues(COSTS.slot + COSTS.number, 'The header');
    const sign = this.peek();
    if (sign === '"') return this.text();
    if (sign === '[') {
      const items: JsonValue[] = [];
      this.#budget.takeValues(COSTS.dict, 'The header');
      this.list(() => items.push(this.value(depth + 1)));
      return items;
    }
    if (sign === '{') {
      const fields = new Map<string, JsonValue>();
      this.#budget.takeValues(COSTS.dict, 'The header');
      this.object((name) => fields.set(name, this.value(depth + 1)));
      return fields;
    }
    return JSON.parse(this.#word()) as JsonValue;
  }

  /** A list of counts: whole numbers without sign, fraction or exponent. */
  counts(): number[] {
    const counts: number[] = [];
    this.#sequence('[', ']', () => {
      this.#budget.takeValues(COSTS.slot + COSTS.number, 'The header');
      counts.push(this.#count());
    });
    return counts;
  }

  /** A text, whose surrogates must be in pairs. */
  text(): string {
    this.#expect('"');
    const start = this.#at;
    let hasEscapes = false;
    while (this.#bytes[this.#at] !== QUOTE) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined || byte < 0x20) throw this.error('a text does not end');
      hasEscapes ||= byte === BACKSLASH;
      this.#at += byte === BACKSLASH ? 2 : 1;
    }
    const content = this.#bytes.subarray(start, this.#at);
    this.#at++;
    this.#budget.takeValues(COSTS.text + COSTS.character * content.length, 'The header');
    const plain = decodeStrictUtf8(content);
    const text = plain !== null && hasEscapes ? unescaped(plain) : plain;
    if (text === null || /\p{Surrogate}/u.test(text)) throw this.error('a text is damaged');
    return text;
  }

  /** Passes a value of any kind. */
  skip(depth = 0): void {
    if (depth > DEEPEST) throw this.error('it is nested too deep');
    this.#budget.take(COSTS.slot, 'The header');
    const sign = this.peek();
    if (sign === '"') this.text();
    else if (sign === '[') this.#sequence('[', ']', () => this.skip(depth + 1));
    else if (sign === '{') this.#sequence('{', '}', () => this.#skipField(depth + 1));
    else this.#word();
  }

  #skipField(depth: number): void {
    this.text();
    this.#expect(':');
    this.skip(depth);
  }

  /** The next sign that is no space, without taking it; empty at the end. */
  peek(): string {
    while (this.#bytes[this.#at] <= 0x20 && isSpace(this.#bytes[this.#at])) this.#at++;
    return this.#at < this.#bytes.length ? String.fromCharCode(this.#bytes[this.#at]) : '';
  }

  /** @throws JsonError unless nothing follows but spaces. */
  end(): void {
    if (this.peek() !== '') throw this.error('something stands behind it');
  }

  error(message: string): JsonError {
    return new JsonError(message, this.#at);
  }

  #sequence(open: string, close: string, item: () => void): void {
    this.#expect(open);
    if (this.peek() !== close) {
      item();
      while (this.peek() === ',') {
        this.#at++;
        item();
      }
    }
    this.#expect(close);
  }

  #expect(sign: string): void {
    const found = this.peek();
    if (found !== sign) {
      throw this.error(
        `"${sign}" should stand there, but ${found === '' ? 'it ends' : `${JSON.stringify(found)} does`}`,
      );
    }
    this.#at++;
  }

  #count(): number {
    const word = this.#word();
    const count = Number(word);
    if (!/^(0|[1-9]\d*)$/.test(word) || !Number.isSafeInteger(count)) {
      throw this.error(`${JSON.stringify(word)} is no count`);
    }
    return count;
  }

  /** A number, or one of three names. */
  #word(): string {
    this.peek();
    const start = this.#at;
    while (/[\w+\-.]/.test(String.fromCharCode(this.#bytes[this.#at] ?? 0))) this.#at++;
    const word = decodeStrictUtf8(this.#bytes.subarray(start, Math.min(this.#at, start + 40)));
    if (word === null || !/^(true|false|null|-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?)$/.test(word)) {
      throw this.error('a value is none');
    }
    return word;
  }
}

/** A field of an object; `null` where there is none, or no object. */
export function fieldOf(value: JsonValue | undefined, name: string): JsonValue {
  return value instanceof Map ? (value.get(name) ?? null) : null;
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function unescaped(content: string): string | null {
  try {
    return JSON.parse(`"${content}"`) as string;
  } catch {
    return null;
  }
}
