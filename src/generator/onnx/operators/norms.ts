import type { Value } from '../../../graph/builder.js';
import { addOperator } from '../../../tensor/add.js';
import { batchNorm2dOperator } from '../../../tensor/batchNorm2d.js';
import { divOperator } from '../../../tensor/div.js';
import { type GroupNormAttributes, groupNormOperator } from '../../../tensor/groupNorm.js';
import { instanceNorm2dOperator } from '../../../tensor/instanceNorm2d.js';
import { mulOperator } from '../../../tensor/mul.js';
import { subOperator } from '../../../tensor/sub.js';
import { sqrtOperator } from '../../../tensor/training/elementwise.js';
import { sumOperator } from '../../../tensor/training/sum.js';
import { axisAt } from '../axes.js';
import type { Lower, Lowering } from '../lowering.js';
import { Computed, type Constant } from '../operand.js';

/** Scale and shift that change nothing are left out; those that are weights never are. */
function factors(node: Lower, index: number, plain: number): Value | null {
  const constant = node.optional(index);
  if (constant === null) return null;
  if (constant.roots.length === 0 && isAll(constant, plain)) return null;
  return node.leaf(constant, [constant.size]);
}

function isAll({ numbers, size }: Constant, value: number): boolean {
  for (let i = 0; i < size; i++) if (numbers[i] !== value) return false;
  return true;
}

const epsilon = (node: Lower) => node.integer('epsilon', 1e-5);

/** `[N, G, L]` that was `[N, C, H, W]` is how exporters write a group norm of G groups; factors of groups, if any, are ones and zeros. */
export const instanceNormalization: Lowering = (node) => {
  const x = node.computed(0);
  const eps = epsilon(node);
  if (x.view === null || x.ordered.length !== 4 || x.view.length !== 3) {
    const operands = [
      node.picture(0),
      factors(node, 1, 1),
      factors(node, 2, 0),
      null,
      null,
    ] as const;
    return new Computed(node.g.apply(instanceNorm2dOperator, operands, { eps }));
  }
  const [batch, groups] = x.view;
  const own = node.plain(new Computed(x.value, x.axes));
  const channels = own.shape[1];
  if (batch !== own.shape[0] || channels % groups !== 0) {
    throw node.refusal('a norm of reshaped pictures, other than of groups of channels');
  }
  const [weight, bias] = [1, 2].map((i) => byChannel(node, i, { channels, counts: [groups] }));
  const attributes = { numGroups: groups, eps, correction: 0, epsOutside: false } as const;
  const normed = node.g.apply(groupNormOperator, [own, weight, bias], attributes);
  const isPlain = weight === null && bias === null && !node.g.isTraining;
  if (isPlain) plainNorms.set(normed, { input: own, attributes, weight: null });
  return new Computed(normed, null, x.view);
};

/**
 * Scale (input 1) or shift (input 2) of each channel; `null` where it changes nothing.
 * @param counts How many there may be, each for as many channels as another.
 */
function byChannel(
  node: Lower,
  index: number,
  { channels, counts }: { readonly channels: number; readonly counts: readonly number[] },
): Value | null {
  const constant = node.optional(index);
  const plain = index === 1 ? 1 : 0;
  if (constant !== null && !counts.includes(constant.size)) {
    const of = index === 1 ? 'scales' : 'shifts';
    throw node.refusal(`it has ${constant.size} ${of} in place of ${counts.join(' or ')}`);
  }
  if (constant === null || constant.size === channels) return factors(node, index, plain);
  if (constant.roots.length === 0 && isAll(constant, plain)) return null;
  const repeat = channels / constant.size;
  return node.derived('by channel', [channels], constant, () =>
    Float64Array.from({ length: channels }, (_, c) => constant.numbers[Math.floor(c / repeat)]),
  );
}

/** A group norm that has no bias yet, and maybe no factors. */
interface PlainNorm {
  readonly input: Value;
  readonly attributes: GroupNormAttributes;
  readonly weight: Value | null;
}

const plainNorms = new WeakMap<Value, PlainNorm>();

/**
 * A group norm's factors, and then its bias, as exporters write them: a product and a sum behind it, by channels. The norm takes them
 * in; that without them is then read by nobody.
 *
 * @returns `null` where it is something else that is multiplied, or added to.
 */
export function intoNorm(node: Lower, like: Computed, constant: Constant): Value | null {
  const norm = plainNorms.get(like.value);
  const { type } = node.node;
  if (norm === undefined || like.view !== null || like.axes !== null) return null;
  const channels = like.value.shape[1];
  const sides = [
    ...new Array<number>(Math.max(0, 4 - constant.shape.length)).fill(1),
    ...constant.shape,
  ];
  const isPerChannel = sides.join() === [1, channels, 1, 1].join();
  const isFactor = type === 'Mul' && norm.weight === null;
  if (!isPerChannel || !(isFactor || type === 'Add')) return null;
  const given = node.leaf(constant, [channels]);
  const [weight, bias] = isFactor ? [given, null] : [norm.weight, given];
  const made = node.g.apply(groupNormOperator, [norm.input, weight, bias], norm.attributes);
  if (isFactor) plainNorms.set(made, { ...norm, weight });
  return made;
}

export const batchNormalization: Lowering = (node) => {
  const x = node.picture(0);
  const eps = epsilon(node);
  if (node.operands[3] instanceof Computed) return ofOwnStatistics(node, x, eps);
  if (node.integer('training_mode', 0) !== 1) {
    const [mean, variance] = [3, 4].map((i) => node.leaf(node.constant(i)));
    // Models of ONNX have scale and shift; programs of torch.export may have neither.
    const [weight, bias] = [1, 2].map((i) => {
      const given = node.node.origin === undefined ? node.constant(i) : node.optional(i);
      return given === null ? null : node.leaf(given);
    });
    const operands = [x, weight, bias, mean, variance] as const;
    return new Computed(node.g.apply(batchNorm2dOperator, operands, { eps }));
  }
  if (x.shape[0] !== 1)
    throw node.refusal('it is in training mode, for a batch of several pictures');
  const operands = [x, factors(node, 1, 1), factors(node, 2, 0), null, null] as const;
  return new Computed(node.g.apply(instanceNorm2dOperator, operands, { eps }));
};

/** Mean and variance are computed of the picture before, as PyTorch's newer exporter writes norms that keep none. */
function ofOwnStatistics(node: Lower, x: Value, eps: number): Computed {
  const { g } = node;
  const sides = [1, x.shape[1], 1, 1];
  const [mean, variance] = [3, 4].map((i) => node.reshape(node.plain(node.computed(i)), sides));
  const [weight, bias] = [1, 2].map((i) => node.leaf(node.constant(i), sides));
  const raised = g.apply(addOperator, [variance, node.numbers('eps', [eps], [])], {});
  const centred = g.apply(subOperator, [x, mean], {});
  const normed = g.apply(divOperator, [centred, g.apply(sqrtOperator, [raised], {})], {});
  return new Computed(g.apply(addOperator, [g.apply(mulOperator, [normed, weight], {}), bias], {}));
}

/** Up to opset 20, scale and bias are of groups; later, of channels. */
export const groupNormalization: Lowering = (node) => {
  const x = node.picture(0);
  const numGroups = node.integer('num_groups');
  const channels = x.shape[1];
  const counts = [numGroups, channels];
  if (channels % numGroups !== 0) {
    throw node.refusal(`it has ${numGroups} groups of ${channels} channels`);
  }
  const [weight, bias] = [1, 2].map((i) => byChannel(node, i, { channels, counts }));
  const operands = [x, weight, bias] as const;
  const attributes = { numGroups, eps: epsilon(node), correction: 0, epsOutside: false } as const;
  return new Computed(node.g.apply(groupNormOperator, operands, attributes));
};

/** Of all channels and pixels, a group norm of one group; along other axes, by its definition. */
export const layerNormalization: Lowering = (node) => {
  const x = node.computed(0);
  const { shape } = x;
  const axis = axisAt(node, node.integer('axis', -1), shape.length);
  const [scale, shift] = [node.constant(1), node.optional(2)];
  const eps = epsilon(node);
  const axes = Array.from({ length: shape.length - axis }, (_, i) => axis + i);
  const normed = normalized(node, x, axes, eps);
  const scaled = node.g.apply(mulOperator, [normed, node.broadcast(scale, x)], {});
  if (shift === null) return x.with(scaled);
  return x.with(node.g.apply(addOperator, [scaled, node.broadcast(shift, x)], {}));
};

/** `(x − mean) / √(variance + eps)` along axes as the operand counts them. */
function normalized(node: Lower, x: Computed, axes: readonly number[], eps: number): Value {
  if (x.view !== null) throw node.refusal('its input was reshaped, and not back');
  const { g } = node;
  const { value } = x;
  const dims = axes.map((axis) => x.axes?.[axis] ?? axis);
  if (
    value.shape.length === 4 &&
    [1, 2, 3].every((dim) => dims.includes(dim)) &&
    dims.length === 3
  ) {
    const attributes = { numGroups: 1, eps, correction: 0, epsOutside: false } as const;
    return g.apply(groupNormOperator, [value, null, null], attributes);
  }
  const count = dims.reduce((product, dim) => product * value.shape[dim], 1);
  const share = node.numbers('share', [1 / count], []);
  const mean = (of: Value) =>
    g.apply(mulOperator, [g.apply(sumOperator, [of], { dims }), share], {});
  const centred = g.apply(subOperator, [value, mean(value)], {});
  const variance = mean(g.apply(mulOperator, [centred, centred], {}));
  const raised = g.apply(addOperator, [variance, node.numbers('eps', [eps], [])], {});
  return g.apply(divOperator, [centred, g.apply(sqrtOperator, [raised], {})], {});
}
