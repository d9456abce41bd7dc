import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CycleganError } from '../../src/errors.js';
import { encodeImage } from '../../src/image/formats.js';
import {
  loadStateDict,
  openGenerator,
  saveStateDict,
  type Tensor,
  TrainingTroubleError,
  type TrainOptions,
  trainCycleGan,
} from '../../src/index.js';
import { commandInFolders } from '../support/command.js';
import { makeToyDomains, toyPicture } from '../support/toyDomains.js';

const { at, file, run: runCommand } = commandInFolders();

const TINY: Partial<TrainOptions> = {
  ...{ preprocess: 'none', ngf: 2, nBlocks: 1, ndf: 2, nLayersD: 1, poolSize: 2, seed: 3 },
};

function train(options: Partial<TrainOptions> = {}) {
  return trainCycleGan({ ...TINY, dataA: at('toy'), run: at('run'), maxIterations: 1, ...options });
}

async function failureOf(action: Promise<unknown>): Promise<CycleganError> {
  const reason: unknown = await action.then(
    () => 'nothing',
    (error: unknown) => error,
  );
  expect(reason).toBeInstanceOf(CycleganError);
  return reason as CycleganError;
}

it('batches are trained with norms of the whole batch', async () => {
  makeToyDomains(at('toy'), 16, 4);
  await train({ norm: 'batch', batchSize: 2, maxIterations: 2 });
  const stateDict = await loadStateDict(at('run', 'latest_net_G_A.pth'));
  // Of a picture, of what came back of it, and of one that is to stay as it is: three batches per iteration.
  expect([...(stateDict.get('model.2.num_batches_tracked') as Tensor).data]).toEqual([6]);
  for (const [key, { data }] of stateDict) expect(data.every(Number.isFinite), key).toBe(true);
  expect(stateDict.get('model.2.running_mean')?.data.some((mean) => mean !== 0)).toBe(true);
});

describe('pictures that cannot be trained on', () => {
  it('are told of before anything was trained, with their names', async () => {
    makeToyDomains(at('toy'), 16, 3);
    writeFileSync(
      at('toy', 'trainB', '1.png'),
      readFileSync(at('toy', 'trainB', '1.png')).subarray(0, 60),
    );
    writeFileSync(at('toy', 'trainB', 'x.jpg'), 'no picture');
    const { code, message } = await failureOf(train());
    expect(code).toBe('ERR_TRAIN_DATA');
    expect(message).toMatch(/trainB: 2 of 4 pictures cannot be read/);
    expect(message).toMatch(/1\.png: .*\n.*x\.jpg: /);
    expect(readdirSync(at('run'))).toEqual([]);
  });

  it('are an empty folder, a file, none, or pairs', async () => {
    makeToyDomains(at('toy'), 16, 1);
    mkdirSync(at('empty', 'trainA'), { recursive: true });
    mkdirSync(at('paired', 'train'), { recursive: true });
    const messages = await Promise.all(
      [
        { dataA: at('toy', 'trainA'), dataB: at('empty') },
        { dataA: at('empty') },
        { dataA: at('paired') },
        { dataA: at('nowhere') },
        { dataA: at('toy', 'trainA', '0.png') },
        { batchSize: 2 },
      ].map(async (options) => (await failureOf(train(options))).message),
    );
    for (const [i, expected] of [
      /empty: there is no .* in this folder/,
      /does not hold both trainA and trainB/,
      /Paired \(pix2pix\) training is not part of this/,
      /nowhere: no such file/,
      /0\.png: this is a file/,
      /neither fills a batch of 2/,
    ].entries()) {
      expect(messages[i]).toMatch(expected);
    }
    expect(existsSync(at('run'))).toBe(false);
  });

  it('are of several sizes, or too small for the square', async () => {
    makeToyDomains(at('toy'), 16, 1);
    const odd = encodeImage(toyPicture(24, [0, 0, 0], 0), 'x.png');
    writeFileSync(at('toy', 'trainB', 'odd.png'), odd);
    const sizes = await failureOf(train());
    expect(sizes.message).toMatch(/odd\.png comes to 24 x 24 pixels, and .*0\.png to 16 x 16/);
    const small = await failureOf(train({ preprocess: 'crop', cropSize: 20 }));
    expect(small.message).toMatch(/0\.png: A square of 20 pixels cannot be cut out of 16 x 16/);
  });

  it.skipIf(process.platform === 'win32')(
    'are not those that the run itself would write among them',
    async () => {
      makeToyDomains(at('toy'), 16, 1);
      symlinkSync(at('toy', 'trainA'), at('elsewhere'));
      for (const run of [
        ['toy', 'trainA'],
        ['toy', 'trainB', 'runs', 'first'],
        ['elsewhere', 'x'],
      ]) {
        const { code, message } = await failureOf(train({ run: at(...run) }));
        expect(code).toBe('ERR_TRAIN_DATA');
        expect(message).toMatch(/the run would lie among the pictures of .*train[AB],/);
      }
      expect(readdirSync(at('toy', 'trainA'))).toEqual(['0.png']);
      await train({ run: at('toy') });
      await train({ run: at('toy', 'trainAB') });
    },
  );

  it('are told of where both folders have the same', async () => {
    makeToyDomains(at('toy'), 16, 1);
    const notes: string[] = [];
    const onNote = (note: string) => notes.push(note);
    const same = { dataA: at('toy', 'trainA'), dataB: at('toy', 'trainA') };
    await train({ ...same, run: at('same'), onNote });
    expect(notes).toEqual([expect.stringMatching(/hold the same pictures/)]);
    await train({ run: at('other'), onNote });
    expect(notes).toHaveLength(1);
  });

  it('are too small, or too large, for the networks', async () => {
    makeToyDomains(at('toy'), 16, 1);
    const small = await failureOf(train({ nLayersD: 3 }));
    expect(small.code).toBe('ERR_TRAIN_NETWORK');
    expect(small.message).toMatch(/pictures of 16 x 16 pixels: .*\(cropSize\).*\(nLayersD\)/);
    const large = await failureOf(
      train({ preprocess: 'resize_and_crop', loadSize: 8192, cropSize: 8192 }),
    );
    expect(large.code).toBe('ERR_TRAIN_NETWORK');
    expect(large.message).toMatch(
      /pictures of 8192 x 8192 pixels needs too much memory: This takes \d+\.\d+ GB .*\(cropSize\)/,
    );
    expect(large.message).not.toMatch(/NaN|undefined|--resize/);
  });

  it('end a run that has begun once their turn comes; what was trained is saved', async () => {
    makeToyDomains(at('toy'), 16, 2);
    const options = { serialBatches: true, maxIterations: 20, saveLatestFreq: 1000 };
    const lost = at('toy', 'trainA', '1.png');
    const bytes = readFileSync(lost);
    const onIteration = () => rmSync(lost, { force: true });
    const { code, message } = await failureOf(train({ ...options, onIteration }));
    expect(code).toBe('ERR_FILE_NOT_FOUND');
    expect(message).toMatch(/1\.png/);
    writeFileSync(lost, bytes);
    const { iterations, done } = await train(options);
    expect(iterations).toBe(20);
    expect(done).toBeLessThan(20);
    expect(done).toBeGreaterThan(0);
  });
});

describe('networks to begin with', () => {
  it('are those of a folder, whichever are there; the others are drawn', async () => {
    makeToyDomains(at('toy'), 16, 1);
    const { weights } = await train();
    mkdirSync(at('some'));
    cpSync(weights.G_A, at('some', '7_net_G_A.pth'));
    cpSync(weights.D_B, at('some', '7_net_D_B.pth'));
    const run = at('fine');
    // Without a learning rate, weights stay what they were.
    const tuned = await train({ run, init: at('some'), lr: 0, ngf: undefined, seed: 4 });
    const same = async (name: 'G_A' | 'G_B' | 'D_A' | 'D_B') => {
      const [a, b] = await Promise.all(
        [weights, tuned.weights].map((one) => loadStateDict(one[name])),
      );
      return [...a].every(([key, { data }]) =>
        b.get(key)?.data.every((value, i) => value === data[i]),
      );
    };
    expect(await Promise.all((['G_A', 'G_B', 'D_A', 'D_B'] as const).map(same))).toEqual([
      ...[true, false, false, true],
    ]);
    // The other generator is of the kind of the one that is there.
    expect((await openGenerator(tuned.weights.G_B)).config.ngf).toBe(2);
  });

  it('are one generator from its file; options that contradict it are refused by name', async () => {
    makeToyDomains(at('toy'), 16, 1);
    const { weights } = await train();
    const { message } = await failureOf(train({ run: at('fine'), init: weights.G_A, ngf: 4 }));
    expect(message).toMatch(/ngf is given as 4, but this generator has 2/);
    const none = await failureOf(train({ run: at('fine'), init: at('toy') }));
    expect(none.message).toMatch(/there is no latest_net_G_A\.pth/);
    const noD = await failureOf(train({ run: at('fine'), init: at('mixed') }));
    expect(noD.code).toBe('ERR_FILE_NOT_FOUND');
    mkdirSync(at('mixed'));
    cpSync(weights.G_A, at('mixed', 'latest_net_D_A.pth'));
    const mixed = await failureOf(train({ run: at('fine'), init: at('mixed') }));
    expect(mixed.message).toMatch(/latest_net_D_A\.pth: this is not a PatchGAN discriminator/);
  });
});

it('folders that are none are refused by name', async () => {
  const wrong = (options: unknown) => failureOf(trainCycleGan(options as TrainOptions));
  expect((await wrong(undefined)).message).toMatch(/dataA is the path of a folder/);
  expect((await wrong({ dataA: 'a', run: 7 })).message).toMatch(/run is the path/);
});

describe('a run', () => {
  it.skipIf(process.platform === 'win32').each([
    ['Ctrl-C', 'SIGINT', 130],
    ['a terminal that is closed', 'SIGHUP', 129],
  ] as const)(
    'that %s ends has saved its last iteration, and says so',
    async (_, signal, expected) => {
      makeToyDomains(at('toy'), 16, 2);
      const args = [
        ...['train', 'toy', '-o', 'run', '--preprocess', 'none', '--ngf', '2', '--json'],
      ];
      args.push(...['--n-blocks', '1', '--ndf', '2', '--n-layers-d', '1', '--pool-size', '2']);
      const child = spawn(process.execPath, [file, ...args], { cwd: at(), stdio: 'pipe' });
      let output = '';
      let errors = '';
      child.stderr.on('data', (bytes: Buffer) => {
        errors += bytes.toString();
      });
      child.stdout.on('data', (bytes: Buffer) => {
        const before = output.split('\n').length;
        output += bytes.toString();
        // A second one would end it at once.
        if (before > 3 || output.split('\n').length <= 3) return;
        child.kill(signal);
        // A terminal and its shell both send one.
        if (signal === 'SIGHUP') child.kill(signal);
      });
      const code = await new Promise((resolve) => child.on('close', resolve));
      expect(code).toBe(expected);
      const events = output
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      const [last, failure] = events.slice(-2);
      expect(last.event).toBe('checkpoint');
      expect(failure.error.message).toMatch(/^Interrupted: iteration/);
      expect(errors).toContain(
        `iteration ${last.iteration} is saved, and the same command goes on`,
      );
      const log = readFileSync(at('run', 'log.jsonl'), 'utf8').trimEnd().split('\n');
      expect(log).toHaveLength(last.iteration);
    },
  );

  it('says how its generators are used, and which of its files is one', async () => {
    makeToyDomains(at('toy'), 16, 1);
    const args = [...['--preprocess', 'none', '--ngf', '2', '--n-blocks', '1', '--ndf', '2']];
    args.push(...['--n-layers-d', '1', '--max-iterations', '1', '-o', 'run']);
    const { code, stderr } = await runCommand('train', 'toy', ...args);
    const generator = join('run', 'latest_net_G_A.pth');
    expect(code).toBe(0);
    expect(stderr).toContain(`cyclegan IN OUT --weights ${generator} --resize none`);
    const picture = join('toy', 'trainA', '0.png');
    const use = (weights: string) =>
      runCommand(picture, 'out.png', '--weights', weights, '--resize', 'none');
    const folder = await use('run');
    expect([folder.code, folder.stderr]).toEqual([
      1,
      expect.stringContaining(
        `folder of a training run; name the generator that is meant, such as ${generator}`,
      ),
    ]);
    const state = await use(join('run', 'latest_state.pth'));
    expect([state.code, state.stderr]).toEqual([
      1,
      expect.stringMatching(/looks like a training run's state: .*latest_net_G_A\.pth/),
    ]);
    expect((await use(generator)).code).toBe(0);
  });

  it('is told where its folder holds somebody’s files, and leaves them alone', async () => {
    makeToyDomains(at('toy'), 16, 1);
    mkdirSync(at('run'));
    writeFileSync(at('run', 'latest_net_G_A.pth'), 'mine');
    expect((await failureOf(train())).code).toBe('ERR_FILE_EXISTS');
    expect(readFileSync(at('run', 'latest_net_G_A.pth'), 'utf8')).toBe('mine');
  });

  it('stops where a loss is no number, and keeps the weights from before', async () => {
    makeToyDomains(at('toy'), 16, 1);
    const { weights } = await train();
    const state = await loadStateDict(weights.D_A);
    (state.get('model.0.weight') as Tensor).data.fill(Number.NaN);
    mkdirSync(at('broken'));
    await saveStateDict(state, join(at('broken'), 'latest_net_D_A.pth'));
    cpSync(weights.G_A, at('broken', 'latest_net_G_A.pth'));
    const run = at('lost');
    const failure = await failureOf(train({ run, init: at('broken'), maxIterations: 9 }));
    expect(failure).toBeInstanceOf(TrainingTroubleError);
    expect(failure.message).toMatch(/D_A.* not finite \(iteration 1, epoch 1\)/);
    const [kept, begun] = await Promise.all(
      [join(run, 'latest_net_G_A.pth'), weights.G_A].map((path) => loadStateDict(path)),
    );
    for (const [key, { data }] of kept) expect(data, key).toEqual(begun.get(key)?.data);
    expect(readdirSync(run)).toContain('report.html');
    expect(readFileSync(join(run, 'report.html'), 'utf8')).toContain('not finite');
  });
});
