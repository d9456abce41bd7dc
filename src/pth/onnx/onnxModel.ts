import type { Dtype } from '../dtypes.js';

/** An ONNX model as inert data: its graph, and where the numbers of its tensors are. */
export interface OnnxModel {
  /** What wrote it, `pytorch 1.13.1`. */
  readonly producer: string;
  /** Version of the standard operators. */
  readonly opset: number;
  /** In order of execution. */
  readonly nodes: readonly OnnxNode[];
  /** Tensors of the graph by name; those with `values` are known already. */
  readonly initializers: ReadonlyMap<string, OnnxTensor>;
  /** What a run is given, without initializers. */
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** Of a program of `torch.export` that was spelled as an ONNX model: how many nodes it had. */
  readonly exported?: { readonly nodes: number };
}

export interface OnnxNode {
  readonly type: string;
  /** Of the operator: empty for ONNX's own. */
  readonly domain: string;
  /** May be empty. */
  readonly name: string;
  /** Names of values; empty for one that is absent. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;
  /** Which of several functions of one name it calls. */
  readonly overload?: string;
  /** Of a node in a function: attributes that are those of the call, by the names that they have there. */
  readonly references?: ReadonlyMap<string, string>;
  /** The operator of another format that it stands for: `torch.ops.aten.pad.default`. */
  readonly origin?: string;
}

/** What an attribute holds; `graph` stands for a graph within, which is not read. */
export type OnnxAttribute =
  | number
  | string
  | readonly number[]
  | readonly string[]
  | OnnxTensor
  | 'graph';

export interface OnnxTensor {
  readonly name: string;
  /** `null` for texts and types of numbers that are not known here. */
  readonly dtype: Dtype | null;
  readonly shape: readonly number[];
  /** Its numbers, where they are few or no floats: those of 64 bits beyond 2⁵³ are not exact. */
  readonly values: ArrayLike<number> | null;
}

/** A side is a number, or `null` where it may be any. */
export interface OnnxValue {
  readonly name: string;
  /** `null` where nothing is said of it. */
  readonly shape: readonly (number | null)[] | null;
}

/** Whether a tensor of a model is a weight, which belongs to its state dict. */
export function isOnnxWeight(tensor: OnnxTensor, structural: ReadonlySet<string>): boolean {
  return (
    isFloat(tensor.dtype) && tensor.shape.every((side) => side > 0) && !structural.has(tensor.name)
  );
}

export function isFloat(dtype: Dtype | null): boolean {
  return dtype?.includes('float') ?? false;
}

/** Inputs of operators that say how, not with what, something is computed. */
const STRUCTURAL_INPUTS: ReadonlyMap<string, readonly number[]> = new Map([
  ['Resize', [1, 2, 3]],
  ['Upsample', [1]],
  ['Clip', [1, 2]],
  ['Pad', [1, 2]],
  ['Dropout', [1]],
  ['Greater', [1]],
]);

/** Names of tensors that no operator computes with. */
export function structuralNames(nodes: readonly OnnxNode[]): ReadonlySet<string> {
  const structural = new Set<string>();
  const computed = new Set<string>();
  for (const { type, inputs } of nodes) {
    for (const [index, name] of inputs.entries()) {
      const isStructural = STRUCTURAL_INPUTS.get(type)?.includes(index) ?? false;
      (isStructural ? structural : computed).add(name);
    }
  }
  for (const name of computed) structural.delete(name);
  return structural;
}
