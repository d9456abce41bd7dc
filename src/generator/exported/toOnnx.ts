import {
  type ExportedNode,
  type ExportedProgram,
  isName,
} from '../../pth/exported/exportedProgram.js';
import type { OnnxModel, OnnxNode, OnnxTensor, OnnxValue } from '../../pth/onnx/onnxModel.js';
import { exportedRefusal } from '../onnx/lowering.js';
import { AtenNode } from './atenNode.js';
import { SPELLINGS } from './operators.js';

/** Of ONNX's operators, as they are spelled here. */
const OPSET = 21;

/**
 * A program of `torch.export` as an ONNX model, whose tensors go by the keys of the state dict.
 *
 * @param weights Shapes of the state dict, by key.
 * @throws CycleganError `ERR_EXPORTED` for an operator that is not known here, with its node.
 */
export function toOnnx(
  program: ExportedProgram,
  weights: ReadonlyMap<string, { readonly shape: readonly number[] }>,
): OnnxModel {
  const names = new Names(program);
  const shapes = new Map<string, readonly number[]>();
  const initializers = new Map<string, OnnxTensor>();
  for (const [name, { kind, key }] of program.tensors) {
    const constant = kind === 'constant' ? program.constants.get(key) : undefined;
    const shape = constant?.shape ?? weights.get(key)?.shape;
    if (shape === undefined) continue;
    shapes.set(name, shape);
    const as = names.of(name);
    if (constant !== undefined) initializers.set(as, { name: as, ...constant });
    else initializers.set(as, { name: as, dtype: 'float32', shape, values: null });
  }
  return {
    producer: program.torch === null ? '' : `torch ${program.torch.slice(0, 40)}`,
    opset: OPSET,
    nodes: program.nodes.flatMap((node) => spelled(node, names, shapes)),
    initializers,
    inputs: program.inputs.map(({ name, shape }): OnnxValue => {
      const isFree = shape !== null && !dependsOnSize(program);
      return {
        name: names.of(name),
        shape: isFree ? shape.map((side, i) => (i < 2 ? side : null)) : shape,
      };
    }),
    exported: { nodes: program.nodes.length },
    outputs: program.outputs.map((name) => ({ name: names.of(name), shape: null })),
  };
}

/** `torch.ops.aten.relu_.default` is `relu`, in place. */
function operatorOf(target: string): { readonly name: string; readonly isInPlace: boolean } {
  const [, found] = /^torch\.ops\.aten\.(\w+)\.\w+$/.exec(target) ?? [];
  const isInPlace = found !== undefined && /[^_]_$/.test(found);
  return { name: isInPlace ? found.slice(0, -1) : (found ?? target), isInPlace };
}

/** Operators whose results are, or may be, the same memory as what they are given. */
const VIEWS = new Set([
  ...[
    'view',
    'reshape',
    'flatten',
    'permute',
    't',
    'unsqueeze',
    'squeeze',
    'slice',
    'select',
    'narrow',
  ],
  ...['chunk', 'split', 'split_with_sizes', 'contiguous', 'detach', 'alias', 'to', 'dropout'],
]);

function spelled(
  node: ExportedNode,
  names: Names,
  shapes: ReadonlyMap<string, readonly number[]>,
): readonly OnnxNode[] {
  const { name, isInPlace } = operatorOf(node.target);
  const spelling = SPELLINGS.get(name);
  if (spelling === undefined) {
    throw exportedRefusal(node.name, node.target, 'there is no such operator here');
  }
  for (const argument of node.arguments.values()) {
    for (const item of Array.isArray(argument) ? argument : [argument]) {
      if (isName(item) && names.isLost(item.name)) {
        const reason = `it reads "${item.name.slice(0, 100)}", which was changed in place through a part of it`;
        throw exportedRefusal(node.name, node.target, reason);
      }
    }
  }
  const own = new AtenNode(node, shapes, names);
  spelling(own);
  const self = node.arguments.get('self') ?? node.arguments.get('input');
  if (!isName(self)) return own.made;
  if (isInPlace) names.change(self.name, node.outputs[0] ?? '');
  else if (VIEWS.has(name)) for (const output of node.outputs) names.view(output, self.name);
  return own.made;
}

/** What names of a program stand for, as it goes on: operators in place change what was named before. */
export class Names {
  readonly #tensors: ExportedProgram['tensors'];
  readonly #changed = new Map<string, string>();
  /** Of views: what they are part of; and of that, all that shares memory with it. */
  readonly #roots = new Map<string, string>();
  readonly #sharing = new Map<string, string[]>();
  readonly #lost = new Set<string>();

  constructor({ tensors }: ExportedProgram) {
    this.#tensors = tensors;
  }

  /** A name in the ONNX model: a key of the state dict, or one that no key can be. */
  of(name: string): string {
    const now = this.#changed.get(name) ?? name;
    const tensor = this.#tensors.get(now);
    if (tensor === undefined) return `%${now}`;
    return tensor.kind === 'constant' ? `%constant/${tensor.key}` : tensor.key;
  }

  view(name: string, of: string): void {
    const root = this.#roots.get(of) ?? of;
    this.#roots.set(name, root);
    const sharing = this.#sharing.get(root);
    if (sharing === undefined) this.#sharing.set(root, [root, name]);
    else sharing.push(name);
  }

  /** What had this name is now what another one has; all that shares memory with it is not known any more. */
  change(name: string, by: string): void {
    const root = this.#roots.get(name) ?? name;
    for (const other of this.#sharing.get(root) ?? []) this.#lost.add(other);
    this.#sharing.set(root, [root, name, by]);
    this.#roots.set(by, root);
    this.#lost.delete(name);
    this.#changed.set(name, by);
  }

  isLost(name: string): boolean {
    return this.#lost.has(name);
  }
}

/** Whether numbers of the program may be those of the size that it was exported for. */
function dependsOnSize({ nodes }: ExportedProgram): boolean {
  return nodes.some(({ target, arguments: given }) => {
    const { name } = operatorOf(target);
    if (name.includes('upsample')) return Array.isArray(given.get('output_size'));
    if (['slice', 'select', 'narrow', 'split', 'split_with_sizes', 'chunk'].includes(name)) {
      const dim = given.get('dim') ?? 0;
      return dim !== 1;
    }
    return [
      'view',
      'reshape',
      '_unsafe_view',
      'expand',
      'layer_norm',
      'native_layer_norm',
      'arange',
    ].includes(name);
  });
}
