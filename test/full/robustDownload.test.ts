import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandInFolders, runCommand } from '../support/command.js';
import { goldenBytes } from '../support/golden.js';
import {
  type Answer,
  cutAfter,
  rangeless,
  startServer,
  type TestServer,
  whole,
} from '../support/server.js';

const { file: command, at } = commandInFolders();
const zip = goldenBytes('tiny_zip.pth');
const legacy = goldenBytes('tiny_legacy.pth');
let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

describe('the command', () => {
  const cache = () => at('cache');
  const run = (...args: string[]) =>
    runCommand(command, ['download', 'zoo/sat2map', '--url', server.url(), ...args], at(), cache());
  const model = () => join(cache(), 'models', 'zoo', 'sat2map.pth');

  /** The second half of another version of the same length. */
  const otherHalf =
    (bytes: Uint8Array): Answer =>
    (response, request) => {
      const [, start] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
      if (start === undefined) return whole(bytes)(response, request);
      const other = bytes.map((byte, i) =>
        i % 40 === 7 && i < bytes.length - 9000 ? byte ^ 4 : byte,
      );
      response
        .writeHead(206, { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` })
        .end(other.subarray(Number(start)));
    };

  it('gives no damaged file its name where the file tells, and fetches it from the beginning', async () => {
    server.answer(cutAfter(zip, 9000).answer, otherHalf(zip));
    const { code, stderr } = await run('--retries', '2');
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('does not fit together'),
    });
    expect(new Uint8Array(readFileSync(model()))).toEqual(zip);
  });

  it('says what of a file could not be checked', async () => {
    server.answer(cutAfter(legacy, 9000).answer, (response, request) => {
      const [, start] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
      response
        .writeHead(206, { 'content-range': `bytes ${start}-${legacy.length - 1}/${legacy.length}` })
        .end(legacy.subarray(Number(start)));
    });
    const { code, stderr } = await run('--retries', '1');
    expect(code).toBe(0);
    expect(stderr).toMatch(/Of \d+ bytes, nothing in the file tells.*--force/);
  });

  it.each<[string, Record<string, string>, RegExp, boolean]>([
    ['gives parts', { 'accept-ranges': 'bytes' }, /goes on from there\.$/m, true],
    ['tells nothing', {}, /goes on from there if the server can/, true],
    ['gives no parts', { 'accept-ranges': 'none' }, /cannot be fetched/, false],
  ])('says that it goes on only where it can: a server that %s', async (_, headers, text, kept) => {
    server.answer(cutAfter(zip, 9000, headers).answer);
    const { code, stderr } = await run('--retries', '0');
    expect(code).toBe(1);
    expect(stderr).toMatch(text);
    expect(stderr.includes('goes on')).toBe(kept);
    expect(existsSync(`${model()}.part`)).toBe(kept);
  });

  it.skipIf(process.platform !== 'linux')('says that the cache cannot be written to', async () => {
    server.answer(rangeless(zip));
    // A file system that takes no folders from anybody.
    const place = '/proc/sys/cyclegan';
    const args = ['download', 'zoo/sat2map', '--url', server.url()];
    const { code, stderr } = await runCommand(command, args, at(), place);
    expect(code).toBe(1);
    expect(stderr).toMatch(/\/proc\/sys\/cyclegan: the cache, where models lie, cannot be written/);
  });
});
