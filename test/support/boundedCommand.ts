import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect } from 'vitest';
import { openGenerator } from '../../src/generator/openGenerator.js';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { encodeImage } from '../../src/image/formats.js';
import { encodeStateDict } from '../../src/pth/write/saveStateDict.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import { familyCases, filled, stateDictOf } from './familyCases.js';

/** What a process may have besides its budget and what Node has by itself. */
const LEEWAY_BYTES = 64e6;
const MAX_TRIES = 3;

/** Tells at the end of a process how much memory it had at most, in bytes. */
const REPORTING = `data:text/javascript,process.on('exit', () => {
  process.stderr.write('\\nmost ' + 1024 * process.resourceUsage().maxRSS + '\\n');
})`;

/** The ways of making machine code that the command can be told: the reference plans no memory, and keeps to none. */
const WAYS = { 'fma+256': [], fma: ['--no-revectorize'] } as const;

interface Network {
  readonly name: string;
  stateDict(): ReadonlyMap<string, Tensor>;
}

/** A run of the command: whose weights, how large a picture, and how much memory. */
export interface BoundedRun {
  readonly network: Network;
  readonly height: number;
  readonly width: number;
  readonly way: keyof typeof WAYS;
  readonly threads: number;
  /** Of what lies between the least and twice that. */
  readonly share: number;
}

/** The authors' generator, of other widths and depths, with weights that are the same each time. */
export function resnet(channels: number, blocks: number): Network {
  const stateDict = () => {
    const drawn = new ResNetGenerator(3, 3, channels, blocks).stateDict();
    return new Map(
      [...drawn].map(([key, { shape }], i) => [key, filled(shape, i, -0.1, 0.1)] as const),
    );
  };
  return { name: `${channels} channels, ${blocks} blocks`, stateDict };
}

/** Families whose files say all there is to say, with networks for colour pictures of any size. */
export async function anySizeFamilies(): Promise<Network[]> {
  const found: Network[] = [];
  for (const one of familyCases) {
    if (one.options !== undefined || one.runs[0].input.at(-3) !== 3) continue;
    const stateDict = () => stateDictOf(one);
    const { sizeRule } = await openGenerator(encodeStateDict(stateDict(), 'net.pth'));
    if (sizeRule.exactly === undefined) found.push({ name: one.name, stateDict });
  }
  return found;
}

export function boundedRuns(networks: readonly Network[], most: number): fc.Arbitrary<BoundedRun> {
  return fc.record({
    network: fc.constantFrom(...networks),
    height: fc.integer({ min: 48, max: most }),
    width: fc.integer({ min: 48, max: most }),
    way: fc.constantFrom(...(Object.keys(WAYS) as (keyof typeof WAYS)[])),
    threads: fc.integer({ min: 1, max: 2 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  });
}

interface Ended {
  readonly code: number;
  readonly stderr: string;
  /** Bytes of memory at its peak. */
  readonly most: number;
}

function runNode(words: readonly string[], cwd: string): Promise<Ended> {
  const env = { ...process.env, CYCLEGAN_CACHE: join(cwd, '../cache') };
  const args = ['--import', REPORTING, ...words];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd, env }, (error, _, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stderr, most: Number(/^most (\d+)$/m.exec(stderr)?.[1]) });
    });
  });
}

/** What Node has by itself. */
export async function bareNode(cwd: string): Promise<number> {
  const { most } = await runNode(['-e', '0'], cwd);
  expect(most).toBeGreaterThan(0);
  return most;
}

/**
 * With the least memory that the command says is enough, and with more, a process keeps to its budget, and its picture is that of one
 * that has no limit; with less, the command refuses.
 * @param command The built command.
 */
export async function expectBounded(
  command: string,
  home: string,
  bare: number,
  { network, height, width, way, threads, share }: BoundedRun,
): Promise<void> {
  const folder = mkdtempSync(join(home, 'run-'));
  const data = filled([height, width, 3], 7, 0, 256).data;
  writeFileSync(
    join(folder, 'in.png'),
    encodeImage({ width, height, data: Uint8Array.from(data) }, '.png'),
  );
  writeFileSync(join(folder, 'net.pth'), encodeStateDict(network.stateDict(), 'net.pth'));
  const words = ['in.png', '-w', 'net.pth', '--resize', 'none', '--threads', String(threads)];
  const run = (output: string, memory: string, ...more: string[]) =>
    runNode([command, ...words, ...WAYS[way], '-o', output, '--memory', memory, ...more], folder);
  const free = await run('free.png', 'max');
  expect(free.code, free.stderr).toBe(0);
  const refused = await run('refused.png', '1');
  const least = Number(/--memory (\d+)M is enough/.exec(refused.stderr)?.[1]);
  expect(refused.code, refused.stderr).toBe(1);
  const megabytes = Math.ceil(least * (1 + share));
  const bounded = await run('bounded.png', `${megabytes}M`);
  expect(bounded.code, bounded.stderr).toBe(0);
  const bytesOf = (name: string) => readFileSync(join(folder, name));
  expect(bytesOf('bounded.png').equals(bytesOf('free.png'))).toBe(true);
  const limit = megabytes * 1e6 + LEEWAY_BYTES + bare;
  let { most } = bounded;
  // What V8's threads take to optimise code depends on how many of them are at it at once: a busy machine may add to a peak.
  for (let tries = 1; most > limit && tries < MAX_TRIES; tries++) {
    most = Math.min(most, (await run('bounded.png', `${megabytes}M`, '--force')).most);
  }
  expect(most).toBeLessThanOrEqual(limit);
  // Nothing is left but what was asked for.
  expect(readdirSync(folder)).toEqual(['bounded.png', 'free.png', 'in.png', 'net.pth']);
  rmSync(folder, { recursive: true });
}
