import { spawnSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import fs from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readNames } from '../../src/cli/commands/translateNames.js';
import { planMany, planOne } from '../../src/cli/commands/translatePlan.js';
import { GalleryFile, type ReplaceGallery } from '../../src/cli/gallery/galleryFile.js';
import { Originals } from '../../src/cli/originals.js';
import { removeStaleTemp } from '../../src/cli/pictures/outputs.js';
import { readTranslate, translateSpec } from '../../src/cli/requests/translate.js';
import { askYesNo, type Terminal } from '../../src/cli/terminal.js';
import { parseCommandLine } from '../../src/cli/usage.js';
import { CycleganError } from '../../src/errors.js';
import { galleryHead } from '../../src/html/gallery/galleryPage.js';
import { makeFolder, writeFileAtomic } from '../../src/platform/files.js';
import { temporaryFolder } from '../support/command.js';
import { contents } from '../support/contents.js';

const home = temporaryFolder();
afterAll(home.remove);
const MADE = Buffer.from('made');
let count = 0;
let cwd = '';

beforeEach(() => {
  cwd = join(home.path, String(count++));
  mkdirSync(cwd);
});

function terminal(answer = false): Terminal & { readonly lines: string[]; asked: number } {
  const lines: string[] = [];
  return {
    lines,
    asked: 0,
    isLive: false,
    sayAtEnd: () => undefined,
    end: () => undefined,
    say: (line) => lines.push(line),
    progress: () => undefined,
    clearLine: () => '',
    async confirm() {
      this.asked++;
      return answer;
    },
  };
}

/** A run as the command does it, but for the network: names, plan, and the real writing. Gives the inputs as it read them. */
async function simulate(
  args: readonly string[],
  watcher: Terminal,
): Promise<ReadonlyMap<string, string>> {
  const request = readTranslate(parseCommandLine(translateSpec, args));
  const names = await readNames(request);
  const read = (paths: readonly string[]) =>
    new Map(paths.filter(existsSync).map((path) => [path, readFileSync(path, 'latin1')]));
  if (names.kind === 'one') {
    const plan = await planOne(names, request, watcher);
    const inputs = read([names.input]);
    if (plan !== null) {
      await writeFileAtomic(plan.output, MADE, { replace: plan.replace }).catch(reported);
    }
    return inputs;
  }
  const plan = await planMany(names, request, watcher);
  const inputs = read(plan.jobs.map(({ input }) => input.path));
  await removeStaleTemp(plan.jobs);
  const gallery = request.pictures.gallery
    ? await GalleryFile.begin(plan.folder, plan.jobs, { replace: plan.replaceGallery, details: [] })
    : null;
  for (const { output } of plan.left) {
    await makeFolder(output)
      .then(() => writeFileAtomic(output, MADE, { replace: plan.replace }))
      .catch(reported);
  }
  await gallery?.end('').catch(reported);
  return inputs;
}

function reported(error: unknown): void {
  if (!(error instanceof CycleganError)) throw error;
}

/** As `contents` reads it. */
const EARLIER_GALLERY = Buffer.from(galleryHead('An earlier one', [])).toString('latin1');
const CONTENTS: Readonly<Record<string, string>> = {
  'a.jpg': 'A',
  'b.jpg': 'B',
  'a.png': 'C',
  'A.PNG': 'D',
  '\u00e9.png': 'E',
  'e\u0301.png': 'F',
  'a.cyclegan.png': 'G',
  'b.cyclegan.png': 'H',
  'index.html': 'I',
  'sub/a.png': 'J',
  'sub/b.png': 'K',
  'sub/index.html': EARLIER_GALLERY,
  '.mine.999999999.cyclegan-tmp': 'L',
};
const LINKS: Readonly<Record<string, readonly string[]>> = {
  'link.png': ['a.jpg', 'a.png', 'b.jpg', 'nowhere.png'],
  'b.png': ['nowhere.png', 'sub/b.png', 'b.jpg'],
  also: ['sub', '.'],
};
const HARD: Readonly<Record<string, readonly string[]>> = {
  'hard.png': ['a.jpg', 'b.jpg'],
  'c.cyclegan.png': ['a.png', 'a.jpg'],
};
const OPERANDS = [
  ...Object.keys(CONTENTS),
  ...Object.keys(LINKS),
  ...Object.keys(HARD),
  ...['sub', 'also/', 'new/', 'new.png', 'c.jpg', '*.jpg', '**/*.png', '.', 'also/a.png'],
];

type Targets = Readonly<Record<string, string | undefined>>;

interface Scene {
  readonly files: readonly string[];
  readonly links: Targets;
  readonly hard: Targets;
}

const someOfEach = (choices: Readonly<Record<string, readonly string[]>>) =>
  fc.record(
    Object.fromEntries(
      Object.entries(choices).map(([name, targets]) => [name, fc.constantFrom(...targets)]),
    ),
    { requiredKeys: [] },
  );
const scene: fc.Arbitrary<Scene> = fc.record({
  files: fc.subarray(Object.keys(CONTENTS), { minLength: 10 }),
  links: someOfEach(LINKS),
  hard: someOfEach(HARD),
});
const commandLine = fc.record({
  operands: fc.array(fc.constantFrom(...OPERANDS), { minLength: 1, maxLength: 3 }),
  output: fc.option(fc.constantFrom(...OPERANDS), { freq: 2 }),
  flags: fc.subarray(['--force', '--resume', '--no-clobber', '--gallery', '-r']),
});

function arrange(folder: string, { files, links, hard }: Scene): void {
  mkdirSync(join(folder, 'sub'), { recursive: true });
  for (const name of files) writeFileSync(join(folder, name), CONTENTS[name], 'latin1');
  for (const [name, target] of Object.entries(links)) {
    if (target !== undefined) symlinkSync(target, join(folder, name));
  }
  for (const [name, target] of Object.entries(hard)) {
    if (target !== undefined && files.includes(target))
      linkSync(join(folder, target), join(folder, name));
  }
}

describe('whatever is in a folder, and whatever the command line', () => {
  it('a file is changed only if -o names it, or with --force, and an input never', async () => {
    let written = 0;
    let runs = 0;
    const place = cwd;
    await fc.assert(
      fc.asyncProperty(scene, commandLine, async (what, { operands, output, flags }) => {
        const folder = join(place, String(runs++));
        mkdirSync(folder);
        arrange(folder, what);
        const at = (name: string) => `${folder}/${name}`;
        const args = [...operands.map(at), ...flags];
        if (output !== null) args.push('-o', at(output));
        const before = contents(folder);
        const target = output === null ? '' : withoutLinks(at(output));
        const inputs = await simulate(args, terminal()).catch((error: unknown) => {
          reported(error);
          return new Map<string, string>();
        });
        const after = contents(folder);
        const changed = [...before.keys()].filter((name) => after.get(name) !== before.get(name));
        if (after.size > before.size || changed.length > 0) written++;
        for (const name of changed) {
          const isNamed = withoutLinks(at(name)) === target;
          expect([name, isNamed || flags.includes('--force')]).toEqual([name, true]);
          expect(flags).not.toContain('--no-clobber');
        }
        for (const [path, bytes] of inputs) expect(readFileSync(path, 'latin1')).toBe(bytes);
        // A page of the user's own, and what only looks like something temporary.
        for (const name of ['index.html', '.mine.999999999.cyclegan-tmp']) {
          if (before.has(name)) expect(after.get(name)).toBe(before.get(name));
        }
        rmSync(folder, { recursive: true });
      }),
      { numRuns: 150 },
    );
    // Most lines are refused; the others must be enough to tell.
    expect(written).toBeGreaterThan(5);
  }, 120_000);

  /** Where a file of that path really lies, whether it exists or not. */
  const withoutLinks = (path: string) =>
    existsSync(dirname(path)) ? join(realpathSync(dirname(path)), basename(path)) : path;
});

describe('two names', () => {
  const at = (name: string) => join(cwd, name);
  const attempt = (args: readonly string[], watcher: Terminal = terminal()) =>
    simulate(
      args.map((arg) => (arg.startsWith('-') ? arg : at(arg))),
      watcher,
    );

  beforeEach(() => {
    for (const name of ['horse.jpg', 'zebra.png', 'x.png', 'x.cyclegan.png']) {
      writeFileSync(at(name), name);
    }
    mkdirSync(at('photos'));
    writeFileSync(at('photos/p.jpg'), '');
  });

  it('ask about the second if it exists, and only then', async () => {
    const before = contents(cwd);
    const no = terminal(false);
    await expect(attempt(['horse.jpg', 'zebra.png'], no)).rejects.toMatchObject({
      code: 'ERR_USAGE',
    });
    expect([no.asked, contents(cwd)]).toEqual([1, before]);
    const yes = terminal(true);
    await attempt(['horse.jpg', 'zebra.png'], yes);
    expect([yes.asked, readFileSync(at('zebra.png'), 'utf8')]).toEqual([1, 'made']);
    await attempt(['horse.jpg', 'new.png'], yes);
    expect([yes.asked, readFileSync(at('new.png'), 'utf8')]).toEqual([1, 'made']);
  });

  it.each([
    ['an input that is not there', ['none.jpg', 'zebra.png'], /no such file/],
    ['--no-clobber', ['horse.jpg', 'zebra.png', '--no-clobber'], /exists already/],
    ['the input itself', ['horse.jpg', 'horse.jpg'], /\.jpg: the output would replace the input/],
    ['the input in capitals', ['zebra.png', 'ZEBRA.PNG'], /would replace the input/],
    ['a link to the input', ['zebra.png', 'link.png'], /would replace the input/],
    ['a hard link to the input', ['zebra.png', 'hard.png'], /would replace the input/],
    ['an earlier output and its picture', ['x.cyclegan.png', 'x.png'], /x\.png exists: .*passed/],
    ['a folder and a file', ['photos', 'zebra.png'], /"\S+zebra\.png" is no folder.*-o FOLDER/],
    ['a gallery of one file', ['horse.jpg', 'zebra.png', '--gallery'], /-o FOLDER/],
  ])('ask nobody about %s', async (_, args, message) => {
    symlinkSync('zebra.png', at('link.png'));
    linkSync(at('zebra.png'), at('hard.png'));
    const before = contents(cwd);
    const yes = terminal(true);
    await expect(attempt(args, yes)).rejects.toThrow(message);
    expect([yes.asked, contents(cwd)]).toEqual([0, before]);
  });

  it('with --force are no licence to replace an input, the weights, or the picture beside its output', async () => {
    symlinkSync('horse.jpg', at('link.jpg'));
    const before = contents(cwd);
    for (const args of [
      ['horse.jpg', 'link.jpg', '--force'],
      ['link.jpg', 'horse.jpg', '--force'],
      ['horse.jpg', '-o', 'link.jpg'],
      ['horse.jpg', 'zebra.png', '--force', '-w', 'zebra.png'],
      ['horse.jpg', 'zebra.png', '-o', 'zebra.png', '--force'],
    ]) {
      await expect(attempt(args)).rejects.toMatchObject({ code: 'ERR_USAGE' });
      expect(contents(cwd)).toEqual(before);
    }
    const watcher = terminal();
    await attempt(['x.cyclegan.png', 'x.png', '--force'], watcher);
    expect(contents(cwd)).toEqual(new Map([...before, ['x.cyclegan.png', 'made']]));
    expect(watcher.lines).toEqual([expect.stringMatching(/x\.cyclegan\.png: passed over/)]);
  });

  describe('of which the second is a folder, as a pattern may give it, replace nothing in it:', () => {
    const mine = () => readFileSync(at('originals/p.png'), 'utf8');
    beforeEach(() => {
      mkdirSync(at('originals/deep'), { recursive: true });
      for (const name of ['p.png', 'horse.png', 'index.html', 'deep/p.png']) {
        writeFileSync(at(`originals/${name}`), name === 'index.html' ? EARLIER_GALLERY : 'mine');
      }
      symlinkSync('originals', at('link'));
    });

    it.each([
      ...['originals', 'originals/', './originals/.', 'photos/../originals', 'originals//'],
      ...['link', 'link/', 'originals/deep/..', 'originals/deep/../'],
    ])('%s', async (folder) => {
      const before = contents(cwd);
      // Without `join`, which would clean the name.
      const second = `${cwd}/${folder}`;
      for (const first of ['photos', 'photos/', 'horse.jpg', '*.jpg']) {
        for (const flags of [[], ['-r'], ['--gallery']]) {
          const args = [`${cwd}/${first}`, second, '--force', ...flags];
          await expect(simulate(args, terminal())).rejects.toThrow(/exists already; .*-o \S+/);
        }
      }
      expect(contents(cwd)).toEqual(before);
    });

    it('-o names it', async () => {
      await expect(attempt(['photos', 'originals', '--force'])).rejects.toThrow(
        /originals.p\.png: exists already; .*-o \S*originals --force replaces it/,
      );
      expect(mine()).toBe('mine');
      await attempt(['photos', '-o', 'originals', '--force']);
      expect(mine()).toBe('made');
    });
  });

  it('of which the second is a link that leads nowhere keep it', async () => {
    symlinkSync('nowhere.png', at('out.png'));
    const before = contents(cwd);
    await expect(attempt(['horse.jpg', 'out.png'])).rejects.toThrow(/out\.png exists/);
    expect(contents(cwd)).toEqual(before);
  });

  it('are both inputs with -o, which need not exist', async () => {
    await attempt(['horse.jpg', 'zebra.png', '-o', 'out']);
    expect(readdirSync(at('out')).sort()).toEqual(['horse.png', 'zebra.png']);
  });
});

describe('a folder for the outputs', () => {
  const at = (name: string) => join(cwd, name);
  const made = () =>
    [...contents(cwd)]
      .filter(([, text]) => text === 'made')
      .map(([name]) => name)
      .sort();

  beforeEach(() => {
    for (const name of ['photos/a.jpg', 'photos/sub/b.jpg', 'photos/sub/deep/c.jpg']) {
      mkdirSync(dirname(at(name)), { recursive: true });
      writeFileSync(at(name), name);
    }
    mkdirSync(at('there'));
    symlinkSync('.', at('here'));
    symlinkSync('../photos', at('there/photos'));
  });

  it.each<[string, string[], string[]]>([
    ['-o', ['photos', '-o', '.'], ['a.png']],
    ['-o, recursively', ['photos', '-r', '-o', '.'], ['a.png', 'sub/b.png', 'sub/deep/c.png']],
    ['-o with a slash', ['photos/', '-o', './'], ['a.png']],
    ['-o, a pattern', ['photos/**/*.jpg', '-o', '.'], ['a.png', 'sub/b.png', 'sub/deep/c.png']],
    ['-o, a pattern in the very folder', ['photos/*.jpg', '-o', 'photos'], ['photos/a.png']],
    ['two names', ['photos/sub', 'photos'], ['photos/b.png']],
    ['two names, far', ['photos/sub/deep', '.'], ['c.png']],
    ['a link to it', ['photos', '-o', 'here'], ['a.png']],
    ['a link from it', ['there/photos', '-o', 'there'], ['there/a.png']],
    [
      'several',
      ['photos/sub/deep', 'photos/sub', '-o', 'photos'],
      ['photos/b.png', 'photos/c.png'],
    ],
  ])('may lie around the folder that is translated: %s', async (_, args, expected) => {
    const watcher = terminal();
    await simulate(
      args.map((arg) => (arg.startsWith('-') ? arg : at(arg))),
      watcher,
    );
    expect(made()).toEqual(expected);
    expect(watcher.lines).toEqual([]);
  });

  it.each([
    ['itself', ['photos', '-o', 'photos'], /outputs would lie among the inputs/],
    ['by another name', ['photos', '-o', 'here/photos'], /outputs would lie among the inputs/],
    ['by two names', ['there/photos', 'photos'], /outputs would lie among the inputs/],
    ['where all pictures are', ['photos/sub', '-r', '-o', 'photos/sub/deep'], null],
    [
      'where all are',
      ['photos/sub/**/c.jpg', '-o', 'photos/sub/deep'],
      /all pictures lie in \S+deep/,
    ],
  ])('that is looked through is refused, and says why: %s', async (_, args, message) => {
    const before = contents(cwd);
    const run = simulate(
      args.map((arg) => (arg.startsWith('-') ? arg : at(arg))),
      terminal(),
    );
    if (message === null) {
      await run;
      expect(made()).toEqual(['photos/sub/deep/b.png']);
      return;
    }
    await expect(run).rejects.toThrow(message);
    await expect(run).rejects.toMatchObject({ code: 'ERR_USAGE' });
    expect(contents(cwd)).toEqual(before);
  });

  it.each([
    ['-o', ['photos', '-r', '-o', 'photos/sub']],
    ['two names', ['photos', 'photos/sub', '-r']],
    ['a link', ['photos', '-r', '-o', 'there/photos/sub']],
    ['a pattern', ['photos/**/*', '-o', 'photos/sub']],
  ])('below what is translated is passed over, originals with one line: %s', async (_, args) => {
    const paths = args.map((arg) => (arg.startsWith('-') ? arg : at(arg)));
    const watcher = terminal();
    await simulate(paths, watcher);
    expect(made()).toEqual(['photos/sub/a.png']);
    expect(watcher.lines).toEqual([
      expect.stringMatching(/sub\/b\.jpg and 1 more: passed over in the folder for the outputs/),
    ]);
    // What the run before made is no original.
    rmSync(at('photos/sub/b.jpg'));
    rmSync(at('photos/sub/deep'), { recursive: true });
    const again = terminal();
    await simulate([...paths, '--resume'], again);
    expect(again.lines).toEqual(['1 of 1 pictures are there already.']);
  });

  it.each([
    ['-o', ['photos', '-r', '-o', 'photos/sub', '--force']],
    ['a link', ['photos', '-r', '-o', 'there/photos/sub', '--force']],
    ['a pattern', ['photos/**/*', '-o', 'photos/sub', '--force']],
  ])('below what is translated keeps what --force would replace: %s', async (_, args) => {
    writeFileSync(at('photos/sub/a.png'), 'an original');
    const before = contents(cwd);
    const paths = args.map((arg) => (arg.startsWith('-') ? arg : at(arg)));
    const run = simulate(paths, terminal());
    await expect(run).rejects.toThrow(/a\.png: --force would replace it.*may be an original/);
    await expect(run).rejects.toMatchObject({ code: 'ERR_USAGE' });
    expect(contents(cwd)).toEqual(before);
  });
});

describe('three names and more', () => {
  const at = (name: string) => join(cwd, name);
  const attempt = (...names: string[]) => simulate(names.map(at), terminal());

  beforeEach(() => {
    for (const name of ['a.jpg', 'b.jpg', 'c.jpg']) writeFileSync(at(name), name);
    for (const name of ['one', 'two']) {
      mkdirSync(at(name));
      writeFileSync(at(`${name}/p.jpg`), name);
    }
  });

  it('are inputs, folders among them', async () => {
    await attempt('a.jpg', 'one', 'b.jpg');
    await attempt('one', 'two', 'c.jpg').catch(() => undefined);
    expect([...contents(cwd)].filter(([, text]) => text === 'made').map(([name]) => name)).toEqual([
      'a.cyclegan.png',
      'b.cyclegan.png',
      'one/p.cyclegan.png',
    ]);
  });

  it.each([
    [['a.jpg', 'b.jpg', 'one'], /one is a folder after pictures: `-o \S*one` puts/],
    [['a.jpg', 'b.jpg', 'one/'], /one\/ is a folder after pictures/],
    [['a.jpg', 'b.jpg', 'new/'], /"\S*new\/" is no folder.*-o FOLDER/],
    [['a.jpg', 'b.jpg', 'new.jpg'], /"\S*new\.jpg" is no folder/],
  ])('%s could be meant in two ways: nothing is guessed', async (names, message) => {
    const before = contents(cwd);
    await expect(attempt(...names)).rejects.toThrow(message);
    await expect(attempt(...names)).rejects.toMatchObject({ code: 'ERR_USAGE' });
    expect(contents(cwd)).toEqual(before);
  });

  it('pass over what is named like outputs, with one line', async () => {
    for (const name of ['a.cyclegan.png', 'B.CYCLEGAN.JPEG']) writeFileSync(at(name), name);
    const watcher = terminal();
    const names = ['a.cyclegan.png', 'B.CYCLEGAN.JPEG', 'b.jpg', 'one'];
    const inputs = await simulate(names.map(at).concat('-o', at('out')), watcher);
    expect([...inputs.keys()].map((path) => relative(cwd, path))).toEqual(['b.jpg', 'one/p.jpg']);
    expect(watcher.lines).toEqual([
      expect.stringMatching(/a\.cyclegan\.png and 1 more: passed over/),
    ]);
    await expect(attempt(...names.slice(0, 2), 'a.cyclegan.png')).rejects.toThrow(
      /nothing else to translate/,
    );
  });
});

it('a picture named like an output is translated if it is named alone', async () => {
  const path = join(cwd, 'a.cyclegan.png');
  writeFileSync(path, 'once');
  await simulate([path], terminal());
  await simulate([path, '-o', join(cwd, 'out/')], terminal());
  expect([...contents(cwd)]).toEqual([
    ['a.cyclegan.cyclegan.png', 'made'],
    ['a.cyclegan.png', 'once'],
    [join('out', 'a.cyclegan.png'), 'made'],
  ]);
});

it('inputs are known by other spellings of their names, too', async () => {
  const originals = await Originals.of([join(cwd, '\u00e9A.png'), join(cwd, 'sub/../b.png')]);
  const among = (name: string) => originals.include(join(cwd, name));
  expect(await Promise.all(['e\u0301a.PNG', 'B.png', 'sub/b.png'].map(among))).toEqual([
    true,
    true,
    false,
  ]);
});

describe('writing without replacing', () => {
  afterEach(() => void vi.restoreAllMocks());
  const noLinks = () =>
    vi
      .spyOn(fs, 'link')
      .mockRejectedValue(Object.assign(new Error('not permitted'), { code: 'EPERM' }));
  const write = (path: string) => writeFileAtomic(path, Buffer.from('new'), { replace: false });

  it.each([
    ['with hard links', () => undefined],
    ['without', noLinks],
  ])('refuses what exists, links that lead nowhere among them: %s', async (_, prepare) => {
    prepare();
    writeFileSync(join(cwd, 'there.png'), 'old');
    symlinkSync('nowhere', join(cwd, 'dangling.png'));
    const before = contents(cwd);
    for (const name of ['there.png', 'dangling.png']) {
      await expect(write(join(cwd, name))).rejects.toMatchObject({ code: 'ERR_FILE_EXISTS' });
    }
    expect(contents(cwd)).toEqual(before);
    await write(join(cwd, 'new.png'));
    expect(contents(cwd)).toEqual(new Map([...before, ['new.png', 'new']]));
  });

  it('refuses what comes to exist at the last moment, where there are no hard links', async () => {
    const path = join(cwd, 'new.png');
    const refused = Object.assign(new Error('not permitted'), { code: 'EPERM' });
    vi.spyOn(fs, 'link').mockRejectedValue(refused);
    const lstat = fs.lstat;
    vi.spyOn(fs, 'lstat').mockImplementation(async (...args) => {
      const found = await lstat(...args).catch((error: unknown) => error);
      writeFileSync(path, "somebody else's");
      throw found;
    });
    await expect(write(path)).rejects.toMatchObject({ code: 'ERR_FILE_EXISTS' });
    vi.restoreAllMocks();
    expect([...contents(cwd)]).toEqual([['new.png', "somebody else's"]]);
  });

  it('leaves nothing of its own behind when the rename fails', async () => {
    noLinks();
    vi.spyOn(fs, 'rename').mockRejectedValue(new Error('no space'));
    await expect(write(join(cwd, 'new.png'))).rejects.toMatchObject({ code: 'ERR_FILE' });
    expect(readdirSync(cwd)).toEqual([]);
  });
});

it('only what is left of these very outputs is removed', async () => {
  const pid = 999999999;
  const names = [
    `.out.png.${pid}.cyclegan-tmp`,
    `.out.png.${pid}-0123abcd.cyclegan-tmp`,
    `.index.html.${pid}-0123abcd.cyclegan-tmp`,
  ];
  const others = [`.my.png.${pid}.cyclegan-tmp`, `out.png.${pid}.cyclegan-tmp`, '.cyclegan-tmp'];
  for (const name of [...names, ...others]) writeFileSync(join(cwd, name), '');
  mkdirSync(join(cwd, `.out.png.1${pid}.cyclegan-tmp`));
  await removeStaleTemp([
    { input: { path: 'a.png', relative: 'a.png' }, output: join(cwd, 'out.png') },
  ]);
  expect(readdirSync(cwd).sort()).toEqual([...others, `.out.png.1${pid}.cyclegan-tmp`].sort());
});

describe('a gallery', () => {
  const begin = (replace: ReplaceGallery) => GalleryFile.begin(cwd, [], { replace, details: [] });
  const page = () => readFileSync(join(cwd, 'index.html'), 'utf8');

  it('replaces an earlier one, and no other page', async () => {
    writeFileSync(join(cwd, 'index.html'), 'mine');
    for (const replace of ['always', 'unchanged', 'never'] as const) {
      await expect(begin(replace)).rejects.toMatchObject({ code: 'ERR_FILE_EXISTS' });
    }
    expect([...contents(cwd)]).toEqual([['index.html', 'mine']]);
    writeFileSync(join(cwd, 'index.html'), EARLIER_GALLERY, 'latin1');
    await expect(begin('never')).rejects.toMatchObject({ code: 'ERR_FILE_EXISTS' });
    await (await begin('always')).end('anew');
    expect(page()).toContain('anew');
  });

  it.each<[string, (text: string) => string]>([
    ['a note', (text) => text.replace('</body>', '<p>my notes</p></body>')],
    ['a letter', (text) => text.replace('Translated', 'translated')],
    ['something behind it', (text) => `${text}<p>my notes</p>`],
    ['its end cut off', (text) => text.slice(0, -1)],
    ['no more of it than its end', (text) => text.slice(-74)],
  ])('that somebody has changed stays without --force: %s', async (_, change) => {
    await (await begin('never')).end('first');
    await (await begin('unchanged')).end('second');
    expect(page()).toContain('second');
    const changed = change(page());
    writeFileSync(join(cwd, 'index.html'), changed);
    await expect(begin('unchanged')).rejects.toThrow(/index\.html: exists.*--force replaces/);
    expect([...contents(cwd).keys()]).toEqual(['index.html']);
    expect(page()).toBe(changed);
  });

  it('does not replace one that was changed while it was made', async () => {
    await (await begin('never')).end('first');
    const gallery = await begin('unchanged');
    writeFileSync(join(cwd, 'index.html'), `${page()}<p>my notes</p>`);
    await expect(gallery.end('')).rejects.toMatchObject({ code: 'ERR_FILE_EXISTS' });
    expect(page()).toContain('my notes');
  });

  it('does not replace an earlier one that is named as an input', async () => {
    const path = join(cwd, 'index.html');
    writeFileSync(path, EARLIER_GALLERY, 'latin1');
    const args = [path, '--gallery', '--force'];
    await expect(simulate(args, terminal())).rejects.toThrow(/would replace an input/);
    expect([...contents(cwd)]).toEqual([['index.html', EARLIER_GALLERY]]);
  });

  it.skipIf(process.platform === 'win32')('says of what is no file what it is', async () => {
    const path = join(cwd, 'index.html');
    spawnSync('mkfifo', [path]);
    for (const replace of ['always', 'unchanged', 'never'] as const) {
      await expect(begin(replace)).rejects.toThrow(/index\.html: this is a pipe or a device/);
    }
    rmSync(path);
    const gallery = await begin('always');
    spawnSync('mkfifo', [path]);
    await expect(gallery.end('')).rejects.toMatchObject({ code: 'ERR_FILE_EXISTS' });
    await gallery.discard();
    rmSync(path);
    mkdirSync(path);
    await expect(begin('always')).rejects.toThrow(/index\.html: this is a folder/);
    expect(readdirSync(cwd)).toEqual(['index.html']);
  });

  it('does not replace a page that came while it was made', async () => {
    writeFileSync(join(cwd, 'index.html'), EARLIER_GALLERY, 'latin1');
    const gallery = await begin('always');
    writeFileSync(join(cwd, 'index.html'), 'mine');
    await expect(gallery.end('')).rejects.toMatchObject({ code: 'ERR_FILE_EXISTS' });
    expect(page()).toBe('mine');
  });
});

it.each([
  ['y\n', true],
  [' YES \n', true],
  ['\n', false],
  ['n\n', false],
  ['yesterday\n', false],
  ['', false],
])('the answer %j to a question', async (text, agreed) => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const answer = askYesNo('a\u001b.png exists. Replace it?', input, output);
  input.end(text);
  expect(await answer).toBe(agreed);
  expect(String(output.read())).toBe('a\\u{1b}.png exists. Replace it? [y/N] ');
});
