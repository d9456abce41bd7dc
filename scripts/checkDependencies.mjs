// Checks what the lock file installs: every package pinned by a digest, no install scripts but those known here, and no
// run-time package that is not listed with its reason in docs/dependencies.md and, in a line, in the README.
import { readFileSync } from 'node:fs';

/** Development packages whose install script has been read, and what it does. */
const KNOWN_INSTALL_SCRIPTS = {
  esbuild: 'checks that the binary of its platform package runs',
  fsevents: 'builds a macOS add-on; optional, of vitest',
  'msgpackr-extract':
    'looks for the binary of its platform package, and builds one where there is none; optional, of bullmq',
};

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const pages = ['README.md', 'docs/dependencies.md'].map((page) => [
  page,
  readFileSync(page, 'utf8'),
]);
const installed = Object.entries(packages).filter(([path]) => path !== '');
const runTime = installed.filter(
  ([, { dev, devOptional, optional }]) => !dev && !devOptional && !optional,
);
const problems = [];
for (const [path, { integrity, hasInstallScript, dev, devOptional }] of installed) {
  const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
  if (!/^sha512-/.test(integrity ?? '')) problems.push(`${name} has no SHA-512 in the lock file`);
  if (!hasInstallScript) continue;
  if (!dev && !devOptional) problems.push(`${name} is a run-time package with an install script`);
  if (!(name in KNOWN_INSTALL_SCRIPTS))
    problems.push(`${name} has an install script that nobody has read`);
}
for (const [path] of runTime) {
  const name = path.replace(/^node_modules\//, '');
  for (const [page, text] of pages) {
    if (!text.includes(`\`${name}\``))
      problems.push(`${name} is a run-time package, but ${page} gives no reason`);
  }
}

for (const problem of problems) console.error(`dependencies: ${problem}`);
console.log(
  `dependencies: ${installed.length} packages, ${runTime.length} at run time, ${problems.length} problems`,
);
process.exitCode = problems.length > 0 ? 1 : 0;
