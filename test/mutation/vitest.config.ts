import { defineConfig } from 'vitest/config';

/** The tests of `npm test`, for `scripts/mutation.mjs`: StrykerJS runs them in one project, in its own folder. */
export default defineConfig({
  test: { include: ['test/unit/**/*.test.ts'], testTimeout: 60_000 },
});
