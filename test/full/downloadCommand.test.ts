import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MODELS } from '../../src/cli/modelList.js';
import { encodeImage } from '../../src/image/formats.js';
import { commandInFolders, runCommand, SMALL_PICTURE } from '../support/command.js';
import { goldenBytes } from '../support/golden.js';
import { rangeless, startServer, type TestServer, whole } from '../support/server.js';

const { file: command, at } = commandInFolders();
let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('the command', () => {
  const weights = goldenBytes('tiny_zip.pth');
  const placeOf = (name: string) => at('cache', 'models', `${name}.pth`);
  const run = (...args: string[]) => runCommand(command, args, at(), at('cache'));

  beforeEach(() => {
    writeFileSync(at('in.png'), encodeImage(SMALL_PICTURE, 'in.png'));
  });

  it('fetches a model, which --weights then finds by its name', async () => {
    const translate = ['in.png', 'out.png', '--resize', 'none', '--weights', 'zoo/horse2zebra'];
    const before = await run(...translate);
    expect(before.code).toBe(1);
    expect(before.stderr).toContain('cyclegan download zoo/horse2zebra');

    server.answer(whole(weights));
    const fetched = await run('download', 'zoo/horse2zebra', '--url', server.url());
    expect(fetched).toMatchObject({ code: 0, stdout: `${placeOf('zoo/horse2zebra')}\n` });
    expect(fetched.stderr).toContain(sha256Of(weights));
    expect(new Uint8Array(readFileSync(placeOf('zoo/horse2zebra')))).toEqual(weights);

    const after = await run(...translate);
    expect(after.code).toBe(0);
    expect(existsSync(at('out.png'))).toBe(true);
    expect((await run('inspect', 'zoo/horse2zebra')).stdout).toMatch(
      /ResNetGenerator\(3, 3, 4, 2\)/,
    );
  });

  it('fetches what is there already only with --force', async () => {
    const args = ['download', 'zoo/sat2map', '--url', server.url()];
    server.answer(whole(weights));
    await run(...args);
    const again = await run(...args);
    expect(again).toMatchObject({ code: 0, stdout: `${placeOf('zoo/sat2map')}\n` });
    expect(again.stderr).toMatch(/there already/);
    expect(server.requests.length).toBe(1);
    expect((await run(...args, '--force')).code).toBe(0);
    expect(server.requests.length).toBe(2);
  });

  it('lists what there is, and marks what is there', async () => {
    mkdirSync(dirname(placeOf('zoo/map2sat')), { recursive: true });
    writeFileSync(placeOf('zoo/map2sat'), weights);
    const { code, stdout } = await run('download');
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.length).toBe(MODELS.length);
    expect(lines[0]).toMatch(/^ {2}book\/horse2zebra +45\.5 MB +https:/);
    expect(lines.filter((line) => line.startsWith('* '))).toEqual([
      expect.stringMatching(/^\* zoo\/map2sat +BSD +http:/),
    ]);
  });

  it('says, offline, what to fetch by hand and where to put it', async () => {
    const gone = await startServer();
    await gone.stop();
    const args = ['download', 'book/horse2zebra', '--url', gone.url(), '--retries', '0'];
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    const lines = stderr.split('\n').map((line) => line.trim());
    expect(lines).toContain(gone.url());
    expect(lines).toContain(placeOf('book/horse2zebra'));
    expect(stderr).toMatch(/45519250 bytes, SHA-256 043afb9b/);
    expect(stderr).not.toMatch(/\n\s+at /);

    // What that says to do works.
    writeFileSync(placeOf('book/horse2zebra'), weights);
    expect((await run('inspect', 'book/horse2zebra')).code).toBe(0);
    const check = await run(...args);
    expect(check.code).toBe(1);
    expect(check.stderr).toMatch(/this is not book\/horse2zebra.*--force/);
    expect(check.stderr).not.toMatch(/Fetching/);
    expect(new Uint8Array(readFileSync(placeOf('book/horse2zebra')))).toEqual(weights);
  });

  it.each([
    ['another file', 'book/horse2zebra', whole(weights), /but should have 45519250[\s\S]*--url/],
    ['no weights', 'zoo/horse2zebra', rangeless(Buffer.from('busy')), /this is no weight file/],
    ['half of them', 'zoo/horse2zebra', whole(weights.subarray(0, 9000)), /this is no weight file/],
    ['a web page', 'zoo/horse2zebra', rangeless(Buffer.from('<html>')), /web page[\s\S]*put it at/],
  ])('keeps nothing when it gets %s', async (_, name, answer, text) => {
    server.answer(answer);
    const { code, stdout, stderr } = await run('download', name, '--url', server.url());
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(text);
    expect(readdirSync(dirname(placeOf(name)))).toEqual([]);
  });

  it('needs the cache', async () => {
    const args = ['download', 'book/horse2zebra', '--url', server.url()];
    server.answer(whole(weights));
    const { code, stderr } = await runCommand(command, args, at(), '');
    expect(code).toBe(1);
    expect(stderr).toMatch(/CYCLEGAN_CACHE is empty.*--weights FILE/);
    expect(server.requests.length).toBe(0);
  });

  it.each([
    [['download', 'book/horse2zerba'], 1, /did you mean book\/horse2zebra\?/],
    [['in.png', '-w', 'zoo/horse2zebar'], 1, /no such file.*did you mean zoo\/horse2zebra\?/],
    [['download', '--url', 'http://127.0.0.1/'], 2, /one model/],
    [['download', 'zoo/sat2map', '--url', 'file:///x.pth'], 2, /"file:\/\/\/x\.pth"/],
    [['download', 'zoo/sat2map', '--retries', 'x'], 2, /0 to 99/],
  ])('%s ends with %i', async (args, expected, text) => {
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stdout }).toEqual({ code: expected, stdout: '' });
    expect(stderr).toMatch(text);
  });

  it("leaves a file of the user's own alone that is called like a model", async () => {
    mkdirSync(at('book'));
    writeFileSync(at('book', 'horse2zebra'), weights);
    expect((await run('inspect', 'book/horse2zebra')).code).toBe(0);
  });
});
