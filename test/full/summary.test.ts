import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleCommand } from '../../scripts/bundleCommand.mjs';
import { formatSummary } from '../../src/export/formatSummary.js';
import { profile } from '../../src/export/profile.js';
import { type Summary, type SummaryRow, summarize } from '../../src/export/summary.js';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import type { GraphBuilder, Value } from '../../src/graph/builder.js';
import { BatchNorm2d } from '../../src/nn/batchNorm2d.js';
import { Conv2d } from '../../src/nn/conv2d.js';
import { Module } from '../../src/nn/module.js';
import { Sequential } from '../../src/nn/sequential.js';
import type { Operator } from '../../src/tensor/operator.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { runCommand, temporaryFolder } from '../support/command.js';
import { goldenPath } from '../support/golden.js';

const netG = new ResNetGenerator();

/** Products of one output value times output values, layer by layer; transposed convolutions by their input. */
function byFormula([height, width]: readonly [number, number]): number {
  const half = [Math.ceil(height / 2), Math.ceil(width / 2)];
  const quarter = [Math.ceil(half[0] / 2), Math.ceil(half[1] / 2)];
  const small = quarter[0] * quarter[1];
  return (
    height * width * 64 * (3 * 7 * 7) +
    half[0] * half[1] * 128 * (64 * 3 * 3) +
    small * 256 * (128 * 3 * 3) +
    18 * small * 256 * (256 * 3 * 3) +
    small * 256 * (128 * 3 * 3) +
    4 * small * 128 * (64 * 3 * 3) +
    16 * small * 3 * (64 * 7 * 7)
  );
}

function row(summary: Summary, name: string): SummaryRow {
  const found = summary.rows.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no row ${name}`);
  return found;
}

const giga = (value: number, digits = 2) => (value / 1e9).toFixed(digits);

describe('the default generator', () => {
  const summary = summarize(netG, [1, 3, 256, 314]);
  const square = summarize(netG, [1, 3, 256, 256]);

  it('has the parameters and multiply-adds of its layers', () => {
    expect(summary.totals.parameters).toBe(11_378_179);
    expect(summary.totals.trainableParameters).toBe(11_378_179);
    expect(summary.totals.multiplyAdds).toBe(byFormula([256, 314]));
    expect(giga(summary.totals.multiplyAdds)).toBe('61.15');
    expect(square.totals.multiplyAdds).toBe(byFormula([256, 256]));
    expect(giga(square.totals.multiplyAdds)).toBe('49.55');
    expect(summarize(netG, [2, 3, 256, 256]).totals.multiplyAdds).toBe(2 * byFormula([256, 256]));
  });

  it('is also counted as torchinfo does', () => {
    const places = 256 * 256;
    expect(square.totals.torchinfoMultiplyAdds).toBe(
      9_472 * places +
        73_856 * (places / 4) +
        295_168 * (places / 16) +
        18 * 590_080 * (places / 16) +
        295_040 * (places / 4) +
        73_792 * places +
        9_411 * places,
    );
    expect(giga(square.totals.torchinfoMultiplyAdds, 1)).toBe('56.8');
    const norms = new Sequential(new Conv2d(3, 4, 3, { bias: false }), new BatchNorm2d(4)).eval();
    expect(summarize(norms, [2, 3, 8, 8]).totals.torchinfoMultiplyAdds).toBe(
      3 * 4 * 9 * 2 * 36 + 2 * 8,
    );
  });

  it('is listed module by module, in order, as deep as it lies', () => {
    const names = ['', 'model'];
    for (let i = 0; i <= 27; i++) {
      names.push(`model.${i}`);
      if (i < 10 || i > 18) continue;
      names.push(`model.${i}.conv_block`);
      for (let j = 0; j <= 6; j++) names.push(`model.${i}.conv_block.${j}`);
    }
    expect(summary.rows.map(({ name }) => name)).toEqual(names);
    expect(summary.rows.slice(0, 3)).toMatchObject([
      { name: '', type: 'ResNetGenerator', depth: 0 },
      { name: 'model', type: 'Sequential', depth: 1 },
      { name: 'model.0', type: 'ReflectionPad2d', depth: 2 },
    ]);
    expect(row(summary, 'model.18.conv_block.6')).toMatchObject({
      type: 'InstanceNorm2d',
      depth: 4,
    });
  });

  it.each([
    ['', [1, 3, 256, 314], [1, 3, 256, 316], null],
    ['model.0', [1, 3, 256, 314], [1, 3, 262, 320], null],
    ['model.1', [1, 3, 262, 320], [1, 64, 256, 314], [7, 7]],
    ['model.4', [1, 64, 256, 314], [1, 128, 128, 157], [3, 3]],
    ['model.7', [1, 128, 128, 157], [1, 256, 64, 79], [3, 3]],
    ['model.10', [1, 256, 64, 79], [1, 256, 64, 79], null],
    ['model.10.conv_block', [1, 256, 64, 79], [1, 256, 64, 79], null],
    ['model.10.conv_block.4', [1, 256, 64, 79], [1, 256, 66, 81], null],
    ['model.18.conv_block.5', [1, 256, 66, 81], [1, 256, 64, 79], [3, 3]],
    ['model.19', [1, 256, 64, 79], [1, 128, 128, 158], [3, 3]],
    ['model.22', [1, 128, 128, 158], [1, 64, 256, 316], [3, 3]],
    ['model.26', [1, 64, 262, 322], [1, 3, 256, 316], [7, 7]],
    ['model.27', [1, 3, 256, 316], [1, 3, 256, 316], null],
  ])('has the shapes that PyTorch gives "%s"', (name, inputShape, outputShape, kernel) => {
    expect(row(summary, name)).toMatchObject({ inputShape, outputShape, kernel });
  });

  it('adds up what lies within a module, and its own sum', () => {
    const block = row(summary, 'model.10');
    const plane = 256 * 64 * 79 * 4;
    const padded = 256 * 66 * 81 * 4;
    expect(block.own).toEqual({ parameters: 0, multiplyAdds: 0, activationBytes: plane });
    expect(block.total).toEqual({
      parameters: 2 * (256 * 256 * 9 + 256),
      multiplyAdds: 2 * 64 * 79 * 256 * 256 * 9,
      activationBytes: 2 * padded + 6 * plane,
    });
    const { inputBytes, parameterBytes, activationBytes, estimatedBytes } = summary.totals;
    expect(inputBytes).toBe(3 * 256 * 314 * 4);
    expect(parameterBytes).toBe(11_378_179 * 4);
    expect(estimatedBytes).toBe(inputBytes + parameterBytes + activationBytes);
  });

  it('is plain data', () => {
    expect(JSON.parse(JSON.stringify(summary))).toEqual(summary);
  });
});

describe('modules that make no node, or more than one', () => {
  it('lists a dropout with the shape of what it lets pass', () => {
    const dropping = new ResNetGenerator(3, 3, 4, 1, { dropout: true }).eval();
    expect(row(summarize(dropping, [1, 3, 20, 24]), 'model.10.conv_block.4')).toMatchObject({
      type: 'Dropout',
      inputShape: [1, 16, 5, 6],
      outputShape: [1, 16, 5, 6],
      total: { parameters: 0, multiplyAdds: 0, activationBytes: 0 },
    });
  });

  it('lists a shared module once, with all its calls, and one that is not called without shapes', () => {
    class Twice extends Module {
      readonly conv = this.registerModule('first', new Conv2d(2, 2, 1, { bias: false }));
      readonly again = this.registerModule('second', this.conv);
      readonly unused = this.registerModule('unused', new Conv2d(2, 5, 3));
      override trace(g: GraphBuilder, x: Value): Value {
        return g.call(this.again, g.call(this.conv, x));
      }
    }
    const { rows, totals } = summarize(new Twice(), [1, 2, 4, 5]);
    expect(rows.map(({ name }) => name)).toEqual(['', 'first', 'unused']);
    expect(rows[1]).toMatchObject({ total: { parameters: 4, multiplyAdds: 2 * 4 * 20 } });
    expect(rows[2]).toMatchObject({ inputShape: null, outputShape: null, kernel: [3, 3] });
    expect(totals).toMatchObject({
      parameters: 4 + 95,
      multiplyAdds: 160,
      torchinfoMultiplyAdds: 160,
    });
  });

  it('refuses an input that a layer does not take', () => {
    expect(() => summarize(netG, [1, 4, 64, 64])).toThrow(/to have 3 channels/);
  });
});

describe('the table', () => {
  const summary = summarize(netG, [1, 3, 256, 256]);
  const number = (cell = '') => (cell === '--' ? 0 : Number(cell.replaceAll(',', '')));

  it('draws the tree, the totals and the footnote', () => {
    const text = formatSummary(summary);
    expect(text).toMatch(/^ResNetGenerator +\[1, 3, 256, 256\] +\[1, 3, 256, 256\] +--/m);
    expect(text).toMatch(/^├─Sequential \(model\): 1-1 /m);
    expect(text).toMatch(
      /^│ {4}└─Conv2d \(1\): 2-2 +\[1, 3, 262, 262\] +\[1, 64, 256, 256\] +\[7, 7\] +9,472 +616,562,688 +16\.78$/m,
    );
    expect(text).toMatch(/^│ {4}│ {4}│ {4}└─Conv2d \(5\): 4-62 /m);
    expect(text).toContain('\nTotal params: 11,378,179\n');
    expect(text).toContain('\nTotal mult-adds (G): 49.55\n');
    expect(text).toContain('\nParams size (MB): 45.51\n');
    expect(text).toMatch(/torchinfo .*\n.* 56\.8\d G\.$/);
    expect(text).not.toContain('GFLOP');
  });

  it.each([0, 1, 2, 3, 4])('gives every cost once down to depth %i', (depth) => {
    const text = formatSummary(summary, { depth });
    const inTree = text.split('\n').filter((line) => /^(ResNet|[├│])/.test(line));
    expect(inTree).toHaveLength(summary.rows.filter((r) => r.depth <= depth).length);
    const sums = [0, 0];
    for (const line of inTree) {
      const cells = line.split(/ {2,}/);
      sums[0] += number(cells.at(-3));
      sums[1] += number(cells.at(-2));
    }
    expect(sums).toEqual([11_378_179, byFormula([256, 256])]);
  });
});

describe('profiling', () => {
  /** Takes its time, and says that it did a million multiply-adds. */
  class Slow extends Module {
    runs = 0;
    readonly milliseconds: number;
    #operator: Operator<object> | undefined;
    constructor(milliseconds: number) {
      super();
      this.milliseconds = milliseconds;
    }
    override trace(g: GraphBuilder, x: Value): Value {
      const operator: Operator<object> = {
        operands: ['input'],
        op: 'slow',
        outputShape: ([shape]) => [...shape],
        run: ([input]) => {
          this.runs++;
          const end = performance.now() + this.milliseconds;
          while (performance.now() < end);
          return input.clone();
        },
        multiplyAdds: () => 1e6,
      };
      return g.apply((this.#operator ??= operator), [x], {});
    }
  }

  it('gives each layer the time that it took, in real runs', async () => {
    const slow = new Slow(20);
    const network = new Sequential(new Conv2d(1, 1, 1), slow, new Slow(5));
    const summary = await profile(network, Tensor.zeros([1, 1, 2, 2]), { engine: 'js', runs: 3 });
    expect(slow.runs).toBe(4);
    expect(summary.measured).toEqual({ engine: 'js', runs: 3 });
    const [whole, , first, second] = summary.rows.map(({ total }) => total.milliseconds ?? -1);
    expect(first).toBeGreaterThanOrEqual(20);
    expect(second).toBeGreaterThanOrEqual(5);
    expect(second).toBeLessThan(first);
    expect(whole).toBeGreaterThanOrEqual(first + second);
    expect(summary.totals.milliseconds).toBeGreaterThanOrEqual(25);
    expect(row(summary, '1').own.gflops).toBeCloseTo(2e6 / (first / 1e3) / 1e9, 9);
    expect(summary.rows.map(({ own }) => own)).toMatchObject([{ gflops: null }, {}, {}, {}]);
    expect(formatSummary(summary)).toMatch(
      /Time \(ms\) +GFLOP\/s\n[\s\S]*engine js, median of 3 runs/,
    );
  });

  it('has the time of fused layers with the convolution', async () => {
    const small = new ResNetGenerator(3, 3, 4, 1).eval();
    const summary = await profile(small, Tensor.zeros([2, 3, 32, 32]), { runs: 2 });
    expect(summary.inputShape).toEqual([2, 3, 32, 32]);
    expect(row(summary, 'model.4').own.milliseconds).toBeGreaterThan(0);
    expect(row(summary, 'model.4').own.gflops).toBeGreaterThan(0);
    expect(JSON.parse(JSON.stringify(summary))).toEqual(summary);
  });

  it('refuses a number of runs that is none', async () => {
    await expect(profile(netG, Tensor.zeros([1, 3, 8, 8]), { runs: 0 })).rejects.toThrow(/runs/);
  });
});

describe('cyclegan summary', () => {
  const home = temporaryFolder();
  const command = join(home.path, 'cyclegan.mjs');
  const run = (...args: string[]) => runCommand(command, ['summary', ...args], home.path);
  const weights = goldenPath('tiny_zip.pth');

  beforeAll(() => bundleCommand(command));
  afterAll(home.remove);

  it('prints the default generator', async () => {
    const { code, stdout, stderr } = await run();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^ResNetGenerator +\[1, 3, 256, 314\] +\[1, 3, 256, 316\]/m);
    expect(stdout).toContain('Total params: 11,378,179');
    expect(stdout).toContain('Total mult-adds (G): 61.15');
  });

  it('prints the generator of a file, down to a depth', async () => {
    const { code, stdout } = await run(weights, '--input', '1,3,32,40', '--depth', '1');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^├─Sequential \(model\): 1-1 +\[1, 3, 32, 40\]/m);
    expect(stdout).not.toContain('Conv2d');
  });

  it('prints JSON', async () => {
    const { stdout } = await run(weights, '--json', '--input', '1,3,32,40');
    const report = JSON.parse(stdout);
    const expected = summarize(new ResNetGenerator(3, 3, 4, 2), [1, 3, 32, 40]);
    expect(report).toEqual({
      file: weights,
      generator: expect.objectContaining({ ngf: 4, nBlocks: 2 }),
      ...JSON.parse(JSON.stringify(expected)),
    });
  });

  it('measures', async () => {
    const { code, stdout } = await run(weights, '--profile', '--json', '--input', '1,3,32,40');
    expect(code).toBe(0);
    const { measured, totals } = JSON.parse(stdout);
    expect(measured.runs).toBe(5);
    expect(totals.milliseconds).toBeGreaterThan(0);
  });

  it.each([
    [['--input', '3x256x256'], /--input takes batch, channels.*"3x256x256"/],
    [['--input', '1,3,0,256'], /--input takes/],
    [['--input', '1,4,256,256'], /are 4, but the generator takes 3/],
    [['--depth', 'all'], /--depth takes.*"all"/],
    [['a.pth', 'b.pth'], /One file/],
  ])('%s is bad usage', async (args, text) => {
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(text);
  });

  it.each([
    [['none.pth'], /none\.pth: no such file/],
    [['--input', '1,3,2,2'], /padding/],
  ])('%s is bad input', async (args, text) => {
    const { code, stderr } = await run(...args);
    expect(code).toBe(1);
    expect(stderr).toMatch(text);
  });
});
