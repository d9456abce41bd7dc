import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { formatReport } from '../../src/cli/commands/inspect.js';
import { createTerminal, printableJson } from '../../src/cli/terminal.js';
import type { WeightReport } from '../../src/generator/inspectWeights.js';

const REPORT: WeightReport = {
  container: 'zip',
  writer: 'torch 2.1 or later',
  bytes: 1,
  key: '',
  numbers: 0,
  tensors: [],
  extras: {},
  unreadable: [],
  passedOver: [],
  generator: null,
  diagnosis: 'none',
};

describe('the report of a weight file', () => {
  it('is not wider everywhere for one name, shape or text that is long', () => {
    const long = 'x'.repeat(100_000);
    const short = Array.from({ length: 1000 }, (_, i) => ({
      key: `k${i}`,
      dtype: 'float32' as const,
      shape: [1],
      mean: 0,
      deviation: null,
    }));
    const text = formatReport('a.pth', {
      ...REPORT,
      tensors: [...short, { ...short[0], key: long, shape: new Array(10_000).fill(1) }],
      extras: { [long]: long, epoch: 3 },
    });
    expect(text.length).toBeLessThan(400 * 1100);
    expect(text).toMatch(/^epoch +3$/m);
    expect(text).toMatch(/^x{100}… +x{100}…$/m);
    expect(text).toMatch(/^k0 +float32 +\[1\] +0\.000 ± –$/m);
  });

  it('has as many lines as there are things to tell', () => {
    const extras = Object.fromEntries(Array.from({ length: 200_000 }, (_, i) => [`e${i}`, i]));
    expect(formatReport('a.pth', { ...REPORT, extras }).split('\n')).toHaveLength(200_005);
  });
});

describe('JSON for a terminal', () => {
  it('holds what it should, and no character that could steer one', () => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(
        fc.dictionary(text, fc.oneof(text, fc.array(text))),
        fc.nat(2),
        (value, indent) => {
          const json = printableJson(value, indent);
          expect(json).not.toMatch(/[^\P{C}\n]/u);
          expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(value)));
        },
      ),
    );
    const steering = '\u001b[2J\u009b2J\u007f\u202e\ud800\u{e0001}';
    expect(JSON.parse(printableJson({ [steering]: steering }))).toEqual({ [steering]: steering });
    expect(printableJson(steering)).toMatch(/^[\x20-\x7e]+$/);
  });
});

describe('the line of progress', () => {
  const [isTTY, columns] = ['isTTY', 'columns'].map((name) =>
    Object.getOwnPropertyDescriptor(process.stderr, name),
  );
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    for (const [name, was] of [
      ['isTTY', isTTY],
      ['columns', columns],
    ] as const) {
      if (was === undefined) Reflect.deleteProperty(process.stderr, name);
      else Object.defineProperty(process.stderr, name, was);
    }
  });

  /** What is written to standard error by a terminal that is asked to show a line and then to say another. */
  function written(quiet: boolean, settings: { isTTY?: boolean; columns?: number }): string {
    for (const [name, value] of Object.entries(settings)) {
      Object.defineProperty(process.stderr, name, { value, configurable: true });
    }
    const texts: string[] = [];
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      texts.push(String(text));
      return true;
    });
    const terminal = createTerminal({ quiet });
    terminal.progress('x'.repeat(100));
    terminal.say('done');
    expect(terminal.isLive).toBe(texts.length > 1);
    return texts.join('');
  }
  const CLEAR = '\r\u001b[K';

  it.each([
    [20, 19],
    [100, 99],
    [0, 79],
  ])('leaves the last of %i columns free, and goes when there is another', (count, length) => {
    vi.stubEnv('TERM', 'xterm');
    const text = written(false, { isTTY: true, columns: count });
    expect(text).toBe(`${CLEAR}${'x'.repeat(length)}${CLEAR}done\n`);
  });

  it('is shown where somebody watches and can see it', () => {
    vi.stubEnv('TERM', 'xterm');
    expect(written(false, { isTTY: false })).toBe('done\n');
    expect(written(true, { isTTY: true })).toBe('');
    vi.stubEnv('TERM', 'dumb');
    expect(written(false, { isTTY: true })).toBe('done\n');
  });
});
