import { defineConfig } from 'vitest/config';

/** `unit` is what `npm test` runs; `full` needs the large fixtures and the built command. */
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 30_000 } },
      { test: { name: 'full', include: ['test/full/**/*.test.ts'], testTimeout: 300_000 } },
    ],
  },
});
