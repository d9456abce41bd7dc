// Makes a release: node scripts/release.mjs [--publish]. docs/releasing.md says what it checks and why.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = 'release';
const { name, version } = JSON.parse(readFileSync('package.json', 'utf8'));
const tarball = join(FOLDER, `${name}-${version}.tgz`);

try {
  requireCleanTree();
  requireChangelog();
  run('bash', ['.ci/run']);
  run('npm', ['audit', 'signatures']);
  run('node', ['scripts/checkDependencies.mjs']);
  run('npm', ['run', 'build']);
  run('node', ['scripts/checkPackage.mjs']);
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER);
  run('npm', ['pack', '--ignore-scripts', '--pack-destination', FOLDER]);
  writeFileSync(join(FOLDER, 'sbom.cdx.json'), sbom());
  if (process.argv.includes('--publish')) {
    run('npm', ['publish', tarball, '--provenance', '--access', 'public']);
  } else {
    console.log(`${tarball} is ready; --publish publishes it.`);
  }
} catch (error) {
  console.error(`release: ${error.message}`);
  process.exitCode = 1;
}

function requireCleanTree() {
  const changed = read('git', ['status', '--porcelain']);
  if (changed !== '') throw new Error(`these files are not committed:\n${changed}`);
}

function requireChangelog() {
  if (!readFileSync('CHANGELOG.md', 'utf8').includes(`\n## ${version}\n`)) {
    throw new Error(`CHANGELOG.md has no heading "## ${version}".`);
  }
}

/** npm calls the root by the name of its folder, which need not be the package's. */
function sbom() {
  const list = JSON.parse(read('npm', ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev']));
  list.metadata.component.name = name;
  return `${JSON.stringify(list, null, 2)}\n`;
}

function run(program, args) {
  console.log(`> ${program} ${args.join(' ')}`);
  execFileSync(program, args, { stdio: 'inherit' });
}

function read(program, args) {
  return execFileSync(program, args, { encoding: 'utf8' }).trim();
}
