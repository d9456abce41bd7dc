import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CycleganError } from '../../src/errors.js';
import { openStore } from '../../src/queue/store/openStore.js';
import { temporaryFolder } from '../support/command.js';
import { CommandProcess } from './processes.js';
import { freePort, type RealServer, SERVERS } from './realServers.js';

/** A server that speaks S3, from PyPI (`pip install "moto[server]"`): Debian has none. */
const BUCKETS = 'moto_server';
const [redis] = SERVERS;
const isInstalled = redis.isInstalled && spawnSync(BUCKETS, ['--help']).status === 0;
const SAMPLE = join(import.meta.dirname, '../../weights/sample.png');

describe.skipIf(!isInstalled)('a bucket as the store', () => {
  const home = temporaryFolder();
  let buckets: ChildProcess;
  let server: RealServer;
  let endpoint = '';

  beforeAll(async () => {
    const data = join(home.path, 'server');
    mkdirSync(data);
    server = await redis.make(data);
    await server.start();
    const port = await freePort();
    endpoint = `http://127.0.0.1:${port}`;
    buckets = spawn(BUCKETS, ['-p', String(port)], { stdio: 'ignore' });
    const make = () => fetch(`${endpoint}/pictures`, { method: 'PUT' }).catch(() => null);
    while (!(await make())?.ok) await new Promise((resolve) => setTimeout(resolve, 100));
    Object.assign(process.env, {
      AWS_ACCESS_KEY_ID: 'name',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_ENDPOINT_URL: endpoint,
    });
  });

  afterAll(async () => {
    buckets.kill('SIGKILL');
    await server.kill9();
    home.remove();
  });

  it('carries pictures, weights and results', async () => {
    const cache = join(home.path, 'cache');
    mkdirSync(join(home.path, 'in'));
    writeFileSync(join(home.path, 'in/a picture.png'), readFileSync(SAMPLE));
    const run = (...args: readonly string[]) => new CommandProcess(args, home.path, cache);
    const options = ['--queue', server.address, '--store', 's3://pictures/some/place'];
    const worker = run('worker', ...options);
    const submitter = run('submit', 'in', '-o', 'out', '--wait', ...options);
    expect({ code: await submitter.end(), stderr: submitter.stderr }).toMatchObject({ code: 0 });
    worker.signal('SIGTERM');
    expect(await worker.end()).toBe(0);
    expect(await run('in', '-o', 'expected').end()).toBe(0);
    const name = 'a picture.png';
    expect(readdirSync(join(home.path, 'out'))).toEqual([name]);
    const [out, expected] = ['out', 'expected'].map((folder) =>
      readFileSync(join(home.path, folder, name)),
    );
    expect(out.equals(expected)).toBe(true);
  });

  it('tells what a bucket refuses, and lets no key lead out of it', async () => {
    const store = await openStore('s3://pictures/some/place');
    await store.write('a/ü +%.png', Uint8Array.of(1, 2));
    expect([...(await store.read('a/ü +%.png'))]).toEqual([1, 2]);
    expect(await store.has('a/other.png')).toBe(false);
    await expect(store.read('a/other.png')).rejects.toThrow(/NoSuchKey, status 404/);
    await expect(store.read('../x')).rejects.toThrow(CycleganError);
    const none = await openStore('s3://nothing');
    await expect(none.write('a', new Uint8Array(1))).rejects.toThrow(/NoSuchBucket/);
  });
});
