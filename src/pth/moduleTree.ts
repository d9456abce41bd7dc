import type { Budget } from './budget.js';
import type { OpenedContainer } from './container/container.js';
import { COSTS } from './pickle/costs.js';
import {
  dictEntries,
  PickleCall,
  PickleDict,
  PickleTuple,
  type PickleValue,
  sequence,
} from './pickle/values.js';
import { type PlainValue, plainEntries } from './plainValue.js';
import { PthError } from './pthError.js';

/** A module of a model that was saved as a whole: inert data, of which nothing is ever called. */
export interface ModuleTree {
  /** By Python's name, `torch.nn.modules.conv.Conv2d`; that of a TorchScript class is given as it was before. */
  readonly className: string;
  /** What the object holds that is plain data, under Python's names: `stride`, `padding_mode`, `eps`. */
  readonly attributes: ReadonlyMap<string, PlainValue>;
  /** Names of its own parameters and buffers. */
  readonly tensors: readonly string[];
  /** The modules within, in order. */
  readonly children: ReadonlyMap<string, ModuleTree>;
}

/** A whole model in a file: its modules, and the state dict that PyTorch would give for it. */
export interface WholeModel {
  readonly tree: ModuleTree;
  readonly stateDict: PickleDict;
}

/** Networks nest no deeper; the deepest that are known, U-Nets, take three modules a level. */
const MAX_DEPTH = 64;
/** A module here, with its maps. */
const MODULE_COST = 8 * COSTS.dict;

/** What TorchScript puts before a class's name, and within it where two have the same one. */
const SCRIPTED = '__torch__.';
const MANGLED = /___torch_mangle_\d+\./g;

/** What an object of a module's class consists of, under the names that make it up. */
interface Parts {
  readonly tensors: readonly (readonly [string, PickleValue])[];
  readonly children: readonly (readonly [string, PickleCall])[];
  /** What has tensors in it, and is none of a state dict. */
  readonly beside?: readonly (readonly [string, PickleValue])[];
  readonly attributes: ReadonlyMap<string, PlainValue>;
}

/** Whether a value is an object that was a module: of a class of TorchScript's, or one that holds `_modules`. */
export function isWholeModel(value: PickleValue): value is PickleCall {
  if (!(value instanceof PickleCall)) return false;
  return isScripted(value) || (stateOf(value)?.has('_modules') ?? false);
}

/** Whether it is a program of TorchScript's. */
export function isScripted(value: PickleValue): value is PickleCall {
  return value instanceof PickleCall && value.name.startsWith(SCRIPTED);
}

/**
 * The modules of a whole model, and its state dict: parameters, then buffers, then those of the modules within, as
 * PyTorch lists them.
 *
 * @throws PthError for modules that nest without end, or are more than the file has room for.
 */
export function readWholeModel(file: OpenedContainer, model: PickleCall): WholeModel {
  const stateDict = new PickleDict();
  const tree = readModule(file, model, '', 0, stateDict.items);
  return { tree, stateDict };
}

function readModule(
  file: OpenedContainer,
  call: PickleCall,
  prefix: string,
  depth: number,
  items: PickleValue[],
): ModuleTree {
  const { budget } = file;
  if (depth > MAX_DEPTH) {
    throw new PthError(
      'ERR_PTH_WHOLE_MODEL',
      `The modules of the model nest more than ${MAX_DEPTH} deep: no network does`,
    );
  }
  budget.takeValues(MODULE_COST, 'A module');
  const parts = isScripted(call) ? scriptedParts(file, call) : pickledParts(call, budget);
  for (const [name, tensor] of parts.tensors) {
    const key = prefix + name;
    budget.takeValues(COSTS.text + COSTS.character * key.length + COSTS.dictEntry, 'A key');
    items.push(key, tensor);
  }
  // It is told of as what is passed over.
  for (const [name, value] of parts.beside ?? []) {
    budget.takeValues(COSTS.text + COSTS.character * (prefix.length + name.length), 'A key');
    budget.takeValues(COSTS.dictEntry, 'A key');
    items.push(prefix + name, value);
  }
  const children = new Map<string, ModuleTree>();
  for (const [name, child] of parts.children) {
    const inner = `${prefix}${name}.`;
    budget.takeValues(COSTS.text + COSTS.character * inner.length, 'The name of a module');
    children.set(name, readModule(file, child, inner, depth + 1, items));
  }
  return {
    className: call.name.replace(SCRIPTED, '').replace(MANGLED, ''),
    attributes: parts.attributes,
    tensors: parts.tensors.map(([name]) => name),
    children,
  };
}

/** What `torch.nn.Module` keeps in its dict. @see torch.nn.Module.__setattr__ and state_dict */
function pickledParts(call: PickleCall, budget: Budget): Parts {
  const state = stateOf(call);
  const hidden = namesOfSet(state?.get('_non_persistent_buffers_set'), budget);
  const held = (kind: string) => named(state?.get(kind) ?? null, budget);
  return {
    tensors: [
      ...held('_parameters'),
      ...held('_buffers').filter(([name]) => !hidden.has(name)),
    ].filter(([, value]) => value !== null),
    children: held('_modules').flatMap(([name, value]) =>
      value instanceof PickleCall ? [[name, value] as const] : [],
    ),
    attributes: attributesOf(state, budget),
  };
}

/** An object of TorchScript's has its tensors and modules among its attributes. */
function scriptedParts(file: OpenedContainer, call: PickleCall): Parts {
  const entries = named(call.state, file.budget);
  const tensors: [string, PickleValue][] = [];
  const children: [string, PickleCall][] = [];
  const beside: [string, PickleValue][] = [];
  for (const [name, value] of entries) {
    if (isScripted(value)) children.push([name, value]);
    else if (holdsTensors(file, name, value)) beside.push([name, value]);
    else if (value instanceof PickleCall && file.tensorRef(value, name) !== null) {
      tensors.push([name, value]);
    }
  }
  return { tensors, children, beside, attributes: attributesOf(stateOf(call), file.budget) };
}

/** Whether a list, a tuple or a dict has tensors in it, which no state dict has keys for. */
function holdsTensors(file: OpenedContainer, name: string, value: PickleValue): boolean {
  const items = sequence(value) ?? [...(dictEntries(value)?.values() ?? [])];
  file.budget.takeValues(COSTS.slot * items.length, 'A module');
  return items.some((item) => item instanceof PickleCall && file.tensorRef(item, name) !== null);
}

/** The entries of a dict under texts. */
function named(value: PickleValue, budget: Budget): (readonly [string, PickleValue])[] {
  const entries = dictEntries(value);
  budget.takeValues(COSTS.mapEntry * (entries?.size ?? 0), 'A module');
  return [...(entries ?? [])].flatMap(([key, item]) =>
    typeof key === 'string' ? [[key, item] as const] : [],
  );
}

/** Names with an underscore are the module's own affairs. */
function attributesOf(
  state: ReadonlyMap<PickleValue, PickleValue> | null,
  budget: Budget,
): ReadonlyMap<string, PlainValue> {
  const own = new PickleDict();
  for (const [key, value] of state ?? []) {
    if (typeof key === 'string' && !key.startsWith('_')) own.items.push(key, value);
  }
  budget.takeValues(COSTS.dictEntry * (own.items.length / 2), 'The attributes of a module');
  return plainEntries(own, budget);
}

/** A set is a call with a list of what is in it. */
function namesOfSet(value: PickleValue | undefined, budget: Budget): ReadonlySet<PickleValue> {
  const [list] = value instanceof PickleCall ? value.args : [];
  const items = sequence(list) ?? [];
  // A module that stands under many names is read as often.
  budget.takeValues(COSTS.mapEntry * items.length, 'A module');
  return new Set(items);
}

/** The dict of an object; of one with slots, the first of two. */
function stateOf({ state }: PickleCall): ReadonlyMap<PickleValue, PickleValue> | null {
  return dictEntries(state instanceof PickleTuple ? state.items[0] : state);
}
