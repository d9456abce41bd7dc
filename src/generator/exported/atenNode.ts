import type { CycleganError } from '../../errors.js';
import type { Dtype } from '../../pth/dtypes.js';
import {
  type ExportedArgument,
  type ExportedNode,
  isName,
} from '../../pth/exported/exportedProgram.js';
import type { OnnxAttribute, OnnxNode } from '../../pth/onnx/onnxModel.js';
import { exportedRefusal } from '../onnx/lowering.js';

/** Attributes of a node of ONNX; those that are `undefined` are left out. */
export type Attributes = Readonly<Record<string, OnnxAttribute | undefined>>;

/** What a name of a program is called in the ONNX model. */
export interface Naming {
  of(name: string): string;
}

/**
 * Arguments that say where and how something is computed, repeat what is known, or are of use in training alone. What an operator makes
 * of the others, its spelling asks for.
 */
const HARMLESS: ReadonlySet<string> = new Set([
  ...['memory_format', 'layout', 'device', 'pin_memory', 'non_blocking', 'copy', 'half_to_float'],
  ...['cudnn_enabled', 'cudnn_enable', 'momentum', 'running_mean', 'running_var', 'p'],
  ...['N', 'C', 'HxW', 'output_padding'],
]);

const FLOATS: readonly (Dtype | null)[] = ['float16', 'bfloat16', 'float32', 'float64'];

function isOfFloats(argument: ExportedArgument): boolean {
  return (
    typeof argument === 'object' &&
    argument !== null &&
    'dtype' in argument &&
    FLOATS.includes(argument.dtype)
  );
}

/** A node of a program, and the nodes of ONNX that it becomes: as `torch.onnx.export` spells it. */
export class AtenNode {
  /** In order. */
  readonly made: OnnxNode[] = [];
  readonly node: ExportedNode;
  /** Shapes of the program's own tensors, by the names that they have in the graph. */
  readonly #shapes: ReadonlyMap<string, readonly number[]>;
  readonly #names: Naming;
  /** Arguments that a spelling has asked for. */
  readonly #read = new Set<string>();

  constructor(node: ExportedNode, shapes: ReadonlyMap<string, readonly number[]>, names: Naming) {
    this.node = node;
    this.#shapes = shapes;
    this.#names = names;
  }

  // What it is given.

  argument(name: string): ExportedArgument {
    this.#read.add(name);
    return this.node.arguments.get(name) ?? null;
  }

  has(name: string): boolean {
    return this.argument(name) !== null;
  }

  /** A value, by its name in ONNX; a number becomes a constant. */
  value(name: string): string {
    const argument = this.argument(name);
    if (isName(argument)) return this.#names.of(argument.name);
    if (typeof argument === 'number') return this.constant(name, argument);
    throw this.refusal(`it has no value "${name}"`);
  }

  /** The same; empty, as ONNX has it, where there is none. */
  optional(name: string): string {
    return this.has(name) ? this.value(name) : '';
  }

  values(name: string): readonly string[] {
    const list = this.argument(name);
    if (!Array.isArray(list) || !list.every(isName)) throw this.refusal(`it has no list "${name}"`);
    return list.map((item) => this.#names.of(item.name));
  }

  number(name: string, absent: number): number {
    const value = this.argument(name) ?? absent;
    if (typeof value !== 'number') throw this.refusal(`its "${name}" is no number`);
    return value;
  }

  truth(name: string, absent: boolean): boolean {
    const value = this.argument(name) ?? absent;
    if (typeof value !== 'boolean') throw this.refusal(`its "${name}" is neither true nor false`);
    return value;
  }

  text(name: string, absent: string): string {
    const value = this.argument(name) ?? absent;
    if (typeof value !== 'string') throw this.refusal(`its "${name}" is no text`);
    return value;
  }

  /** Whole numbers that stand in the program; `null` where it has none. */
  numbers(name: string): readonly number[] | null {
    const list = this.argument(name);
    if (list === null || (Array.isArray(list) && list.length === 0)) return null;
    const items = Array.isArray(list) ? (list as readonly ExportedArgument[]) : [list];
    if (!items.every((item) => typeof item === 'number')) {
      throw this.refusal(`its "${name}" are not numbers that stand in the program`);
    }
    return items as number[];
  }

  /** Height and width; one number is both. */
  pair(name: string, absent: readonly [number, number] | null): readonly [number, number] {
    const list = this.numbers(name) ?? absent;
    if (list === null) throw this.refusal(`it has no "${name}"`);
    const [first, second = first] = list;
    if (list.length > 2)
      throw this.refusal(`its "${name}" is of ${list.length} dimensions; pictures have two`);
    return [first, second];
  }

  /** A list of numbers, of which some may depend on the picture's size, as a value of one dimension. */
  sizes(name: string): string {
    const list = this.argument(name);
    const items = Array.isArray(list) ? (list as readonly ExportedArgument[]) : [list];
    if (items.every((item) => typeof item === 'number'))
      return this.constants(name, items as number[]);
    const axes = this.constants(`${name}/axes`, [0]);
    const parts = items.map((item, i) => {
      if (typeof item === 'number') return this.constants(`${name}/${i}`, [item]);
      if (!isName(item)) throw this.refusal(`its "${name}" are no numbers`);
      return this.add('Unsqueeze', [this.#names.of(item.name), axes]);
    });
    return parts.length === 1 ? parts[0] : this.add('Concat', parts, { axis: 0 });
  }

  /** Of a tensor of the program's own, such as a weight. */
  shape(name: string): readonly number[] | null {
    const argument = this.argument(name);
    return isName(argument) ? (this.#shapes.get(argument.name) ?? null) : null;
  }

  /** @throws CycleganError for an argument that changes what is computed, and that no spelling has asked for. */
  checkAllRead(): void {
    for (const [name, argument] of this.node.arguments) {
      if (argument === null || this.#read.has(name) || this.#changesNothing(name, argument))
        continue;
      throw this.refusal(`its "${name.slice(0, 100)}" is not known here`);
    }
  }

  #changesNothing(name: string, argument: ExportedArgument): boolean {
    if (HARMLESS.has(name)) return true;
    // All floats are of 32 bits here, and pictures are floats, as are weights that are taken for one.
    if (name === 'dtype') return isOfFloats(argument);
    return name === 'other' && isName(argument) && !this.#shapes.has(argument.name);
  }

  // What it becomes.

  /** Adds a node, whose result has a name of its own. */
  add(type: string, inputs: readonly string[], attributes: Attributes = {}): string {
    const output = `%${this.node.name}/${this.made.length}`;
    this.#push(type, inputs, attributes, [output]);
    return output;
  }

  /** Adds the node that makes what the program calls by its name. */
  result(type: string, inputs: readonly string[], attributes: Attributes = {}): void {
    this.#push(type, inputs, attributes, this.#outputs.slice(0, 1));
  }

  /** The same for one of several. */
  resultAt(index: number, type: string, inputs: readonly string[]): void {
    this.#push(type, inputs, {}, this.#outputs.slice(index, index + 1));
  }

  /** The same for one that makes several. */
  results(type: string, inputs: readonly string[], attributes: Attributes = {}): void {
    this.#push(type, inputs, attributes, this.#outputs);
  }

  /** A number. */
  constant(what: string, value: number): string {
    const output = `%${this.node.name}/${what}/${this.made.length}`;
    this.#push('Constant', [], { value_float: value }, [output]);
    return output;
  }

  /** A list of numbers. */
  constants(what: string, values: readonly number[]): string {
    const output = `%${this.node.name}/${what}/${this.made.length}`;
    this.#push('Constant', [], { value_ints: values }, [output]);
    return output;
  }

  get #outputs(): readonly string[] {
    return this.node.outputs.map((name) => `%${name}`);
  }

  #push(
    type: string,
    inputs: readonly string[],
    attributes: Attributes,
    outputs: readonly string[],
  ): void {
    const { name, target } = this.node;
    const map = new Map(
      Object.entries(attributes).flatMap(([key, value]) =>
        value === undefined ? [] : [[key, value] as const],
      ),
    );
    this.made.push({ type, domain: '', name, inputs, outputs, attributes: map, origin: target });
  }

  refusal(reason: string): CycleganError {
    return exportedRefusal(this.node.name, this.node.target, reason);
  }
}
