import { COSTS } from './costs.js';
import type { PickleMachine } from './machine.js';
import { PickleCall, PickleDict, PickleGlobal, type PickleValue, sequence } from './values.js';

/** Python's classes that are dicts, and how many arguments stand before the entries. */
const DICT_CLASSES: ReadonlyMap<string, number> = new Map([
  ['collections.OrderedDict', 0],
  ['collections.Counter', 0],
  ['builtins.dict', 0],
  ['__builtin__.dict', 0],
  // The first is what makes the values that are missing.
  ['collections.defaultdict', 1],
]);

/**
 * `callee(*args)`. Nothing is called: what comes back is an object of that name, or a dict with the entries that Python
 * would put into it now. (The arguments may change later, which the dict would not.)
 *
 * @throws PthError for arguments that make no dict.
 */
export function madeBy(
  machine: PickleMachine,
  callee: PickleGlobal | PickleCall,
  args: readonly PickleValue[],
): PickleValue {
  const before = callee instanceof PickleGlobal ? DICT_CLASSES.get(callee.name) : undefined;
  if (before === undefined) return new PickleCall(callee, args);
  // Many calls can share one tuple of arguments, however long: it is not copied.
  const entries = args.length > before ? args[before] : undefined;
  // A counter can also count the items of a list.
  if (
    callee.name === 'collections.Counter' &&
    !(entries instanceof PickleDict) &&
    args.length > 0
  ) {
    return new PickleCall(callee, args);
  }
  const items = entries === undefined ? [] : entryItems(machine, entries);
  if (items === null || args.length > before + 1) {
    throw machine.error('ERR_PICKLE', `A call of ${callee.name} whose arguments make no dict`);
  }
  return dictOf(machine, callee.name, items);
}

/** `callee.__new__(callee, *args)`: a dict has no entries yet. */
export function madeByNew(
  machine: PickleMachine,
  callee: PickleGlobal | PickleCall,
  args: readonly PickleValue[],
): PickleValue {
  return callee instanceof PickleGlobal && DICT_CLASSES.has(callee.name)
    ? dictOf(machine, callee.name, [])
    : new PickleCall(callee, args, { isNew: true });
}

function dictOf(machine: PickleMachine, name: string, items: readonly PickleValue[]): PickleDict {
  machine.charge(COSTS.dict);
  const made = new PickleDict(name.endsWith('.dict') ? 'dict' : name);
  machine.put(made, items);
  return made;
}

/** The keys and values in turn of a dict, or of pairs as Python 2 wrote them. */
function entryItems(machine: PickleMachine, from: PickleValue): readonly PickleValue[] | null {
  if (from instanceof PickleDict) return from.items;
  const pairs = sequence(from);
  if (pairs === null) return null;
  machine.charge(2 * COSTS.slot * pairs.length);
  const items: PickleValue[] = [];
  for (const pair of pairs) {
    const both = sequence(pair);
    if (both?.length !== 2) return null;
    items.push(both[0], both[1]);
  }
  return items;
}
