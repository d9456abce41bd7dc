import { type Code, i32 } from '../../../emit/code.js';
import type { FunctionWriter, Local } from '../../../emit/module.js';

/*
 * A stage's arguments are 32-bit words in memory: addresses, and now and then a number. Each kind of stage lists their
 * names, and both sides go by that list: the plan writes them (`inOrder`), the stage's code loads them. So an argument
 * is added, or moved, in one place.
 */

/** Parameters of every stage: the work item, the address of the arguments, and that of the thread's scratch memory. */
export const STAGE = ['i32', 'i32', 'i32'] as const;

/** Arguments of a stage that packs weights: PyTorch's, and where they go. */
export const PACKING_ARGS = ['weight', 'packed'] as const;

/** Bytes of an argument. */
const WORD = 4;

/** Loads by name, for arguments that are used once: every use is a load of its own. */
export function argumentLoads<Name extends string>(
  args: Local,
  names: readonly Name[],
): Readonly<Record<Name, Code>> {
  const loads = names.map((name, i) => [name, i32.load(args.value, WORD * i)] as const);
  return Object.fromEntries(loads) as Record<Name, Code>;
}

/** Writes the code that loads all arguments into locals: for those that loops use, or that are moved on. */
export function loadArguments<Name extends string>(
  f: FunctionWriter,
  args: Local,
  names: readonly Name[],
): Readonly<Record<Name, Local>> {
  const locals = f.namedLocals('i32', names);
  const loads = argumentLoads(args, names);
  for (const name of names) f.emit(locals[name].set(loads[name]));
  return locals;
}

/** Arguments as they lie in memory. */
export function inOrder<Name extends string, Argument>(
  names: readonly Name[],
  values: Readonly<Record<Name, Argument>>,
): Argument[] {
  return names.map((name) => values[name]);
}
