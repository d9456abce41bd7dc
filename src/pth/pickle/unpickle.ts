import { PthError } from '../pthError.js';
import { isUnsupportedType } from '../torchTypes.js';
import { isAllowedGlobal, isModuleClass } from './globals.js';
import {
  isOrderedDict,
  PickleCall,
  PickleDict,
  PickleGlobal,
  PickleList,
  PicklePersistent,
  PickleTuple,
  type PickleValue,
} from './values.js';

export interface Unpickled {
  readonly value: PickleValue;
  /** The first byte after the pickle. */
  readonly end: number;
  /** Every reference to a storage, in order of appearance. */
  readonly persistents: readonly PicklePersistent[];
}

/**
 * Reads one pickle (protocols 0 to 5) from `start` on into inert data. Every step consumes bytes and
 * pushes at most one value, so time and memory are bounded by the length of the pickle.
 *
 * @throws PthError for anything that is not a state dict's: see `isAllowedGlobal`.
 * @see Python's `pickletools` for the opcodes
 */
export function unpickle(bytes: Uint8Array, start = 0): Unpickled {
  return new Machine(bytes, start).run();
}

/** No pickled number needs more; reading a longer one would take quadratic time. */
const LONGEST_INTEGER = 16;

/** A byte of a pickle can make a value of a hundred. State dicts of ten thousand tensors have fewer. */
const MOST_VALUES = 500_000;

const MARK = Symbol('mark');
type StackItem = PickleValue | typeof MARK;

class Machine {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #stack: StackItem[] = [];
  readonly #memo = new Map<number, PickleValue>();
  readonly #persistents: PicklePersistent[] = [];
  #at: number;
  #values = 0;
  /** Where the current opcode stands, for messages. */
  #opAt: number;

  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = start;
    this.#opAt = start;
  }

  run(): Unpickled {
    for (;;) {
      this.#opAt = this.#at;
      const op = this.#bytes[this.#take(1)];
      if (op === 0x2e) {
        const value = this.#pop();
        return { value, end: this.#at, persistents: this.#persistents };
      }
      this.#step(op);
    }
  }

  #step(op: number): void {
    switch (op) {
      // Protocol and framing.
      case 0x80: // PROTO
        if (this.#byte() > 5) throw this.#error('ERR_PICKLE', 'Unknown pickle protocol');
        return;
      case 0x95: // FRAME
        this.#take(8);
        return;

      // Stack and memo.
      case 0x28: // MARK (
        this.#stack.push(MARK);
        return;
      case 0x30: // POP 0
        if (this.#stack.pop() === undefined) throw this.#underflow();
        return;
      case 0x31: // POP_MARK 1
        this.#popMark();
        return;
      case 0x32: // DUP 2
        this.#push(this.#top());
        return;
      case 0x71: // BINPUT q
        this.#memo.set(this.#byte(), this.#top());
        return;
      case 0x72: // LONG_BINPUT r
        this.#memo.set(this.#uint32(), this.#top());
        return;
      case 0x70: // PUT p
        this.#memo.set(this.#integerLine(), this.#top());
        return;
      case 0x94: // MEMOIZE
        this.#memo.set(this.#memo.size, this.#top());
        return;
      case 0x68: // BINGET h
        this.#push(this.#recall(this.#byte()));
        return;
      case 0x6a: // LONG_BINGET j
        this.#push(this.#recall(this.#uint32()));
        return;
      case 0x67: // GET g
        this.#push(this.#recall(this.#integerLine()));
        return;

      // Constants and numbers.
      case 0x4e: // NONE N
        this.#push(null);
        return;
      case 0x88: // NEWTRUE
        this.#push(true);
        return;
      case 0x89: // NEWFALSE
        this.#push(false);
        return;
      case 0x4b: // BININT1 K
        this.#push(this.#byte());
        return;
      case 0x4d: // BININT2 M
        this.#push(this.#view.getUint16(this.#take(2), true));
        return;
      case 0x4a: // BININT J
        this.#push(this.#view.getInt32(this.#take(4), true));
        return;
      case 0x8a: // LONG1
        this.#push(this.#long(this.#byte()));
        return;
      case 0x8b: // LONG4
        this.#push(this.#long(this.#uint32()));
        return;
      case 0x49: // INT I
        this.#push(this.#intLine());
        return;
      case 0x4c: // LONG L
        this.#push(this.#longLine());
        return;
      case 0x47: // BINFLOAT G
        this.#push(this.#view.getFloat64(this.#take(8), false));
        return;
      case 0x46: // FLOAT F
        this.#push(this.#floatLine());
        return;

      // Strings. Python 2 wrote state-dict keys as byte strings, so those count as text, too.
      case 0x58: // BINUNICODE X
      case 0x54: // BINSTRING T
        this.#push(this.#text(this.#uint32()));
        return;
      case 0x8c: // SHORT_BINUNICODE
      case 0x55: // SHORT_BINSTRING U
        this.#push(this.#text(this.#byte()));
        return;
      case 0x8d: // BINUNICODE8
        this.#push(this.#text(this.#length8()));
        return;
      case 0x53: // STRING S
        this.#push(this.#quotedLine());
        return;
      case 0x56: // UNICODE V
        this.#push(this.#line());
        return;
      case 0x43: // SHORT_BINBYTES C
        this.#push(this.#raw(this.#byte()));
        return;
      case 0x42: // BINBYTES B
        this.#push(this.#raw(this.#uint32()));
        return;
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        this.#push(this.#raw(this.#length8()));
        return;

      // Containers.
      case 0x29: // EMPTY_TUPLE )
        this.#push(new PickleTuple([]));
        return;
      case 0x85: // TUPLE1
        this.#push(new PickleTuple(this.#popMany(1)));
        return;
      case 0x86: // TUPLE2
        this.#push(new PickleTuple(this.#popMany(2)));
        return;
      case 0x87: // TUPLE3
        this.#push(new PickleTuple(this.#popMany(3)));
        return;
      case 0x74: // TUPLE t
        this.#push(new PickleTuple(this.#popMark()));
        return;
      case 0x5d: // EMPTY_LIST ]
        this.#push(new PickleList());
        return;
      case 0x6c: // LIST l
        this.#push(this.#extend(new PickleList(), this.#popMark()));
        return;
      case 0x61: // APPEND a
        this.#append(this.#popMany(1));
        return;
      case 0x65: // APPENDS e
        this.#append(this.#popMark());
        return;
      case 0x7d: // EMPTY_DICT }
        this.#push(new PickleDict());
        return;
      case 0x64: // DICT d
        this.#push(this.#put(new PickleDict(), this.#popMark()));
        return;
      case 0x73: // SETITEM s
        this.#setItems(this.#popMany(2));
        return;
      case 0x75: // SETITEMS u
        this.#setItems(this.#popMark());
        return;

      // Names and calls: written down, not made.
      case 0x63: // GLOBAL c
        this.#pushGlobal(this.#line(), this.#line());
        return;
      case 0x93: {
        // STACK_GLOBAL
        const [module, name] = this.#popMany(2);
        if (typeof module !== 'string' || typeof name !== 'string') {
          throw this.#error('ERR_PICKLE', 'A global whose name is not text');
        }
        this.#pushGlobal(module, name);
        return;
      }
      case 0x52: {
        // REDUCE R
        const [callee, args] = this.#popMany(2);
        if (!(callee instanceof PickleGlobal) || !(args instanceof PickleTuple)) {
          throw this.#error('ERR_PICKLE', 'A call of something that is not a function');
        }
        this.#push(new PickleCall(callee, args.items));
        return;
      }
      case 0x62: {
        // BUILD b
        const [state] = this.#popMany(1);
        const target = this.#top();
        if (!(target instanceof PickleCall)) {
          throw this.#error('ERR_PICKLE', 'A state for something that takes none');
        }
        target.state = state;
        return;
      }
      case 0x51: {
        // BINPERSID Q
        const persistent = new PicklePersistent(this.#pop(), this.#opAt);
        this.#persistents.push(persistent);
        this.#push(persistent);
        return;
      }

      default:
        // INST, OBJ, NEWOBJ, NEWOBJ_EX, EXT1–4, PERSID, sets and buffers: no state dict has them.
        throw this.#error(
          'ERR_PICKLE_OPCODE',
          `Pickle opcode 0x${op.toString(16).padStart(2, '0')} does not belong in a state dict`,
        );
    }
  }

  #pushGlobal(module: string, name: string): void {
    const full = `${module}.${name}`;
    if (!isAllowedGlobal(full)) throw this.#refuse(full);
    this.#push(new PickleGlobal(full, this.#opAt));
  }

  #refuse(name: string): PthError {
    const shown = JSON.stringify(name.slice(0, 200));
    if (isUnsupportedType(name)) {
      return this.#error('ERR_PTH_DTYPE', `Tensors of type ${shown} are not supported`);
    }
    if (isModuleClass(name)) {
      return this.#error(
        'ERR_PTH_WHOLE_MODEL',
        `The file holds a whole pickled model (it refers to ${shown}), which only its own Python code can rebuild. In Python, save its state dict: torch.save(model.state_dict(), "weights.pth")`,
      );
    }
    return this.#error(
      'ERR_PTH_FORBIDDEN',
      `The file refers to ${shown}, which a state dict does not need. Nothing was called. Do not open this file in Python unless you trust its source`,
    );
  }

  // Reading bytes. `#take` is the only way forward, and it checks.

  #take(count: number): number {
    const at = this.#at;
    if (!(count >= 0) || at + count > this.#bytes.length) {
      throw new PthError('ERR_PTH_TRUNCATED', 'The pickle ends too early: the file is cut short', {
        offset: this.#bytes.length,
      });
    }
    this.#at = at + count;
    return at;
  }

  #byte(): number {
    return this.#bytes[this.#take(1)];
  }

  #uint32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  #length8(): number {
    return Number(this.#view.getBigUint64(this.#take(8), true));
  }

  #raw(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  #text(length: number): string {
    return UTF8.decode(this.#raw(length));
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) this.#take(Number.POSITIVE_INFINITY);
    const line = this.#text(end - this.#at);
    this.#take(1);
    return line;
  }

  #quotedLine(): string {
    const line = this.#line();
    const match = /^(['"])(.*)\1$/s.exec(line);
    if (match === null) throw this.#error('ERR_PICKLE', 'A string without its quotes');
    return match[2].replace(/\\(['"\\])/g, '$1');
  }

  #integerLine(): number {
    const line = this.#line();
    if (!/^\d{1,10}$/.test(line)) throw this.#error('ERR_PICKLE', 'A memo number that is none');
    return Number(line);
  }

  #intLine(): number | boolean {
    const line = this.#line();
    if (line === '00') return false;
    if (line === '01') return true;
    if (!/^-?\d{1,15}$/.test(line)) throw this.#error('ERR_PICKLE', 'An integer that is none');
    return Number(line);
  }

  #longLine(): number | bigint {
    const match = /^(-?\d{1,38})L?$/.exec(this.#line());
    if (match === null) throw this.#error('ERR_PICKLE', 'An integer that is none');
    return small(BigInt(match[1]));
  }

  #floatLine(): number {
    const line = this.#line().trim();
    if (/^-?inf$/.test(line)) return line === 'inf' ? Infinity : -Infinity;
    if (line === 'nan') return Number.NaN;
    if (line === '' || Number.isNaN(Number(line))) {
      throw this.#error('ERR_PICKLE', 'A number that is none');
    }
    return Number(line);
  }

  /** Two's complement, little-endian. */
  #long(length: number): number | bigint {
    if (length > LONGEST_INTEGER) throw this.#error('ERR_PICKLE', 'An integer that is too long');
    let value = 0n;
    for (const byte of this.#raw(length).slice().reverse()) value = (value << 8n) | BigInt(byte);
    return small(BigInt.asIntN(8 * length, value));
  }

  // The stack.

  #push(value: PickleValue): void {
    if (++this.#values > MOST_VALUES) {
      throw this.#error('ERR_PTH_TOO_LARGE', `The pickle holds more than ${MOST_VALUES} values`);
    }
    this.#stack.push(value);
  }

  #pop(): PickleValue {
    const value = this.#stack.pop();
    if (value === undefined || value === MARK) throw this.#underflow();
    return value;
  }

  #top(): PickleValue {
    const value = this.#stack.at(-1);
    if (value === undefined || value === MARK) throw this.#underflow();
    return value;
  }

  #popMany(count: number): PickleValue[] {
    const items: PickleValue[] = [];
    for (let i = 0; i < count; i++) items.push(this.#pop());
    return items.reverse();
  }

  /** Everything above the last mark, and the mark. */
  #popMark(): PickleValue[] {
    const items: PickleValue[] = [];
    for (;;) {
      const item = this.#stack.pop();
      if (item === undefined) throw this.#underflow();
      if (item === MARK) return items.reverse();
      items.push(item);
    }
  }

  #recall(index: number): PickleValue {
    const value = this.#memo.get(index);
    if (value === undefined) throw this.#error('ERR_PICKLE', `Memo ${index} was never filled`);
    return value;
  }

  #append(items: PickleValue[]): void {
    const list = this.#top();
    if (!(list instanceof PickleList)) {
      throw this.#error('ERR_PICKLE', 'An item for something that is not a list');
    }
    this.#extend(list, items);
  }

  #extend(list: PickleList, items: PickleValue[]): PickleList {
    for (const item of items) list.items.push(item);
    return list;
  }

  #setItems(items: PickleValue[]): void {
    const target = this.#top();
    if (!(target instanceof PickleDict || isOrderedDict(target))) {
      throw this.#error('ERR_PICKLE', 'An entry for something that is not a dict');
    }
    this.#put(target, items);
  }

  #put<T extends PickleDict | PickleCall>(target: T, items: PickleValue[]): T {
    if (items.length % 2 !== 0) throw this.#error('ERR_PICKLE', 'A key without a value');
    for (let i = 0; i < items.length; i += 2) target.entries.push([items[i], items[i + 1]]);
    return target;
  }

  #underflow(): PthError {
    return this.#error('ERR_PICKLE', 'The pickle takes a value that it never put there');
  }

  #error(code: string, message: string): PthError {
    return new PthError(code, message, { offset: this.#opAt });
  }
}

const UTF8 = new TextDecoder();

function small(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
