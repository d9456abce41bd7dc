import { concatenate } from '../../src/platform/concatenate.js';
import {
  bytes,
  integer,
  type Message,
  message,
  nested,
  repeated,
  text,
} from '../../src/platform/protobuf.js';

interface Node {
  readonly type: string;
  readonly name: string;
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly attributes?: Readonly<Record<string, number | string | readonly number[]>>;
  /** Default: its name. */
  readonly outputs?: readonly string[];
}

interface File {
  /** Of which the last makes `output`. Default: one that does nothing. */
  readonly nodes?: readonly Node[];
  /** Default: `input`. */
  readonly inputs?: readonly string[];
  /** Lists of whole numbers. */
  readonly lists?: Readonly<Record<string, readonly number[]>>;
  /** Lists of float32. */
  readonly floats?: Readonly<Record<string, readonly number[]>>;
  /** Version of the operators. Default: 17. */
  readonly version?: number;
  /** Where the numbers of a weight lie, in place of within the file. */
  readonly external?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** An ONNX model of three channels and any size, as somebody else writes one. */
export function onnxFile({
  nodes = [IDENTITY],
  inputs = ['input'],
  lists = {},
  floats = {},
  version = 17,
  external,
  metadata = {},
}: File): Uint8Array {
  const graph = message(
    repeated(nodes, (node) => nested(1, nodeMessage(node, node === nodes.at(-1)))),
    external === undefined ? null : nested(5, externalTensor(external)),
    repeated(Object.entries(lists), ([name, values]) => nested(5, listOf(name, values))),
    repeated(Object.entries(floats), ([name, values]) => nested(5, floatsOf(name, values))),
    repeated(inputs, (name) => nested(11, picture(name))),
    nested(12, picture('output')),
  );
  const notes = repeated(Object.entries(metadata), ([key, value]) =>
    nested(14, message(text(1, key), text(2, value))),
  );
  const opset = nested(8, message(text(1, ''), integer(2, version)));
  return concatenate(
    message(integer(1, 8), text(2, 'somebody'), opset, nested(7, graph), notes).pieces,
  );
}

const IDENTITY: Node = { type: 'Identity', name: 'nothing', inputs: ['input'] };

function nodeMessage(
  { type, name, domain = '', inputs, attributes = {}, outputs = [name] }: Node,
  isLast: boolean,
): Message {
  return message(
    repeated(inputs, (input) => text(1, input)),
    repeated(isLast ? ['output'] : outputs, (output) => text(2, output)),
    text(3, name),
    text(4, type),
    repeated(Object.entries(attributes), ([key, value]) =>
      nested(
        5,
        message(
          text(1, key),
          ...(typeof value === 'number'
            ? [integer(3, value), integer(20, 2)]
            : typeof value === 'string'
              ? [text(4, value), integer(20, 3)]
              : [repeated(value, (item) => bytes(8, signed(item))), integer(20, 7)]),
        ),
      ),
    ),
    text(7, domain),
  );
}

function picture(name: string): Message {
  const sides = ['N', 3, 'H', 'W'].map((side) =>
    nested(1, typeof side === 'number' ? integer(1, side) : text(2, side)),
  );
  const shape = message(...sides);
  return message(text(1, name), nested(2, nested(1, message(integer(1, 1), nested(2, shape)))));
}

function externalTensor(location: string): Message {
  const entry = (key: string, value: string) => nested(13, message(text(1, key), text(2, value)));
  const place = message(entry('location', location), entry('offset', '0'), entry('length', '4'));
  return message(
    integer(1, 1),
    integer(2, 1),
    text(8, 'weight'),
    place,
    integer(14, 1),
    bytes(15, new Uint8Array(0)),
  );
}

function listOf(name: string, values: readonly number[]): Message {
  const numbers = values.map((value) => bytes(7, signed(value)));
  return message(integer(1, values.length), integer(2, 7), ...numbers, text(8, name));
}

function floatsOf(name: string, values: readonly number[]): Message {
  const raw = new Uint8Array(Float32Array.from(values).buffer);
  return message(integer(1, values.length), integer(2, 1), text(8, name), bytes(9, raw));
}

/** A whole number of 64 bits as a packed list of one. */
function signed(value: number): Uint8Array {
  const parts: number[] = [];
  let left = BigInt.asUintN(64, BigInt(value));
  for (; left > 127n; left >>= 7n) parts.push(Number(left & 127n) | 128);
  return Uint8Array.of(...parts, Number(left));
}
