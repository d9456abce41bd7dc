import { isMemoryFormat, isPlainTorchName } from '../torchTypes.js';

/**
 * Modules whose names a weight file refers to for one reason only: to run, load, fetch or write something when Python
 * opens it. Whatever is below them counts. Names with an underscore, or of Python 2, are other names of the same modules.
 */
const FORBIDDEN_MODULES: ReadonlySet<string> = new Set(
  words(
    // The operating system, its processes and libraries.
    'os posix nt sys subprocess _posixsubprocess pty shutil popen2 multiprocessing _multiprocessing concurrent',
    'asyncio _asyncio atexit ctypes _ctypes numpy.ctypeslib msvcrt _winapi winreg _winreg mmap webbrowser',
    '_bootsubprocess _aix_support _osx_support sysconfig antigravity pexpect ptyprocess paramiko',
    // Python itself: what imports, runs and looks into code.
    'importlib _frozen_importlib _frozen_importlib_external imp _imp runpy zipimport pkgutil code codeop pdb bdb',
    'doctest unittest test.support timeit cProfile pydoc gc rlcompleter idlelib lib2to3 IPython pip ensurepip venv',
    'distutils setuptools numpy.distutils numpy.f2py numpy.testing pandas.core.computation',
    // Pickles within pickles, and what else makes objects of files.
    'pickle _pickle cPickle marshal shelve sqlite3 _sqlite3 pandas.io.pickle',
    'numpy.lib.npyio numpy.lib._npyio_impl numpy.lib._datasource',
    // The network.
    'BaseHTTPServer SimpleHTTPServer CGIHTTPServer SimpleXMLRPCServer DocXMLRPCServer',
    'socket _socket socketserver SocketServer _ssl asyncore asynchat urllib urllib2 urllib3 http httplib requests',
    'aiohttp httpx ftplib smtplib smtpd imaplib poplib nntplib telnetlib xmlrpc xmlrpclib wsgiref cgi cgitb',
    'torchvision.datasets.utils',
    // Files.
    'tempfile fileinput linecache _pyio torchvision.io logging.config logging.handlers',
  ),
);

/** What people do have in checkpoints of what is below those: versions, settings, codes, exceptions. */
const HONEST_NAMES = new RegExp(
  [
    /^(distutils|(setuptools|pip)(\.\w+)*)\.version\.\w+$/,
    /^multiprocessing\.context\.\w+Context$/,
    /^asyncio\.exceptions\.\w+$/,
    /^urllib\.(parse|error)\.\w+$/,
    /^http\.HTTPStatus$/,
    /^torchvision\.io\.image\.ImageReadMode$/,
  ]
    .map(({ source }) => source)
    .join('|'),
);

/** Single names, of modules that are harmless otherwise, or that people call their own like. */
const FORBIDDEN_NAMES: ReadonlySet<string> = new Set([
  ...named('operator _operator', 'attrgetter methodcaller call'),
  ...named('functools _functools', 'partial partialmethod'),
  ...named('types', 'FunctionType CodeType LambdaType'),
  ...named('inspect', 'getattr_static'),
  ...named('profile trace', 'run runctx main Profile Trace'),
  // Protocol 2, which is torch.save's, writes names of Python 3 as Python 2 had them: subprocess's are those of commands.
  ...named(
    'commands',
    'getoutput getstatus getstatusoutput Popen call run check_call check_output',
  ),
  ...named('site', 'main execsitecustomize execusercustomize addsitedir addpackage'),
  ...named('platform', 'popen _popen _syscmd_ver _syscmd_file _syscmd_uname'),
  ...named('uuid', '_get_command_stdout _popen _find_mac'),
  ...named('signal _signal', 'signal raise_signal pthread_kill alarm setitimer'),
  ...named('threading _thread thread', 'Thread Timer start_new start_new_thread'),
  ...named('threading _thread thread', '_start_new_thread interrupt_main'),
  ...named('sched', 'scheduler'),
  ...named('ssl', 'get_server_certificate create_default_context SSLContext'),
  ...named('io _io', 'open open_code FileIO OpenWrapper'),
  ...named(
    'codecs anydbm dumbdbm gdbm whichdb dbhash dbm dbm.dumb dbm.gnu dbm.ndbm dbm.sqlite3',
    'open',
  ),
  ...named('gzip bz2 lzma', 'open GzipFile BZ2File LZMAFile'),
  ...named('zipfile tarfile', 'open main ZipFile PyZipFile TarFile'),
  ...named('logging', 'FileHandler basicConfig'),
  ...named('pkg_resources', 'run_script run_main load_entry_point EntryPoint'),
  ...named(
    'numpy numpy.rec numpy.core.records numpy.core.multiarray numpy._core.multiarray',
    'load loads fromfile loadtxt genfromtxt save savez savetxt DataSource',
  ),
  ...named('dill dill._dill', 'load loads load_session load_module Unpickler'),
  ...named('dill dill._dill', '_import_module _create_code _create_function _eval_repr'),
  ...named(
    'cloudpickle cloudpickle.cloudpickle cloudpickle.cloudpickle_fast',
    'load loads subimport _make_function',
  ),
  ...named('joblib joblib.numpy_pickle', 'load dump NumpyUnpickler'),
  ...named('yaml', 'load load_all full_load full_load_all unsafe_load unsafe_load_all'),
  ...named('yaml', 'Loader FullLoader UnsafeLoader'),
  ...named('pandas', 'eval read_pickle read_csv read_hdf read_sql'),
  ...named('keras.models tensorflow.keras.models', 'load_model model_from_json'),
  ...named('huggingface_hub', 'hf_hub_download snapshot_download'),
]);

function words(...lines: readonly string[]): string[] {
  return lines.flatMap((line) => line.split(' '));
}

function named(modules: string, names: string): string[] {
  return words(modules).flatMap((module) => words(names).map((name) => `${module}.${name}`));
}

const BUILTINS: ReadonlySet<string> = new Set(['builtins', '__builtin__', '__builtins__']);

/** Built-in names that make plain data, also by their names in Python 2, which protocol 2 writes. */
const PLAIN_BUILTINS: ReadonlySet<string> = new Set([
  ...['set', 'frozenset', 'bytearray', 'bytes', 'complex', 'list', 'dict', 'tuple', 'slice'],
  ...['range', 'xrange', 'object', 'int', 'long', 'float', 'str', 'unicode', 'bool'],
  ...['Ellipsis', 'NotImplemented'],
]);

/** Built-in functions that people keep in settings, as they do their own. */
const HARMLESS_BUILTINS: ReadonlySet<string> = new Set(
  words(
    'abs all any divmod enumerate filter hash id isinstance iter len map max min pow print',
    'reduce reversed round sorted sum type zip',
  ),
);

/** Names that are an attack's in every form but one, in which Python writes plain data with them: `PickleReserved`. */
export function isReservedGlobal(full: string): boolean {
  return isGetattr(full) || isPartial(full);
}

/** Whether it is `getattr`, by either of its names. */
export function isGetattr(full: string): boolean {
  return full === 'builtins.getattr' || full === '__builtin__.getattr';
}

/** The same of `functools.partial`. */
export function isPartial(full: string): boolean {
  return full === 'functools.partial' || full === '_functools.partial';
}

/** All that `collections` has: a name that is not among them was made up by hand. */
const COLLECTIONS: ReadonlySet<string> = new Set([
  ...['OrderedDict', 'defaultdict', 'Counter', 'deque', 'namedtuple', 'ChainMap'],
  ...['UserDict', 'UserList', 'UserString', '_tuplegetter', '_OrderedDictKeysView'],
]);

/**
 * Whether a name that a pickle refers to is an attack's. All other names, known or not, are data: nothing is
 * ever called here. That a file passes does not make it safe to open in Python: there are more names than these.
 */
export function isForbiddenGlobal(module: string, name: string): boolean {
  // A name with a dot reaches through one thing for another: `torch`, `os.system`.
  if (isMemoryFormat(name)) return isBelowForbidden(module);
  if (name.includes('.') || name === '' || module === '') return true;
  if (module === 'collections') return !COLLECTIONS.has(name);
  const full = `${module}.${name}`;
  if (HONEST_NAMES.test(full)) return false;
  if (FORBIDDEN_NAMES.has(full) || isBelowForbidden(module)) return true;
  const [first] = module.split('.', 1);
  if (BUILTINS.has(first)) return !PLAIN_BUILTINS.has(name);
  return first === 'torch' && !isPlainTorchName(full);
}

/**
 * Whether a member of a class is what the name itself would be: `getattr` reaches through modules, too. What torch's
 * own classes have in them is no more than the class is.
 */
export function isForbiddenMember(owner: string, name: string): boolean {
  return isBelowForbidden(owner) || FORBIDDEN_NAMES.has(`${owner}.${name}`);
}

function isBelowForbidden(module: string): boolean {
  for (let end = module.indexOf('.'); end >= 0; end = module.indexOf('.', end + 1)) {
    if (FORBIDDEN_MODULES.has(module.slice(0, end))) return true;
  }
  return FORBIDDEN_MODULES.has(module);
}

/** Why a file with such a name is refused, and what else than an attack may have put it there. */
export function whyForbidden(module: string, name: string): string {
  const full = JSON.stringify(`${module}.${name}`.slice(0, 200));
  const warning = 'Nothing was called. Do not open this file in Python unless you trust its source';
  const alone = 'or save the state dict alone: torch.save(model.state_dict(), "weights.pth")';
  const isBuiltin = BUILTINS.has(module);
  if (isBuiltin && name === 'getattr') {
    return `The file refers to ${full}, with which an attack reaches anything else. A method, or a member of an Enum, is passed over if its class stands in a module; if it stands in a class or a function: where the file was saved, put its value (member.value) in its place, ${alone}. ${warning}`;
  }
  if (/^_?functools$/.test(module)) {
    return `The file refers to ${full}, with which an attack calls anything else. Where it is a ConfigParser's, it is passed over; if a layer or a setting holds it: where the file was saved, put what it says in its place, ${alone}. ${warning}`;
  }
  if (
    (isBuiltin && HARMLESS_BUILTINS.has(name)) ||
    /^torch\.(nn\.functional|_C\._nn)$/.test(module) ||
    full === '"torch._C._VariableFunctionsClass"'
  ) {
    return `The file refers to ${full}, which is no plain data. If somebody saved a function with the weights, put its name in its place, ${alone}. ${warning}`;
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
