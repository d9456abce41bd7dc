import { Budget } from '../budget.js';
import { COSTS } from './costs.js';
import { PickleMachine } from './machine.js';
import { OPCODES, STOP } from './opcodes.js';
import type { PicklePersistent, PickleValue } from './values.js';

export interface Unpickled {
  readonly value: PickleValue;
  /** The first byte after the pickle. */
  readonly end: number;
  /** Every reference to a storage, in order of appearance. */
  readonly persistents: readonly PicklePersistent[];
}

/**
 * Reads one pickle (protocols 0 to 5) from `start` on into inert data. Every opcode consumes bytes, and what it makes is
 * charged before it is made, so time and memory are bounded by the length of the pickle.
 *
 * @param budget Default: that of a file which holds the pickle and nothing else.
 * @throws PthError for what is no pickle, or refers to what only an attack needs: see `isForbiddenGlobal`.
 * @see Python's `pickletools` for the opcodes
 */
export function unpickle(
  bytes: Uint8Array,
  start = 0,
  budget = new Budget(bytes.length),
): Unpickled {
  const machine = new PickleMachine(bytes, start, budget);
  for (;;) {
    machine.opcodeAt = machine.at;
    const code = machine.byte();
    if (code === STOP) {
      const value = machine.pop();
      machine.checkReserved();
      return { value, end: machine.at, persistents: machine.persistents };
    }
    const opcode = OPCODES.get(code);
    if (opcode === undefined) {
      throw machine.error(
        'ERR_PICKLE_OPCODE',
        `Pickle opcode 0x${code.toString(16).padStart(2, '0')} does not belong in a weight file`,
      );
    }
    machine.charge(COSTS.step + opcode.cost);
    opcode.run(machine);
  }
}
