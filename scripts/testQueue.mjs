// Runs the suite of worker and submit: node scripts/testQueue.mjs [arguments of vitest]
// Servers that are not installed are told of, and their tests skipped.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
/** Where Debian puts what is in no `PATH`. */
const POSTGRES = '/usr/lib/postgresql';

const hasRedis = (process.env.PATH ?? '')
  .split(delimiter)
  .some((folder) => existsSync(join(folder, 'redis-server')));
const hasPostgres =
  existsSync(POSTGRES) &&
  readdirSync(POSTGRES).some((version) => existsSync(join(POSTGRES, version, 'bin/postgres')));
const missing = [...(hasRedis ? [] : ['redis-server']), ...(hasPostgres ? [] : ['postgresql'])];
if (missing.length > 0) {
  console.log(
    `queue: skipped without ${missing.join(' and ')}: apt-get install -y ${missing.join(' ')}`,
  );
}
if (spawnSync('moto_server', ['--help'], { stdio: 'ignore' }).status !== 0) {
  console.log('queue: buckets skipped without moto_server: pip install "moto[server]"');
}
const { status } = spawnSync(
  process.execPath,
  ['node_modules/vitest/vitest.mjs', 'run', '--project', 'queue', ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit' },
);
process.exitCode = status ?? 1;
