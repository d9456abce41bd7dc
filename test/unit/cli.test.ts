import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { decodeImage, encodeImage } from '../../src/image/formats.js';
import { loadStateDict } from '../../src/pth/loadStateDict.js';
import { saveStateDict } from '../../src/pth/write/saveStateDict.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import { commandInFolders, SMALL_PICTURE } from '../support/command.js';
import { goldenPath } from '../support/golden.js';
import { legacyFile, op } from '../support/pickles.js';

const { file: command, at, run } = commandInFolders();
const weights = goldenPath('tiny_zip.pth');
beforeEach(() => writeFileSync(at('in.png'), encodeImage(SMALL_PICTURE, 'in.png')));

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
    expect(decodeImage(readFileSync(at('out.png')))).toMatchObject({
      width: 20,
      height: 12,
    });
    expect(readdirSync(at()).sort()).toEqual(['in.png', 'out.png']);
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
    const report = JSON.parse(stdout);
    const { total, ...parts } = report.milliseconds;
    const sum = Object.values<number>(parts).reduce((a, b) => a + b);
    // Each is rounded to a tenth.
    expect(Math.abs(total - sum)).toBeLessThan(0.3);
    expect(report).toMatchObject({
      input: 'in.png',
      inputSize: [20, 12],
      output: 'o.jpg',
      outputSize: [12, 8],
    });
    expect([...readFileSync(at('o.jpg')).subarray(0, 2)]).toEqual([0xff, 0xd8]);
  });

  it('says when it uses the built-in model, and makes up a name', async () => {
    const { code, stderr } = await run('in.png', '--resize', 'none');
    expect(code).toBe(0);
    expect(stderr).toMatch(/small built-in.*cyclegan download book\/horse2zebra.*--weights/);
    expect(readdirSync(at()).sort()).toEqual(['in.cyclegan.png', 'in.png']);
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

  it.skipIf(process.platform === 'win32')('reads more tensors than files may be open', async () => {
    const tensor = { data: Float32Array.of(1), shape: [1] };
    const tensors = new Map(Array.from({ length: 600 }, (_, i) => [`layer${i}.bias`, tensor]));
    await saveStateDict(tensors, at('many.pth'));
    const line = 'ulimit -n 200 && exec "$0" "$1" export many.pth x.onnx';
    const { stderr } = spawnSync('sh', ['-c', line, process.execPath, command], {
      cwd: at(),
      encoding: 'utf8',
    });
    expect(stderr).toMatch(/many\.pth: This state dict fits none of the \d+ kinds.*600 keys/);
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
    writeFileSync(at('two.pth'), legacyFile(root, { 0: [1] }));
    const ambiguous = await run('inspect', 'two.pth');
    expect(ambiguous.code).toBe(1);
    expect(ambiguous.stderr).toMatch(
      /none is of a kind that is known; --key NAME.* tells .*: "a" \(1 tensor\), "b" \(1 tensor\)/,
    );
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

  it('are replaced when -o names them', async () => {
    writeFileSync(at('out.png'), 'old');
    expect((await translate('-o', 'out.png')).code).toBe(0);
    expect(readFileSync(at('out.png')).length).toBeGreaterThan(3);
  });

  it('are kept with --no-clobber', async () => {
    writeFileSync(at('out.png'), 'old');
    const { code, stderr } = await translate('out.png', '--no-clobber');
    expect(code).toBe(1);
    expect(stderr).toMatch(/out\.png.*exists/);
    expect(readFileSync(at('out.png'), 'utf8')).toBe('old');
  });

  it('are kept when their name was made up, without --force', async () => {
    writeFileSync(at('in.cyclegan.png'), 'old');
    expect((await translate()).code).toBe(1);
    expect(readFileSync(at('in.cyclegan.png'), 'utf8')).toBe('old');
    expect((await translate('--force')).code).toBe(0);
  });

  it('are not the input', async () => {
    const before = readFileSync(at('in.png'));
    for (const output of ['in.png', './in.png', at('in.png')]) {
      const { code, stderr } = await translate(output);
      expect(code).toBe(2);
      expect(stderr).toMatch(/replace the input/);
    }
    expect(readFileSync(at('in.png'))).toEqual(before);
  });
});

describe('completion', () => {
  const hasBash = spawnSync('bash', ['-c', 'true']).status === 0;

  it.runIf(hasBash)('completes commands, options and their values in bash', async () => {
    const { stdout } = await run('completion', 'bash');
    const complete = (...words: string[]) => {
      const line = words.map((word) => `'${word}'`).join(' ');
      const script = `${stdout}\nCOMP_WORDS=(cyclegan ${line}); COMP_CWORD=${words.length}; _cyclegan; echo "\${COMPREPLY[@]}"`;
      return spawnSync('bash', ['-c', script], { cwd: at(), encoding: 'utf8' })
        .stdout.trim()
        .split(' ');
    };
    writeFileSync(at('w 1.pth'), '');
    writeFileSync(at('notes.txt'), '');
    expect(complete('insp')).toEqual(['inspect']);
    expect(complete('in')).toEqual(['in.png', 'inspect']);
    expect(complete('inspect', '--st')).toEqual(['--stats']);
    expect(complete('in.png', '--re')).toEqual([
      ...['--recursive', '--resume', '--resize', '--residual', '--residual-tanh'],
    ]);
    expect(complete('in.png', '--alpha', '')).toEqual(['keep', 'drop']);
    expect(complete('in.png', '--engine', 'w')).toEqual(['wasm', 'webgpu']);
    expect(complete('in.png', '')).toEqual(['in.png']);
    expect(complete('inspect', 'w ')).toEqual(['w', '1.pth']);
    expect(complete('in.png', '-w', 'book/')).toEqual(['book/horse2zebra']);
    expect(complete('in.png', '-w', 'i')).toEqual(['']);
    expect(complete('download', 'zoo/monet')).toEqual(['zoo/monet2photo']);
    expect(complete('in.png', '-o', 'no')).toEqual(['notes.txt']);
    expect(complete('help', 'tr')).toEqual(['translate', 'train']);
    expect(complete('in.png', '--input-range', '-')).toEqual(['-1..1']);
  });

  it.each(['zsh', 'fish'])('knows every option in %s', async (shell) => {
    const { code, stdout } = await run('completion', shell);
    expect(code).toBe(0);
    for (const option of ['weights', 'keep-size', 'stats', 'quiet'])
      expect(stdout).toContain(option);
  });
});

describe('exit codes and messages', () => {
  it.each([
    [['--help'], /Examples[\s\S]*--weights/],
    [['translate', '--help'], /--resize/],
    [['help', 'train'], /--n-epochs/],
    [['help', '--all'], /--residual-tanh/],
    [['models', '-q'], /^. zoo\/horse2zebra +\S+/m],
    [['--version'], /^\d+\.\d+\.\d+\n$/],
    [['-v'], /^\d+\.\d+\.\d+\n$/],
    [['-V'], /^\d+\.\d+\.\d+\n$/],
  ])('%s prints to standard output', async (args, text) => {
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(text);
  });

  it.each([
    [[], /Examples/],
    [['in.png', '--wieghts', 'x'], /--wieghts; did you mean --weights/],
    [
      ['-i', 'in.png'],
      /There is no option -i: give the picture without an option, cyclegan IN OUT/,
    ],
    [['--input=in.png'], /There is no option --input: give the picture without an option/],
    [['help', 'trian'], /no command "trian"; did you mean train\?/],
    [['in.png', '--suffix', 'a/b'], /--suffix takes a part of a file's name/],
    [['/dev/fd/63'], /\/dev\/fd\/63: name the output, too: cyclegan IN OUT/],
  ])('%s is bad usage', async (args, text) => {
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(text);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it.each([
    [['none.png', 'out.png'], /none\.png: no such file/],
    [['nothing/', 'out/'], /nothing\/: no such file/],
    [['in.png', 'in.png/out.png'], /in\.png\/out\.png: in\.png is no folder/],
    [['in.png', 'out.png', '--weights', 'in.png'], /in\.png: This is a picture/],
    [
      ['in.png', 'out.png', '--resize', '3'],
      /in\.png: a picture of \d+ x 3 is too small for this network/,
    ],
  ])('%s is bad input', async (args, text) => {
    const { code, stderr } = await run(...args);
    expect(code).toBe(1);
    expect(stderr).toMatch(text);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(readdirSync(at())).toEqual(['in.png']);
  });

  it('shows where an error came from with --debug alone', async () => {
    expect((await run('none.png', '--debug')).stderr).toMatch(/\n\s+at /);
  });
});
