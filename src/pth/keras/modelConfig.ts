import type { Budget } from '../budget.js';
import { fieldOf, JsonError, JsonReader, type JsonValue } from '../container/jsonReader.js';

/** What the configuration of a norm says, and its weights do not. */
interface Norm {
  /** How many groups its channels are in; −1 for as many as there are channels. */
  readonly groups: number;
  readonly epsilon: number;
}

/** What a file says of the norms of its network. */
export interface NormConfig {
  /** `instance`: each channel is a group; `layer`: all channels are one; `group`: anything else, or not all norms are alike. */
  readonly norm: 'instance' | 'layer' | 'group';
  readonly epsilon: number;
}

/** Of TensorFlow Addons or of Keras itself. */
const NORMS = /^(Addons>)?(Instance|Group)Normalization$/;
/** What Keras has where nothing is said. */
const USUAL_EPSILON = 1e-3;
const USUAL_GROUPS = 32;

/**
 * What the configuration of a model says of its norms; `null` where it says nothing, or is no JSON.
 * @param text As Keras writes it: `{"class_name": "Functional", "config": {"layers": […]}}`.
 * @param channels Of the norms that the file has weights of, in their order.
 */
export function normConfigOf(
  text: Uint8Array,
  channels: readonly number[],
  budget: Budget,
): NormConfig | null {
  try {
    return normConfigIn(new JsonReader(text, budget).value(), channels);
  } catch (error) {
    if (error instanceof JsonError) return null;
    throw error;
  }
}

/** The same of a configuration that was read. */
export function normConfigIn(config: JsonValue, channels: readonly number[]): NormConfig | null {
  const norms: Norm[] = [];
  collect(config, norms);
  if (norms.length === 0) return null;
  const [{ epsilon }] = norms;
  const areInstances = norms.every(
    ({ groups }, i) =>
      groups === -1 || (norms.length === channels.length && groups === channels[i]),
  );
  const areLayers = norms.every(({ groups }) => groups === 1);
  const areAlike = norms.every((norm) => norm.epsilon === epsilon);
  const norm = areInstances ? 'instance' : areLayers ? 'layer' : 'group';
  return { norm: areAlike ? norm : 'group', epsilon };
}

/** Layers stand within models, and those within models: however deep, the reader has bounded it. */
function collect(value: JsonValue, norms: Norm[]): void {
  if (value instanceof Map) {
    const name = fieldOf(value, 'class_name');
    if (typeof name === 'string' && NORMS.test(name)) norms.push(normOf(name, value));
    else for (const item of value.values()) collect(item, norms);
  } else if (Array.isArray(value)) {
    for (const item of value) collect(item, norms);
  }
}

function normOf(name: string, layer: JsonValue): Norm {
  const config = fieldOf(layer, 'config');
  const [groups, epsilon] = [fieldOf(config, 'groups'), fieldOf(config, 'epsilon')];
  const usual = name.endsWith('InstanceNormalization') ? -1 : USUAL_GROUPS;
  return {
    groups: typeof groups === 'number' ? groups : usual,
    epsilon: typeof epsilon === 'number' ? epsilon : USUAL_EPSILON,
  };
}

const NORM = /(^|\.)(instance|group)_normalization(_\d+)?\.weight$/;

/** How many channels each of the norms has that a file has weights of. */
export function channelsOfNorms(
  tensors: readonly { readonly name: string; readonly shape: readonly number[] }[],
): number[] {
  return tensors.filter(({ name }) => NORM.test(name)).map(({ shape }) => shape[0] ?? 0);
}
