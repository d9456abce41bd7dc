import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { transformSync } from 'esbuild';
import { describe, expect, it } from 'vitest';

const SRC = join(import.meta.dirname, '../../src');

/** Which floor a folder stands on: imports run downwards, never up and never to a neighbour. */
const FLOORS: Readonly<Record<string, number>> = {
  tensor: 0,
  platform: 0,
  emit: 1,
  http: 1,
  graph: 1,
  pth: 1,
  queue: 1,
  image: 2,
  engine: 2,
  nn: 3,
  autograd: 3,
  html: 3,
  generator: 4,
  discriminator: 4,
  export: 4,
  translate: 5,
  train: 5,
  evaluate: 5,
  serve: 6,
  cli: 7,
  page: 7,
};

/** Below all floors, and above them. */
const GROUND = ['errors.ts', 'errorCodes.ts'];
const ROOF = ['index.ts'];

interface Import {
  readonly from: string;
  readonly to: string;
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) =>
  /\.tsx?$/.test(file),
);

/** The types of Node's own modules, which are gone when the code runs. */
const NODE_TYPES = /typeof import\('node:\w+(\/\w+)?'\)/g;

function sourceOf(file: string): string {
  return readFileSync(join(SRC, file), 'utf8').replace(NODE_TYPES, '');
}

/** The source of what is imported by the name that it will have. */
function sourceAt(built: string): string {
  const source = built.replace(/\.js$/, '.ts');
  return files.includes(source) || !files.includes(`${source}x`) ? source : `${source}x`;
}

/** What the page has within its scripts, and nothing else may use. */
const BUNDLED_IN_PAGE = ['preact', 'preact/hooks', '@preact/signals'];

/** What the command has within its file, and nothing else may use. */
const BUNDLED_IN_COMMAND = ['@hono/node-server'];

/** Files that a build puts a package in the place of, which nothing looks for at run time. */
const BUNDLED_CODECS = ['image/webp/webpDecoderModule.ts', 'image/webp/webpEncoderModule.ts'];

const imports: Import[] = files.flatMap((file) => {
  const text = sourceOf(file);
  return [...text.matchAll(/(?:from|import\(|^import)\s*['"]([^'"]+)['"]/gm)].map(([, to]) => ({
    from: file,
    to: to.startsWith('.') ? sourceAt(relative(SRC, join(SRC, dirname(file), to))) : to,
  }));
});

function room(file: string): string {
  return file.split('/')[0];
}

function mayImport({ from, to }: Import): boolean {
  if (GROUND.includes(to) || ROOF.includes(from)) return true;
  if (GROUND.includes(from) || ROOF.includes(to)) return false;
  if (room(from) === room(to)) return !crossesEngines(from, to);
  // Files from outside the source folder: the command's embedded model and version.
  if (to.startsWith('..')) return room(from) === 'cli';
  return FLOORS[room(to)] < FLOORS[room(from)];
}

/** Engines do not know each other; only the list of engines knows them, by lazy imports. */
function crossesEngines(from: string, to: string): boolean {
  const engine = (file: string) => /^engine\/(\w+)\//.exec(file)?.[1];
  if (engine(to) === undefined || engine(to) === 'shared' || engine(to) === engine(from))
    return false;
  return from !== 'engine/engines.ts';
}

describe('imports', () => {
  const local = imports.filter(({ to }) => /\.tsx?$|^\.\./.test(to));

  it('are found', () => {
    expect(local.length).toBeGreaterThan(100);
    expect(local.find(({ to }) => !to.startsWith('..') && !files.includes(to))).toBeUndefined();
  });

  it('stand on floors that are known', () => {
    const rooms = new Set(files.filter((file) => file.includes('/')).map(room));
    expect([...rooms].filter((name) => !(name in FLOORS))).toEqual([]);
  });

  it('stand where docs/architecture.md says, in its table and in its picture', () => {
    const [table, picture] = ['architecture.md', 'architecture.svg'].map((name) =>
      readFileSync(join(SRC, '../docs', name), 'utf8'),
    );
    const rows = [...table.matchAll(/^\| (\d) \| `src\/(\w+)\/` \|/gm)];
    expect(Object.fromEntries(rows.map(([, floor, name]) => [name, Number(floor)]))).toEqual(
      FLOORS,
    );
    const drawn = [...picture.matchAll(/class="name"[^>]*>(\w+)</g)].map(([, name]) => name);
    expect(drawn.sort()).toEqual(Object.keys(FLOORS).sort());
  });

  it('run downwards', () => {
    expect(local.filter((edge) => !mayImport(edge))).toEqual([]);
  });

  it('would be caught running upwards', () => {
    expect(mayImport({ from: 'tensor/conv2d.ts', to: 'nn/module.ts' })).toBe(false);
    expect(mayImport({ from: 'pth/tensors.ts', to: 'image/picture.ts' })).toBe(false);
    expect(mayImport({ from: 'engine/wasm/plan.ts', to: 'engine/js/jsEngine.ts' })).toBe(false);
    expect(mayImport({ from: 'errors.ts', to: 'tensor/shape.ts' })).toBe(false);
  });

  it('of a family come from its own room, and from the list of families', () => {
    const families = new Set(files.filter((file) => /Family\.ts$/.test(file)).map(dirname));
    const rooms = local.filter(({ to }) => families.has(dirname(to)));
    expect(rooms.length).toBeGreaterThan(0);
    const knowing = rooms.filter(
      ({ from, to }) =>
        dirname(from) !== dirname(to) &&
        !['generator/families.ts', 'generator/index.ts', ...ROOF].includes(from),
    );
    expect(knowing).toEqual([]);
  });

  it('of packages are those that the package declares', () => {
    const { dependencies } = JSON.parse(readFileSync(join(SRC, '../package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    const foreign = imports.filter(({ to }) => !/\.tsx?$|^\.\./.test(to));
    const bundled = foreign.filter(({ to }) => BUNDLED_IN_PAGE.includes(to));
    expect(bundled.filter(({ from }) => room(from) !== 'page')).toEqual([]);
    const inCommand = foreign.filter(({ to }) => BUNDLED_IN_COMMAND.includes(to));
    expect(inCommand.map(({ from }) => from)).toEqual(['cli/server/httpServer.ts']);
    const codecs = foreign.filter(({ to }) => /^@jsquash\/webp\//.test(to));
    expect(codecs.map(({ from }) => from).sort()).toEqual(BUNDLED_CODECS);
    const packages = new Set(
      foreign
        .filter((edge) => ![...bundled, ...inCommand, ...codecs].includes(edge))
        .map(({ to }) => to),
    );
    expect([...packages].sort()).toEqual(Object.keys(dependencies).sort());
  });

  it('never name a module of Node: the platform asks for those at run time', () => {
    const naming = files.filter((file) => /['"`]node:/.test(sourceOf(file)));
    expect(naming).toEqual([]);
  });

  it('are not needed for globals of Node, which the library calls by no bare name: bundlers would replace them', () => {
    const define = { process: 'bareGlobal', Buffer: 'bareGlobal', setImmediate: 'bareGlobal' };
    const naming = files.filter((file) => {
      const loader = file.endsWith('x') ? 'tsx' : 'ts';
      // Free names alone are replaced: no types, properties or comments.
      return transformSync(readFileSync(join(SRC, file), 'utf8'), { loader, define }).code.includes(
        'bareGlobal',
      );
    });
    expect(naming.filter((file) => room(file) !== 'cli')).toEqual([]);
    expect(naming).toContain('cli/standardOutput.ts');
  });
});

describe('names', () => {
  it('of a family stand in its own room: everything else speaks to whichever family a file is of', () => {
    const elsewhere = files.filter(
      (file) =>
        !/^generator\/\w+\//.test(file) &&
        // A hint at the function that repairs such a file.
        file !== 'nn/loadStateDict.ts' &&
        !ROOF.includes(file),
    );
    expect(elsewhere.filter((file) => sourceOf(file).includes('ResNetGenerator'))).toEqual([]);
    expect(
      files.filter((file) => sourceOf(file).includes('ResNetGenerator')).length,
    ).toBeGreaterThan(2);
  });

  it('of options are asked for by the parser alone: commands get a complete request', () => {
    const parsing = files.filter((file) => /\bInvocation\b|\.flag\(/.test(sourceOf(file)));
    const below = parsing.filter((file) => !file.startsWith('cli/requests/'));
    expect(below.sort()).toEqual(['cli/commands.ts', 'cli/main.ts', 'cli/usage.ts']);
  });
});
