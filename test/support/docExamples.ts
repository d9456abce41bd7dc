import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Where a name that `file` exports is declared, through re-exports: the file and the offset of its declaration.
 * `null` when it is not there as a function or a class.
 */
export function findDeclaration(file: string, name: string): { file: string; at: number } | null {
  const text = readFileSync(file, 'utf8');
  const kinds = '(?:abstract class|class|async function\\*?|function\\*?)';
  const own = new RegExp(`^export ${kinds} ${name}\\b`, 'm').exec(text);
  if (own !== null) return { file, at: own.index };
  for (const [, list, path] of text.matchAll(/^export (\*|\{[^}]*\}) from '([^']+)'/gm)) {
    if (list !== '*' && !new RegExp(`[{,]\\s*${name}\\s*[,}]`).test(list)) continue;
    const found = findDeclaration(join(dirname(file), path.replace(/\.js$/, '.ts')), name);
    if (found !== null) return found;
  }
  return null;
}

/** The docstring right before `at`, without its asterisks; empty when there is none. */
export function docstringBefore(text: string, at: number): string {
  const before = text.slice(0, at);
  const begin = before.lastIndexOf('/**');
  if (begin < 0 || !/\*\/\s*$/.test(before)) return '';
  return before
    .slice(begin + 3)
    .replace(/\*\/\s*$/, '')
    .replace(/^[ \t]*\* ?/gm, '');
}

/** The examples of a docstring that are meant to run: blocks marked `ts`, but not those marked `ts no-run`. */
export function examplesOf(docstring: string): string[] {
  return [...docstring.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code);
}

/** The examples of what `entry` exports under a name. */
export function examplesFor(entry: string, name: string): string[] {
  const found = findDeclaration(entry, name);
  if (found === null) return [];
  return examplesOf(docstringBefore(readFileSync(found.file, 'utf8'), found.at));
}

/** `expression; // value`, and `await expression; // throws ERR_CODE`. */
const EXPECTATION = /^(\s*)(?!(?:const|let|return|for|if|\})\b)(\S.*);\s*\/\/ (.+)$/gm;

/** The example's code, with each line that says what an expression is turned into a call of `check`. */
export function withChecks(code: string): { code: string; checks: number } {
  let checks = 0;
  const checked = code.replace(
    EXPECTATION,
    (_, indent: string, expression: string, says: string) => {
      checks++;
      return `${indent}await check(async () => (${expression}), ${JSON.stringify(says.trim())});`;
    },
  );
  return { code: checked, checks };
}

const NUMBER = /-?\d+(?:\.\d+)?(?:e[-+]?\d+)?/g;

/**
 * Whether a value, as Node prints it, is what a comment says of it. Numbers need to agree to as many digits as the comment
 * gives, so that `0.7311` may stand for a float32.
 */
export function saysTheSame(printed: string, comment: string): boolean {
  const numbers = printed.match(NUMBER) ?? [];
  const said = comment.match(NUMBER) ?? [];
  return (
    printed.replace(NUMBER, '#') === comment.replace(NUMBER, '#') &&
    said.every((text, i) => Math.abs(Number(numbers[i]) - Number(text)) <= halfOfLastDigit(text))
  );
}

/** Nothing for whole numbers: these are meant exactly. */
function halfOfLastDigit(text: string): number {
  const decimals = /\.(\d+)/.exec(text)?.[1].length ?? 0;
  return decimals === 0 ? 0 : 0.5 * 10 ** -decimals;
}
