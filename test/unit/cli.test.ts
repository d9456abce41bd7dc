import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bundleCommand } from '../../scripts/bundleCommand.mjs';
import { decodeImage, encodeImage } from '../../src/image/formats.js';
import { loadStateDict } from '../../src/pth/loadStateDict.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import { runCommand, temporaryFolder } from '../support/command.js';
import { goldenPath } from '../support/golden.js';
import { legacyFile, op } from '../support/pickles.js';

const home = temporaryFolder();
const command = join(home.path, 'cyclegan.mjs');
let count = 0;
let cwd = '';

const run = (...args: string[]) => runCommand(command, args, cwd);
const weights = goldenPath('tiny_zip.pth');
const grey = { width: 20, height: 12, data: new Uint8Array(720).map((_, i) => (i * 7) % 256) };

beforeAll(() => bundleCommand(command));
afterAll(home.remove);
beforeEach(() => {
  cwd = join(home.path, String(count++));
  mkdirSync(cwd);
  writeFileSync(join(cwd, 'in.png'), encodeImage(grey, 'in.png'));
});

describe('the cache', () => {
  it('keeps which machine code is right and fastest here, and changes nothing', async () => {
    const cache = join(cwd, 'cache');
    const args = ['in.png', 'out.png', '-w', weights, '--resize', 'none'];
    const pictures: string[] = [];
    for (const folder of [cache, cache, '']) {
      const { code } = await runCommand(command, args, cwd, folder);
      expect(code).toBe(0);
      pictures.push(readFileSync(join(cwd, 'out.png'), 'hex'));
    }
    expect(readdirSync(cache)).toEqual([expect.stringMatching(/^tile-.*\.json$/)]);
    expect(new Set(pictures).size).toBe(1);
  });
});

describe('translating', () => {
  it('writes the picture that was named, and says what it did', async () => {
    const { code, stdout, stderr } = await run(
      'in.png',
      'out.png',
      '-w',
      weights,
      '--resize',
      'none',
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toMatch(/in\.png \(20x12\) -> out\.png \(20x12\) in/);
    expect(decodeImage(readFileSync(join(cwd, 'out.png')))).toMatchObject({
      width: 20,
      height: 12,
    });
    expect(readdirSync(cwd).sort()).toEqual(['in.png', 'out.png']);
  });

  it('resizes, writes JPEG by extension, and gives JSON', async () => {
    const { code, stdout } = await run(
      'in.png',
      'o.jpg',
      '-w',
      weights,
      '--resize',
      '9x7',
      '--json',
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      input: 'in.png',
      inputSize: [20, 12],
      output: 'o.jpg',
      outputSize: [12, 8],
    });
    expect([...readFileSync(join(cwd, 'o.jpg')).subarray(0, 2)]).toEqual([0xff, 0xd8]);
  });

  it('says when it uses the built-in model, and makes up a name', async () => {
    const { code, stderr } = await run('in.png', '--resize', 'none');
    expect(code).toBe(0);
    expect(stderr).toMatch(/small built-in.*cyclegan download book\/horse2zebra.*--weights/);
    expect(readdirSync(cwd).sort()).toEqual(['in.cyclegan.png', 'in.png']);
  });
});

describe('inspecting', () => {
  it('says what a file is, what it holds and what it fits', async () => {
    const { code, stdout, stderr } = await run('inspect', weights, '--stats');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/container +zip archive, as torch 1\.6 to 2\.0 writes it/);
    expect(stdout).toMatch(/generator +ResNetGenerator\(3, 3, 4, 2\), instance norm, with bias/);
    expect(stdout).toMatch(/^model\.1\.bias +float32 +\[4\] +-?\d\.\d+ ± \d\.\d+$/m);
  });

  it('gives all of it as JSON', async () => {
    const { stdout } = await run('inspect', weights, '--json', '--stats');
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({
      container: 'zip',
      bytes: readFileSync(weights).length,
      generator: { config: { inputNc: 3, outputNc: 3, ngf: 4, nBlocks: 2 }, notes: [] },
      diagnosis: null,
    });
    const { data } = (await loadStateDict(weights)).get('model.1.bias') as Tensor;
    const [, bias] = report.tensors;
    expect(bias.key).toBe('model.1.bias');
    const mean = data.reduce((a, b) => a + b) / 4;
    const squares = data.reduce((sum, v) => sum + (v - mean) ** 2, 0);
    expect(bias.mean).toBeCloseTo(mean, 12);
    expect(bias.deviation).toBeCloseTo(Math.sqrt(squares / 3), 12);
  });

  it('finds, or is told, the state dict in a checkpoint, and shows control characters', async () => {
    const t = op.tensor(op.storage('0', 'FloatStorage', 1), 0, [1], [1]);
    const root = op.dict({ a: op.dict({ w: t }), b: op.dict({ '\u001b[2Jx': t }) });
    writeFileSync(join(cwd, 'two.pth'), legacyFile(root, { 0: [1] }));
    const ambiguous = await run('inspect', 'two.pth');
    expect(ambiguous.code).toBe(1);
    expect(ambiguous.stderr).toMatch(/--key NAME.*"a" \(1 tensor\), "b" \(1 tensor\)/);
    const { code, stdout } = await run('inspect', 'two.pth', '--key', 'b');
    expect(code).toBe(0);
    expect(stdout).toMatch(/under "b"/);
    expect(stdout).toContain('\\u{1b}[2Jx');
    expect(stdout).not.toContain('\u001b');
  });
});

describe('files that are there', () => {
  const translate = (...args: string[]) =>
    run('in.png', ...args, '-w', weights, '--resize', 'none');

  it('are replaced when the command names them', async () => {
    writeFileSync(join(cwd, 'out.png'), 'old');
    expect((await translate('out.png')).code).toBe(0);
    expect(readFileSync(join(cwd, 'out.png')).length).toBeGreaterThan(3);
  });

  it('are kept with --no-clobber', async () => {
    writeFileSync(join(cwd, 'out.png'), 'old');
    const { code, stderr } = await translate('out.png', '--no-clobber');
    expect(code).toBe(1);
    expect(stderr).toMatch(/out\.png.*exists/);
    expect(readFileSync(join(cwd, 'out.png'), 'utf8')).toBe('old');
  });

  it('are kept when their name was made up, without --force', async () => {
    writeFileSync(join(cwd, 'in.cyclegan.png'), 'old');
    expect((await translate()).code).toBe(1);
    expect(readFileSync(join(cwd, 'in.cyclegan.png'), 'utf8')).toBe('old');
    expect((await translate('--force')).code).toBe(0);
  });

  it('are not the input', async () => {
    const before = readFileSync(join(cwd, 'in.png'));
    for (const output of ['in.png', './in.png', join(cwd, 'in.png')]) {
      const { code, stderr } = await translate(output);
      expect(code).toBe(2);
      expect(stderr).toMatch(/replace the input/);
    }
    expect(readFileSync(join(cwd, 'in.png'))).toEqual(before);
  });
});

describe('exit codes and messages', () => {
  it.each([
    [['--help'], /Examples[\s\S]*--weights/],
    [['translate', '--help'], /--resize/],
    [['--version'], /^\d+\.\d+\.\d+\n$/],
  ])('%s prints to standard output', async (args, text) => {
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(text);
  });

  it.each([
    [[], /Examples/],
    [['in.png', '--wieghts', 'x'], /--wieghts; did you mean --weights/],
    [['in.png', 'a.png', 'b.png'], /One picture/],
    [['in.png', 'out.gif'], /\.png/],
    [['in.png', 'out.png', '--resize', 'big'], /"big"/],
    [['in.png', 'out.png', '--weights'], /needs a value/],
    [['in.png', 'out.jpg', '--quality', '0'], /1 to 100/],
    [['inspect'], /Which file/],
  ])('%s is bad usage', async (args, text) => {
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(text);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it.each([
    [['none.png', 'out.png'], /none\.png: no such file/],
    [['.', 'out.png'], /folder/],
    [['in.png', 'nowhere/out.png'], /nowhere does not exist/],
    [['in.png', 'out.png', '--weights', 'in.png'], /in\.png: This is a picture/],
    [['in.png', 'out.png', '--engine', 'steam'], /"steam"/],
    [['in.png', 'out.png', '--resize', '3'], /padding/],
  ])('%s is bad input', async (args, text) => {
    const { code, stderr } = await run(...args);
    expect(code).toBe(1);
    expect(stderr).toMatch(text);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(readdirSync(cwd)).toEqual(['in.png']);
  });

  it('shows where an error came from with --debug alone', async () => {
    expect((await run('none.png', '--debug')).stderr).toMatch(/\n\s+at /);
  });
});
