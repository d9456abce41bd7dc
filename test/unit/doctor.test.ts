import { describe, expect, it } from 'vitest';
import { examine } from '../../src/cli/doctor/examine.js';
import {
  cacheFinding,
  gpuFinding,
  memoryFinding,
  threadFinding,
} from '../../src/cli/doctor/machine.js';
import {
  newerNode,
  nodeFinding,
  processorFlags,
  vectorFinding,
} from '../../src/cli/doctor/runtime.js';

const CURE = 'the cure';
const BOTH = { avx2: true, fma: true };
const vectors = (given: object) =>
  vectorFinding({ variant: 'fma', arch: 'x64', flags: BOTH, isKeptNarrow: false, ...given }, CURE);

describe('what the doctor says', () => {
  it.each([
    ['a new Node', nodeFinding({ node: '24.1.0', v8: '13.6' }, CURE), 'fine', null],
    ['an old Node', nodeFinding({ node: '20.20.2', v8: '11.3' }, CURE), 'note', CURE],
    ['256 bits', vectors({ variant: 'fma+256' }), 'fine', null],
    ['128 bits', vectors({}), 'note', CURE],
    [
      '128 bits by choice',
      vectors({ isKeptNarrow: true }),
      'note',
      'unset CYCLEGAN_NO_REVECTORIZE',
    ],
    ['128 bits of an old processor', vectors({ flags: { avx2: true, fma: false } }), 'note', null],
    ['128 bits of ARM', vectors({ arch: 'arm64', flags: null }), 'fine', null],
    ['no machine code', vectors({ variant: null }), 'note', CURE],
    ['memory', memoryFinding({ available: 4e9, total: 8e9 }), 'fine', null],
    [
      'little memory',
      memoryFinding({ available: 1e8, total: 8e9 }),
      'problem',
      expect.stringMatching(/--resize/),
    ],
    ['a cache', cacheFinding({ folder: '/c', refusal: null, free: 1e10 }), 'fine', null],
    [
      'no cache',
      cacheFinding({ folder: null, refusal: null, free: null }),
      'note',
      'unset CYCLEGAN_CACHE',
    ],
    [
      'a locked cache',
      cacheFinding({ folder: '/c', refusal: 'EACCES', free: 1e10 }),
      'problem',
      expect.stringMatching(/^export CYCLEGAN_CACHE=/),
    ],
    [
      'a full cache',
      cacheFinding({ folder: '/c', refusal: null, free: 1e6 }),
      'problem',
      'cyclegan cache clear',
    ],
    ['a GPU', gpuFinding(null, CURE), 'fine', null],
    ['no package for a GPU', gpuFinding('by the package: npm install webgpu', CURE), 'note', CURE],
    ['no GPU', gpuFinding('there is no adapter', CURE), 'note', null],
  ])('of %s', (_, finding, status, cure) => {
    expect(finding).toMatchObject({ status, cure });
  });

  it.each([
    [{}, 'fine'],
    [{ load: 9 }, 'note'],
    [{ isShared: false }, 'problem'],
    [{ areForbidden: true }, 'problem'],
  ])('of threads with %j', (given, status) => {
    const usual = { used: 2, processors: 4, isShared: true, areForbidden: false, load: 0.5 };
    expect(threadFinding({ ...usual, ...given }).status).toBe(status);
  });

  it('names the manager of Node’s versions that is there', () => {
    expect(newerNode({ NVM_DIR: '/n' }, 'x')).toBe('nvm install 24');
    expect(newerNode({}, '/a b/cyclegan.mjs')).toBe(
      "npx --yes --package node@24 -- node '/a b/cyclegan.mjs'",
    );
  });

  it('reads the instructions of a processor', () => {
    expect(processorFlags('model name\t: x\nflags\t\t: fpu fma avx avx2\nbugs\t:\n')).toEqual(BOTH);
    expect(processorFlags('flags : fpu avx avx2_like')).toEqual({ avx2: false, fma: false });
    expect(processorFlags('Features : asimd')).toBeNull();
  });
});

it('each thing is looked at, and the engine is tried', async () => {
  const findings = await examine();
  expect(findings.map(({ name }) => name)).toEqual([
    ...['node', 'engine', 'vectors', 'threads', 'isolation', 'memory', 'cache', 'webgpu'],
  ]);
  expect(findings.find(({ name }) => name === 'engine')).toMatchObject({
    status: 'fine',
    evidence: expect.stringMatching(/^wasm, tried: variant /),
  });
});
