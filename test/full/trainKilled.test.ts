import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { sha256 } from '../../src/platform/sha256.js';
import { commandInFolders } from '../support/command.js';
import { makeToyDomains } from '../support/toyDomains.js';

const { file, at, run } = commandInFolders();

const ITERATIONS = 24;
const KILLS = 5;
const OPTIONS = [
  ...['--load-size', '18', '--crop-size', '16', '--ngf', '2', '--n-blocks', '1'],
  ...['--ndf', '2', '--n-layers-d', '1', '--pool-size', '3', '--n-epochs', '4'],
  ...['--n-epochs-decay', '6', '--max-iterations', String(ITERATIONS), '--seed', '7'],
  ...['--save-latest-freq', '2', '--save-epoch-freq', '2', '--json'],
];

/**
 * Trains until so many iterations were told of, and a little longer.
 * @returns Whether it was killed before it ended.
 */
function trainAndKill(args: readonly string[], lines: number, delay: number): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [file, ...args], { cwd: at(), stdio: 'pipe' });
    let seen = 0;
    child.stdout.on('data', (bytes: Buffer) => {
      const before = seen;
      seen += bytes.toString().split('\n').length - 1;
      if (before < lines && seen >= lines) setTimeout(() => child.kill('SIGKILL'), delay);
    });
    child.on('close', (_, signal) => resolve(signal === 'SIGKILL'));
  });
}

/** What a run has come to: digests of weights, and its log but for times. */
function resultOf(folder: string) {
  const weights = readdirSync(at(folder)).filter((name) => /^(latest|\d+)_net/.test(name));
  const log = readFileSync(at(folder, 'log.jsonl'), 'utf8').trimEnd().split('\n');
  return {
    weights: Object.fromEntries(
      weights.map((name) => [name, sha256(readFileSync(at(folder, name)))]),
    ),
    log: log.map((line) => ({ ...JSON.parse(line), seconds: 0 }) as { iteration: number }),
  };
}

it('a run that is killed at any moment comes to the weights of one that is not', async () => {
  makeToyDomains(at('toy'), 20, 3);
  const whole = await run('train', 'toy', '-o', 'whole', ...OPTIONS, '--threads', '1');
  expect(whole.stderr).toMatch(/Done after 24 iterations/);
  const expected = resultOf('whole');
  expect(expected.log.map(({ iteration }) => iteration)).toEqual(
    Array.from({ length: ITERATIONS }, (_, i) => i + 1),
  );
  expect(Object.keys(expected.weights)).toHaveLength(4 * (1 + ITERATIONS / 3 / 2));
  const killed = ['train', 'toy', '-o', 'killed', ...OPTIONS];
  const moments: number[][] = [];
  for (let i = 0; i < KILLS; i++) {
    // The first before there is a checkpoint; others around one, and wherever they hit.
    const moment = [
      i === 0 ? 0 : 1 + Math.floor(8 * Math.random()),
      Math.floor(60 * Math.random()),
    ];
    moments.push(moment);
    const threads = ['--threads', String(1 + (i % 2))];
    if (moment[0] === 0) await killEarly(killed);
    else if (!(await trainAndKill([...killed, ...threads], moment[0], moment[1]))) break;
  }
  const { code, stderr } = await run(...killed);
  expect({ code, stderr: code === 0 ? '' : stderr, moments }).toMatchObject({ code: 0 });
  expect(resultOf('killed'), `killed at ${JSON.stringify(moments)}`).toEqual(expected);
});

/** Kills it as soon as its folder is there. */
function killEarly(args: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [file, ...args], { cwd: at(), stdio: 'ignore' });
    const look = setInterval(() => {
      if (existsSync(at('killed')) && readdirSync(at('killed')).some((name) => /next/.test(name)))
        child.kill('SIGKILL');
    }, 1);
    child.on('close', () => {
      clearInterval(look);
      resolve();
    });
  });
}

it('refuses to go on with other options or pictures, by name, and changes nothing', async () => {
  makeToyDomains(at('toy'), 20, 2);
  const args = ['train', 'toy', '-o', 'run', ...OPTIONS];
  const first = await run(...args, '--max-iterations', '2');
  expect(first.code).toBe(0);
  const before = resultOf('run');
  const other = await run(...args, '--lr', '0.001', '--ngf', '4');
  expect(other.code).toBe(1);
  expect(other.stderr).toMatch(/--lr was 0\.0002 and is 0\.001 now; --ngf was 2 and is 4 now/);
  makeToyDomains(at('toy'), 20, 3);
  const more = await run(...args);
  expect(more.code).toBe(1);
  expect(more.stderr).toMatch(/other pictures than toy\/trainA and toy\/trainB hold now/);
  expect(resultOf('run')).toEqual(before);
});
