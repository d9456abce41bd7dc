import { describe, expect, it } from 'vitest';
import { bench } from '../../src/export/bench.js';
import { formatBench } from '../../src/export/formatBench.js';
import { ReLU } from '../../src/nn/relu.js';

const FIGURE = {
  ...{ inputShape: [1, 3, 8, 8], threads: 1, prepare: 1, first: 1, median: 1, least: 1, most: 1 },
  gflops: 50,
};

describe('what a bench prints', () => {
  it('has the layers that take longest first, with their shares of the peak', () => {
    const layers = [
      { name: 'short', op: 'relu', kernels: 1, milliseconds: 0.5, gflops: 0 },
      { name: 'long', op: 'conv2d', kernels: 3, milliseconds: 2, gflops: 25 },
    ];
    const peaks = [{ threads: 1, gflops: 100, gigabytesPerSecond: 10 }];
    const text = formatBench({ engine: ['webgpu'], peaks, figures: [{ ...FIGURE, layers }] });
    const rows = text.slice(text.indexOf('Layers of [1, 3, 8, 8]')).trim().split('\n').slice(3);
    expect(rows.map((row) => row.split(/ {2,}/))).toEqual([
      ['long', 'conv2d', '3', '2.000', '25', '0.25'],
      ['short', 'relu', '1', '0.500', '--', '--'],
    ]);
  });

  it('has none of engines that do not time their kernels', async () => {
    const options = { inputShapes: [[1, 3, 8, 8]], threads: [1], runs: 1, engine: 'js' } as const;
    const result = await bench(new ReLU(), options);
    expect(result.figures[0].layers).toEqual([]);
    expect(formatBench(result)).not.toContain('Layers of');
  });
});
