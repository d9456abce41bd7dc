import { expect, it, vi } from 'vitest';
import { compile } from '../../src/nn/compile.js';
import { Conv2d } from '../../src/nn/conv2d.js';
import { InstanceNorm2d } from '../../src/nn/instanceNorm2d.js';
import { manualSeed } from '../../src/nn/random.js';
import { Sequential } from '../../src/nn/sequential.js';
import { secondCache } from '../../src/platform/cores.js';
import { Tensor } from '../../src/tensor/tensor.js';

vi.mock(import('../../src/platform/cores.js'), async (original) => ({
  ...(await original()),
  secondCache: vi.fn(),
}));

const KB = 1024;

/** More channels than kernels are kept of, so that they are made by groups; and more rows of tiles than one band has. */
const [channels, height, width] = [136, 130, 84];

it('results do not depend on the size of the cache', async () => {
  manualSeed(3);
  const net = new Sequential(
    new Conv2d(channels, channels, 3, { padding: 1 }),
    new InstanceNorm2d(channels),
  );
  const shape = [1, channels, height, width];
  const count = shape.reduce((a, b) => a * b);
  const input = new Tensor(
    Float32Array.from({ length: count }, (_, i) => Math.sin(i * i)),
    shape,
  );
  const results: Buffer[] = [];
  const details = new Set<string>();
  for (const bytes of [256 * KB, 1024 * KB, 1280 * KB, 2048 * KB, null]) {
    vi.mocked(secondCache).mockReturnValue(bytes);
    const program = await compile(net, { engine: 'wasm', inputShape: shape });
    const { data } = await program.run(input);
    results.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
    details.add(program.details.join());
    program.dispose();
  }
  // Plans do depend on it, as their memory shows.
  expect(details.size).toBeGreaterThan(1);
  for (const result of results) expect(result.equals(results[0])).toBe(true);
});
