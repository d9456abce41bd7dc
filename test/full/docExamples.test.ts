// Every public function has a docstring with an example, which runs and comes to what it says:
//
//     relu(new Tensor(Float32Array.of(-1, 2), [2])).data; // [0, 2]
//
// Public names are there without an import. `expression; // value` compares what Node prints with the comment, numbers to
// as many digits as the comment has; `// throws ERR_SHAPE` is an error's code. Files are written in a folder of their own, in which
// `horse.png` and `horse2zebra.pth` lie. A block that is marked `ts no-run` shows what needs a page or a network.
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { transformSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as image from '../../src/image/index.js';
import * as library from '../../src/index.js';
import * as nn from '../../src/nn/index.js';
import * as pth from '../../src/pth/index.js';
import {
  docstringBefore,
  examplesFor,
  examplesOf,
  findDeclaration,
  saysTheSame,
  withChecks,
} from '../support/docExamples.js';

/** Public functions without an example that runs, and why. */
const WITHOUT: ReadonlyMap<string, string> = new Map([
  ['hasGpu', 'comes to something else on each machine'],
  ['measurePeak', 'takes a second, and comes to something else on each machine'],
  ['trainCycleGan', 'takes folders of pictures, and hours'],
]);

const ROOT = join(import.meta.dirname, '../..');
const ENTRY = join(ROOT, 'src/index.ts');
const PUBLIC = Object.entries(library).filter(([, value]) => typeof value === 'function');
/** Errors are caught by programs and made by none. */
const FUNCTIONS = PUBLIC.filter(([, value]) => !isError(value)).map(([name]) => name);

function isError(value: unknown): boolean {
  return typeof value === 'function' && value.prototype instanceof Error;
}

/** As Node prints a value, in one line, typed arrays as arrays. */
function printed(value: unknown): string {
  return inspect(value, { breakLength: Number.POSITIVE_INFINITY, compact: true, depth: 8 })
    .replace(/\b\w+Array\(\d+\) \[/g, '[')
    .replaceAll('[Object: null prototype] ', '')
    .replaceAll('[ ', '[')
    .replaceAll(' ]', ']');
}

async function outcome(action: () => unknown): Promise<string> {
  try {
    return printed(await action());
  } catch (error) {
    if (error instanceof library.CycleganError) return `throws ${error.code}`;
    throw error;
  }
}

/** @throws when a comment is wrong, or a line that says something was not reached. */
async function runExample(example: string): Promise<void> {
  const { code, checks } = withChecks(example);
  let checked = 0;
  const check = async (action: () => unknown, comment: string) => {
    const value = await outcome(action);
    checked++;
    if (!saysTheSame(value, comment)) expect(value).toBe(comment);
  };
  const { code: body } = transformSync(`async function example() {\n${code}\n}`, { loader: 'ts' });
  const names = Object.keys(library);
  const run = new Function('check', ...names, `${body}; return example();`);
  await run(check, ...Object.values(library));
  expect(checked).toBe(checks);
  expect(checks).toBeGreaterThan(0);
}

describe('public functions', () => {
  const start = process.cwd();
  const folder = mkdtempSync(join(tmpdir(), 'cyclegan-examples-'));

  beforeAll(() => {
    copyFileSync(join(ROOT, 'weights/sample.png'), join(folder, 'horse.png'));
    copyFileSync(join(ROOT, 'weights/horse2zebra-mini.pth'), join(folder, 'horse2zebra.pth'));
    process.chdir(folder);
  });
  afterAll(() => {
    process.chdir(start);
    rmSync(folder, { recursive: true, force: true });
  });

  it('of all entries are those of the first', () => {
    const rooms = [image, nn, pth].flatMap((entry) => Object.keys(entry));
    expect(rooms.filter((name) => !(name in library))).toEqual([]);
  });

  it('are declared in the sources', () => {
    const lost = PUBLIC.map(([name]) => name).filter(
      (name) => findDeclaration(ENTRY, name) === null,
    );
    expect(lost).toEqual([]);
  });

  it('have an example each, but for those that cannot', () => {
    const without = FUNCTIONS.filter((name) => examplesFor(ENTRY, name).length === 0);
    expect(without.sort()).toEqual([...WITHOUT.keys()].sort());
  });

  for (const [name] of PUBLIC) {
    for (const [i, example] of examplesFor(ENTRY, name).entries()) {
      it(`${name}: example ${i + 1} comes to what it says`, () => runExample(example));
    }
  }
});

it("docs/library.md's example of gradients comes to what it says", async () => {
  const page = readFileSync(join(ROOT, 'docs/library.md'), 'utf8');
  const [, section = ''] = page.split('\n## Gradients\n');
  const [example = ''] = examplesOf(section.split('\n## ')[0]);
  await runExample(example);
});

describe('a docstring', () => {
  it('has to stand right before what it is of', () => {
    const text = '/**\n * One.\n *\n * ```ts\n * f(); // 1\n * ```\n */\nexport function f() {}';
    expect(examplesOf(docstringBefore(text, text.indexOf('export')))).toEqual(['f(); // 1\n']);
    const other = `${text}\nexport function g() {}`;
    expect(docstringBefore(other, other.indexOf('export function g'))).toBe('');
  });

  it('has blocks that do not run', () => {
    expect(examplesOf('```ts no-run\nawait f();\n```\n')).toEqual([]);
  });
});

describe('an example', () => {
  it('fails when a value is another one', async () => {
    await expect(
      runExample('add(Tensor.zeros([1]), Tensor.zeros([1])).size; // 2'),
    ).rejects.toThrow("'1' to be '2'");
  });

  it('fails when it does not throw, or throws something else', async () => {
    await expect(runExample('Tensor.zeros([1]).size; // throws ERR_SHAPE')).rejects.toThrow();
    await expect(runExample('Tensor.zeros([-1]); // throws ERR_RANGE')).rejects.toThrow();
    await expect(runExample('nothing(); // throws ERR_SHAPE')).rejects.toThrow('nothing');
  });

  it('fails when it says nothing, or does not get to where it says something', async () => {
    await expect(runExample('Tensor.zeros([1]);')).rejects.toThrow();
    await expect(runExample('if (false) {\n  Tensor.zeros([1]).size; // 1\n}')).rejects.toThrow();
  });

  it('says numbers to the digits that it gives', () => {
    expect(saysTheSame('[0.7310585975646973, 2]', '[0.731, 2]')).toBe(true);
    expect(saysTheSame('[0.7310585975646973, 2]', '[0.732, 2]')).toBe(false);
    expect(saysTheSame('[0.5, 2]', '[0.5]')).toBe(false);
    expect(saysTheSame('2.4', '2')).toBe(false);
  });
});
