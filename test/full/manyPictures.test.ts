import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { decodeImage, encodeImage } from '../../src/image/formats.js';
import { commandInFolders, runCommand, SMALL_PICTURE } from '../support/command.js';
import { goldenPath } from '../support/golden.js';

const { file: command, at, run } = commandInFolders();
const weights = goldenPath('tiny_zip.pth');
beforeEach(() => writeFileSync(at('in.png'), encodeImage(SMALL_PICTURE, 'in.png')));

describe('many pictures', () => {
  const broken = encodeImage(SMALL_PICTURE, 'x.png').slice(0, -30);
  const args = ['in', '-r', '-o', 'out', '-w', weights, '--resize', 'none'];

  beforeEach(() => {
    mkdirSync(at('in/below'), { recursive: true });
    const wide = { ...SMALL_PICTURE, width: 24, height: 10 };
    writeFileSync(at('in/a.png'), encodeImage(SMALL_PICTURE, 'a.png'));
    writeFileSync(at('in/a.jpg'), encodeImage(wide, 'a.jpg'));
    writeFileSync(at('in/below/b.png'), encodeImage(SMALL_PICTURE, 'b.png'));
    writeFileSync(at('in/broken.png'), broken);
  });

  it('are translated as one by one, and a broken one does not stop the others', async () => {
    const { code, stdout, stderr } = await run(...args, '--json');
    expect(code).toBe(1);
    expect(stderr).toMatch(/in\/broken\.png: The PNG is cut short/);
    expect(stderr).toMatch(/1 of 4 pictures could not be translated/);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const outputs = new Map(lines.map(({ input, output, sha256 }) => [input, { output, sha256 }]));
    expect(outputs.size).toBe(4);
    expect(outputs.get('in/broken.png')?.output).toBeUndefined();
    for (const [input, output] of [
      ['in/a.png', 'out/a.png.png'],
      ['in/a.jpg', 'out/a.jpg.png'],
      ['in/below/b.png', 'out/below/b.png'],
    ]) {
      const digest = createHash('sha256')
        .update(readFileSync(at(output)))
        .digest('hex');
      expect(outputs.get(input)).toEqual({ output, sha256: digest });
      await run(input, '-o', 'one.png', '-w', weights, '--resize', 'none');
      expect(readFileSync(at('one.png'))).toEqual(readFileSync(at(output)));
    }
  });

  it('are held to the limit of pixels as they are decoded, too', async () => {
    const { code, stderr } = await run(...args, '--max-pixels', '239');
    expect(code).toBe(1);
    expect(stderr).toContain('in/a.png: A PNG of 20 x 12 pixels is too large: at most 239');
    expect(stderr).toContain('in/a.jpg: JPEG: 24x10 pixels are too many: at most 239');
  });

  it('may be of other formats; those that are not read are told by name', async () => {
    rmSync(at('in'), { recursive: true });
    mkdirSync(at('in'));
    writeFileSync(
      at('in/a.ppm'),
      Buffer.concat([Buffer.from('P6 20 12 255\n'), SMALL_PICTURE.data]),
    );
    writeFileSync(at('in/b.png'), encodeImage(SMALL_PICTURE, 'b.png'));
    writeFileSync(at('in/c.jp2'), '\0\0\0\fjP  \r\n\x87\n', 'latin1');
    writeFileSync(at('in/notes.txt'), 'no picture');
    const { code, stderr } = await run(...args);
    expect(code).toBe(1);
    expect(stderr).toContain('in/c.jp2: This is a JPEG 2000');
    expect(stderr).toContain('1 of 3 pictures could not be translated');
    expect(readdirSync(at('out')).sort()).toEqual(['a.png', 'b.png']);
    expect(readFileSync(at('out/a.png')).equals(readFileSync(at('out/b.png')))).toBe(true);
  });

  it('are not done twice, nor replaced unasked', async () => {
    rmSync(at('in/broken.png'));
    expect((await run(...args)).code).toBe(0);
    const again = await run(...args);
    expect(again.code).toBe(1);
    expect(again.stderr).toMatch(/and 2 more: exists already; --resume .* --force/);
    rmSync(at('out/below/b.png'));
    const resumed = await run(...args, '--resume');
    expect(resumed.code).toBe(0);
    expect(resumed.stderr).toMatch(/2 of 3 pictures are there already/);
    expect(resumed.stderr).toMatch(/1 picture in/);
    expect((await run(...args, '--resume')).stderr).toMatch(/Nothing to do/);
    expect((await run(...args, '--force')).code).toBe(0);
  });

  it('lie beside their inputs, or in the folder that is named', async () => {
    expect((await run('in/below', 'new/', '-w', weights)).code).toBe(0);
    expect(readdirSync(at('new'))).toEqual(['b.png']);
    await run('in/a.png', 'in/below/b.png', '-o', 'other/', '-w', weights);
    expect(readdirSync(at('other')).sort()).toEqual(['a.png', 'b.png']);
    expect((await run('in/below', '-w', weights, '--format', 'jpg')).code).toBe(0);
    expect(readdirSync(at('in/below')).sort()).toEqual(['b.cyclegan.jpg', 'b.png']);
  });

  it('never replace an input, and never become one', async () => {
    rmSync(at('in/broken.png'));
    const before = readFileSync(at('in/a.png'));
    const among = await run('in', '-o', 'in', '--force', '-w', weights);
    expect([among.code, among.stderr]).toEqual([2, expect.stringMatching(/among the inputs/)]);
    const over = await run('in.png', 'in/a.png', '-o', 'in', '--force', '-w', weights);
    expect([over.code, over.stderr]).toEqual([2, expect.stringMatching(/would replace an input/)]);
    expect(readFileSync(at('in/a.png'))).toEqual(before);
    const within = ['in', '-r', '-o', 'in/out', '-w', weights];
    expect((await run(...within)).code).toBe(0);
    expect((await run(...within, '--resume')).stderr).toMatch(/all 3 pictures are translated/);
  });

  it('are one picture under two names of one', async () => {
    const { code, stderr } = await run(
      'in/a.png',
      './in/a.png',
      'in/a.jpg',
      '-o',
      'out',
      '-w',
      weights,
    );
    expect([code, stderr]).toEqual([0, expect.stringMatching(/2 pictures in/)]);
  });

  it('leave a page alone that is no gallery', async () => {
    rmSync(at('in/broken.png'));
    mkdirSync(at('out'));
    writeFileSync(at('out/index.html'), 'mine');
    const { code, stderr } = await run(...args, '--gallery', '--resume');
    expect([code, stderr]).toEqual([1, expect.stringMatching(/index\.html: exists already/)]);
    expect(readFileSync(at('out/index.html'), 'utf8')).toBe('mine');
  });

  it('show what could steer a terminal in a name, and send none of it', async () => {
    writeFileSync(at('in/x\u001b]0;y\u0007.png'), 'no picture');
    const { stderr } = await run(...args);
    expect(stderr).toContain('x\\u{1b}]0;y\\u{7}.png');
    expect(stderr).not.toContain('\u001b');
    const debugged = await run('in/no\u001b]0;y\u0007.png', '--debug');
    expect(debugged.stderr).toMatch(/no\\u\{1b\}.*\n +at /s);
    expect(debugged.stderr).not.toContain('\u001b');
  });

  it('are shown in a gallery, those of an earlier run as well', async () => {
    rmSync(at('in/broken.png'));
    const page = () => readFileSync(at('out/index.html'), 'utf8');
    const names = () => [...page().matchAll(/<bdi>([^<]+)<\/bdi>/g)].map(([, name]) => name).sort();
    expect((await run(...args, '--gallery')).code).toBe(0);
    expect(names()).toEqual(['a.jpg', 'a.png', 'below/b.png']);
    rmSync(at('out/a.png.png'));
    expect((await run(...args, '--gallery')).stderr).toMatch(/exists already/);
    expect((await run(...args, '--gallery', '--resume')).code).toBe(0);
    expect(names()).toEqual(['a.jpg', 'a.png', 'below/b.png']);
    expect(readdirSync(at('out')).filter((name) => name.includes('tmp'))).toEqual([]);
  });

  it('can be interrupted, and are gone on with', async () => {
    for (let i = 0; i < 40; i++) {
      writeFileSync(at(`in/below/${i}.png`), encodeImage(SMALL_PICTURE, 'x.png'));
    }
    rmSync(at('in/broken.png'));
    const options = [...args.slice(0, -1), '300', '--json'];
    const child = spawn(process.execPath, [command, ...options], {
      cwd: at(),
      env: { ...process.env, CYCLEGAN_CACHE: '' },
    });
    let stderr = '';
    child.stderr.on('data', (text) => {
      stderr += text;
    });
    child.stdout.once('data', () => child.kill('SIGINT'));
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(code).toBe(130);
    expect(stderr).toMatch(/Interrupted: \d+ of 43 are done/);
    const files = () => readdirSync(at('out'), { recursive: true, encoding: 'utf8' });
    expect(files().filter((name) => name.includes('tmp'))).toEqual([]);
    const before = files().filter((name) => name.endsWith('.png'));
    expect(before.length).toBeGreaterThan(0);
    expect(before.length).toBeLessThan(43);
    for (const name of before) decodeImage(readFileSync(at('out', name)));
    expect((await run(...options, '--resume')).code).toBe(0);
    expect(files().filter((name) => name.endsWith('.png')).length).toBe(43);
  });

  it('can come from standard input and go to standard output', async () => {
    const { stdout } = await runCommand(
      command,
      ['-', '-w', weights, '--resize', 'none'],
      at(),
      '',
      {
        input: encodeImage(SMALL_PICTURE, 'x.png'),
      },
    );
    await run('in/a.png', 'one.png', '-w', weights, '--resize', 'none');
    expect(Buffer.from(stdout, 'latin1')).toEqual(readFileSync(at('one.png')));
  });
});
