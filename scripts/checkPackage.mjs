// Checks what `npm pack` would publish: what a user needs, nothing else, and publint has no complaint.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
const [{ files }] = JSON.parse(
  execFileSync(npm, ['pack', '--dry-run', '--json', '--ignore-scripts'], { encoding: 'utf8' }),
);
const names = files.map(({ path }) => path);
const needed = [
  'package.json',
  'README.md',
  'LICENSE',
  'NOTICE',
  'CHANGELOG.md',
  'SECURITY.md',
  'dist/index.js',
  'dist/index.d.ts',
  'dist/cyclegan.mjs',
  'dist/node/index.js',
  'dist/node/pictureThread.js',
  'dist/cjs/index.js',
  'dist/cjs/index.d.ts',
  'dist/web/cyclegan-ts.js',
];
const allowed =
  /^(package\.json|(README|CHANGELOG|SECURITY)\.md|LICENSE|NOTICE|weights\/README\.md|docs\/(api\/)?[\w-]+\.md|dist\/.+\.(js|d\.ts|mjs)|dist\/cjs\/package\.json)$/;
const problems = [
  ...needed.filter((name) => !names.includes(name)).map((name) => `${name} is missing`),
  ...names.filter((name) => !allowed.test(name)).map((name) => `${name} does not belong there`),
];

const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
const command = readFileSync('dist/cyclegan.mjs', 'utf8');
for (const name of ['cyclegan-ts', ...Object.keys(dependencies)]) {
  if (!command.includes(`\n---- ${name} ----\n`)) {
    problems.push(`dist/cyclegan.mjs lacks the licence of ${name}`);
  }
}

const { messages, pkg } = await publint({ strict: true });
problems.push(...messages.map((message) => formatMessage(message, pkg)));

for (const problem of problems) console.error(`package: ${problem}`);
console.log(`package: ${names.length} files, ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;
