import { expect, it } from 'vitest';
import { collectNow } from '../../src/platform/garbage.js';

const turn = () => new Promise((resolve) => setTimeout(resolve));

it('garbage is gone once it is collected at once', async () => {
  const refs = Array.from({ length: 100 }, (_, i) => new WeakRef({ i }));
  const gone = () => refs.filter((ref) => ref.deref() === undefined).length;
  // Within a turn, what references were made of stays.
  await turn();
  expect(gone()).toBe(0);
  await turn();
  collectNow();
  expect(gone()).toBeGreaterThan(90);
});
