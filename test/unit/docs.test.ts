// What Markdown says of the repository is so: links lead somewhere, files that are named exist.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
/** What a recipe adds, what a user has, and what is built. */
const EXAMPLES = /webgpu|udacity|cycleGenerator|model\.|checkpoint|horse|^dist\//;
const FOLDERS = ['src', 'test', 'bench', 'scripts', 'docs', 'weights', 'deploy'];

const PAGES = ['.', 'docs', 'bench', 'weights'].flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name)),
);
const FILES = FOLDERS.flatMap((folder) => [
  `/${folder}`,
  ...readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map(
    (name) => `/${folder}/${name}`,
  ),
]);

function textOf(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8');
}

/** What GitHub calls the headings of a page. */
function anchorsOf(text: string): string[] {
  const headings = text.replace(/^```.*?^```$/gms, '').matchAll(/^#+ (.+)$/gm);
  return [...headings].map(([, heading]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function leadsSomewhere(page: string, link: string): boolean {
  const [path, anchor] = link.split('#');
  const file = path === '' ? page : join(dirname(page), path);
  if (!existsSync(join(ROOT, file))) return false;
  return anchor === undefined || anchorsOf(textOf(file)).includes(anchor);
}

describe.each(PAGES)('%s', (page) => {
  const text = textOf(page);

  it('has links that lead somewhere', () => {
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link);
    const local = links.filter((link) => !/^\w+:/.test(link));
    expect(local.filter((link) => !leadsSomewhere(page, link))).toEqual([]);
  });

  // The changelog tells of what is gone, too.
  it.skipIf(page === 'CHANGELOG.md')('names files and folders that exist', () => {
    const code = [...text.matchAll(/`([\w./-]+)`/g)].map(([, name]) => name);
    const names = code.filter(
      (name) => FOLDERS.includes(name.split('/')[0]) || /\/$|\.(ts|mjs|py)$/.test(name),
    );
    const gone = names.filter(
      (name) =>
        !EXAMPLES.test(name) && !FILES.some((file) => file.endsWith(`/${name.replace(/\/$/, '')}`)),
    );
    expect(gone).toEqual([]);
  });
});

it('a link to nowhere is noticed', () => {
  expect(leadsSomewhere('README.md', 'docs/none.md')).toBe(false);
  expect(leadsSomewhere('README.md', 'docs/library.md#none')).toBe(false);
  expect(leadsSomewhere('docs/speed.md', 'how-it-works.md#one-gemm-micro-kernel')).toBe(true);
});
