import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, promises, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readNames } from '../../src/cli/commands/translateNames.js';
import { type ManyPlan, planMany, planOne } from '../../src/cli/commands/translatePlan.js';
import { readTranslate, translateSpec } from '../../src/cli/requests/translate.js';
import { parseCommandLine } from '../../src/cli/usage.js';
import { temporaryFolder } from '../support/command.js';
import { quietTerminal } from '../support/quietTerminal.js';

const home = temporaryFolder();
let count = 0;
let cwd = '';

afterAll(home.remove);
afterEach(() => vi.restoreAllMocks());
beforeEach(() => {
  cwd = join(home.path, String(count++));
  mkdirSync(cwd);
});

const at = (name: string) => join(cwd, name);
const put = (...names: string[]) => {
  for (const name of names) {
    mkdirSync(join(at(name), '..'), { recursive: true });
    writeFileSync(at(name), '');
  }
};
/** A file or folder whose name are these bytes, a character each. */
const bytes = (name: string) =>
  Buffer.concat([Buffer.from(`${cwd}/`), Buffer.from(name, 'latin1')]);
async function plan(...args: string[]): Promise<ManyPlan> {
  const request = readTranslate(parseCommandLine(translateSpec, args));
  const names = await readNames(request);
  if (names.kind === 'many') return planMany(names, request, quietTerminal);
  throw await planOne(names, request, quietTerminal).then(
    () => new Error('One is planned.'),
    (error: unknown) => error,
  );
}
const inputsOf = ({ jobs }: ManyPlan) => jobs.map(({ input }) => input.relative);
const unusableOf = ({ unusable }: ManyPlan) =>
  unusable.map(({ name, kind, error }) => `${kind} ${name}: ${error.code}`);

/** Folders of that name cannot be looked into: to a test, root's rights are often in the way of having such. */
function forbid(name: string): void {
  const { readdir } = promises;
  const denied = Object.assign(new Error(`EACCES: permission denied, scandir`), { code: 'EACCES' });
  vi.spyOn(promises, 'readdir').mockImplementation(((path: string, options: object) =>
    path.replace(/\/$/, '').endsWith(`/${name}`)
      ? Promise.reject(denied)
      : readdir(path, options)) as typeof promises.readdir);
}

describe('a folder that cannot be looked into', () => {
  beforeEach(() => put('in/a.png', 'in/locked/b.png', 'in/sub/c.png', 'in/sub/locked/d.png'));

  it('is named, and the others are translated', async () => {
    forbid('locked');
    const found = await plan(at('in'), '-r', '-o', at('out'));
    expect(inputsOf(found)).toEqual(['a.png', 'sub/c.png']);
    expect(unusableOf(found)).toEqual([
      `folder ${at('in/locked')}: ERR_FILE`,
      `folder ${at('in/sub/locked')}: ERR_FILE`,
    ]);
    expect(found.unusable[0].error.message).toMatch(/^\S+in\/locked: cannot read it \(EACCES/);
  });

  it('is named where it holds all that there is', async () => {
    forbid('in');
    mkdirSync(at('around'));
    put('around/in/a.png');
    const found = await plan(at('around'), '-r');
    expect([inputsOf(found), unusableOf(found)]).toEqual([
      [],
      [`folder ${at('around/in')}: ERR_FILE`],
    ]);
  });

  it('ends the run where it was named itself, and is left alone without -r', async () => {
    forbid('in');
    await expect(plan(at('in'), '-r')).rejects.toThrow(/in: cannot read it \(EACCES/);
    vi.restoreAllMocks();
    forbid('locked');
    expect(unusableOf(await plan(at('in')))).toEqual([]);
  });

  it.each<[string, string[], string[]]>([
    ['in/*/*.png', ['sub/c.png'], ['in/locked']],
    ['in/s*/*.png', ['sub/c.png'], []],
    ['in/**/*.png', ['a.png', 'sub/c.png'], ['in/locked', 'in/sub/locked']],
    ['in/s*/**/*.png', ['sub/c.png'], ['in/sub/locked']],
    ['in/*/*/*.png', [], ['in/locked', 'in/sub/locked']],
  ])('counts for a pattern that reaches into it: %s', async (pattern, inputs, folders) => {
    forbid('locked');
    const found = await plan(at(pattern), '-o', at('out'));
    expect(inputsOf(found)).toEqual(inputs);
    expect(unusableOf(found)).toEqual(folders.map((name) => `folder ${at(name)}: ERR_FILE`));
  });
});

describe('an input that cannot be looked at', () => {
  it.each<[string, string[]]>([
    ['alone', ['locked/a.png']],
    ['with an output', ['locked/a.png', '-o', 'o.png']],
    ['one of several', ['b.png', 'locked/a.png', '-o', 'out']],
  ])('is not said to be missing: %s', async (_, words) => {
    put('b.png', 'locked/a.png');
    const { stat } = promises;
    const denied = Object.assign(new Error('EACCES: permission denied, stat'), { code: 'EACCES' });
    vi.spyOn(promises, 'stat').mockImplementation(((path: string, options: object) =>
      path.includes('locked/') ? Promise.reject(denied) : stat(path, options)) as typeof stat);
    const args = words.map((word) => (word.startsWith('-') ? word : at(word)));
    await expect(plan(...args)).rejects.toThrow(/locked\/a\.png: cannot read it \(EACCES/);
    vi.restoreAllMocks();
    await expect(plan(at('none.png'))).rejects.toThrow(/none\.png: no such file/);
    await expect(plan(at('b.png/c.png'))).rejects.toThrow(/c\.png: no such file/);
  });
});

describe.skipIf(process.platform !== 'linux')('a name that is not UTF-8', () => {
  it('is told of, whatever else has the name that it looks like', async () => {
    put('in/a\ufffd.png', 'in/b.png', 'in/\u00fc.png', 'in/deep\ufffd/e.png');
    for (const name of ['in/a\xff.png', 'in/a\xfe.png', 'in/\xfc.png', 'in/no\xff.txt']) {
      writeFileSync(bytes(name), '');
    }
    mkdirSync(bytes('in/deep\xff'));
    writeFileSync(bytes('in/deep\xff/c.png'), '');
    const found = await plan(at('in'), '-r', '-o', at('out'));
    expect(inputsOf(found).sort()).toEqual(
      ['a\ufffd.png', 'b.png', 'deep\ufffd/e.png', '\u00fc.png'].sort(),
    );
    expect(unusableOf(found).sort()).toEqual([
      `file ${at('in/\\xfc.png')}: ERR_FILE_NAME`,
      `file ${at('in/a\\xfe.png')}: ERR_FILE_NAME`,
      `file ${at('in/a\\xff.png')}: ERR_FILE_NAME`,
      `folder ${at('in/deep')}\\xff: ERR_FILE_NAME`,
    ]);
    expect(unusableOf(await plan(at('in'), '-o', at('out')))).toHaveLength(3);
    expect(unusableOf(await plan(at('in/a*.png'), '-o', at('out')))).toHaveLength(2);
    expect(found.unusable[0].error.message).toMatch(/in\/\S+\\x\S+: the name is not UTF-8.*ename/);
  });
});

describe('an output that would have too long a name', () => {
  const long = `${'n'.repeat(248)}.png`;

  it('is told of, beside its input too, and nothing is said to be there', async () => {
    put(`in/${long}`, 'in/a.png');
    const found = await plan(at('in'));
    expect(inputsOf(found)).toEqual(['a.png']);
    expect(unusableOf(found)).toEqual([`file ${at(`in/${long}`)}: ERR_FILE_NAME`]);
    expect(found.unusable[0].error.message).toMatch(
      /n\.cyclegan\.png: the name is too long: it has 261 bytes, and file systems take 255.*-o/,
    );
    for (const flag of ['--force', '--resume']) {
      expect(unusableOf(await plan(at('in'), flag))).toHaveLength(1);
    }
    expect(unusableOf(await plan(at('in'), '-o', at('out')))).toEqual([]);
  });

  it.each([[[]], [['--force']], [['--resume']], [['--no-clobber']]])(
    'is refused where it is the only one: %j',
    async (flags) => {
      put(long);
      const named = [at(long), '-o', at(`${'n'.repeat(252)}.png`)];
      for (const args of [[at(long)], named]) {
        await expect(plan(...args, ...flags)).rejects.toMatchObject({
          code: 'ERR_FILE_NAME',
          message: expect.stringMatching(/too long: it has 2\d\d bytes/),
        });
      }
      expect(readdirSync(cwd)).toEqual([long]);
    },
  );
});

describe('--resume', () => {
  it('takes nothing for an output but a file', async () => {
    put('in/a.png', 'in/b.png', 'in/c.png', 'out/a.png');
    mkdirSync(at('out/b.png'));
    if (process.platform === 'win32') mkdirSync(at('out/c.png'));
    else spawnSync('mkfifo', [at('out/c.png')]);
    const found = await plan(at('in'), '-o', at('out'), '--resume');
    expect(found.left.map(({ input }) => input.relative)).toEqual(['b.png', 'c.png']);
  });
});

describe('--alpha keep', () => {
  it.each([
    ['a.png', '-o', 'o.jpg'],
    ['a.png', 'o.JPEG'],
    ['a.png', '--format', 'jpg'],
    ['a.png', '-', '--format', 'jpg'],
    ['in', '-o', 'out', '--format', 'jpeg'],
    ['in', 'a.png', 'in/b.png', '--format', 'jpg'],
  ])('is refused where the output has none: %j', async (...words) => {
    put('in/b.png', 'a.png');
    const args = words.map((word) => (/^(in|[ao])\b/.test(word) ? at(word) : word));
    await expect(plan(...args, '--alpha', 'keep')).rejects.toMatchObject({
      code: 'ERR_USAGE',
      message: expect.stringMatching(/--alpha keep is for \.png/),
    });
    await plan(...args, '--alpha', 'drop').catch((error: Error) =>
      expect(error.message).toBe('One is planned.'),
    );
  });

  it('is heeded by what is called .png, whatever --format says of other names', async () => {
    put('a.png');
    await expect(
      plan(at('a.png'), '-o', at('o.png'), '--alpha', 'keep', '--format', 'jpg'),
    ).rejects.toThrow('One is planned.');
  });
});

describe('an output that cannot be looked at', () => {
  it('is not said to be there', async () => {
    put('in/a.png', 'in/b.png');
    const { lstat } = promises;
    const denied = Object.assign(new Error('EACCES: permission denied, lstat'), { code: 'EACCES' });
    vi.spyOn(promises, 'lstat').mockImplementation(((path: string, options: object) =>
      path.includes('b.cyclegan.png')
        ? Promise.reject(denied)
        : lstat(path, options)) as typeof promises.lstat);
    const found = await plan(at('in'));
    expect([inputsOf(found), unusableOf(found)]).toEqual([
      ['a.png'],
      [`file ${at('in/b.png')}: ERR_FILE`],
    ]);
    await expect(plan(at('in/b.png'))).rejects.toThrow(
      /b\.cyclegan\.png: cannot write it \(EACCES/,
    );
  });
});

describe('an output without an extension', () => {
  beforeEach(() => put('a.png'));
  const encodedAs = async (...args: string[]) => {
    const request = readTranslate(parseCommandLine(translateSpec, args));
    const names = await readNames(request);
    if (names.kind === 'many') throw new Error('Many are named.');
    return (await planOne(names, request, quietTerminal))?.encodedAs;
  };

  it('is a PNG, or what --format says, where it is a pipe', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    expect(await encodedAs(at('a.png'), '-o', at('pipe'))).toBe('picture.png');
    expect(await encodedAs(at('a.png'), '-o', at('pipe'), '--format', 'jpg')).toBe('picture.jpg');
    expect(await encodedAs(at('a.png'), '-o', '-', '--format', 'jpg')).toBe('picture.jpg');
  });

  it('is refused where it is none', async () => {
    await expect(encodedAs(at('a.png'), '-o', at('file'))).rejects.toThrow(/the extension decides/);
    put('file');
    await expect(encodedAs(at('a.png'), '-o', at('file'))).rejects.toThrow(/the extension decides/);
  });
});
