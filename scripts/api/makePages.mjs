// Writes docs/api/ of the docstrings, a page per room of the library: node scripts/api/makePages.mjs [--check]
// --check writes nothing, and fails where docs/api/ is behind.
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** In a temporary folder, for typedoc reads docstrings with an older TypeScript than the one that compiles them. */
const PACKAGES = {
  typedoc: '0.28.20',
  'typedoc-plugin-markdown': '4.14.1',
  typescript: '5.9.3',
};

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');
const pages = join(root, 'docs/api');
const folder = mkdtempSync(join(tmpdir(), 'cyclegan-api-'));
try {
  install();
  const made = makePages(writeEntries());
  if (process.argv.includes('--check')) compare(made);
  else {
    rmSync(pages, { recursive: true, force: true });
    cpSync(made, pages, { recursive: true });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function install() {
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, type: 'module', dependencies: PACKAGES }),
  );
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  execFileSync(npm, ['install', '--no-fund', '--no-audit', '--loglevel=error'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** A module per room of `src`, with what the library exports of it; what every room throws is one more. @returns Their files. */
function writeEntries() {
  const index = readFileSync(join(root, 'src/index.ts'), 'utf8');
  const rooms = new Map([['tensor', ["export * from './tensor/index.js';"]]]);
  for (const [statement, room] of index.matchAll(/export [^;]*? from '\.\/([\w.]+)[^;]*;/g)) {
    const name = room.endsWith('.js') ? 'errors' : room;
    rooms.set(name, [...(rooms.get(name) ?? []), statement]);
  }
  mkdirSync(join(folder, 'rooms'));
  return [...rooms].map(([name, statements]) => {
    const file = join(folder, 'rooms', `${name}.ts`);
    writeFileSync(file, statements.join('\n').replaceAll("'./", `'${join(root, 'src')}/`));
    return file;
  });
}

/** @returns The folder with the pages. */
function makePages(entryPoints) {
  const out = join(folder, 'api');
  const options = {
    entryPoints,
    plugin: ['typedoc-plugin-markdown', join(here, 'ownMembers.mjs')],
    out,
    name: 'API reference',
    readme: 'none',
    disableSources: true,
    hideBreadcrumbs: true,
    hidePageHeader: true,
    hideGroupHeadings: false,
    outputFileStrategy: 'modules',
    parametersFormat: 'table',
    interfacePropertiesFormat: 'table',
    typeDeclarationFormat: 'table',
    excludeExternals: true,
    // The compiler's own check is `npm run types`: the version that TypeDoc takes knows nothing of WebGPU.
    skipErrorChecking: true,
    logLevel: 'Error',
  };
  const compilerOptions = { typeRoots: [join(root, 'node_modules/@types')] };
  const project = { extends: join(root, 'tsconfig.json'), compilerOptions, include: ['rooms'] };
  writeFileSync(join(folder, 'typedoc.json'), JSON.stringify(options));
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(project));
  execFileSync(process.execPath, ['node_modules/typedoc/bin/typedoc'], {
    cwd: folder,
    stdio: 'inherit',
  });
  for (const name of list(out)) {
    const file = join(out, name);
    writeFileSync(file, tidy(readFileSync(file, 'utf8')));
  }
  return out;
}

/** The union of all error codes by its name, as the sources have it; options that are taken apart at once have none. */
function tidy(text) {
  const code = '`"ERR_\\w+"`';
  return text
    .replaceAll(
      new RegExp(`(?:${code} \\\\\\| )+${code}`, 'g'),
      '[`ErrorCode`](errors.md#errorcode)',
    )
    .replaceAll('__namedParameters', 'options');
}

/** Says which pages are behind, and makes the process fail for them. */
function compare(made) {
  const names = new Set([...list(made), ...list(pages)]);
  const read = (home, name) =>
    existsSync(join(home, name)) ? readFileSync(join(home, name), 'utf8') : null;
  const behind = [...names].filter((name) => read(made, name) !== read(pages, name));
  for (const name of behind) console.error(`docs/api/${name} is behind: npm run docs:api`);
  console.log(`API reference: ${names.size} pages, ${behind.length} behind`);
  if (behind.length > 0) process.exitCode = 1;
}

function list(home) {
  return existsSync(home)
    ? readdirSync(home, { recursive: true, encoding: 'utf8' }).filter((name) =>
        name.endsWith('.md'),
      )
    : [];
}
