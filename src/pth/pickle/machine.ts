import type { ErrorCode } from '../../errorCodes.js';
import type { Budget } from '../budget.js';
import { PthError } from '../pthError.js';
import { COSTS } from './costs.js';
import { isForbiddenGlobal, isReservedGlobal, whyForbidden } from './globals.js';
import { PickleReserved } from './reserved.js';
import { decodeStrictUtf8, decodeUtf8 } from './text.js';
import {
  PickleCall,
  PickleDict,
  PickleGlobal,
  PickleList,
  PicklePersistent,
  PickleTuple,
  type PickleValue,
} from './values.js';

const MARK = Symbol('mark');
/** Modules and classes have shorter names. They are looked at for each object, so that their length multiplies. */
const LONGEST_NAME = 1000;

type StackItem = PickleValue | PickleReserved | typeof MARK;

/** What opcodes work on: the bytes of a pickle, the stack and the memo. Whatever grows is charged first. */
export class PickleMachine {
  /** Every reference to a storage, in order of appearance. */
  readonly persistents: PicklePersistent[] = [];
  /** Where the current opcode stands, for messages. */
  opcodeAt: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #budget: Budget;
  readonly #stack: StackItem[] = [];
  readonly #memo = new Memo();
  #at: number;
  /** The last name that was looked at: most come many times. */
  #allowed = '';
  readonly #reserved: PickleReserved[] = [];

  constructor(bytes: Uint8Array, start: number, budget: Budget) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#budget = budget;
    this.#at = start;
    this.opcodeAt = start;
  }

  /** The first byte that was not read. */
  get at(): number {
    return this.#at;
  }

  /** @param bytes What the values take that are about to be made. */
  charge(bytes: number): void {
    this.#budget.takeValues(bytes, 'The pickle');
  }

  // Reading bytes. `take` is the only way forward, and it checks.

  take(count: number): number {
    const at = this.#at;
    if (!(count >= 0) || at + count > this.#bytes.length) {
      throw new PthError('ERR_PTH_TRUNCATED', 'The pickle ends too early: the file is cut short', {
        offset: this.#bytes.length,
      });
    }
    this.#at = at + count;
    return at;
  }

  byte(): number {
    return this.#bytes[this.take(1)];
  }

  uint16(): number {
    return this.#view.getUint16(this.take(2), true);
  }

  int32(): number {
    return this.#view.getInt32(this.take(4), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.take(4), true);
  }

  float64(): number {
    return this.#view.getFloat64(this.take(8), false);
  }

  length8(): number {
    return Number(this.#view.getBigUint64(this.take(8), true));
  }

  /** A window on the pickle. */
  raw(length: number): Uint8Array {
    const at = this.take(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** Up to the end of the line, which is passed. */
  rawLine(): Uint8Array {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) this.take(Number.POSITIVE_INFINITY);
    const line = this.raw(end - this.#at);
    this.take(1);
    return line;
  }

  text(length: number): string {
    return this.decoded(this.raw(length), decodeUtf8);
  }

  line(): string {
    return this.decoded(this.rawLine(), decodeStrictUtf8);
  }

  /** @throws PthError unless the bytes are text in the encoding that `decode` knows. */
  decoded(bytes: Uint8Array, decode: (bytes: Uint8Array) => string | null): string {
    this.charge(COSTS.character * bytes.length);
    const text = decode(bytes);
    if (text === null) throw this.error('ERR_PICKLE', 'A text that is not in its encoding');
    return text;
  }

  // The stack and the memo.

  mark(): void {
    this.#stack.push(MARK);
  }

  push(value: PickleValue | PickleReserved): void {
    this.#stack.push(value);
  }

  /** Takes whatever is on top, a mark, too. */
  drop(): void {
    if (this.#stack.pop() === undefined) throw this.#underflow();
  }

  pop(): PickleValue {
    return this.#value(this.#stack.pop());
  }

  /** What is to be called, which a name that may only be called can be, too. */
  popCallee(): PickleValue | PickleReserved {
    const top = this.#stack.pop();
    return top instanceof PickleReserved ? top : this.#value(top);
  }

  top(): PickleValue {
    return this.#value(this.#stack.at(-1));
  }

  #value(item: StackItem | undefined): PickleValue {
    if (item === undefined || item === MARK) throw this.#underflow();
    if (item instanceof PickleReserved) throw item.refusal();
    return item;
  }

  popMany(count: number): PickleValue[] {
    const items: PickleValue[] = [];
    for (let i = 0; i < count; i++) items.push(this.pop());
    return items.reverse();
  }

  /** Everything above the last mark, and the mark. */
  popMark(): PickleValue[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark < 0) throw this.#underflow();
    const items = this.#stack.splice(mark);
    items.shift();
    for (const item of items) {
      if (item instanceof PickleReserved) throw item.refusal();
    }
    return items as PickleValue[];
  }

  /** @param index Default: how many there are. */
  remember(index = this.#memo.size): void {
    const top = this.#stack.at(-1);
    const value = top instanceof PickleReserved ? top : this.#value(top);
    this.charge(index <= this.#memo.dense ? COSTS.slot : COSTS.mapEntry);
    this.#memo.set(index, value);
  }

  recall(index: number): PickleValue | PickleReserved {
    const value = this.#memo.get(index);
    if (value === undefined) throw this.error('ERR_PICKLE', `Memo ${index} was never filled`);
    return value;
  }

  // What opcodes put together.

  /** A name of Python's. @throws PthError for one that only an attack needs. */
  global(module: string, name: string): PickleGlobal {
    const named = this.callable(module, name);
    if (named instanceof PickleReserved) throw named.refusal();
    return named;
  }

  /** The same, or a name that may only be called, and only in the way that Python does. */
  callable(module: string, name: string): PickleGlobal | PickleReserved {
    const length = module.length + name.length;
    this.charge(COSTS.character * length);
    if (length > LONGEST_NAME) {
      throw this.error('ERR_PICKLE', `A name of Python's that has ${length} characters`);
    }
    const full = `${module}.${name}`;
    if (isReservedGlobal(full)) {
      const reserved = new PickleReserved(full, this.opcodeAt);
      this.#reserved.push(reserved);
      return reserved;
    }
    if (full !== this.#allowed && isForbiddenGlobal(module, name)) {
      throw this.error('ERR_PTH_FORBIDDEN', whyForbidden(module, name));
    }
    this.#allowed = full;
    return new PickleGlobal(full, this.opcodeAt);
  }

  append(items: PickleValue[]): void {
    const target = this.top();
    if (target instanceof PickleList) {
      // A list is most often filled once: then it takes what is there.
      if (target.items.length === 0) target.items = items;
      else for (const item of items) target.items.push(item);
    } else if (target instanceof PickleCall) {
      target.changed = true;
    } else {
      throw this.error('ERR_PICKLE', 'An item for something that is not a list');
    }
  }

  markAdded(): void {
    const target = this.top();
    if (!(target instanceof PickleCall)) {
      throw this.error('ERR_PICKLE', 'An item for something that is not a set');
    }
    target.changed = true;
  }

  setItems(items: readonly PickleValue[]): void {
    const target = this.top();
    if (items.length % 2 !== 0) throw this.error('ERR_PICKLE', 'A key without a value');
    if (target instanceof PickleDict) this.put(target, items);
    else if (target instanceof PickleCall) this.#setEntries(target, items);
    else throw this.error('ERR_PICKLE', 'An entry for something that is not a dict');
  }

  /** A class that nobody knows, but that is a dict. */
  #setEntries(target: PickleCall, items: readonly PickleValue[]): void {
    target.changed = true;
    if (target.entries === null) this.charge(COSTS.dict);
    target.entries ??= new PickleDict(target.name);
    this.put(target.entries, items);
  }

  /** @param items Keys and values in turn. */
  put(target: PickleDict, items: readonly PickleValue[]): void {
    this.charge((COSTS.dictEntry * items.length) / 2);
    for (let i = 0; i < items.length; i += 2) {
      if (items[i] instanceof PickleList || items[i] instanceof PickleDict) {
        throw this.error('ERR_PICKLE', 'A list or dict as the key of a dict, which cannot be');
      }
      target.items.push(items[i], items[i + 1]);
    }
  }

  build(state: PickleValue): void {
    const target = this.top();
    if (target instanceof PickleCall) {
      target.state = state;
      target.changed = true;
    } else if (target instanceof PickleDict && target.type !== 'dict') {
      target.state = state;
    } else {
      throw this.error('ERR_PICKLE', 'A state for something that takes none');
    }
  }

  persistent(id: PickleValue): PickleValue {
    // The class of a model that was pickled as a whole, with its source beside it.
    const [tag, type] = id instanceof PickleTuple ? id.items : [];
    if (tag === 'module' && type instanceof PickleGlobal) return type;
    const persistent = new PicklePersistent(id, this.opcodeAt);
    this.persistents.push(persistent);
    return persistent;
  }

  /** Where the pickle ends. @throws PthError if a name that may only be called was not. */
  checkReserved(): void {
    for (const reserved of this.#reserved) {
      if (!reserved.wasCalled) throw reserved.refusal();
    }
  }

  #underflow(): PthError {
    return this.error('ERR_PICKLE', 'The pickle takes a value that it never put there');
  }

  error(code: ErrorCode, message: string): PthError {
    return new PthError(code, message, { offset: this.opcodeAt });
  }
}

type MemoItem = PickleValue | PickleReserved;

/** Values by number. Honest pickles count from 0 up. */
class Memo {
  readonly #dense: MemoItem[] = [];
  readonly #sparse = new Map<number, MemoItem>();

  get size(): number {
    return this.#dense.length + this.#sparse.size;
  }

  /** The number that would go on with those from 0 up. */
  get dense(): number {
    return this.#dense.length;
  }

  get(index: number): MemoItem | undefined {
    return index < this.#dense.length ? this.#dense[index] : this.#sparse.get(index);
  }

  set(index: number, value: MemoItem): void {
    if (index > this.#dense.length) {
      this.#sparse.set(index, value);
    } else {
      this.#sparse.delete(index);
      this.#dense[index] = value;
    }
  }
}
