import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { readTranslate, translateSpec } from '../../src/cli/requests/translate.js';
import { readWorker, workerSpec } from '../../src/cli/requests/worker.js';
import { parseCommandLine } from '../../src/cli/usage.js';

const DEPLOY = join(import.meta.dirname, '../../deploy');
const COMPOSE = join(DEPLOY, 'compose.yaml');

interface Container {
  readonly args?: readonly string[];
  readonly command?: readonly string[];
  readonly resources?: { readonly limits?: Readonly<Record<string, string>> };
  readonly livenessProbe?: object;
}

interface Workload {
  readonly kind: string;
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly Container[] } };
  };
}

function documents(file: string): Workload[] {
  const parsed = parseAllDocuments(readFileSync(file, 'utf8'));
  return parsed.map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as Workload;
  });
}

const workloads = readdirSync(join(DEPLOY, 'kubernetes'))
  .flatMap((name) => documents(join(DEPLOY, 'kubernetes', name)))
  .filter(({ kind }) => kind === 'Deployment' || kind === 'Job');
const containers = workloads.flatMap(({ kind, spec }) =>
  spec.template.spec.containers.map((container) => [kind, container] as const),
);

describe('the files for Kubernetes', () => {
  it.each(containers)('give each container of a %s limits', (_, { resources }) => {
    expect(Object.keys(resources?.limits ?? {}).sort()).toEqual(['cpu', 'memory']);
  });

  it('start workers by options that there are, and watch over them', () => {
    const [[, { args = [], livenessProbe }]] = containers.filter(([kind]) => kind === 'Deployment');
    expect(args[0]).toBe('worker');
    const words = ['--queue', 'redis://x', ...args.slice(1)];
    const { heartbeat, queue } = readWorker(parseCommandLine(workerSpec, words));
    expect(queue.store).toBe('/store');
    expect(JSON.stringify(livenessProbe)).toContain(heartbeat);
  });

  it('part a folder by indices from 0', () => {
    const [[, { args = [] }]] = containers.filter(([kind]) => kind === 'Job');
    const script = args[0].replace('exec cyclegan ', 'printf "%s\\n" ');
    const env = { ...process.env, JOB_COMPLETION_INDEX: '7' };
    const words = execFileSync('sh', ['-c', script], { env, encoding: 'utf8' }).trim().split('\n');
    const { shard } = readTranslate(parseCommandLine(translateSpec, words));
    expect(shard).toEqual({ part: 8, parts: 8 });
  });
});

describe('the file for Compose', () => {
  it('starts workers by options that there are, within limits', () => {
    const [document] = parseAllDocuments(readFileSync(COMPOSE, 'utf8'));
    const { services } = document.toJS() as {
      services: Record<string, { command: string; healthcheck?: object; deploy?: object }>;
    };
    const [name, ...args] = services.worker.command.split(' ');
    expect(name).toBe('worker');
    const words = ['--queue', 'redis://x', ...args];
    const { heartbeat } = readWorker(parseCommandLine(workerSpec, words));
    expect(JSON.stringify(services.worker.healthcheck)).toContain(heartbeat);
    for (const service of Object.values(services)) {
      expect(service.deploy).toMatchObject({
        resources: { limits: { memory: expect.any(String) } },
      });
    }
  });

  it('gives workers the folder that its first lines have the host submit with', () => {
    const text = readFileSync(COMPOSE, 'utf8');
    const { services } = parseAllDocuments(text)[0].toJS() as {
      services: { worker: { volumes: string[] } };
    };
    const [inside, outside] = [...services.worker.volumes]
      .map((volume) => volume.split(':'))[0]
      .reverse();
    const root = resolve(DEPLOY, '..');
    const [, submitted] = /submit .*--store (\S+)/.exec(text) ?? [];
    const [, made] = /mkdir -p (\S+)/.exec(text) ?? [];
    expect(inside).toBe('/store');
    expect(resolve(dirname(COMPOSE), outside)).toBe(resolve(root, submitted));
    expect(resolve(root, made)).toBe(resolve(root, submitted));
  });
});
