import type { Dtype } from '../dtypes.js';

/** A program of `torch.export` as inert data: which of ATen's operators it calls, in order. */
export interface ExportedProgram {
  /** Version of torch that wrote it, where it says so. */
  readonly torch: string | null;
  readonly nodes: readonly ExportedNode[];
  /** What names of the graph stand for that are tensors of the file, and no pictures. */
  readonly tensors: ReadonlyMap<string, ExportedTensor>;
  /** What a call is given. */
  readonly inputs: readonly ExportedInput[];
  /** Names of what a call returns. */
  readonly outputs: readonly string[];
  /** Tensors that are none of the state dict, by their names in the file. */
  readonly constants: ReadonlyMap<string, ExportedConstant>;
}

export interface ExportedNode {
  /** `torch.ops.aten.conv2d.default`. */
  readonly target: string;
  readonly name: string;
  /** By the names of the operator's schema; those that are as by default are left out. */
  readonly arguments: ReadonlyMap<string, ExportedArgument>;
  readonly outputs: readonly string[];
}

export interface ExportedTensor {
  readonly kind: 'parameter' | 'buffer' | 'constant';
  /** Key of the state dict; of a constant, its name among them. */
  readonly key: string;
}

/** A side is a number, or `null` where it may be any. */
export interface ExportedInput {
  readonly name: string;
  readonly shape: readonly (number | null)[] | null;
}

export interface ExportedConstant {
  readonly shape: readonly number[];
  readonly dtype: Dtype;
  readonly values: ArrayLike<number>;
}

/** A name of the graph, of a tensor or of a number that depends on shapes. */
export interface ExportedName {
  readonly name: string;
}

/** What an operator is given; `{ dtype: null }` is a type that is not known, and `{ other }` is something of another kind, such as a device or a graph within. */
export type ExportedArgument =
  | null
  | boolean
  | number
  | string
  | ExportedName
  | { readonly dtype: Dtype | null }
  | { readonly other: string }
  | readonly ExportedArgument[];

export function isName(argument: ExportedArgument | undefined): argument is ExportedName {
  return typeof argument === 'object' && argument !== null && 'name' in argument;
}
