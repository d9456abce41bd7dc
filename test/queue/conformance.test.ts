import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { encodeImage } from '../../src/image/formats.js';
import { manualSeed } from '../../src/nn/random.js';
import { sha256 } from '../../src/platform/sha256.js';
import { saveStateDict } from '../../src/pth/write/saveStateDict.js';
import { jobId, type TranslationJob } from '../../src/queue/job.js';
import { JobQueue } from '../../src/queue/jobQueue.js';
import { openServer } from '../../src/queue/servers/openServer.js';
import type { QueueServer } from '../../src/queue/servers/server.js';
import { temporaryFolder } from '../support/command.js';
import { CommandProcess, type Line } from './processes.js';
import { type RealServer, SERVERS, type ServerPackage } from './realServers.js';

/** 3 to 3 channels, 4 filters: a picture takes milliseconds. */
const WEIGHTS = join(import.meta.dirname, '../golden/data/tiny_zip.pth');
/** Of workers that are killed; those that take long over a picture on a busy machine have the usual time. */
const SHORT_LEASE = ['--lease', '5'];

/** EXIF of one entry: orientation 6. */
const QUARTER_TURN = [
  ...[0xff, 0xe1, 0, 34, 0x45, 0x78, 0x69, 0x66, 0, 0, 0x4d, 0x4d, 0, 42, 0, 0, 0, 8],
  ...[0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0],
];
/** Of a worker whose large pictures take a while on a fast machine, too. */
const SLOW = ['--concurrency', '1', '--threads', '1'];

/** What is killed while 500 pictures are translated, in an order by chance, which is the same in each run. */
const KILLS = [...Array(5).fill('server'), ...Array(5).fill('worker')] as const;

for (const server of SERVERS) {
  describe.skipIf(!server.isInstalled)(`a queue on ${server.name}`, () => conformance(server));
}

function conformance({ make }: ServerPackage): void {
  const home = temporaryFolder();
  const cache = join(home.path, 'cache');
  let server: RealServer;
  let count = 0;
  let folder = '';
  let processes: CommandProcess[] = [];

  beforeAll(async () => {
    // PostgreSQL's user has to pass.
    chmodSync(home.path, 0o755);
    const data = join(home.path, 'server');
    mkdirSync(data);
    server = await make(data);
    await server.start();
  });

  beforeEach(() => {
    folder = join(home.path, `test-${count++}`);
    mkdirSync(join(folder, 'in'), { recursive: true });
  });

  afterEach(async () => {
    for (const process of processes) process.signal('SIGKILL');
    for (const process of processes) await process.end();
    processes = [];
  });

  afterAll(async () => {
    await server.kill9();
    home.remove();
  });

  /** Each test has a queue and a store of its own. */
  const common = () => [
    ...['--queue', server.address, '--queue-name', `test-${count}`],
    ...['--store', 'store', '--json'],
  ];

  const run = (...args: readonly string[]) => {
    const process = new CommandProcess(args, folder, cache);
    processes.push(process);
    return process;
  };

  const beginWorker = async (...options: readonly string[]) => {
    const worker = run('worker', ...common(), ...options);
    await worker.until(({ stderr }) => stderr.includes('Takes pictures'), 'the worker began');
    return worker;
  };

  const NETWORK = ['--weights', WEIGHTS, '--resize', 'none'];

  const submit = (...args: readonly string[]) => run('submit', ...common(), ...NETWORK, ...args);

  /** The same by the network that is built in, of which a large picture takes seconds. */
  const submitLong = (...args: readonly string[]) =>
    run('submit', 'in/long.png', '-o', 'out/', '--resize', 'none', ...args, ...common());

  const ended = async (process: CommandProcess, code: number): Promise<Line[]> => {
    expect({ code: await process.end(), stderr: process.stderr }).toMatchObject({ code });
    return process.lines;
  };

  /** What the plain command makes of the same names. */
  const translated = async (...args: readonly string[]) => {
    await ended(run(...args, '-o', 'expected', ...NETWORK), 0);
    return contents(join(folder, 'expected'));
  };

  const withQueue = async <T>(action: (queue: JobQueue, server: QueueServer) => Promise<T>) => {
    const opened = await openServer(server.address);
    const queue = new JobQueue(opened, `test-${count}`);
    try {
      return await action(queue, opened);
    } finally {
      await queue.close();
      await opened.close();
    }
  };

  it('gives what the command gives, under the same names', async () => {
    writePictures(folder, 6);
    writeFileSync(join(folder, 'in/p0.bmp'), readFileSync(join(folder, 'in/p1.png')));
    const expected = await translated('in');
    await beginWorker();
    const lines = await ended(submit('in', '-o', 'out', '--wait'), 0);
    expect(contents(join(folder, 'out'))).toEqual(expected);
    expect(expected.size).toBe(7);
    expect(
      lines
        .filter(({ state }) => state === 'placed')
        .map(({ output }) => output)
        .sort(),
    ).toEqual([...expected.keys()].map((name) => join('out', name)));
  });

  it('tells what the command tells of pictures that are damaged, turned or padded', async () => {
    writeTold(folder);
    await saveStateDict(paddingWeights(), join(folder, 'padding.pth'));
    const words = ['in', '--weights', 'padding.pth', '--resize', 'none', '--residual'];
    const plain = run(...words, '-o', 'expected', '--json');
    const expected = await ended(plain, 0);
    const worker = await beginWorker();
    const submitter = run('submit', ...words, '-o', 'out', '--wait', ...common());
    const placed = await ended(submitter, 0);
    // What was done before is told of, too: nobody is at work any more.
    worker.signal('SIGTERM');
    expect(await worker.end()).toBe(0);
    const later = run('submit', ...words, '-o', 'later', '--wait', ...common());
    const fetched = await ended(later, 0);
    const told = (lines: readonly Line[]) =>
      new Map(
        lines.map(({ input, inputSize, networkSize, outputSize, notes }) => [
          input,
          { inputSize, networkSize, outputSize, notes },
        ]),
      );
    const kinds = [...told(expected)].map(([name, { notes }]) => [
      name,
      notes?.map(({ kind }) => kind),
    ]);
    expect(kinds.sort()).toEqual([
      ['in/damaged.png', ['damaged']],
      ['in/padded.png', []],
      ['in/turned.jpg', ['turned']],
    ]);
    for (const lines of [placed, worker.lines, fetched])
      expect(told(lines)).toEqual(told(expected));
    const saidOf = ({ stderr }: CommandProcess) =>
      stderr.split('\n').filter((line) => /--strict|--auto-orient/.test(line));
    expect(saidOf(plain).length).toBe(2);
    for (const process of [submitter, worker, later]) {
      expect(saidOf(process).sort()).toEqual(saidOf(plain).sort());
      expect(process.stderr).toMatch(/padded\.png.*network input 21x17 padded to 24x20/);
    }
  });

  it('loses nothing and makes nothing twice when servers and workers are killed', async () => {
    writePictures(folder, 500);
    const expected = await translated('in');
    const begin = () => run('worker', ...common(), ...SHORT_LEASE);
    const workers = [begin(), begin(), begin()];
    const submitter = submit('in', '-o', 'out', '--wait');
    const next = random(count);
    // By what is done and not by time: machines are slow and fast.
    for (const [i, victim] of shuffled([...KILLS], next).entries()) {
      await until(
        async () => contents(join(folder, 'store/results')).size,
        (done) => done > 40 * i,
      );
      if (victim === 'server') {
        await server.kill9();
        await pause(200 * next());
        await server.start();
      } else {
        const which = Math.floor(next() * workers.length);
        workers[which].signal('SIGKILL');
        workers[which] = begin();
      }
    }
    expect(submitter.hasEnded).toBe(false);
    expect(await submitter.end()).toBe(0);
    expect(contents(join(folder, 'out'))).toEqual(expected);
    expect(expected.size).toBe(500);
    const placed = submitter.lines.filter(({ state }) => state === 'placed');
    expect(new Set(placed.map(({ output }) => output)).size).toBe(500);
    expect(placed.length).toBe(500);
    expect(await withQueue(deadLetters)).toEqual([]);
  }, 400_000);

  it('has a worker that is told to end complete what it is at, and take no more', async () => {
    writePicture(folder, 'long', 3000, 2000);
    writePictures(folder, 3);
    const [{ id = '' }] = await ended(submitLong(), 0);
    const worker = await beginWorker(...SLOW);
    await until(
      () => withQueue((queue) => queue.stateOf(id)),
      ({ kind }) => kind === 'active',
    );
    const others = await ended(submit('in/p0.png', 'in/p1.png', 'in/p2.png', '-o', 'out'), 0);
    worker.signal('SIGTERM');
    expect(await worker.end()).toBe(0);
    expect(worker.lines.map(({ input, error }) => ({ input, error }))).toEqual([
      { input: 'in/long.png', error: undefined },
    ]);
    const states = await withQueue((queue) =>
      Promise.all([id, ...others.map((line) => line.id ?? '')].map((one) => queue.stateOf(one))),
    );
    expect(states.map(({ kind }) => kind)).toEqual(['done', 'waiting', 'waiting', 'waiting']);
  });

  it('has a worker and a submitter that are told to end do so while the server is away', async () => {
    writePictures(folder, 1);
    const worker = await beginWorker('--concurrency', '2');
    const submitter = submit('in', '-o', 'out', '--wait');
    await worker.until(({ lines }) => lines.length === 1, 'it was at work');
    await ended(submitter, 0);
    worker.signal('SIGSTOP');
    writePicture(folder, 'waits', 20, 16, 9);
    const waiting = submit('in', '-o', 'out', '--resume', '--wait');
    await until(
      () => withQueue((queue) => queue.counts()),
      (counts) => counts.waiting + counts.prioritized + counts.active === 1,
    );
    await server.kill9();
    try {
      await waiting.until(({ stderr }) => stderr.includes('does not answer'), 'it said so');
      waiting.signal('SIGINT');
      expect(await waiting.end()).toBe(130);
      worker.signal('SIGCONT');
      await worker.until(({ stderr }) => stderr.includes('The queue has trouble'), 'it said so');
      worker.signal('SIGTERM');
      expect(await worker.end()).toBe(0);
    } finally {
      await server.start();
    }
  });

  it('tells how far a picture is, and stops it when it is cancelled', async () => {
    writePicture(folder, 'long', 3000, 2000);
    writePictures(folder, 1);
    const waiting = submitLong('--wait');
    const worker = await beginWorker(...SLOW);
    await waiting.until(({ lines }) => lines.length > 0, 'it told how far it is');
    const [{ id = '', share = 0, state }] = waiting.lines;
    expect(state).toBe('active');
    expect(share).toBeGreaterThan(0);
    expect(share).toBeLessThan(1);
    const [{ id: other = '' }] = await ended(submit('in/p0.png', '-o', 'out/'), 0);
    await ended(run('submit', '--cancel', id, other, ...common()), 0);
    const lines = await ended(waiting, 1);
    expect(lines.at(-1)?.error?.code).toBe('ERR_CANCELLED');
    await worker.until((process) => process.lines.length === 2, 'both ended');
    expect(worker.lines.map(({ error }) => error?.code)).toEqual([
      'ERR_CANCELLED',
      'ERR_CANCELLED',
    ]);
    expect(contents(join(folder, 'store/results')).size).toBe(0);
    const again = await ended(run('submit', '--cancel', id, ...common()), 1);
    expect(again.at(-1)?.error?.code).toBe('ERR_QUEUE_JOB');
    // What was cancelled can be asked for again.
    await ended(submit('in/p0.png', '-o', 'out/', '--wait'), 0);
  });

  it('tries again what may pass, with pauses', async () => {
    writePictures(folder, 1);
    const [{ id = '' }] = await ended(submit('in', '-o', 'out'), 0);
    renameSync(join(folder, 'store/weights'), join(folder, 'away'));
    const worker = await beginWorker();
    await worker.until(({ lines }) => lines.length > 1, 'it failed twice');
    renameSync(join(folder, 'away'), join(folder, 'store/weights'));
    await ended(submit('in', '-o', 'out', '--wait'), 0);
    const codes = worker.lines.map((line) => [line.id, line.error?.code, line.error?.isFinal]);
    expect(codes.slice(0, 2)).toEqual(Array(2).fill([id, 'ERR_FILE_NOT_FOUND', false]));
    expect(codes.at(-1)).toEqual([id, undefined, undefined]);
    // BullMQ keeps why it failed before.
    expect(await withQueue((queue) => queue.stateOf(id))).toEqual({ kind: 'done' });
    await expect(withQueue((queue) => queue.retry(id))).rejects.toThrow('no dead letter');
  });

  it('keeps what failed for good, with the reason, and puts it back when asked', async () => {
    writePictures(folder, 2);
    writeFileSync(join(folder, 'in/bad.png'), 'this is no picture');
    await beginWorker();
    const lines = await ended(submit('in', '-o', 'out', '--wait'), 1);
    const bad = lines.find(({ error }) => error !== undefined);
    expect(bad).toMatchObject({ input: 'in/bad.png', error: { code: 'ERR_IMAGE_FORMAT' } });
    expect(contents(join(folder, 'out')).size).toBe(2);
    const failed = await ended(run('submit', '--failed', ...common()), 0);
    expect(failed).toMatchObject([
      { id: bad?.id, input: 'in/bad.png', attempts: 1, error: { code: 'ERR_IMAGE_FORMAT' } },
    ]);

    writePicture(folder, 'late', 20, 16);
    rmSync(join(folder, 'store/weights'), { recursive: true });
    const late = submit('in/late.png', '-o', 'out/', '--attempts', '1');
    // Submitting puts weights back that are missing.
    const [{ id = '' }] = await ended(late, 0);
    await until(
      () => withQueue((queue) => queue.stateOf(id)),
      ({ kind }) => kind === 'done',
    );
  });

  it('puts dead letters back into the queue', async () => {
    writePictures(folder, 1);
    const [{ id = '' }] = await ended(submit('in', '-o', 'out', '--attempts', '1'), 0);
    renameSync(join(folder, 'store/weights'), join(folder, 'away'));
    await beginWorker();
    const state = () => withQueue((queue) => queue.stateOf(id));
    await until(state, ({ kind }) => kind === 'failed');
    // What others have made up fails later, so it comes first, and does not keep the other one.
    const forged = 'f'.repeat(64);
    await withQueue(async (_, { classes, connection }) => {
      const queue = new classes.Queue(`test-${count}`, { connection });
      const keep = { age: 99, count: 99 };
      await queue.add('translate', 'no job', {
        ...{ jobId: forged, attempts: 1, stackTraceLimit: 1 },
        backoff: { type: 'exponential', delay: 1, jitter: 0 },
        ...{ removeOnComplete: keep, removeOnFail: keep },
      });
      await queue.close();
    });
    await until(
      () => withQueue((queue) => queue.stateOf(forged)),
      ({ kind }) => kind === 'failed',
    );
    renameSync(join(folder, 'away'), join(folder, 'store/weights'));
    const retry = run('submit', '--retry', ...common());
    await ended(retry, 1);
    expect(retry.stderr).toContain(forged);
    expect(retry.stderr).toContain('1 put back');
    await until(state, ({ kind }) => kind === 'done');
    expect((await withQueue(deadLetters)).length).toBe(1);
  });

  it('takes what matters more first', async () => {
    writePictures(folder, 3);
    for (const [name, priority] of [
      ['p0', '20'],
      ['p1', '1'],
      ['p2', '5'],
    ]) {
      await ended(submit(`in/${name}.png`, '-o', 'out/', '--priority', priority), 0);
    }
    const worker = await beginWorker('--concurrency', '1');
    await worker.until(({ lines }) => lines.length === 3, 'all were done');
    expect(worker.lines.map(({ input }) => input)).toEqual(['in/p1.png', 'in/p2.png', 'in/p0.png']);
  });

  it('translates once what is submitted often, and fetches later what was submitted before', async () => {
    writePictures(folder, 2);
    writeFileSync(join(folder, 'in/same.png'), readFileSync(join(folder, 'in/p0.png')));
    const worker = await beginWorker();
    const lines = await ended(submit('in', '-o', 'out'), 0);
    expect(new Set(lines.map(({ id }) => id)).size).toBe(2);
    await worker.until((process) => process.lines.length === 2, 'all were done');
    worker.signal('SIGTERM');
    await worker.end();
    // Nobody is at work any more.
    await ended(submit('in', '-o', 'out', '--wait'), 0);
    const out = contents(join(folder, 'out'));
    expect([...out.keys()]).toEqual(['p0.png', 'p1.png', 'same.png']);
    expect(out.get('same.png')).toBe(out.get('p0.png'));
  });

  it('has workers put results in the shared folder, once, and leaves what others have put there', async () => {
    writePictures(folder, 3);
    const expected = await translated('in');
    const shared = ['--store', '.'];
    const [{ id = '' }] = await ended(submit('in/p0.png', '-o', 'out/', ...shared), 0);
    // The same picture, for another place.
    await ended(submit('in/p0.png', '-o', 'other/', ...shared), 0);
    await ended(submit('in/p1.png', 'in/p2.png', '-o', 'out', ...shared), 0);
    writeFileSync(join(folder, 'out-p2'), 'another');
    mkdirSync(join(folder, 'out'));
    renameSync(join(folder, 'out-p2'), join(folder, 'out/p2.png'));
    const worker = await beginWorker(...shared);
    await worker.until(({ lines }) => lines.length === 3, 'all were done');
    worker.signal('SIGTERM');
    await worker.end();
    const placed = contents(join(folder, 'out'));
    expect([...placed.keys()]).toEqual(['p0.png', 'p1.png', 'p2.png']);
    expect(placed.get('p0.png')).toBe(expected.get('p0.png'));
    expect(placed.get('p1.png')).toBe(expected.get('p1.png'));
    expect(readFileSync(join(folder, 'out/p2.png'), 'utf8')).toBe('another');
    expect(worker.lines.flatMap(({ taken = [] }) => taken)).toEqual(['out/p2.png']);
    expect(worker.stderr).toContain('out/p2.png is another file');
    expect(contents(join(folder, 'other')).get('p0.png')).toBe(expected.get('p0.png'));
    expect(readdirSync(join(folder, 'places', id.slice(0, 2), id))).toEqual([]);
    // Nobody is at work any more, and it is done.
    await ended(submit('in/p0.png', '-o', 'third/', ...shared), 0);
    expect(contents(join(folder, 'third')).get('p0.png')).toBe(expected.get('p0.png'));
    expect(readdirSync(join(folder, 'places', id.slice(0, 2), id))).toEqual([]);
  });

  it('removes from the store what is old, and nothing that a job needs', async () => {
    writePictures(folder, 2);
    writeFileSync(join(folder, 'in/bad.png'), 'this is no picture');
    const id = async (name: string, ...options: readonly string[]) =>
      (await ended(submit(`in/${name}.png`, '-o', 'out/', ...options), 0))[0].id ?? '';
    const [done, bad] = [await id('p0'), await id('bad', '--priority', '3')];
    const stored = (kind: string) => [...contents(join(folder, 'store', kind)).keys()];
    const keyOf = (name: string) => {
      const hash = sha256(readFileSync(join(folder, 'in', `${name}.png`)));
      return join(hash.slice(0, 2), hash);
    };
    // Of a job that waits, and of one that is put before others.
    const needed = await withQueue((queue) => queue.inUse());
    expect([...needed.ids].sort()).toEqual([done, bad].sort());
    expect([...needed.keys].filter((key) => key.startsWith('pictures/')).length).toBe(2);
    const first = await beginWorker();
    await first.until(({ lines }) => lines.length === 2, 'both were done');
    first.signal('SIGTERM');
    await first.end();
    const waiting = await id('p1');
    const all = readdirSync(join(folder, 'store'), { recursive: true, encoding: 'utf8' });
    const old = new Date(Date.now() - 31 * 86_400_000);
    for (const name of all) utimesSync(join(folder, 'store', name), old, old);
    const worker = await beginWorker('--keep', '30');
    await worker.until(({ stderr }) => stderr.includes('Removed'), 'it removed something');
    await worker.until(({ lines }) => lines.length === 1, 'it did what waited');
    expect(worker.lines.map(({ id, error }) => ({ id, error }))).toEqual([{ id: waiting }]);
    expect(stored('results')).toEqual([join(waiting.slice(0, 2), `${waiting}.png`)]);
    expect(stored('pictures')).toContain(keyOf('bad'));
    expect(stored('pictures')).not.toContain(keyOf('p0'));
    // The one that failed needs its weights, should it be put back.
    expect(stored('weights').length).toBe(1);
  });

  it('does nothing for jobs that others have made up', async () => {
    writePictures(folder, 1);
    const picture = readFileSync(join(folder, 'in/p0.png'));
    mkdirSync(join(folder, 'store'));
    writeFileSync(join(folder, 'store/in.png'), picture);
    writeFileSync(join(folder, 'secret.png'), picture);
    symlinkSync(folder, join(folder, 'store/out'));
    const reference = (key: string) => ({ key, sha256: sha256(picture) });
    const sound: TranslationJob = {
      ...{ name: 'x', picture: reference('in.png'), weights: null },
      ...{ settings: { resize: 'none' }, extension: '.png' },
    };
    // What differs in its key alone has the same number.
    const at = (key: string, quality: string) => ({
      picture: reference(key),
      settings: { resize: 'none', quality },
    });
    const made = (part: object) => ({ ...sound, ...part }) as TranslationJob;
    const forged = [
      made(at('../secret.png', '1')),
      made(at(join(folder, 'secret.png'), '2')),
      made(at('out/secret.png', '3')),
      made({ picture: { key: 'in.png', sha256: sha256(new Uint8Array(1)) } }),
      made({ settings: { weights: '/etc/passwd' } }),
      made({ settings: { resize: '0' } }),
      made({ extension: '.sh' }),
      made({ settings: JSON.parse('{"__proto__": "x"}') }),
    ];
    const ids = await withQueue(async (_, { classes, connection }) => {
      const queue = new classes.Queue(`test-${count}`, { connection });
      const options = {
        attempts: 1,
        backoff: { type: 'exponential', delay: 1, jitter: 0 },
      } as const;
      const keep = {
        removeOnComplete: { age: 99, count: 99 },
        removeOnFail: { age: 99, count: 99 },
      };
      const added: string[] = [];
      for (const job of forged) {
        const id = jobId(job);
        added.push(id);
        await queue.add('translate', job, { jobId: id, stackTraceLimit: 1, ...options, ...keep });
      }
      // One whose number is another's.
      added.push('f'.repeat(64));
      await queue.add('translate', sound, {
        jobId: added[8],
        stackTraceLimit: 1,
        ...options,
        ...keep,
      });
      await queue.close();
      return added;
    });
    const worker = await beginWorker();
    await worker.until(({ lines }) => lines.length === ids.length, 'all were refused');
    const codes = new Map(worker.lines.map(({ id, error }) => [id, error?.code]));
    expect(ids.map((id) => codes.get(id))).toEqual(Array(9).fill('ERR_QUEUE_JOB'));
    expect(readdirSync(join(folder, 'store')).sort()).toEqual(['in.png', 'out']);
  });
}

async function deadLetters(queue: JobQueue): Promise<string[]> {
  const messages: string[] = [];
  for await (const { failure } of queue.deadLetters()) messages.push(failure.message);
  return messages;
}

/** The SHA-256 of each file below a folder, by its path, in order. */
function contents(folder: string): Map<string, string> {
  let names: string[] = [];
  try {
    names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch {
    // There is no folder where nothing was written.
  }
  const files = names.sort().flatMap((name) => {
    try {
      return [[name, sha256(readFileSync(join(folder, name)))] as const];
    } catch {
      return [];
    }
  });
  return new Map(files);
}

/** Of a network that adds its output to its input, so that pictures are padded to sides that it gives back: multiples of 4. */
function paddingWeights(): ReturnType<ResNetGenerator['stateDict']> {
  manualSeed(4);
  return new ResNetGenerator(3, 3, 4, 2).stateDict();
}

/** Pictures that there is something to tell of. */
function writeTold(folder: string): void {
  writePicture(folder, 'padded', 21, 17);
  writePicture(folder, 'damaged', 20, 16);
  const damaged = join(folder, 'in/damaged.png');
  const bytes = readFileSync(damaged);
  // The last byte of the last chunk's checksum.
  bytes[bytes.length - 1] ^= 1;
  writeFileSync(damaged, bytes);
  const jpeg = encodeImage({ width: 20, height: 16, data: new Uint8Array(960).fill(99) }, 'x.jpg');
  const turned = [...jpeg.subarray(0, 2), ...QUARTER_TURN, ...jpeg.subarray(2)];
  writeFileSync(join(folder, 'in/turned.jpg'), Uint8Array.from(turned));
}

function writePictures(folder: string, count: number): void {
  for (let i = 0; i < count; i++) writePicture(folder, `p${i}`, 20, 16, i);
}

function writePicture(folder: string, name: string, width: number, height: number, seed = 0): void {
  const next = random(seed + 1);
  const row = new Uint8Array(3 * width).map(() => 256 * next());
  const data = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) data.set(row, y * row.length);
  writeFileSync(join(folder, 'in', `${name}.png`), encodeImage({ width, height, data }, 'x.png'));
}

/** @see https://en.wikipedia.org/wiki/Linear_congruential_generator */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Fisher and Yates's. */
function shuffled<T>(items: T[], next: () => number): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [items[i], items[j]] = [items[j], items[i]];
  }
  return items;
}

async function until<T>(ask: () => Promise<T>, condition: (answer: T) => boolean): Promise<void> {
  while (!condition(await ask())) await pause(50);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
