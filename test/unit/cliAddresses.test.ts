import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bundleCommand } from '../../scripts/bundleCommand.mjs';
import { encodeImage } from '../../src/image/formats.js';
import { runCommand, temporaryFolder } from '../support/command.js';
import { goldenBytes, goldenPath } from '../support/golden.js';
import { startServer, status, type TestServer, whole } from '../support/server.js';

const home = temporaryFolder();
const command = join(home.path, 'cyclegan.mjs');
const weights = goldenPath('tiny_zip.pth');
const png = encodeImage(
  { width: 20, height: 12, data: new Uint8Array(720).map((_, i) => (i * 7) % 256) },
  'in.png',
);
let server: TestServer;
let count = 0;
let cwd = '';
let expected: Buffer;

const run = (...args: string[]) => runCommand(command, args, cwd);
const translate = (...args: string[]) => run(...args, '--resize', 'none', '-w', weights);
const files = () => readdirSync(cwd).sort();

beforeAll(async () => {
  server = await startServer();
  await bundleCommand(command);
  enterFolder();
  writeFileSync(join(cwd, 'in.png'), png);
  await translate('in.png', 'out.png');
  expected = readFileSync(join(cwd, 'out.png'));
});
afterAll(async () => {
  await server.stop();
  home.remove();
});
beforeEach(enterFolder);

function enterFolder(): void {
  cwd = join(home.path, String(count++));
  mkdirSync(cwd);
}

describe('a picture from an address', () => {
  beforeEach(() => server.answer(whole(png)));

  it('is named after the last part of the address, in the current folder', async () => {
    const url = server.url('/deep/..%2f..%2fhorse%20a.jpeg?token=secret');
    const { code, stderr } = await translate(url);
    expect([code, files()]).toEqual([0, ['_.._horse a.cyclegan.png']]);
    expect(readFileSync(join(cwd, files()[0]))).toEqual(expected);
    expect(stderr).toMatch(/Fetching http:\S+\?… \(0\.0 MB\)/);
    expect(stderr).not.toContain('secret');
    // The name was made up: what is there stays.
    writeFileSync(join(cwd, files()[0]), 'mine');
    expect((await translate(url)).code).toBe(1);
    expect(readFileSync(join(cwd, files()[0]), 'utf8')).toBe('mine');
  });

  it('goes where the command says', async () => {
    expect((await translate(server.url('/?a=[1]*'), 'out.png')).code).toBe(0);
    expect((await translate(server.url('/x'), '-o', 'out2.png')).code).toBe(0);
    for (const name of files()) expect(readFileSync(join(cwd, name))).toEqual(expected);
    expect(files()).toEqual(['out.png', 'out2.png']);
  });

  it('stands among others, each with a name of its own', async () => {
    writeFileSync(join(cwd, 'x.png'), png);
    const addresses = [server.url('/a/x.png'), server.url('/b/x.png')];
    const { code, stdout } = await translate('x.png', ...addresses, '-o', 'out', '--json');
    expect(code).toBe(0);
    const names = readdirSync(join(cwd, 'out'));
    expect(names.length).toBe(3);
    for (const name of names) expect(readFileSync(join(cwd, 'out', name))).toEqual(expected);
    const inputs = stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { input: string }).input);
    expect(inputs.sort()).toEqual([...addresses, 'x.png'].sort());
  });

  it('two of them are two pictures, and the second no output', async () => {
    const { code } = await translate(server.url('/a.png'), server.url('/b.png'));
    expect([code, files()]).toEqual([0, ['a.cyclegan.png', 'b.cyclegan.png']]);
  });

  it('that gives none fails, and leaves nothing', async () => {
    server.answer(status(404));
    const { code, stderr } = await translate(server.url('/a.png'), 'out.png');
    expect([code, files()]).toEqual([1, []]);
    expect(stderr).toMatch(/a\.png: the server answers 404/);
  });

  it('is no place for an output', async () => {
    const { code, stderr } = await translate(server.url('/a.png'), '-o', server.url('/'));
    expect([code, stderr]).toEqual([2, expect.stringMatching(/not an address/)]);
  });

  it('may be a file: URL', async () => {
    writeFileSync(join(cwd, 'a b.png'), png);
    const { code } = await translate(pathToFileURL(join(cwd, 'a b.png')).href, 'out.png');
    expect(code).toBe(0);
    expect(existsSync(join(cwd, 'out.png'))).toBe(true);
  });
});

describe('weights from an address', () => {
  beforeEach(() => {
    server.answer(whole(goldenBytes('tiny_zip.pth')));
    writeFileSync(join(cwd, 'in.png'), png);
  });
  const secret = () => server.url('/tiny.pth?key=hidden').replace('//', '//me:pass@');

  it('translate as those of a file', async () => {
    const args = ['in.png', 'out.png', '--resize', 'none', '-w', secret()];
    const { code, stderr } = await run(...args);
    expect(code).toBe(0);
    expect(readFileSync(join(cwd, 'out.png'))).toEqual(expected);
    expect(stderr).toMatch(/Fetching http:\S+tiny\.pth\?… \(0\.\d MB\)/);
    expect(stderr).not.toMatch(/hidden|pass/);
  });

  it.each([
    ['inspect', '--json'],
    ['summary', '--json'],
  ])('are told of by %s', async (...args) => {
    const { code, stdout } = await run(...args, secret());
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as { file: string }).file).toBe(`${server.url('/tiny.pth')}?…`);
  });

  it('are compared and exported', async () => {
    expect(await run('diff', weights, secret())).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/Fetching.*\nAll \d+ tensors are equal/),
    });
    const exported = await run('export', secret(), 'out.safetensors');
    expect(exported.code).toBe(0);
    expect(exported.stderr).not.toMatch(/hidden|pass/);
    expect((await run('diff', weights, 'out.safetensors')).stderr).toMatch(
      /All \d+ tensors are eq/,
    );
  });

  it('that lead to another scheme are refused', async () => {
    server.answer((response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end());
    const { code, stderr } = await run('inspect', server.url());
    expect([code, stderr]).toEqual([1, expect.stringMatching(/from http: to file:/)]);
  });
});
