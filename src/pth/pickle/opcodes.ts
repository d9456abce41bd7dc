import { COSTS } from './costs.js';
import type { PickleMachine } from './machine.js';
import { longFromBytes, longFromText, readFloat, readInt, readMemoIndex } from './numbers.js';
import { madeBy, madeByNew } from './objects.js';
import { PickleReserved, whyUncallable } from './reserved.js';
import { decodeQuoted, decodeRawUnicodeEscape, decodeStrictUtf8 } from './text.js';
import {
  PickleCall,
  PickleDict,
  PickleFloat,
  PickleGlobal,
  PickleList,
  PickleTuple,
  type PickleValue,
} from './values.js';

/** An instruction of pickles. */
export interface Opcode {
  readonly code: number;
  /** As in Python's `pickletools`. */
  readonly name: string;
  /** What it makes, in bytes; what depends on its arguments is charged where they are read. */
  readonly cost: number;
  run(machine: PickleMachine): void;
}

const { step, slot, number, text, bytes, tuple, list, dict, call, global, persistent } = COSTS;

type Run = (machine: PickleMachine) => void;

const pushing =
  (make: (machine: PickleMachine) => PickleValue | PickleReserved): Run =>
  (machine) =>
    machine.push(make(machine));

/** Python 2 wrote state-dict keys as byte strings, so those count as text, too. */
const byteString = (machine: PickleMachine, length: number) =>
  machine.decoded(machine.raw(length), decodeStrictUtf8);

/** A class without a name of its own: what is made of sets, and of integers too long to be of use. */
const named = (machine: PickleMachine, name: string) =>
  new PickleCall(new PickleGlobal(name, machine.opcodeAt), []);

const long = (machine: PickleMachine, length: number): PickleValue => {
  const raw = machine.raw(length);
  machine.charge(length);
  return longFromBytes(raw) ?? named(machine, 'builtins.int');
};

function reduce(machine: PickleMachine): void {
  const args = argumentsOf(machine, machine.pop());
  const callee = machine.popCallee();
  machine.push(
    callee instanceof PickleReserved
      ? callee.called(args)
      : madeBy(machine, calleeOf(machine, callee), args),
  );
}

/** `cls.__new__(cls, *args)`, and keywords that say no more than the arguments of an object nobody makes. */
function makeNew(machine: PickleMachine, withKeywords: boolean): void {
  if (withKeywords) machine.pop();
  const [callee, args] = machine.popMany(2);
  machine.push(madeByNew(machine, calleeOf(machine, callee), argumentsOf(machine, args)));
}

function calleeOf(machine: PickleMachine, value: PickleValue | undefined) {
  const uncallable = whyUncallable(value);
  if (uncallable !== null) throw machine.error('ERR_PTH_FORBIDDEN', uncallable);
  if (value instanceof PickleGlobal || value instanceof PickleCall) return value;
  throw machine.error('ERR_PICKLE', 'A call of something that is not a function');
}

function argumentsOf(machine: PickleMachine, value: PickleValue): readonly PickleValue[] {
  if (value instanceof PickleTuple) return value.items;
  throw machine.error('ERR_PICKLE', 'A call with something that is not a tuple of arguments');
}

function stackGlobal(machine: PickleMachine): void {
  const [module, name] = machine.popMany(2);
  if (typeof module !== 'string' || typeof name !== 'string') {
    throw machine.error('ERR_PICKLE', 'A global whose name is not text');
  }
  machine.push(machine.callable(module, name));
}

/** Every opcode that is read. The others (extension registry, buffers elsewhere, persistent ids as text) no weights have. */
const ALL: readonly (readonly [number | string, string, number, Run])[] = [
  // Protocol and framing. STOP ends the loop that runs the others.
  [0x80, 'PROTO', step, (m) => checkProtocol(m)],
  [0x95, 'FRAME', step, (m) => void m.take(8)],

  // Stack and memo.
  ['(', 'MARK', slot, (m) => m.mark()],
  ['0', 'POP', step, (m) => m.drop()],
  ['1', 'POP_MARK', step, (m) => void m.popMark()],
  ['2', 'DUP', slot, (m) => m.push(m.top())],
  ['q', 'BINPUT', step, (m) => m.remember(m.byte())],
  ['r', 'LONG_BINPUT', step, (m) => m.remember(m.uint32())],
  ['p', 'PUT', step, (m) => m.remember(readMemoIndex(m))],
  [0x94, 'MEMOIZE', step, (m) => m.remember()],
  ['h', 'BINGET', slot, (m) => m.push(m.recall(m.byte()))],
  ['j', 'LONG_BINGET', slot, (m) => m.push(m.recall(m.uint32()))],
  ['g', 'GET', slot, (m) => m.push(m.recall(readMemoIndex(m)))],

  // Constants and numbers.
  ['N', 'NONE', slot, (m) => m.push(null)],
  [0x88, 'NEWTRUE', slot, (m) => m.push(true)],
  [0x89, 'NEWFALSE', slot, (m) => m.push(false)],
  ['K', 'BININT1', slot, pushing((m) => m.byte())],
  ['M', 'BININT2', slot, pushing((m) => m.uint16())],
  ['J', 'BININT', slot + number, pushing((m) => m.int32())],
  [0x8a, 'LONG1', slot + number, pushing((m) => long(m, m.byte()))],
  [0x8b, 'LONG4', slot + number, pushing((m) => long(m, m.uint32()))],
  ['I', 'INT', slot + number, pushing(readInt)],
  ['L', 'LONG', slot + number, pushing((m) => longFromText(m) ?? named(m, 'builtins.int'))],
  ['G', 'BINFLOAT', slot + number, pushing((m) => pickledFloat(m.float64()))],
  ['F', 'FLOAT', slot + number, pushing((m) => pickledFloat(readFloat(m)))],

  // Strings.
  ['X', 'BINUNICODE', slot + text, pushing((m) => m.text(m.uint32()))],
  [0x8c, 'SHORT_BINUNICODE', slot + text, pushing((m) => m.text(m.byte()))],
  [0x8d, 'BINUNICODE8', slot + text, pushing((m) => m.text(m.length8()))],
  ['T', 'BINSTRING', slot + text, pushing((m) => byteString(m, m.uint32()))],
  ['U', 'SHORT_BINSTRING', slot + text, pushing((m) => byteString(m, m.byte()))],
  ['S', 'STRING', slot + text, pushing((m) => m.decoded(m.rawLine(), decodeQuotedText))],
  ['V', 'UNICODE', slot + text, pushing((m) => m.decoded(m.rawLine(), decodeRawUnicodeEscape))],
  ['C', 'SHORT_BINBYTES', slot + bytes, pushing((m) => m.raw(m.byte()))],
  ['B', 'BINBYTES', slot + bytes, pushing((m) => m.raw(m.uint32()))],
  [0x8e, 'BINBYTES8', slot + bytes, pushing((m) => m.raw(m.length8()))],
  [0x96, 'BYTEARRAY8', slot + bytes, pushing((m) => m.raw(m.length8()))],

  // Containers.
  [')', 'EMPTY_TUPLE', slot + tuple, pushing(() => new PickleTuple([]))],
  [0x85, 'TUPLE1', slot + tuple, pushing((m) => new PickleTuple(m.popMany(1)))],
  [0x86, 'TUPLE2', slot + tuple, pushing((m) => new PickleTuple(m.popMany(2)))],
  [0x87, 'TUPLE3', slot + tuple, pushing((m) => new PickleTuple(m.popMany(3)))],
  ['t', 'TUPLE', slot + tuple, pushing((m) => new PickleTuple(m.popMark()))],
  [']', 'EMPTY_LIST', slot + list, pushing(() => new PickleList())],
  ['l', 'LIST', slot + list, pushing((m) => new PickleList(m.popMark()))],
  ['a', 'APPEND', slot, (m) => m.append(m.popMany(1))],
  ['e', 'APPENDS', step, (m) => m.append(m.popMark())],
  ['}', 'EMPTY_DICT', slot + dict, pushing(() => new PickleDict())],
  ['d', 'DICT', slot + dict, (m) => makeDict(m)],
  ['s', 'SETITEM', step, (m) => m.setItems(m.popMany(2))],
  ['u', 'SETITEMS', step, (m) => m.setItems(m.popMark())],
  // What is in a set is in no state dict.
  [0x8f, 'EMPTY_SET', slot + call + global, pushing((m) => named(m, 'builtins.set'))],
  [0x90, 'ADDITEMS', step, (m) => addItems(m)],
  [0x91, 'FROZENSET', slot + call + global, (m) => makeFrozenSet(m)],

  // Names and calls: written down, not made.
  ['c', 'GLOBAL', slot + global, pushing((m) => m.callable(m.line(), m.line()))],
  [0x93, 'STACK_GLOBAL', slot + global, stackGlobal],
  ['R', 'REDUCE', slot + call, reduce],
  ['i', 'INST', slot + global + call, (m) => makeInstance(m, m.global(m.line(), m.line()))],
  ['o', 'OBJ', slot + call, (m) => makeObject(m)],
  [0x81, 'NEWOBJ', slot + call, (m) => makeNew(m, false)],
  [0x92, 'NEWOBJ_EX', slot + call, (m) => makeNew(m, true)],
  ['b', 'BUILD', step, (m) => m.build(m.pop())],
  ['Q', 'BINPERSID', slot + persistent, (m) => m.push(m.persistent(m.pop()))],
];

/** By their first byte. */
export const OPCODES: ReadonlyMap<number, Opcode> = new Map(
  ALL.map(([sign, name, cost, run]) => {
    const code = typeof sign === 'number' ? sign : sign.charCodeAt(0);
    return [code, { code, name, cost, run }];
  }),
);

/** A pickle ends with it. */
export const STOP = 0x2e;

function checkProtocol(machine: PickleMachine): void {
  if (machine.byte() > 5) throw machine.error('ERR_PICKLE', 'Unknown pickle protocol');
}

function pickledFloat(value: number): PickleValue {
  return Number.isInteger(value) ? new PickleFloat(value) : value;
}

function decodeQuotedText(line: Uint8Array): string | null {
  const unquoted = decodeQuoted(line);
  return unquoted === null ? null : decodeStrictUtf8(unquoted);
}

function makeDict(machine: PickleMachine): void {
  const made = new PickleDict();
  const items = machine.popMark();
  machine.push(made);
  machine.setItems(items);
}

function addItems(machine: PickleMachine): void {
  machine.popMark();
  machine.markAdded();
}

function makeFrozenSet(machine: PickleMachine): void {
  machine.popMark();
  machine.push(named(machine, 'builtins.frozenset'));
}

/** An object of a class of Python 2, whose arguments are above the mark. */
function makeInstance(machine: PickleMachine, callee: PickleGlobal): void {
  machine.push(new PickleCall(callee, machine.popMark()));
}

/** The same with the class below its arguments. */
function makeObject(machine: PickleMachine): void {
  const [callee = null, ...args] = machine.popMark();
  machine.push(new PickleCall(calleeOf(machine, callee), args));
}
