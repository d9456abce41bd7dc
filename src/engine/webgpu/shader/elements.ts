import type { Activation, ChannelOperation } from '../../shared/fuse/lazyValue.js';
import { f32, splat } from './wgsl.js';

/** WGSL may take `x != x` for false: the bits tell a NaN. `kept(v, f(v))` is NaN where `v` is. */
export const KEPT = `fn kept(v: vec4f, result: vec4f) -> vec4f {
  let isNan = (bitcast<vec4u>(v) & vec4u(0x7fffffff)) > vec4u(0x7f800000);
  return select(result, v, isNan);
}`;

/** What an activation makes of a `vec4f`; NaN stays NaN, for it is below nothing. */
export function activated(activation: Activation, v: string): string {
  if (typeof activation === 'object') {
    if ('leaky' in activation)
      return `select(${v}, ${v} * ${f32(activation.leaky)}, ${v} < vec4f(0))`;
    return `kept(${v}, ${clamped(v, activation.clamp)})`;
  }
  switch (activation) {
    case 'relu':
      return `select(${v}, vec4f(0), ${v} < vec4f(0))`;
    case 'tanh':
      // Beyond about 88, some devices have NaN; float32 has 1 from 9 on.
      return `kept(${v}, tanh(clamp(${v}, vec4f(-15), vec4f(15))))`;
    case 'sigmoid':
      return `kept(${v}, 1 / (1 + exp(-clamp(${v}, vec4f(-88), vec4f(88)))))`;
    case 'abs':
      return `abs(${v})`;
    case 'sign':
      return `kept(${v}, sign(${v}))`;
    case 'sqrt':
      return `kept(${v}, sqrt(${v}))`;
    case 'softplus':
      return `kept(${v}, max(${v}, vec4f(0)) + log(1 + exp(-abs(${v}))))`;
  }
}

/** An infinite bound is none. With crossed bounds, the upper one. */
function clamped(v: string, [low, high]: readonly [number, number]): string {
  const above = Number.isFinite(low) ? `max(${v}, ${splat(low)})` : v;
  return Number.isFinite(high) ? `min(${above}, ${splat(high)})` : above;
}

/** What is done to `a` by `b`. */
export function combined(operation: ChannelOperation, a: string, b: string): string {
  switch (operation) {
    case 'add':
      return `${a} + ${b}`;
    case 'sub':
      return `${a} - ${b}`;
    case 'subFrom':
      return `${b} - ${a}`;
    case 'mul':
      return `${a} * ${b}`;
    case 'div':
      return `${a} / ${b}`;
  }
}
