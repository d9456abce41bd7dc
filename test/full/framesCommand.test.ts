import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeImage, encodeImage } from '../../src/image/formats.js';
import type { Picture } from '../../src/image/picture.js';
import { encodePpm } from '../../src/image/pnm/encodePpm.js';
import { concatenate } from '../../src/platform/concatenate.js';
import { commandInFolders, runCommand } from '../support/command.js';
import { goldenPath } from '../support/golden.js';

const { file: command, at, run } = commandInFolders();
const weights = goldenPath('tiny_zip.pth');

function picture(seed: number, width = 20, height = 12): Picture {
  const data = new Uint8Array(width * height * 3).map((_, i) => (i * (seed + 3) * 7) % 251);
  return { width, height, data };
}

const PICTURES = [1, 2, 3, 4, 5].map((seed) => picture(seed));

const ENCODERS: Readonly<Record<string, (one: Picture) => Uint8Array>> = {
  png: (one) => encodeImage(one, 'a.png'),
  jpg: (one) => encodeImage(one, 'a.jpg'),
  ppm: encodePpm,
};

async function frames(input: Uint8Array, ...args: string[]) {
  const all = [...args, '-w', weights];
  const result = await runCommand(command, all, at(), undefined, { input });
  return { ...result, output: Uint8Array.from(Buffer.from(result.stdout, 'latin1')) };
}

/** What the command makes of each picture as a file. */
async function oneByOne(files: readonly Uint8Array[], extension: string, ...args: string[]) {
  const outputs: Uint8Array[] = [];
  for (const [i, bytes] of files.entries()) {
    writeFileSync(at(`${i}.picture`), bytes);
    const { code } = await run(`${i}.picture`, '-o', `${i}.${extension}`, '-w', weights, ...args);
    expect(code).toBe(0);
    outputs.push(Uint8Array.from(readFileSync(at(`${i}.${extension}`))));
  }
  return outputs;
}

/** Pixels of bare frames of one size. */
const pixels = (pictures: readonly Picture[]) => concatenate(pictures.map(({ data }) => data));

describe('a stream of frames', () => {
  it.each(['png', 'jpg'])('of %s gives what each is translated to as a file', async (format) => {
    const files = PICTURES.map(ENCODERS[format]);
    const args = ['--resize', '16', '--keep-size'];
    const { code, output, stderr } = await frames(
      concatenate(files),
      '-',
      '-',
      '--frames',
      ...args,
    );
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/^frame 1: 20x12 -> 20x12.*\n5 frames in/),
    ]);
    expect(output).toEqual(concatenate(await oneByOne(files, format, ...args)));
  });

  it('of PPM and of bare pixels gives the same pixels', async () => {
    const args = ['--resize', 'none', '--crop', '10'];
    const expected = (await oneByOne(PICTURES.map(ENCODERS.png), 'png', ...args)).map((bytes) =>
      decodeImage(bytes),
    );
    const ppm = await frames(concatenate(PICTURES.map(encodePpm)), '-', '--frames', ...args);
    expect(ppm.output).toEqual(concatenate(expected.map(encodePpm)));
    const raw = await frames(pixels(PICTURES), '--raw', '20x12', ...args);
    expect(raw.output).toEqual(pixels(expected));
    expect(raw.stderr).toMatch(/frame 1: 20x12 -> 12x12/);
    const other = await frames(pixels(PICTURES), '--raw', '20x12', ...args, '--format', 'ppm');
    expect(other.output).toEqual(ppm.output);
  });

  it('keeps the order of pictures of any size and format', async () => {
    const mixed = [picture(1, 64, 48), picture(2), picture(3, 33, 70), picture(4), picture(5)];
    const formats = ['jpg', 'png', 'ppm', 'png', 'jpg'];
    const files = mixed.map((one, i) => ENCODERS[formats[i]](one));
    const args = ['--resize', 'none', '--format', 'png'];
    const { output } = await frames(concatenate(files), '-', '--frames', ...args);
    expect(output).toEqual(concatenate(await oneByOne(files, 'png', '--resize', 'none')));
  });

  it('ends at a frame that is broken, and names it', async () => {
    const files = PICTURES.map(ENCODERS.png);
    const whole = await frames(concatenate(files.slice(0, 3)), '-', '--frames', '--resize', 'none');
    const damaged = files[3].map((byte, i) => (i === 20 ? byte ^ 1 : byte));
    const endings = [
      [damaged, /^cyclegan: frame 4: .*checksum/m],
      [files[3].subarray(0, 60), /^cyclegan: frame 4: the stream ends within this picture/m],
      [new Uint8Array(50), /^cyclegan: frame 4: no picture begins here/m],
      [ENCODERS.png(picture(1, 3, 3)), /^cyclegan: frame 4: a picture of 3 x 3 is too small/m],
    ] as const;
    for (const [ending, message] of endings) {
      const stream = concatenate([...files.slice(0, 3), ending]);
      const { code, output, stderr } = await frames(stream, '-', '--frames', '--resize', 'none');
      expect([code, stderr]).toEqual([1, expect.stringMatching(message)]);
      expect(output).toEqual(whole.output);
    }
  });

  it('is an error where it is empty, or cut off within bare pixels', async () => {
    expect(await frames(new Uint8Array(0), '--frames')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/standard input: there was no frame/),
    });
    expect(await frames(pixels(PICTURES).subarray(0, 1000), '--raw', '20x12')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/frame 2: the stream ends within this picture/),
    });
  });

  it('gives each frame when nothing more has come, and ends when it is interrupted', async () => {
    const child = spawn(
      process.execPath,
      [command, '--raw', '20x12', '--resize', 'none', '-w', weights],
      { stdio: ['pipe', 'pipe', 'pipe'] },
    );
    const message: string[] = [];
    child.stderr.on('data', (text) => message.push(String(text)));
    let received = 0;
    let sent = 0;
    const send = () => child.stdin.write(PICTURES[sent++].data);
    child.stdout.on('data', ({ length }: Uint8Array) => {
      received += length;
      if (received === 720 * sent && sent < 3) send();
      else if (received === 720 * 3) child.kill('SIGINT');
    });
    send();
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect([code, message.join('')]).toEqual([
      130,
      expect.stringMatching(/cyclegan: Interrupted: 3 frames written\.\n$/),
    ]);
  });

  it('ends quietly when nobody reads on', async () => {
    const child = spawn(
      process.execPath,
      [command, '--raw', '20x12', '--resize', 'none', '-w', weights, '-q'],
      { stdio: ['pipe', 'pipe', 'pipe'] },
    );
    const message: string[] = [];
    child.stderr.on('data', (text) => message.push(String(text)));
    child.stdin.on('error', () => undefined);
    child.stdout.once('data', () => child.stdout.destroy());
    child.stdin.write(pixels(PICTURES));
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect([code, message.join('')]).toEqual([0, '']);
  });
});

describe('what makes no sense for a stream', () => {
  it.each([
    [['in.png', '--frames'], /- - --frames < IN > OUT/],
    [['-', '-o', 'out.png', '--frames'], /- - --frames < IN > OUT/],
    [['--raw', '0x9'], /--raw takes width and height/],
    [['-', '--frames', '--json'], /--json cannot be had with a stream/],
    [['--frames', '--gallery'], /--gallery cannot be had with a stream/],
    [['--frames', '--dump-activations', 'x'], /--dump-activations cannot be had/],
    [['a.png', '--format', 'raw'], /--format raw is for streams/],
    [['--frames', '--format', 'jpg', '--alpha', 'keep'], /have no transparency/],
    [['--frames', '--format', 'bmp'], /--format takes/],
  ])('%j is bad usage', async (args, message) => {
    expect(await run(...args)).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(message),
    });
  });
});

describe('several pictures on standard input without --frames', () => {
  it('are refused, and not one of them is translated', async () => {
    const files = PICTURES.map(ENCODERS.png);
    const { code, stdout, stderr } = await frames(concatenate(files), '-', '-', '--resize', 'none');
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(
      new RegExp(
        `^cyclegan: standard input: this is more than one picture .*after ${files[0].length} bytes.*--frames`,
      ),
    );
  });

  it('are not what follows a picture otherwise', async () => {
    const file = concatenate([ENCODERS.jpg(PICTURES[0]), new Uint8Array(100)]);
    const { code, output } = await frames(file, '-', '-', '--resize', 'none');
    expect(code).toBe(0);
    expect([output]).toEqual(await oneByOne([file], 'png', '--resize', 'none'));
  });
});
