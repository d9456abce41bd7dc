import { isPlainTorchName } from '../torchTypes.js';

/**
 * Modules whose names a weight file refers to for one reason only: to run something when Python opens it.
 * Names with an underscore, or of Python 2, are other names of the same modules.
 */
const FORBIDDEN_MODULES: ReadonlySet<string> = new Set([
  ...['os', 'posix', 'nt', 'sys', 'subprocess', '_posixsubprocess', 'pty', 'shutil'],
  ...['importlib', '_frozen_importlib', '_frozen_importlib_external', 'imp', '_imp', 'runpy'],
  ...['code', 'ctypes', '_ctypes', 'socket', '_socket'],
]);

/** Single names of modules that are harmless otherwise. */
const FORBIDDEN_NAMES: ReadonlySet<string> = new Set([
  'operator.attrgetter',
  'operator.methodcaller',
  '_operator.attrgetter',
  '_operator.methodcaller',
  'functools.partial',
  '_functools.partial',
]);

const BUILTINS: ReadonlySet<string> = new Set(['builtins', '__builtin__', '__builtins__']);

/** Built-in names that make plain data, also by their names in Python 2, which protocol 2 writes. */
const PLAIN_BUILTINS: ReadonlySet<string> = new Set([
  ...['set', 'frozenset', 'bytearray', 'bytes', 'complex', 'list', 'dict', 'tuple', 'slice'],
  ...['range', 'xrange', 'object', 'int', 'long', 'float', 'str', 'unicode', 'bool'],
  ...['Ellipsis', 'NotImplemented'],
]);

/** All that `collections` has: a name that is not among them was made up by hand. */
const COLLECTIONS: ReadonlySet<string> = new Set([
  ...['OrderedDict', 'defaultdict', 'Counter', 'deque', 'namedtuple', 'ChainMap'],
  ...['UserDict', 'UserList', 'UserString', '_tuplegetter', '_OrderedDictKeysView'],
]);

/**
 * Whether a name that a pickle refers to is an attack's. All other names, known or not, are data: nothing is
 * ever called.
 */
export function isForbiddenGlobal(module: string, name: string): boolean {
  // A name with a dot reaches through one thing for another: `torch`, `os.system`.
  if (name.includes('.') || name === '' || module === '') return true;
  if (module === 'collections') return !COLLECTIONS.has(name);
  const [first] = module.split('.', 1);
  if (FORBIDDEN_MODULES.has(first) || FORBIDDEN_NAMES.has(`${module}.${name}`)) return true;
  if (BUILTINS.has(first)) return !PLAIN_BUILTINS.has(name);
  return first === 'torch' && !isPlainTorchName(`${module}.${name}`);
}

/** Why a file with such a name is refused, and what else than an attack may have put it there. */
export function whyForbidden(module: string, name: string): string {
  const full = JSON.stringify(`${module}.${name}`.slice(0, 200));
  const warning = 'Nothing was called. Do not open this file in Python unless you trust its source';
  const alone = 'or save the state dict alone: torch.save(model.state_dict(), "weights.pth")';
  const isBuiltin = BUILTINS.has(module);
  if (isBuiltin && name === 'getattr') {
    return `The file refers to ${full}, with which an attack reaches anything else. Python 3.11 also writes it for each member of an Enum: where the file was saved, put its value (member.value) in its place, ${alone}. ${warning}`;
  }
  if (isBuiltin && /(Error|Exception|Warning)$/.test(name)) {
    return `The file refers to ${full}, and of Python's built-in names only those of plain data are taken. If somebody saved an exception with the weights, put its text in its place, ${alone}. ${warning}`;
  }
  return `The file refers to ${full}, which no weights need, but an attack does. ${warning}`;
}

/** Names of classes that are networks, of torch's own or by how people call theirs. */
export function isModuleClass(name: string): boolean {
  return (
    /^torch\.nn\.(modules|parallel)\./.test(name) ||
    /(Generator|Discriminator|Net|Module|Model)$/.test(name)
  );
}
