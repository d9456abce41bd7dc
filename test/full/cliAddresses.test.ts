import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { encodeImage } from '../../src/image/formats.js';
import { commandInFolders, SMALL_PICTURE } from '../support/command.js';
import { goldenBytes, goldenPath } from '../support/golden.js';
import { startServer, status, type TestServer, whole } from '../support/server.js';

const { at, run } = commandInFolders();
const weights = goldenPath('tiny_zip.pth');
const png = encodeImage(SMALL_PICTURE, 'in.png');
let server: TestServer;
let expected: Buffer;

const translate = (...args: string[]) => run(...args, '--resize', 'none', '-w', weights);
const files = () => readdirSync(at()).sort();

beforeAll(async () => {
  server = await startServer();
  writeFileSync(at('in.png'), png);
  await translate('in.png', 'out.png');
  expected = readFileSync(at('out.png'));
});
afterAll(() => server.stop());

describe('a picture from an address', () => {
  beforeEach(() => server.answer(whole(png)));

  it('is named after the last part of the address, in the current folder', async () => {
    const url = server.url('/deep/..%2f..%2fhorse%20a.jpeg?token=secret');
    const { code, stderr } = await translate(url);
    expect([code, files()]).toEqual([0, ['_.._horse a.cyclegan.png']]);
    expect(readFileSync(at(files()[0]))).toEqual(expected);
    expect(stderr).toMatch(/Fetching http:\S+\?… \(0\.0 MB\)/);
    expect(stderr).not.toContain('secret');
    // The name was made up: what is there stays.
    writeFileSync(at(files()[0]), 'mine');
    expect((await translate(url)).code).toBe(1);
    expect(readFileSync(at(files()[0]), 'utf8')).toBe('mine');
  });

  it('goes where the command says', async () => {
    expect((await translate(server.url('/?a=[1]*'), 'out.png')).code).toBe(0);
    expect((await translate(server.url('/x'), '-o', 'out2.png')).code).toBe(0);
    for (const name of files()) expect(readFileSync(at(name))).toEqual(expected);
    expect(files()).toEqual(['out.png', 'out2.png']);
  });

  it('stands among others, each with a name of its own', async () => {
    writeFileSync(at('x.png'), png);
    const addresses = [server.url('/a/x.png'), server.url('/b/x.png')];
    const { code, stdout } = await translate('x.png', ...addresses, '-o', 'out', '--json');
    expect(code).toBe(0);
    const names = readdirSync(at('out'));
    expect(names.length).toBe(3);
    for (const name of names) expect(readFileSync(at('out', name))).toEqual(expected);
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
    writeFileSync(at('a b.png'), png);
    const { code } = await translate(pathToFileURL(at('a b.png')).href, 'out.png');
    expect(code).toBe(0);
    expect(existsSync(at('out.png'))).toBe(true);
  });
});

describe('weights from an address', () => {
  beforeEach(() => {
    server.answer(whole(goldenBytes('tiny_zip.pth')));
    writeFileSync(at('in.png'), png);
  });
  const secret = () => server.url('/tiny.pth?key=hidden').replace('//', '//me:pass@');

  it('translate as those of a file', async () => {
    const args = ['in.png', 'out.png', '--resize', 'none', '-w', secret()];
    const { code, stderr } = await run(...args);
    expect(code).toBe(0);
    expect(readFileSync(at('out.png'))).toEqual(expected);
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
