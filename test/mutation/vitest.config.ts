import { defineConfig } from 'vitest/config';

const { CYCLEGAN_MUTATION_TESTS: tests = 'test/unit/**/*.test.ts' } = process.env;

/** What `scripts/mutation.mjs` takes of `npm test`: StrykerJS runs it in one project, in its own folder. */
export default defineConfig({ test: { include: tests.split(','), testTimeout: 60_000 } });
