import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { timeHere, tuned } from '../../src/engine/wasm/tuning.js';
import { variantsFor } from '../../src/engine/wasm/variants.js';
import * as cores from '../../src/platform/cores.js';

const folder = mkdtempSync(join(tmpdir(), 'cyclegan-tuning-'));
afterEach(() => {
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

it('keeps the fastest of several tiles for later processes, and none that a run has to have', async () => {
  vi.stubGlobal('CYCLEGAN_BUILD', 'test');
  vi.stubEnv('CYCLEGAN_CACHE', folder);
  vi.spyOn(cores, 'processorName').mockReturnValue('test');
  const [variant] = variantsFor({ variant: 'simd' });
  const check = async () => ({ passed: true, difference: 0 });
  const kept = () => readdirSync(folder).filter((name) => name.startsWith('tile'));
  await tuned({ ...variant, tiles: variant.tiles.slice(1, 2) }, check, timeHere);
  expect(kept()).toEqual([]);
  await tuned(variant, check, timeHere);
  expect(kept()).toHaveLength(1);
});
