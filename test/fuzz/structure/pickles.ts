import { Budget } from '../../../src/pth/budget.js';
import { PickleMachine } from '../../../src/pth/pickle/machine.js';
import { OPCODES, STOP } from '../../../src/pth/pickle/opcodes.js';
import { bytes, pickle } from '../../support/pickles.js';
import { EDGES, edge, little, pick, type Random, rearranged } from '../random.js';
import { BESIDE, CHECKPOINT } from '../seeds.js';
import { nested, someGlobal, someText, someValue } from './values.js';

/** An opcode with its arguments. */
type Instruction = Uint8Array;

const CHECKPOINTS = [CHECKPOINT, BESIDE].map((part) => instructionsOf(pickle(part)).slice(1));
/** Every opcode that is read, without arguments: those that take some make what follows their own. */
const BARE = [...OPCODES.keys()].map((code) => Uint8Array.of(code));
/** Sound instructions of any pickle. */
const POOL = [...CHECKPOINTS.flat(), ...BARE];

/** A checkpoint with some of its instructions changed, each of them whole. */
export function changedInstructions(random: Random): Uint8Array {
  let body: readonly Instruction[] = pick(CHECKPOINTS, random);
  for (let i = 1 + random(3); i > 0; i--) body = changedOnce(body, random);
  return pickle(...body);
}

function changedOnce(body: readonly Instruction[], random: Random): readonly Instruction[] {
  const at = random(body.length);
  const to = at + random(body.length - at);
  const changes: (() => readonly Instruction[])[] = [
    () => rearranged(body, random, () => pick(POOL, random)),
    () => body.with(at, withOtherArgument(body[at], random)),
    () => body.toSpliced(at, 0, bytes(someValue(random, 2))),
    () => body.toSpliced(at, 1, bytes(someValue(random, 2))),
    () => body.toSpliced(at, to - at, bytes(nested(body.slice(at, to), 1 + random(4), random))),
    () => body.toSpliced(at, 0, bytes(random(2) === 0 ? ['q', random(256)] : ['h', random(9)])),
  ];
  return pick(changes, random)();
}

/** The instruction with a memo number, length, integer, name or text that is another. */
function withOtherArgument(instruction: Instruction, random: Random): Instruction {
  const [code] = instruction;
  const rest = instruction.subarray(1);
  switch (OPCODES.get(code)?.name) {
    case 'BINPUT':
    case 'BINGET':
      return bytes(code, random(256));
    case 'BININT':
    case 'BININT1':
      return bytes(edge(random));
    case 'BINUNICODE':
      if (random(2) === 0) return bytes(someText(random));
      return bytes(code, little(pick(EDGES, random), 4), rest.subarray(4));
    case 'SHORT_BINBYTES':
      return bytes(code, random(256), rest.subarray(1));
    case 'GLOBAL':
      return bytes(someGlobal(random));
    default:
      return bytes(pick(BARE, random), rest);
  }
}

/** @param pickled A sound pickle. */
export function instructionsOf(pickled: Uint8Array): Instruction[] {
  const machine = new PickleMachine(pickled, 0, new Budget(pickled.length));
  const found: Instruction[] = [];
  while (pickled[machine.at] !== STOP) {
    const start = machine.at;
    const opcode = OPCODES.get(machine.byte());
    if (opcode === undefined) throw new Error(`No opcode at ${start}`);
    opcode.run(machine);
    found.push(pickled.subarray(start, machine.at));
  }
  return found;
}
