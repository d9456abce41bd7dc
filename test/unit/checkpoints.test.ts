import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffWeights } from '../../src/generator/diffWeights.js';
import { inspectWeights } from '../../src/generator/inspectWeights.js';
import { openGenerator } from '../../src/generator/openGenerator.js';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import type { Dtype } from '../../src/pth/dtypes.js';
import { loadStateDict } from '../../src/pth/loadStateDict.js';
import { openWeights } from '../../src/pth/weightFile.js';
import { goldenPath } from '../support/golden.js';
import { bytes, legacyFile, op, type Part } from '../support/pickles.js';

const NUMBERS = { 0: [1, 2, 3, 4, 5, 6] };
const storage = op.storage('0', 'FloatStorage', 6);
const t = op.tensor(storage, 0, [2], [1]);
const NAN = Number.NaN;

describe('what training scripts leave beside a state dict', () => {
  // As `test/golden/make_checkpoints.py` saved it with torch 1.13.
  it.each(['legacy_2', 'legacy_5', 'zip_3', 'zip_4'])(
    'is passed over by name: %s',
    async (name) => {
      const file = await openWeights(goldenPath(`checkpoints/${name}.pth`));
      expect(file.key).toBe('state_dict');
      expect([...(await file.stateDict())].map(([key, { data }]) => [key, [...data]])).toEqual([
        ['w', [1, 2, 3, 4]],
        ['b', [5]],
      ]);
      expect([...file.extras.keys()]).toEqual(['epoch', 'counter', 'defaultdict']);
      expect(JSON.parse(JSON.stringify(file.extras.get('counter')))).toEqual({ a: 2, b: 1, c: 1 });
      const types = new Map(file.passedOver.map((found) => [found.name, found.type]));
      expect(types.size).toBe(41);
      expect(Object.fromEntries(types)).toMatchObject({
        set: 'set',
        bytes: 'bytes',
        long: 'int',
        longer: 'int',
        namespace: 'argparse.Namespace',
        path: 'pathlib.PosixPath',
        deque: 'collections.deque',
        'optimizer object': 'torch.optim.adam.Adam',
        'numpy array': 'numpy.ndarray',
        options: 'training.Options',
        settings: 'training.Settings',
        'complex tensor': 'tensor',
        'sparse tensor': 'tensor',
        'quantised tensor': 'tensor',
        layer: 'torch.nn.modules.linear.Linear',
      });
    },
  );

  // `getattr` is how Python 3.11 writes a member of an Enum, and any method; `partial` stands in a ConfigParser.
  it.each(['members_2', 'members_5'])(
    'is passed over where it is a member of a class: %s',
    async (name) => {
      const file = await openWeights(goldenPath(`checkpoints/${name}.pth`));
      expect([...(await file.stateDict())].map(([key, { data }]) => [key, [...data]])).toEqual([
        ['w', [1, 2, 3, 4]],
        ['b', [5]],
      ]);
      const types = file.passedOver.map((found) => [found.name, found.type]);
      expect(Object.fromEntries(types)).toEqual({
        member: 'training.Mode.BICUBIC',
        flags: '_operator.or_',
        members: 'dict',
        method: 'training.Trainer.step',
        'one cycle': 'dict',
        parser: name.endsWith('2') ? 'ConfigParser.ConfigParser' : 'configparser.ConfigParser',
        'raw parser': expect.stringMatching(/RawConfigParser$/),
        section: expect.stringMatching(/SectionProxy$/),
      });
    },
  );

  it.each(['wrapped_2', 'wrapped_5'])(
    'can be a dict of a class of their own around it: %s',
    async (name) => {
      const file = await openWeights(goldenPath(`checkpoints/${name}.pth`));
      expect(file.key).toBe('net');
      expect([...(await file.stateDict())].map(([key, { data }]) => [key, [...data]])).toEqual([
        ['w', [1, 2, 3, 4]],
        ['b', [5]],
      ]);
    },
  );

  it.each(['device_2', 'device_5'])('tensors of a TPU are read: %s', async (name) => {
    const file = await openWeights(goldenPath(`checkpoints/${name}.pth`));
    const read = async (key: string) => [...(await file.tensor(key)).data];
    expect([...file.tensors].map(([key, { dtype }]) => [key, dtype])).toEqual([
      ['w', 'float32'],
      ['turned', 'float64'],
      ['counts', 'int64'],
      ['halved', 'bfloat16'],
    ]);
    for (const key of ['w', 'turned', 'counts'])
      expect(await read(key)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await read('halved')).toEqual([1, -2.5, 3.140625]);
    expect((await file.read('halved')).data).toEqual(Uint16Array.of(0x3f80, 0xc020, 0x4049));
    expect([...file.unreadable.keys()]).toEqual(['swapped']);
    expect((await file.stateDict()).size).toBe(4);
  });

  it('a tensor that cannot be read blocks itself alone', async () => {
    const complex = op.tensor(op.storage('c', 'ComplexFloatStorage', 1), 0, [1], [1]);
    const sparse = op.reduce(
      op.global('torch._utils', '_rebuild_sparse_tensor'),
      op.tuple(op.global('torch', 'sparse_coo'), op.tuple(t, t)),
    );
    const content = legacyFile(
      op.dict({ a: t, c: complex, s: sparse }),
      { ...NUMBERS, c: [1, 2] },
      1,
    );
    // The count of the second storage is one complex number.
    new DataView(content.buffer).setBigInt64(content.length - 16, 1n, true);
    const file = await openWeights(content);
    expect([...(await file.stateDict()).keys()]).toEqual(['a']);
    expect([...file.unreadable]).toEqual([
      ['c', { type: 'torch.ComplexFloatStorage' }],
      ['s', { type: 'sparse_tensor' }],
    ]);
    await expect(file.tensor('c')).rejects.toMatchObject({ code: 'ERR_PTH_DTYPE', key: 'c' });
    expect(await diffWeights(content, content)).toMatchObject({ equal: 1, uncompared: ['c', 's'] });
    const other = legacyFile(op.dict({ a: t, c: t }), NUMBERS);
    expect(await diffWeights(content, other)).toMatchObject({
      equal: 1,
      onlyInFirst: ['s'],
      onlyInSecond: [],
      uncompared: ['c'],
    });
    const report = await inspectWeights(content, { stats: true });
    expect(report.tensors).toHaveLength(1);
    expect(report.unreadable).toHaveLength(2);
  });
});

describe('a name in a pickle', () => {
  const spellings: [string, (module: string, name: string) => Part][] = [
    ['GLOBAL', (module, name) => op.global(module, name)],
    ['STACK_GLOBAL', (module, name) => [op.text(module), op.text(name), 0x93]],
    ['INST', (module, name) => ['(', `i${module}\n${name}\n`]],
  ];
  const file = (part: Part) =>
    legacyFile(op.dict({ state_dict: op.dict({ t }), x: part }), NUMBERS);

  it.each([
    ...['os.system', 'os.path.join', 'posix.system', 'nt.system', 'sys.exit', 'subprocess.Popen'],
    ...['importlib.import_module', 'importlib.util.module_from_spec', 'runpy.run_path'],
    ...['socket.socket', 'shutil.rmtree', 'ctypes.CDLL', 'pty.spawn', 'code.interact'],
    ...[
      'operator.attrgetter',
      'operator.methodcaller',
      'functools.partial',
      '_operator.attrgetter',
    ],
    ...[
      'builtins.eval',
      'builtins.exec',
      'builtins.getattr',
      'builtins.open',
      'builtins.__import__',
    ],
    ...['__builtin__.execfile', 'builtins.compile', 'builtins.type', 'builtins.super'],
    ...['torch.load', 'torch.save', 'torch.hub.load', 'torch.jit.load', 'torch.ops.load_library'],
    ...['torch.jit._script.RecursiveScriptModule', 'torch.storage._load_from_bytes'],
    ...['torch.utils.cpp_extension.load', 'torch.package.PackageImporter', 'torch.float_power'],
    ...['torch._utils._import_dotted_name', 'torch.serialization.load', 'torch.FooStorage'],
    // What a harmless name is a part of.
    ...['torch.return_types.max.load', 'torch.x.torch.return_types.max', 'torch.return_types.'],
    ...['torch._utils._rebuild_tensor.load', 'torch.x.torch._utils._rebuild_tensor'],
    ...['torch._tensor._rebuild_from_type_v2.x', 'torch.x.torch.tensor._rebuild_from_type'],
    ...['torch.nn.functional.relu', 'torch.multiprocessing.Process', 'torch.nn.init.torch'],
    // What PickleScan, Fickling and reports of their gaps list.
    ...['pickle.loads', '_pickle.load', 'cPickle.loads', 'pickle.Unpickler', 'marshal.loads'],
    ...[
      'types.FunctionType',
      'types.CodeType',
      'types.LambdaType',
      'operator.call',
      'code.interact',
    ],
    ...[
      'timeit.timeit',
      'cProfile.runctx',
      'profile.run',
      'profile.Profile',
      'ssl.SSLContext',
      'pdb.run',
      'bdb.Bdb',
    ],
    ...[
      'trace.Trace',
      'doctest.debug_script',
      'pydoc.pipepager',
      'pydoc.locate',
      'pkgutil.get_data',
    ],
    ...[
      'pkgutil.resolve_name',
      'zipimport.zipimporter',
      'inspect.getattr_static',
      'runpy._run_code',
    ],
    ...['distutils.spawn.spawn', 'distutils.file_util.write_file', 'setuptools.sandbox.run_setup'],
    ...[
      'pip.main',
      'pip._internal.main',
      'ensurepip._run_pip',
      'venv.main',
      'site.execsitecustomize',
    ],
    ...['lib2to3.pgen2.grammar.Grammar', 'idlelib.run.Executive', 'pkg_resources.run_script'],
    ...['multiprocessing.Process', 'multiprocessing.util.spawnv_passfds', 'sched.scheduler'],
    ...[
      'multiprocessing.popen_fork.Popen',
      'concurrent.futures.ProcessPoolExecutor',
      'popen2.popen2',
    ],
    ...['asyncio.create_subprocess_shell', 'asyncio.subprocess.Process', 'asyncio.run'],
    ...['asyncio.unix_events._UnixSubprocessTransport', 'commands.getoutput', 'atexit.register'],
    // As protocol 2 writes subprocess.Popen, dbm.open and http.server.HTTPServer.
    ...['commands.Popen', 'commands.run', 'commands.check_output', 'anydbm.open', 'dumbdbm.open'],
    ...['BaseHTTPServer.HTTPServer', 'SimpleXMLRPCServer.SimpleXMLRPCServer'],
    ...['platform.popen', '_osx_support._read_output', '_aix_support._read_cmd_output'],
    ...[
      'uuid._get_command_stdout',
      'imaplib.IMAP4_stream',
      'webbrowser.open',
      'signal.raise_signal',
    ],
    ...['threading.Thread', '_thread.start_new_thread', '_winapi.CreateProcess', 'mmap.mmap'],
    ...[
      'urllib.request.urlretrieve',
      'urllib.urlopen',
      'urllib2.urlopen',
      'http.client.HTTPConnection',
    ],
    ...['httplib.HTTPSConnection', 'ftplib.FTP', 'smtplib.SMTP', 'telnetlib.Telnet', 'poplib.POP3'],
    ...['nntplib.NNTP', 'xmlrpc.client.ServerProxy', 'requests.get', 'requests.api.get'],
    ...['ssl.get_server_certificate', 'wsgiref.simple_server.make_server', 'logging.config.listen'],
    ...['sqlite3.connect', '_sqlite3.connect', 'shelve.open', 'dbm.open', 'linecache.updatecache'],
    ...['io.open', '_io.open', 'io.FileIO', '_io.FileIO', 'codecs.open', 'tempfile.mktemp'],
    ...[
      'fileinput.FileInput',
      'gzip.open',
      'bz2.open',
      'lzma.open',
      'tarfile.open',
      'zipfile.ZipFile',
    ],
    ...['numpy.load', 'numpy.fromfile', 'numpy.core.multiarray.fromfile', 'numpy.f2py.compile'],
    ...['numpy.f2py.crackfortran.myeval', 'numpy.testing._private.utils.runstring'],
    ...['numpy.ctypeslib.load_library', 'numpy.lib.npyio.load', 'numpy.distutils.exec_command.x'],
    ...['dill.loads', 'dill._dill._create_code', 'dill._dill._import_module', 'cloudpickle.loads'],
    ...['cloudpickle.cloudpickle._make_function', 'joblib.load', 'yaml.load', 'yaml.unsafe_load'],
    ...[
      'pandas.read_pickle',
      'pandas.eval',
      'pandas.io.pickle.read_pickle',
      'keras.models.load_model',
    ],
  ])('that an attack needs refuses the file, wherever it stands: %s', async (full) => {
    const dot = full.lastIndexOf('.');
    for (const [, spelling] of spellings) {
      await expect(
        openWeights(file(spelling(full.slice(0, dot), full.slice(dot + 1)))),
      ).rejects.toMatchObject({
        code: 'ERR_PTH_FORBIDDEN',
        message: expect.stringMatching(/Do not open this file in Python/),
      });
    }
  });

  const member = (owner: Part, name: Part, getattr = op.global('builtins', 'getattr')) =>
    op.reduce(getattr, op.tuple(owner, name));
  const mode = op.global('training', 'Mode');
  const made = (...parts: Part[]): Part => [...parts, ')', 0x81];
  // `[getattr(Mode, "x"), …`, with getattr as memo 9.
  const keptGetattr: Part[] = [
    ...['(', op.global('builtins', 'getattr'), 'q', 9, mode, op.text('x')],
    ...[0x86, 'R'],
  ];
  const bound = member(made(op.global('configparser', 'ConfigParser')), op.text('get'));
  const partial = (value: Part) => op.reduce(op.global('functools', 'partial'), op.tuple(value));

  it('of a member of a class is kept, whoever owns it', async () => {
    const kept = op.dict({ a: member(mode, op.text('BICUBIC')), b: partial(bound) });
    const { passedOver } = await openWeights(file(kept));
    expect(passedOver).toEqual([{ name: 'x', type: 'dict' }]);
  });

  it.each<[string, Part]>([
    ['a member that is called', op.reduce(member(mode, op.text('run')), op.tuple(op.text('ls')))],
    ['a member that an object is made of', made(member(mode, op.text('Inner')))],
    ['a member as an object of Python 2', ['(', member(mode, op.text('Inner')), 'o']],
    ['a partial that is called', op.reduce(partial(bound), op.tuple(op.text('ls')))],
    [
      'a partial of what is called, called',
      op.reduce(op.reduce(partial(bound), op.tuple()), op.tuple()),
    ],
    ['a member of what a call gave', member(op.reduce(mode, op.tuple()), op.text('x'))],
    ['a member of a member', member(member(mode, op.text('x')), op.text('y'))],
    ['a member of a module', member(op.global('numpy', 'os'), op.text('system'))],
    ['a member of a function', member(op.global('training', 'run'), op.text('x'))],
    ['what leads to globals', member(mode, op.text('__init__'))],
    ['a member of a text', member(op.text('x'), op.text('format'))],
    ['a class below a forbidden module', member(op.global('code', 'X'), op.text('x'))],
    [
      'a third argument',
      op.reduce(op.global('builtins', 'getattr'), op.tuple(mode, op.text('x'), mode)),
    ],
    ['getattr by itself', op.global('builtins', 'getattr')],
    ['getattr in a list', [']', op.global('builtins', 'getattr'), 'a']],
    ['getattr as an argument', op.reduce(mode, op.tuple(op.global('builtins', 'getattr')))],
    ['getattr that is dropped', [op.global('builtins', 'getattr'), '0', 'N']],
    ['getattr that stays behind', [op.global('builtins', 'getattr'), 'q', 9, '0', 'N']],
    ['getattr that is called, and then kept', [...keptGetattr, 'h', 9, 'l']],
    ['getattr that is called, and then an argument', [...keptGetattr, 'h', 9, 0x85, 'l']],
    ['getattr that is called, and then the value', [...keptGetattr, 'h', 9, 'b', 'l']],
    ['a partial of a class', partial(mode)],
    ['a partial of a member of another class', partial(member(mode, op.text('x')))],
  ])('that may only be called in one way refuses the file: %s', async (_, part) => {
    await expect(openWeights(file(part))).rejects.toMatchObject({
      code: 'ERR_PTH_FORBIDDEN',
      message: expect.stringMatching(/Nothing was called\. Do not open this file in Python/),
    });
  });

  it.each([
    ['builtins.getattr', /method.*member of an Enum.*in a class.*member\.value/],
    ['functools.partial', /setting holds it.*state_dict/],
    ['torch._C._VariableFunctionsClass', /saved a function.*its name/],
    ['__builtin__.print', /saved a function.*its name/],
    ['builtins.len', /saved a function.*state_dict/],
    ['torch.nn.functional.relu', /saved a function.*its name/],
    ['torch._C._nn.gelu', /saved a function.*its name/],
    ['__builtin__.getattr', /member of an Enum.*state_dict/],
    ['builtins.ValueError', /saved an exception.*its text/],
    ['builtins.UserWarning', /saved an exception.*state_dict/],
  ])('is refused with what else may have put it there: %s', async (full, remedy) => {
    const dot = full.lastIndexOf('.');
    const [module, name] = [full.slice(0, dot), full.slice(dot + 1)];
    for (const [, spelling] of spellings) {
      await expect(openWeights(file(spelling(module, name)))).rejects.toMatchObject({
        code: 'ERR_PTH_FORBIDDEN',
        message: expect.stringMatching(remedy),
      });
    }
  });

  it.each([
    'torch.utils._x',
    'torch.utils.data.datapipes.datapipe._IterDataPipeSerializationWrapper',
    'torch.utils.hooks.warnings',
    'torch._C._nn.Thing',
    'torch._C._load_for_lite_interpreter',
    'torch.optim.optimizer.pickle',
    'torch.nn.modules.module.os',
  ])('of torch’s that is not plain stays refused: %s', async (full) => {
    const dot = full.lastIndexOf('.');
    for (const [, spelling] of spellings) {
      await expect(
        openWeights(file(spelling(full.slice(0, dot), full.slice(dot + 1)))),
      ).rejects.toMatchObject({ code: 'ERR_PTH_FORBIDDEN' });
    }
  });

  it('that has a dot reaches through one thing for another', async () => {
    for (const [, spelling] of spellings) {
      for (const [module, name] of [
        ['torch', 'os.system'],
        ['argparse', 'Namespace.__init__'],
      ]) {
        await expect(openWeights(file(spelling(module, name)))).rejects.toMatchObject({
          code: 'ERR_PTH_FORBIDDEN',
        });
      }
    }
  });

  it.each([
    ...['builtins.set', 'builtins.frozenset', 'builtins.bytearray', 'builtins.complex'],
    ...['builtins.list', 'builtins.dict', 'builtins.tuple', 'builtins.slice', 'builtins.range'],
    ...['builtins.object', 'builtins.int', 'builtins.float', 'builtins.str', 'builtins.bool'],
    ...['argparse.Namespace', 'posixpath.Thing', 'ossaudiodev.Thing', 'systems.Thing', 'codecs.x'],
    ...['operator.add', 'functools.reduce', 'torchvision.models.resnet.ResNet', 'torch_xla.Thing'],
    ...['torch.FloatStorage', 'torch.cuda.HalfStorage', 'torch.float8_e4m3fn', 'torch.uint4'],
    ...['torch.Size', 'torch.optim.adam.Adam', 'torch.nn.modules.conv.Conv2d', 'torch.complex128'],
    ...['torch._utils._rebuild_qtensor', 'torch.distributed.tensor.DTensor', 'torch.sparse_coo'],
    ...['torch.return_types.max', 'torch.return_types.sort', 'torch.tensor._rebuild_from_type'],
    ...['torch.nn.init.normal_', 'torch.nn.init.xavier_uniform_', 'torch.channels_last'],
    ...[
      'torch.utils.data._utils.collate.default_collate',
      'torch.utils.data.dataset.TensorDataset',
    ],
    // What layers, schedules and whole networks hold.
    ...['torch.utils.hooks._WrappedHook', 'torch.utils.hooks.RemovableHandle'],
    ...['torch.utils.hooks.BackwardHook', 'torch.nn.modules.module._WrappedHook'],
    ...['torch.nn.modules.module._IncompatibleKeys', 'torch.nn.modules.batchnorm._BatchNorm'],
    ...['torch.optim.optimizer._RequiredParameter', 'torch.optim.lr_scheduler._LRScheduler'],
    ...['configparser.ConfigParser', 'configparser.RawConfigParser', 'ConfigParser.ConfigParser'],
    // Neighbours of what is refused, all of which people save.
    ...[
      'types.SimpleNamespace',
      'types.MappingProxyType',
      'uuid.UUID',
      'uuid.SafeUUID',
      '_io.BytesIO',
    ],
    ...[
      'io.StringIO',
      'decimal.Decimal',
      'fractions.Fraction',
      'datetime.datetime',
      'pathlib.PosixPath',
    ],
    ...['collections.Counter', 'itertools.count', 'itertools.cycle', 'operator.itemgetter'],
    ...['numpy.ndarray', 'numpy.dtype', 'numpy.memmap', 'numpy.core.multiarray._reconstruct'],
    ...[
      'numpy.core.multiarray.scalar',
      'numpy._core.numeric._frombuffer',
      'numpy.ma.core._mareconstruct',
    ],
    ...['numpy.random._pickle.__randomstate_ctor', 'numpy.float64', 'random.Random', 'array.array'],
    ...[
      'distutils.version.LooseVersion',
      'logging.getLogger',
      'logging.Logger',
      'copyreg._reconstructor',
    ],
    ...[
      'pkg_resources.extern.packaging.version.Version',
      'packaging.version.Version',
      're._compile',
    ],
    ...[
      'multiprocessing.context.SpawnContext',
      'signal.Signals',
      'http.HTTPStatus',
      'time.struct_time',
    ],
    ...['urllib.parse.ParseResult', 'platform.uname_result', 'inspect.Parameter', 'enum.Enum'],
    ...[
      'pandas.core.frame.DataFrame',
      'pandas._libs.tslibs.timestamps.Timestamp',
      'yaml.YAMLObject',
    ],
    ...['omegaconf.dictconfig.DictConfig', 'easydict.EasyDict', 'weakref.ref', 'threading.local'],
    ...['dill._dill._load_type', 'cloudpickle.cloudpickle._make_skeleton_class', 'codec.open'],
    ...[
      'profile.Settings',
      'trace.Log',
      'sched.WarmupLR',
      'ssl.SimCLR',
      'dbm.DBM',
      'psutil._pslinux.svmem',
      'pip._vendor.packaging.version.Version',
      'torchvision.io.image.ImageReadMode',
      'test.options.TestOptions',
      'pickles.loads',
      'os_utils.Path',
    ],
  ])('that is anything else is data: %s', async (full) => {
    const dot = full.lastIndexOf('.');
    for (const [, spelling] of spellings) {
      const { key } = await openWeights(file(spelling(full.slice(0, dot), full.slice(dot + 1))));
      expect(key).toBe('state_dict');
    }
  });

  it('of a memory format stands behind any module in protocol 4', async () => {
    for (const module of ['torch._utils', 'train', 'networks.base']) {
      const part: Part = [op.text(module), op.text('torch.channels_last'), 0x93];
      expect((await openWeights(file(part))).key).toBe('state_dict');
    }
    for (const module of ['os', 'subprocess']) {
      const part: Part = [op.text(module), op.text('torch.channels_last'), 0x93];
      await expect(openWeights(file(part))).rejects.toMatchObject({ code: 'ERR_PTH_FORBIDDEN' });
    }
  });

  it('may be any other at all', async () => {
    const part = fc.stringMatching(/^[a-zA-Z_]\w{0,12}$/);
    await fc.assert(
      fc.asyncProperty(part, part, async (module, name) => {
        const outcome = await openWeights(file(op.global(`my_${module}`, name)));
        expect(outcome.passedOver).toEqual([{ name: 'x', type: `my_${module}.${name}` }]);
      }),
    );
  });
});

describe('the way to a state dict', () => {
  const one = op.dict({ w: t });
  const adam = op.dict({
    state: ['}(', op.int(0), op.dict({ exp_avg: t }), 'u'],
    param_groups: op.list(),
  });
  const flat = op.dict({ 'netG_A2B.w': t, 'netG_A2B.b': t, 'netD.w': t });
  const numbered: Part = ['}(', op.int(0), one, op.int(1), op.dict({ v: t, w: t }), 'u'];
  const array = op.reduce(
    op.global('numpy.core.multiarray', '_reconstruct'),
    op.tuple(op.global('numpy', 'ndarray'), op.tuple(op.int(0)), [0x43, 1, 'b']),
  );
  const deep = [...'abcdef'].reverse().reduce((inner, name) => op.dict({ [name]: inner }), one);
  const halves = op.dict({ 'enc.w': t, 'dec.v': t, 'dec.w': t });
  const open = (root: Part, key?: string) => openWeights(legacyFile(root, NUMBERS), { key });

  it.each<[string, Part, string | undefined, string, string[]]>([
    ['a tuple with an optimiser', op.tuple(one, adam), undefined, '0', ['w']],
    ['a number', numbered, '1', '1', ['v', 'w']],
    ['a list in a dict', op.dict({ a: op.list(one, one) }), 'a.1', 'a.1', ['w']],
    [
      'an optimiser, when it is asked for',
      op.tuple(one, adam),
      '1.state.0',
      '1.state.0',
      ['exp_avg'],
    ],
    ['what keys begin with', flat, 'netG_A2B', 'netG_A2B', ['w', 'b']],
    [
      'the same further in',
      op.dict({ state_dict: flat }),
      'netG_A2B',
      'state_dict.netG_A2B',
      ['w', 'b'],
    ],
    [
      'both',
      op.dict({ state_dict: flat }),
      'state_dict.netG_A2B',
      'state_dict.netG_A2B',
      ['w', 'b'],
    ],
    [
      'tensors with a tensor-less dict beside',
      op.dict({ w: t, meta: op.dict({}) }),
      undefined,
      '',
      ['w'],
    ],
    [
      'a checkpoint with a tensor beside',
      op.dict({ loss: t, netX: one }),
      undefined,
      'netX',
      ['w'],
    ],
    [
      'parts of two, put together',
      op.dict({ a: halves, b: halves }),
      'a.enc + b.dec',
      'a.enc + b.dec',
      ['enc.w', 'dec.v', 'dec.w'],
    ],
    ['one whose name has a plus sign', op.dict({ 'a+b': one, c: one }), 'a+b', 'a+b', ['w']],
    ['deeper than it is searched, when it is named', deep, 'a.b.c.d.e.f', 'a.b.c.d.e.f', ['w']],
    [
      'a whole model beside',
      op.dict({ state_dict: one, m: op.reduce(op.global('models', 'Net'), op.tuple()) }),
      undefined,
      'state_dict',
      ['w'],
    ],
  ])('is %s', async (_, root, wanted, key, keys) => {
    const file = await open(root, wanted);
    expect([file.key, [...file.tensors.keys()]]).toEqual([key, keys]);
  });

  it('what was put together is not passed over', async () => {
    const file = await open(op.dict({ a: halves, b: halves, c: one }), 'a.enc+b.dec');
    expect(file.passedOver).toEqual([{ name: 'c', type: 'dict' }]);
  });

  it.each<[string, Part, string | undefined, string, RegExp]>([
    ['several', numbered, undefined, 'ERR_PTH_AMBIGUOUS', /"0" \(1 tensor\), "1" \(2 tensors\)/],
    [
      'several with such keys',
      op.tuple(flat, flat),
      'netD',
      'ERR_PTH_AMBIGUOUS',
      /"0\.netD" .*"1\.netD"/,
    ],
    [
      'parts of one name',
      op.dict({ a: halves, b: halves }),
      'a.enc+b.enc',
      'ERR_PTH_AMBIGUOUS',
      /must have different last names/,
    ],
    [
      'a part that is not there',
      op.dict({ a: halves, b: halves }),
      'a.enc+c.dec',
      'ERR_PTH_NO_KEY',
      /under "c\.dec"/,
    ],
    ['none of that name', numbered, '2', 'ERR_PTH_NO_KEY', /there is "0" \(1 tensor\), "1"/],
    ['the whole', one, 'netG', 'ERR_PTH_NO_KEY', /the whole file is one state dict of 1 tensor$/],
    ['an optimiser alone', adam, undefined, 'ERR_PTH_NOT_STATE_DICT', /an optimiser's/],
    ['one tensor', t, undefined, 'ERR_PTH_NOT_STATE_DICT', /one tensor alone/],
    ...[
      op.dict({ w: array }),
      op.dict({ netG: op.dict({ w: array }) }),
      op.list(op.dict({ w: array })),
    ].map((root): [string, Part, undefined, string, RegExp] => [
      'NumPy arrays',
      op.tuple(root, t),
      undefined,
      'ERR_PTH_NOT_STATE_DICT',
      /holds NumPy arrays \("w"\), but no tensors.*torch\.from_numpy/,
    ]),
    ...[
      [0x43, 3, 'abc'],
      op.reduce(op.global('_codecs', 'encode'), op.tuple(op.text('abc'), op.text('latin1'))),
    ].map((key): [string, Part, undefined, string, RegExp] => [
      'names that are bytes',
      op.dict({ netG: ['}(', key, t, 'u'] }),
      undefined,
      'ERR_PTH_NOT_STATE_DICT',
      /names are bytes \("abc"\).*k\.decode\(\)/,
    ]),
    ['numbers', ['}(', op.int(0), t, 'u'], undefined, 'ERR_PTH_NOT_STATE_DICT', /one is a number/],
    [
      'what is no name',
      ['}(', op.tuple(op.int(0)), t, 'u'],
      undefined,
      'ERR_PTH_NOT_STATE_DICT',
      /key of one is no text/,
    ],
  ])('is not told by %s', async (_, root, wanted, code, message) => {
    await expect(open(root, wanted)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it.each<[string, Record<string, Part>, string, string[]]>([
    ['an average', { G: one, G_ema: one, D: op.dict({ v: t }) }, 'G', ['G_ema']],
    ['two', { netG: one, ema: one, best: one }, 'netG', ['ema', 'best']],
    ['others', { G: one, D: op.dict({ v: t }), D2: op.dict({ v: t, w: t }) }, 'G', []],
    ['none', { G: one }, 'G', []],
  ])('passes by %s with the same keys, and tells of it', async (_, root, key, alike) => {
    const file = await open(op.dict(root));
    expect([file.key, file.alike]).toEqual([key, alike]);
    for (const other of alike) expect((await open(op.dict(root), other)).alike).toEqual([]);
  });

  it('is told with the generator where another could be meant', async () => {
    const weights = [...new ResNetGenerator(3, 3, 2, 0).stateDict()];
    const numbers: Record<string, number[]> = {};
    const parts = weights.map(([name, { shape, data }], i): [string, Part] => {
      numbers[i] = [...data];
      const strides = shape.map((_, j) => shape.slice(j + 1).reduce((a, b) => a * b, 1));
      return [
        name,
        op.tensor(op.storage(String(i), 'FloatStorage', data.length), 0, [...shape], strides),
      ];
    });
    const netG = op.dict(Object.fromEntries(parts));
    const file = legacyFile(op.dict({ G: netG, G_ema: netG }), numbers);
    expect((await openGenerator(file)).notes).toEqual([
      expect.stringMatching(/"G" was taken; "G_ema" has the same keys: --key NAME/),
    ]);
    expect((await openGenerator(file, { key: 'G_ema' })).notes).toEqual([]);
  });

  it('is not in a model that was pickled as a whole with its source', async () => {
    const type = [
      op.tuple(op.text('module'), op.global('models', 'Net'), op.text('net.py'), op.text('…')),
      'Q',
    ];
    const model = [type, ')', 0x81, op.dict({ _modules: op.dict({}) }), 'b'];
    await expect(openWeights(legacyFile(model, {}))).rejects.toMatchObject({
      code: 'ERR_PTH_WHOLE_MODEL',
    });
    const beside = await open(op.dict({ netG: one, model }));
    expect(beside.passedOver).toEqual([{ name: 'model', type: 'models.Net' }]);
  });
});

/** A tensor on untyped bytes, with metadata, as torch 2 writes them. */
function typed(type: Dtype, size: number, byteLength: number, ...metadata: Part[]): Part {
  return op.reduce(
    op.global('torch._utils', '_rebuild_tensor_v3'),
    op.tuple(
      op.storage('0', 'UntypedStorage', byteLength),
      op.int(0),
      op.tuple(op.int(size)),
      op.tuple(op.int(1)),
      0x89,
      'N',
      op.global('torch', type),
      ...metadata,
    ),
  );
}

/** A file of one storage of 8 bytes. */
function eightBytes(content: readonly number[], part: Part): Uint8Array {
  const file = legacyFile(op.dict({ t: part }), { 0: [0, 0] }, 4);
  file.set(content, file.length - 8);
  return file;
}

describe('numbers of eight bits', () => {
  // Values from the tables of arXiv:2206.02915 (fnuz) and of OCP MX 1.0 (e8m0).
  it.each<[Dtype, number[], number[]]>([
    [
      'float8_e4m3fnuz',
      [0, 1, 0x08, 0x40, 0x7f, 0x80, 0xc0, 0xff],
      [0, 2 ** -10, 2 ** -7, 1, 240, NAN, -1, -240],
    ],
    [
      'float8_e5m2fnuz',
      [0, 1, 0x04, 0x40, 0x7f, 0x80, 0xc0, 0xff],
      [0, 2 ** -17, 2 ** -15, 1, 57344, NAN, -1, -57344],
    ],
    [
      'float8_e8m0fnu',
      [0, 1, 126, 127, 128, 254, 255, 3],
      [2 ** -127, 2 ** -126, 0.5, 1, 2, 2 ** 127, NAN, 2 ** -124],
    ],
  ])('are read as %s', async (type, content, expected) => {
    const file = await openWeights(eightBytes(content, typed(type, 8, 8)));
    expect(file.tensors.get('t')?.dtype).toBe(type);
    expect([...(await file.tensor('t')).data]).toEqual(expected);
  });
});

describe('a negated view', () => {
  const negated = (type: Dtype, size: number) =>
    typed(type, size, 8, op.dict({ neg: 0x88, conj: 0x89 }));

  it.each<[Dtype, number[], number[]]>([
    ['float32', [0, 0, 0x80, 0x3f, 0, 0, 0, 0], [-1, -0]],
    ['float16', [0, 0x3c, 0, 0xbc, 0, 0, 0, 0x7c], [-1, 1, -0, Number.NEGATIVE_INFINITY]],
    ['bfloat16', [0x80, 0x3f, 0x80, 0xbf, 0, 0, 0x80, 0x7f], [-1, 1, -0, Number.NEGATIVE_INFINITY]],
    ['float64', [0, 0, 0, 0, 0, 0, 0xf0, 0x3f], [-1]],
    ['int8', [1, 255, 0x80, 0x7f, 0, 2, 3, 4], [-1, 1, -128, -127, 0, -2, -3, -4]],
    ['uint8', [1, 255, 0x80, 0x7f, 0, 2, 3, 4], [255, 1, 128, 129, 0, 254, 253, 252]],
    ['int64', [0, 0, 0, 0, 0, 0, 0, 0x80], [-(2 ** 63)]],
    [
      'float8_e5m2',
      [0x3c, 0xbc, 0, 0x7c, 1, 2, 3, 4],
      [-1, 1, -0, Number.NEGATIVE_INFINITY, -(2 ** -16), -(2 ** -15), -3 * 2 ** -16, -(2 ** -14)],
    ],
    ['float8_e4m3fnuz', [0, 0x80, 0x40, 0xc0, 0, 0, 0, 0], [0, NAN, -1, 1, 0, 0, 0, 0]],
  ])('has the sign that PyTorch gives it: %s', async (type, content, expected) => {
    const source = eightBytes(content, negated(type, expected.length));
    const file = await openWeights(source);
    // -0 and 0 differ here.
    expect([...(await file.tensor('t')).data]).toEqual(expected);
    expect([...((await file.stateDict()).get('t')?.data ?? [])]).toEqual(expected);
    const stored = await file.read('t');
    const plain = await openWeights(
      eightBytes([...asBytes(stored.data)], typed(type, expected.length, 8)),
    );
    expect([...(await plain.tensor('t')).data]).toEqual(expected);
    expect(
      (
        await diffWeights(
          source,
          eightBytes([...asBytes(stored.data)], typed(type, expected.length, 8)),
        )
      ).equal,
    ).toBe(1);
  });

  it('leaves other views on its storage alone', async () => {
    const minus = op.reduce(op.global('torch._utils', '_rebuild_tensor_v2'), [
      op.tuple(
        storage,
        op.int(0),
        op.tuple(op.int(2)),
        op.tuple(op.int(1)),
        0x89,
        'N',
        op.dict({ neg: 0x88 }),
      ),
    ]);
    const both = await loadStateDict(legacyFile(op.dict({ a: t, b: minus, c: t }), NUMBERS));
    expect([...both.values()].map(({ data }) => [...data])).toEqual([
      [1, 2],
      [-1, -2],
      [1, 2],
    ]);
  });

  it('of truth values is none', async () => {
    const file = legacyFile(op.dict({ t: negated('bool', 8) }), { 0: [0, 0] }, 4);
    await expect(openWeights(file)).rejects.toMatchObject({ code: 'ERR_PTH_DTYPE' });
  });
});

function asBytes({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return bytes(new Uint8Array(buffer, byteOffset, byteLength));
}
