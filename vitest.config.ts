import { defineConfig } from 'vitest/config';

/** Properties are tried on the same cases every time, so that a run which passed passes again; `long` takes new ones. */
const setupFiles = ['test/support/sameCases.ts'];

/** V8's flags concern the whole process, so each way of making machine code is tested in its own. */
const variants = ['js', 'wasm', 'wasm+fma', 'wasm+fma+256'].map((engine) => ({
  test: {
    name: `variant ${engine}`,
    include: ['test/variants/**/*.test.ts'],
    setupFiles,
    testTimeout: 300_000,
    env: { CYCLEGAN_TEST_ENGINE: engine },
    pool: 'forks' as const,
  },
}));

/** Hooks build pages and start browsers, which takes a machine with much else to do as long as a test. */
const suite = (name: string, testTimeout: number) => ({
  test: {
    ...{ name, include: [`test/${name}/**/*.test.ts`], setupFiles },
    ...{ testTimeout, hookTimeout: testTimeout },
  },
});

/**
 * `unit` is what `npm test` runs; `reference` needs PyTorch, the others the large fixtures, `full` the built command, and
 * `processes` the built library: what a process does as a whole depends on Node's version. `page` opens the page in Chromium, `queue` starts Redis and PostgreSQL. `long` takes twenty minutes.
 */
export default defineConfig({
  test: {
    projects: [
      suite('unit', 120_000),
      suite('full', 300_000),
      suite('processes', 120_000),
      suite('page', 300_000),
      {
        test: {
          name: 'queue',
          include: ['test/queue/**/*.test.ts'],
          setupFiles,
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
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
      {
        test: {
          name: 'gpu',
          include: ['test/gpu/**/*.test.ts', 'test/variants/{families,nets}.test.ts'],
          setupFiles,
          testTimeout: 300_000,
          hookTimeout: 300_000,
          env: { CYCLEGAN_TEST_ENGINE: 'webgpu' },
          pool: 'forks',
        },
      },
      ...variants,
    ],
  },
});
