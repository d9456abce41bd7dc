import { ERROR_CODES } from '../errorCodes.js';

/** Every error code in Markdown: it is `docs/errors.md`. */
export function errorReference(): string {
  return `${[
    '# Error codes',
    '',
    'Made by `npm run docs` from `src/errorCodes.ts`.',
    '',
    'Every error that a user’s input can cause is a `CycleganError` with a `code`, one of these. Codes are stable; messages, which',
    'say what was wrong, where, and what to do, are for people and may change. In TypeScript, `ErrorCode` is the union of them. The',
    'command prints messages, and codes with `--json`.',
    '',
    '| code | class | means |',
    '| --- | --- | --- |',
    ...Object.entries(ERROR_CODES).map(
      ([code, { thrownAs, means }]) => `| \`${code}\` | \`${thrownAs}\` | ${means} |`,
    ),
  ].join('\n')}\n`;
}
