import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { encodeImage } from '../../src/image/formats.js';
import { sha256 } from '../../src/platform/sha256.js';
import { commandInFolders, SMALL_PICTURE } from '../support/command.js';
import { contents } from '../support/contents.js';
import { goldenPath } from '../support/golden.js';

const { file: command, at, run } = commandInFolders();

describe('the command', () => {
  const weights = goldenPath('tiny_zip.pth');
  const options = ['-w', weights, '--resize', 'none'];

  beforeEach(() => {
    for (const name of ['horse.jpg', 'zebra.png']) {
      writeFileSync(at(name), encodeImage(SMALL_PICTURE, name));
    }
  });

  it('leaves both of two pictures as they are, and says what can be meant', async () => {
    const before = contents(at());
    const { code, stdout, stderr } = await run('horse.jpg', 'zebra.png', ...options);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(
      'zebra.png exists: `-o zebra.png` or `--force` replaces it; `-o FOLDER` translates both',
    );
    expect(contents(at())).toEqual(before);
  });

  it.each([
    ['-o', ['horse.jpg', '-o', 'zebra.png']],
    ['--force', ['horse.jpg', 'zebra.png', '--force']],
  ])('replaces a file with %s', async (_, args) => {
    const before = contents(at());
    expect((await run(...args, ...options)).code).toBe(0);
    expect(contents(at()).get('horse.jpg')).toBe(before.get('horse.jpg'));
    expect(contents(at()).get('zebra.png')).not.toBe(before.get('zebra.png'));
  });

  it.skipIf(process.platform === 'win32')(
    'never writes to what comes by standard input, or by standard output to its input',
    () => {
      const before = contents(at());
      for (const args of [
        '- -o horse.jpg < horse.jpg',
        '- horse.jpg --force < horse.jpg',
        'horse.jpg - >> horse.jpg',
        '- - < horse.jpg >> horse.jpg',
      ]) {
        const line = `"${process.execPath}" "${command}" -w "${weights}" ${args}`;
        const { status, stderr } = spawnSync('sh', ['-c', line], { cwd: at(), encoding: 'utf8' });
        expect([status, stderr]).toEqual([2, expect.stringContaining('replace the input')]);
      }
      expect(contents(at())).toEqual(before);
    },
  );

  it('translates three pictures where they lie, and passes their outputs over the next time', async () => {
    copyFileSync(at('horse.jpg'), at('mule.jpg'));
    const first = await run('horse.jpg', 'mule.jpg', 'zebra.png', ...options);
    expect([first.code, first.stderr]).toEqual([0, expect.not.stringContaining('passed over')]);
    const before = contents(at());
    const outputs = ['horse', 'mule', 'zebra'].map((name) => `${name}.cyclegan.png`);
    expect([...before.keys()].sort()).toEqual(
      [...outputs, 'horse.jpg', 'mule.jpg', 'zebra.png'].sort(),
    );
    const again = await run(...[...before.keys()].sort(), ...options);
    expect(again.code).toBe(1);
    expect(again.stderr.match(/passed over/g)).toHaveLength(1);
    expect(contents(at())).toEqual(before);
  });

  it.each<[string, Readonly<Record<string, string>>]>([
    ['one leads to the other', { 'out/one': 'two' }],
    ['both lead elsewhere', { 'out/one': '../else', 'out/two': '../else' }],
  ])(
    'does not replace its own outputs through links, with --force neither: %s',
    async (_, links) => {
      for (const name of ['one', 'two', 'else', 'out']) mkdirSync(at(name));
      for (const [name, target] of Object.entries(links)) symlinkSync(target, at(name));
      copyFileSync(at('horse.jpg'), at('one/p.jpg'));
      copyFileSync(at('zebra.png'), at('two/p.png'));
      if (!existsSync(at('out/two'))) mkdirSync(at('out/two'));
      const args = ['[ot][nw]*/p.*', '-o', 'out', '--force', '--json', ...options];
      for (const expected of ['first', 'again']) {
        const { code, stdout, stderr } = await run(...args);
        expect([expected, code, stderr]).toEqual([
          expected,
          1,
          expect.stringMatching(/p\.png: .*exists/),
        ]);
        const lines = stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line));
        const [made] = lines.filter(({ error }) => error === undefined);
        expect(lines).toHaveLength(2);
        expect(sha256(readFileSync(at(made.output)))).toBe(made.sha256);
      }
    },
  );

  it('never replaces a weight file that only comes second', async () => {
    for (const name of ['a.pth', 'b.pth']) copyFileSync(weights, at(name));
    symlinkSync('a.pth', at('link.pth'));
    const before = contents(at());
    const second = await run('export', 'a.pth', 'b.pth');
    expect([second.code, second.stderr]).toEqual([
      2,
      expect.stringContaining('b.pth exists: `--force` replaces it'),
    ]);
    const itself = await run('export', 'a.pth', 'link.pth', '--force');
    expect([itself.code, itself.stderr]).toEqual([2, expect.stringContaining('replace the input')]);
    expect(contents(at())).toEqual(before);
    expect((await run('export', 'a.pth', 'b.pth', '--force')).code).toBe(0);
    expect(contents(at()).get('b.pth')).not.toBe(before.get('b.pth'));
  });

  it('replaces what -o names in an export, too, and never its input', async () => {
    for (const name of ['a.pth', 'b.pth']) copyFileSync(weights, at(name));
    const before = contents(at());
    const itself = await run('export', 'a.pth', '-o', 'a.pth');
    expect([itself.code, itself.stderr]).toEqual([2, expect.stringContaining('replace the input')]);
    expect(contents(at())).toEqual(before);
    expect((await run('export', 'a.pth', '-o', 'b.pth')).code).toBe(0);
    expect(contents(at()).get('a.pth')).toBe(before.get('a.pth'));
    expect(contents(at()).get('b.pth')).not.toBe(before.get('b.pth'));
    expect((await run('demo', '-o', 'zebra.png')).code).toBe(0);
    expect(contents(at()).get('zebra.png')).not.toBe(before.get('zebra.png'));
  });

  it('demonstrates itself at nobody’s cost', async () => {
    const before = contents(at());
    const { code, stderr } = await run('demo', 'zebra.png');
    expect([code, stderr]).toEqual([2, expect.stringContaining('zebra.png exists: `--force`')]);
    expect((await run('demo')).code).toBe(2);
    expect(contents(at())).toEqual(before);
  });

  const hasScript = spawnSync('script', ['-qec', 'true', '/dev/null']).status === 0;

  it.runIf(hasScript).each([
    ['y', 0],
    ['n', 2],
  ])('asks on a terminal, and takes %j for an answer', (answer, expected) => {
    const before = contents(at()).get('zebra.png');
    const words = [process.execPath, command, 'horse.jpg', 'zebra.png', ...options];
    const { status, stdout } = spawnSync(
      'script',
      ['-qec', words.map((word) => `'${word}'`).join(' '), '/dev/null'],
      {
        cwd: at(),
        encoding: 'utf8',
        input: `${answer}\n`,
        env: { ...process.env, CYCLEGAN_CACHE: '' },
      },
    );
    expect([status, stdout]).toEqual([
      expected,
      expect.stringContaining('zebra.png exists. Replace it? [y/N] '),
    ]);
    expect(contents(at()).get('zebra.png') === before).toBe(expected !== 0);
  });

  describe('about photographs that lie on their side', () => {
    /** EXIF of one entry: orientation 6, a quarter turn. */
    const exif = [
      ...[0xff, 0xe1, 0, 34, 0x45, 0x78, 0x69, 0x66, 0, 0, 0x4d, 0x4d, 0, 42, 0, 0, 0, 8],
      ...[0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0],
    ];
    const turned = () => {
      const jpeg = encodeImage(SMALL_PICTURE, 'x.jpg');
      return Uint8Array.from([...jpeg.subarray(0, 2), ...exif, ...jpeg.subarray(2)]);
    };
    const told = (stderr: string) =>
      stderr.split('\n').filter((line) => line.includes('--auto-orient'));

    it('says one line for one, on standard error', async () => {
      writeFileSync(at('side.jpg'), turned());
      const { code, stdout, stderr } = await run('side.jpg', '--json', ...options);
      expect(code).toBe(0);
      expect(told(stderr)).toEqual([expect.stringMatching(/^side\.jpg: EXIF .*--auto-orient/)]);
      expect(JSON.parse(stdout).notes).toEqual([
        { kind: 'turned', message: expect.stringContaining('orientation 6') },
      ]);
      const upright = await run('side.jpg', '--auto-orient', '--force', '--json', ...options);
      expect([upright.code, told(upright.stderr)]).toEqual([0, []]);
      expect(JSON.parse(upright.stdout).outputSize).toEqual([12, 20]);
    });

    it('says one line for each of several, and none for those that are upright', async () => {
      mkdirSync(at('in'));
      for (const name of ['one.jpg', 'two.jpg']) writeFileSync(at('in', name), turned());
      copyFileSync(at('horse.jpg'), at('in/upright.jpg'));
      const { code, stdout, stderr } = await run('in', '-o', 'out', '--json', ...options);
      expect(code).toBe(0);
      expect(told(stderr).sort()).toEqual([
        expect.stringMatching(/^in\/one\.jpg: EXIF/),
        expect.stringMatching(/^in\/two\.jpg: EXIF/),
      ]);
      const lines = stdout.trim().split('\n');
      expect(
        lines.map((line) => [JSON.parse(line).input, JSON.parse(line).notes.length]).sort(),
      ).toEqual([
        ['in/one.jpg', 1],
        ['in/two.jpg', 1],
        ['in/upright.jpg', 0],
      ]);
      const upright = await run('in', '-o', 'out', '--auto-orient', '--force', ...options);
      expect([upright.code, upright.stdout, told(upright.stderr)]).toEqual([0, '', []]);
    });
  });
});
