import type { Field as Part } from '../../platform/protobuf.js';
import { decodeUtf8 } from '../pickle/text.js';
import type { OnnxAttribute, OnnxNode, OnnxValue } from './onnxModel.js';
import { bad, knownTensor, partsOf, readTensor, varintsOf } from './tensorProto.js';

const NONE: ReadonlyMap<string, OnnxAttribute> = new Map();

/** NodeProto: input 1, output 2, name 3, op_type 4, attribute 5, domain 7, overload 8. @param at Where it stands, for messages. */
export function readNode(message: Uint8Array, at: number): OnnxNode {
  const parts = partsOf(message, at, 'A node');
  const attributes = new Map<string, OnnxAttribute>();
  const type = textOf(parts, 4, at);
  const outputs = textsOf(parts, 2, at);
  if (type === '' || outputs.length === 0) {
    throw bad('A node of the model has no operator, or makes nothing', at);
  }
  const references = new Map<string, string>();
  for (const { value } of parts.filter(({ field }) => field === 5)) {
    if (!(value instanceof Uint8Array)) throw bad('An attribute of the model is none', at);
    const { name, attribute, reference } = readAttribute(value, at);
    if (reference !== '') references.set(name, reference);
    else if (attribute !== null) attributes.set(name, attribute);
  }
  const overload = textOf(parts, 8, at);
  return {
    type,
    domain: textOf(parts, 7, at),
    name: textOf(parts, 3, at),
    inputs: textsOf(parts, 1, at),
    outputs,
    attributes: attributes.size === 0 ? NONE : attributes,
    ...(overload === '' ? {} : { overload }),
    ...(references.size === 0 ? {} : { references }),
  };
}

/** An attribute of a node. `reference` names the one of the function around it that it is; empty for one of its own. */
interface NamedAttribute {
  readonly name: string;
  readonly attribute: OnnxAttribute | null;
  readonly reference: string;
}

/** AttributeProto: name 1, and what `attributeOf` reads; ref_attr_name 21. */
export function readAttribute(message: Uint8Array, at: number): NamedAttribute {
  const parts = partsOf(message, at, 'An attribute');
  const reference = textOf(parts, 21, at);
  const attribute = reference === '' ? attributeOf(parts, at) : null;
  return { name: textOf(parts, 1, at), attribute, reference };
}

/** f 2, i 3, s 4, t 5, g 6, floats 7, ints 8, strings 9, tensors 10, graphs 11. */
function attributeOf(parts: readonly Part[], at: number): OnnxAttribute | null {
  // Newer writers say which of them counts; a number that is absent is 0.
  const type = numberOf(parts, 20) ?? 0;
  const has = (field: number) => parts.some((part) => part.field === field);
  if (type === 2 || (type === 0 && has(3))) return numberOf(parts, 3) ?? 0;
  if (type === 1 || (type === 0 && has(2))) return floatsOf(parts, 2, at)[0] ?? 0;
  if (type === 3 || (type === 0 && has(4))) return textOf(parts, 4, at);
  if (type === 4 || (type === 0 && has(5))) {
    const [value] = parts.filter(({ field }) => field === 5);
    if (!(value?.value instanceof Uint8Array))
      throw bad('An attribute of the model has no tensor', at);
    const { bytes, ...head } = readTensor(value.value, at);
    return knownTensor(head, bytes);
  }
  if (type === 7 || (type === 0 && has(8))) {
    const integers = parts.filter(({ field }) => field === 8);
    return integers.flatMap(({ value }) => varintsOf(value, at));
  }
  if (type === 6 || (type === 0 && has(7))) return floatsOf(parts, 7, at);
  if (type === 8 || (type === 0 && has(9))) return textsOf(parts, 9, at);
  return has(6) || has(11) ? 'graph' : null;
}

/** ValueInfoProto: name 1, type 2; within it tensor_type 1, its shape 2, its dims 1, each with dim_value 1. */
export function readValue(message: Uint8Array, at: number): OnnxValue {
  const parts = partsOf(message, at, 'A value');
  const name = textOf(parts, 1, at);
  const inner = (of: readonly Part[], field: number): readonly Part[] | null => {
    const value = of.find((part) => part.field === field)?.value;
    return value instanceof Uint8Array ? partsOf(value, at, 'The type of a value') : null;
  };
  const type = inner(parts, 2);
  const tensor = type === null ? null : inner(type, 1);
  const shape = tensor === null ? null : inner(tensor, 2);
  if (shape === null) return { name, shape: null };
  const sides = shape
    .filter(({ field }) => field === 1)
    .map(({ value }) => {
      if (!(value instanceof Uint8Array)) throw bad('A side of a value is none', at);
      const side = numberOf(partsOf(value, at, 'A side'), 1);
      // Writers have 0 and −1 for sides that may be any.
      return side === null || side === 0 || side < 0 ? null : side;
    });
  return { name, shape: sides };
}

export function numberOf(parts: readonly Part[], field: number): number | null {
  const value = parts.find((part) => part.field === field)?.value;
  return typeof value === 'number' ? value : null;
}

export function textOf(parts: readonly Part[], field: number, at: number): string {
  return textsOf(parts, field, at)[0] ?? '';
}

export function textsOf(parts: readonly Part[], field: number, at: number): string[] {
  return parts
    .filter((part) => part.field === field)
    .map(({ value }) => {
      const text = value instanceof Uint8Array ? decodeUtf8(value) : null;
      if (text === null) throw bad('A text of the model is not in UTF-8', at);
      return text;
    });
}

/** One by one, or packed. */
function floatsOf(parts: readonly Part[], field: number, at: number): number[] {
  return parts
    .filter((part) => part.field === field)
    .flatMap(({ value }) => {
      if (!(value instanceof Uint8Array) || value.length % 4 !== 0) {
        throw bad('A number of the model is none', at);
      }
      const view = new DataView(value.buffer, value.byteOffset, value.length);
      return Array.from({ length: value.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
    });
}
