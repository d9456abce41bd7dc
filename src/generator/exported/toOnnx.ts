import {
  type ExportedNode,
  type ExportedProgram,
  isName,
} from '../../pth/exported/exportedProgram.js';
import type { OnnxModel, OnnxNode, OnnxTensor, OnnxValue } from '../../pth/onnx/onnxModel.js';
import { exportedRefusal } from '../onnx/lowering.js';
import { AtenNode } from './atenNode.js';
import { operatorOf } from './operatorOf.js';
import { SPELLINGS } from './operators/index.js';

/** Of ONNX's operators, as they are spelled here. */
const OPSET = 21;

/**
 * A program of `torch.export` as an ONNX model, whose tensors go by the keys of the state dict, for pictures of the size that it was
 * exported for.
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
  // By the names that they come in with: an operator in place gives them to what it makes.
  const inputs = program.inputs.map(
    ({ name, shape }): OnnxValue => ({ name: names.of(name), shape }),
  );
  return {
    producer: program.torch === null ? '' : `torch ${program.torch.slice(0, 40)}`,
    opset: OPSET,
    nodes: program.nodes.flatMap((node) => spelled(node, names, shapes)),
    initializers,
    inputs,
    exported: { nodes: program.nodes.length },
    outputs: program.outputs.map((name) => ({ name: names.of(name), shape: null })),
  };
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
  own.checkAllRead();
  const self = node.arguments.get('self') ?? node.arguments.get('input');
  if (!isName(self)) return own.made;
  if (isInPlace) names.change(self.name, node.outputs[0] ?? '');
  else if (VIEWS.has(name)) for (const output of node.outputs) names.view(output, self.name);
  return own.made;
}

/** A tensor of a program, and what shares memory with it. */
interface Named {
  /** The name of what it is by now. */
  now: string;
  /** Whether it was changed through another that shares its memory. */
  isLost: boolean;
  readonly memory: { parts: Named[] };
}

/** What names of a program stand for, as it goes on: operators in place change what was named before. */
export class Names {
  readonly #tensors: ExportedProgram['tensors'];
  /** One for all names of the same. */
  readonly #named = new Map<string, Named>();

  constructor({ tensors }: ExportedProgram) {
    this.#tensors = tensors;
  }

  /** A name in the ONNX model: a key of the state dict, or one that no key can be. */
  of(name: string): string {
    const now = this.#named.get(name)?.now ?? name;
    const tensor = this.#tensors.get(now);
    if (tensor === undefined) return `%${now}`;
    return tensor.kind === 'constant' ? `%constant/${tensor.key}` : tensor.key;
  }

  view(name: string, of: string): void {
    this.#add(name, this.#of(of).memory);
  }

  /** What had this name is now what another one has; all else that shares memory with it is not known any more. */
  change(name: string, by: string): void {
    const changed = this.#of(name);
    for (const part of changed.memory.parts) part.isLost ||= part !== changed;
    changed.memory.parts = [changed];
    changed.now = by;
    this.#named.set(by, changed);
  }

  isLost(name: string): boolean {
    return this.#named.get(name)?.isLost ?? false;
  }

  #of(name: string): Named {
    return this.#named.get(name) ?? this.#add(name, { parts: [] });
  }

  #add(name: string, memory: Named['memory']): Named {
    const named = { now: name, isLost: false, memory };
    memory.parts.push(named);
    this.#named.set(name, named);
    return named;
  }
}
