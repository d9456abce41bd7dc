import { defineConfig } from 'vitest/config';

/** V8's flags concern the whole process, so each way of making machine code is tested in its own. */
const variants = ['js', 'wasm', 'wasm+fma', 'wasm+fma+256'].map((engine) => ({
  test: {
    name: `variant ${engine}`,
    include: ['test/variants/**/*.test.ts'],
    testTimeout: 300_000,
    env: { CYCLEGAN_TEST_ENGINE: engine },
    pool: 'forks' as const,
  },
}));

/**
 * `unit` is what `npm test` runs; `reference` needs PyTorch, the others the large fixtures, `full` the built command, and
 * `processes` the built library: what a process does as a whole depends on Node's version. `long` takes twenty minutes.
 */
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 30_000 } },
      { test: { name: 'full', include: ['test/full/**/*.test.ts'], testTimeout: 300_000 } },
      {
        test: { name: 'processes', include: ['test/processes/**/*.test.ts'], testTimeout: 60_000 },
      },
      {
        test: { name: 'long', include: ['test/long/**/*.test.ts'], testTimeout: 1_800_000 },
      },
      {
        test: {
          name: 'reference',
          include: ['test/reference/**/*.test.ts'],
          testTimeout: 300_000,
        },
      },
      ...variants,
    ],
  },
});
