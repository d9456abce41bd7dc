import { describe, expect, it } from 'vitest';
import { isSoftwareAdapter } from '../../src/engine/webgpu/device/gpu.js';

const INFO = { vendor: '', architecture: '', device: '', description: '' };

/** As browsers and Dawn describe them. */
const adapter = (info: object, rest: object = {}) =>
  ({ info: { ...INFO, ...info }, ...rest }) as unknown as GPUAdapter;

describe('an adapter', () => {
  it.each([
    ['Chromium, SwiftShader', adapter({ vendor: 'google', architecture: 'swiftshader' })],
    ['Dawn, SwiftShader', adapter({ description: 'SwiftShader driver 5.0.0', device: '0xc0de' })],
    ['Mesa', adapter({ description: 'llvmpipe (LLVM 19.1.7, 256 bits)' })],
    ['Windows', adapter({ description: 'Microsoft Basic Render Driver' })],
    ['one that says so', adapter({ isFallbackAdapter: true })],
    ['one that says so as older browsers do', adapter({}, { isFallbackAdapter: true })],
  ])('is the processor: %s', (_, one) => {
    expect(isSoftwareAdapter(one)).toBe(true);
  });

  it.each([
    ['Apple', adapter({ vendor: 'apple', architecture: 'metal-3', isFallbackAdapter: false })],
    ['Intel', adapter({ vendor: 'intel', architecture: 'xe-2lpg' }, { isFallbackAdapter: false })],
    ['one that tells nothing', adapter({})],
  ])('is a GPU: %s', (_, one) => {
    expect(isSoftwareAdapter(one)).toBe(false);
  });
});
