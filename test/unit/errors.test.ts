import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { AbortError } from '../../src/errors.js';
import { throwIfAborted } from '../../src/platform/abortion.js';

const SRC = join(import.meta.dirname, '../../src');

/** Every class of errors, with the line that follows its head. */
const classes = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .flatMap((file) => [
    ...readFileSync(join(SRC, file), 'utf8').matchAll(
      /class (?<name>\w+) extends (?<base>\w*Error) \{\n?(?<first>.*)/g,
    ),
  ])
  .map(({ groups }) => groups as { name: string; base: string; first: string });

describe('errors', () => {
  const public_ = classes.filter(({ base }) => base !== 'Error');

  it('are found', () => {
    expect(public_.length).toBeGreaterThan(10);
  });

  it.each(public_)('$name writes its name out, or has that of a class that does', (one) => {
    const from = one.base === 'CycleganError' ? one : public_.find(({ name }) => name === one.base);
    expect(from?.first.trim()).toBe(`override readonly name = '${from?.name}';`);
    expect(from?.base).toBe('CycleganError');
  });

  it('keep name, code and class when a bundler renames classes', async () => {
    const { outputFiles } = buildSync({
      stdin: {
        contents: `import { CycleganError, ShapeError } from './errors.ts';
          const error = new ShapeError('no');
          export default [error.name, error.code, error instanceof CycleganError, ShapeError.name];`,
        resolveDir: SRC,
        loader: 'ts',
      },
      bundle: true,
      minify: true,
      format: 'esm',
      write: false,
    });
    const module = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
    const [name, code, isBase, className] = module.default;
    expect([name, code, isBase]).toEqual(['ShapeError', 'ERR_SHAPE', true]);
    // Otherwise this proves nothing.
    expect(className).not.toBe('ShapeError');
  });

  it('of a signal are its reason, or AbortError where it has none', () => {
    const reason = { why: 'stopped' };
    const signal = { addEventListener: () => undefined, removeEventListener: () => undefined };
    expect(() => throwIfAborted({ ...signal, aborted: false })).not.toThrow();
    expect(() => throwIfAborted({ ...signal, aborted: true })).toThrow(AbortError);
    try {
      throwIfAborted(AbortSignal.abort(reason));
      expect.unreachable();
    } catch (error) {
      expect(error).toBe(reason);
    }
  });
});
