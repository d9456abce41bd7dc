import {
  bytes,
  float,
  integer,
  type Message,
  message,
  nested,
  repeated,
  text,
} from '../../platform/protobuf.js';

/** Field numbers are those of the published schema. @see https://github.com/onnx/onnx, onnx/onnx.proto (IR version 8) */
const IR_VERSION = 8;

/** Element types (TensorProto.DataType). */
export const ELEMENT = { float: 1, int64: 7, float16: 10 } as const;
export type Element = (typeof ELEMENT)[keyof typeof ELEMENT];

/** What an attribute holds (AttributeProto.AttributeType). */
const ATTRIBUTE = { float: 1, int: 2, string: 3, ints: 7 } as const;

export type AttributeValue = number | string | readonly number[] | { readonly float: number };

export interface OnnxNode {
  readonly type: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

export interface OnnxTensor {
  readonly name: string;
  readonly element: Element;
  readonly shape: readonly number[];
  /** Little-endian. */
  readonly data: Uint8Array;
}

/** A side is a number, or a name where it may be any. */
export interface OnnxValue {
  readonly name: string;
  readonly shape: readonly (number | string)[];
}

export interface OnnxModel {
  readonly producer: readonly [name: string, version: string];
  readonly opset: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly graphName: string;
  readonly nodes: readonly OnnxNode[];
  readonly tensors: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

/** ModelProto. */
export function modelMessage(model: OnnxModel): Message {
  return message(
    integer(1, IR_VERSION),
    text(2, model.producer[0]),
    text(3, model.producer[1]),
    // OperatorSetIdProto, of the standard domain.
    nested(8, message(text(1, ''), integer(2, model.opset))),
    // StringStringEntryProto.
    repeated(Object.entries(model.metadata), ([key, value]) =>
      nested(14, message(text(1, key), text(2, value))),
    ),
    nested(7, graphMessage(model)),
  );
}

/** GraphProto. */
function graphMessage({ graphName, nodes, tensors, inputs, outputs }: OnnxModel): Message {
  return message(
    repeated(nodes, (node) => nested(1, nodeMessage(node))),
    text(2, graphName),
    repeated(inputs, (input) => nested(11, valueMessage(input))),
    repeated(outputs, (output) => nested(12, valueMessage(output))),
    // Last: whoever reads the file from its beginning has met everything else before the numbers.
    repeated(tensors, (tensor) => nested(5, tensorMessage(tensor))),
  );
}

/** NodeProto. */
function nodeMessage({ type, name, inputs, output, attributes }: OnnxNode): Message {
  return message(
    repeated(inputs, (input) => text(1, input)),
    text(2, output),
    text(3, name),
    text(4, type),
    repeated(Object.entries(attributes), ([key, value]) => nested(5, attributeMessage(key, value))),
  );
}

/** AttributeProto. */
function attributeMessage(name: string, value: AttributeValue): Message {
  const head = text(1, name);
  if (typeof value === 'string')
    return message(head, text(4, value), integer(20, ATTRIBUTE.string));
  if (typeof value === 'number')
    return message(head, integer(3, value), integer(20, ATTRIBUTE.int));
  if ('float' in value) return message(head, float(2, value.float), integer(20, ATTRIBUTE.float));
  return message(
    head,
    repeated(value, (item) => integer(8, item)),
    integer(20, ATTRIBUTE.ints),
  );
}

/** TensorProto. */
function tensorMessage({ name, element, shape, data }: OnnxTensor): Message {
  return message(
    repeated(shape, (side) => integer(1, side)),
    integer(2, element),
    text(8, name),
    bytes(9, data),
  );
}

/** ValueInfoProto of float32: whatever happens inside, that is what goes in and comes out. */
function valueMessage({ name, shape }: OnnxValue): Message {
  const dimensions = repeated(shape, (side) =>
    nested(1, typeof side === 'number' ? integer(1, side) : text(2, side)),
  );
  const tensorType = message(integer(1, ELEMENT.float), nested(2, dimensions));
  return message(text(1, name), nested(2, nested(1, tensorType)));
}
