import { execFile, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { temporaryFolder } from '../support/command.js';

const ROOT = join(import.meta.dirname, '../..');
const FOLDER = join(ROOT, 'deploy/kubernetes');
const home = temporaryFolder();
symlinkSync(join(ROOT, 'node_modules'), join(home.path, 'node_modules'));
afterAll(() => home.remove());

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly spec: object;
}

const manifests = readdirSync(FOLDER).flatMap((file) =>
  parseAllDocuments(readFileSync(join(FOLDER, file), 'utf8')).map((document) => {
    const manifest = document.toJS() as Manifest;
    return [`${manifest.kind} of ${file}`, manifest] as const;
  }),
);

/** What the compiler has against it by the types that Kubernetes's own description gives: names that it lacks, and values of other kinds. */
function problemsOf(manifest: object): Promise<string> {
  const { apiVersion, kind } = manifest as Manifest;
  const module = apiVersion.includes('/') ? apiVersion : `core/${apiVersion}`;
  const file = join(home.path, 'manifest.ts');
  const type = `import type { ${kind} } from 'kubernetes-types/${module}';`;
  writeFileSync(file, `${type}\nexport const manifest: ${kind} = ${JSON.stringify(manifest)};\n`);
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  const words = [compiler, '--noEmit', '--strict', '--module', 'nodenext', '--types', '', file];
  return new Promise((resolve) => {
    execFile(process.execPath, words, { cwd: home.path }, (_, stdout, stderr) =>
      resolve(`${stdout}${stderr}`),
    );
  });
}

it.each(manifests)('%s is what Kubernetes takes', async (_, manifest) => {
  expect(await problemsOf(manifest)).toBe('');
});

it.each([
  [{ replicas: '4' }, "Type 'string' is not assignable to type 'number'"],
  [{ replica: 4 }, 'Object literal may only specify known properties'],
])('what Kubernetes does not take is found: %j', async (part, problem) => {
  const [, deployment] = manifests.find(([kind]) => kind.startsWith('Deployment')) ?? [];
  const wrong = { ...deployment, spec: { ...deployment?.spec, ...part } };
  expect(await problemsOf(wrong)).toContain(problem);
});

const COMPOSE = join(ROOT, 'deploy/compose.yaml');
/** The plugin of Docker's own client, or the program that Debian has. */
const [composer] = [['docker', 'compose'], ['docker-compose']].filter(
  ([program, ...words]) => spawnSync(program, [...words, 'version']).status === 0,
);

/** What Compose makes of a file, whether there is a daemon or not. */
function composed(file: string): { readonly status: number | null; readonly stderr: string } {
  const [program, ...words] = composer;
  const args = [...words, '--project-directory', join(ROOT, 'deploy'), '-f', file, 'config', '-q'];
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  return { status, stderr };
}

describe.skipIf(composer === undefined)('docker compose', () => {
  it('takes the file as it is', () => {
    expect(composed(COMPOSE)).toEqual({ status: 0, stderr: '' });
  });

  it.each([
    ['    command: worker', '    commands: worker'],
    ['      replicas: 2', '      replicas: two'],
    ['        condition: service_healthy', '        condition: healthy'],
    ['  redis:\n    image', '  radish:\n    image'],
  ])('finds what it does not take: %j as %j', (right, wrong) => {
    const text = readFileSync(COMPOSE, 'utf8');
    expect(text.split(right).length).toBe(2);
    const file = join(home.path, 'compose.yaml');
    writeFileSync(file, text.replace(right, wrong));
    expect(composed(file).status).not.toBe(0);
  });
});
