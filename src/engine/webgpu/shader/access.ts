import type { DeviceBuffer } from '../plan/buffers.js';

/** A vector of four channels, as f32, from whatever format it lies in. */
export function loadVector(buffer: DeviceBuffer, name: string, index: string): string {
  return converted(buffer, 'vec4f', `${name}[${index}]`);
}

/** A 4×4 block of weights, as f32. */
export function loadBlock(buffer: DeviceBuffer, name: string, index: string): string {
  return converted(buffer, 'mat4x4f', `${name}[${index}]`);
}

/** One element, as f32. */
export function loadElement(buffer: DeviceBuffer, name: string, index: string): string {
  return converted(buffer, 'f32', `${name}[${index}]`);
}

/** A statement that stores a vector. Beyond ±65504, f16 has infinity. */
export function storeVector(
  buffer: DeviceBuffer,
  name: string,
  index: string,
  value: string,
): string {
  return `${name}[${index}] = ${buffer.format === 'f16' ? `vec4h(${value})` : value};`;
}

/** A statement that stores one element. */
export function storeElement(
  buffer: DeviceBuffer,
  name: string,
  index: string,
  value: string,
): string {
  return `${name}[${index}] = ${buffer.format === 'f16' ? `f16(${value})` : value};`;
}

/** A statement that stores a 4×4 block. */
export function storeBlock(
  buffer: DeviceBuffer,
  name: string,
  index: string,
  value: string,
): string {
  return `${name}[${index}] = ${buffer.format === 'f16' ? `mat4x4h(${value})` : value};`;
}

function converted({ format }: DeviceBuffer, type: string, read: string): string {
  return format === 'f16' ? `${type}(${read})` : read;
}
