import type { ByteSource } from '../../platform/byteSource.js';
import { sizeOf } from '../../tensor/shape.js';
import type { Budget } from '../budget.js';
import { bytesOf, type Dtype } from '../dtypes.js';
import { bad, type Field, FieldReader } from '../onnx/fieldReader.js';
import { type OnnxFunction, readFunction, withoutFunctions } from '../onnx/functions.js';
import { BYTE_COST, chargeMessage, chargeNode } from '../onnx/messageCosts.js';
import { numberOf, readNode, readValue, textOf } from '../onnx/nodeProto.js';
import {
  isOnnxWeight,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValue,
  structuralNames,
} from '../onnx/onnxModel.js';
import {
  checkRank,
  DTYPES,
  knownTensor,
  MAX_DIMS_BYTES,
  partsOf,
  readTensor,
  TENSOR,
  type TensorHead,
  varintsOf,
} from '../onnx/tensorProto.js';
import { COSTS } from '../pickle/costs.js';
import type { ContainerFormat, Neighbours } from './container.js';
import { type NamedTensor, namedTensors } from './namedTensors.js';

/** What this project calls itself in the models that it writes. */
const PRODUCER = 'cyclegan-ts';
/** Names of tensors of this project's models that are no weights begin so. */
const CONSTANT = '/constants/';

/** Versions of the file format that there are. */
const MAX_IR_VERSION = 20;
/** Tags that may follow it: producer, its version, domain, model version, note, graph, operators' version. */
const SECOND_TAGS = [0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42];

/** Tensors of fewer bytes are read at once: shapes, factors and biases among them. */
const SMALL_BYTES = 4096;
/** What is no float says how something is computed, and is read at once, up to here. */
const MAX_KNOWN_BYTES = 1 << 20;
/** What a node, a tensor or a value takes here, beside what each byte of it does. */
const NODE_COST = 200;
const TENSOR_COST = 2 * COSTS.call;
const VALUE_COST = 64;
/** Dims, a type, a name, and the numbers. */
const TENSOR_FIELDS = 200;

/** A tensor of the graph, and where its numbers are: in the model's own file, or in one beside it. */
interface FoundTensor {
  readonly tensor: OnnxTensor;
  readonly place: {
    readonly start: number;
    readonly bytes: number;
    readonly source: ByteSource;
  } | null;
  readonly inline: Uint8Array | null;
}

/**
 * ONNX models: their graph as inert data, and their weights by name. Numbers that lie in files of their own are only looked
 * for beside the model.
 */
export const onnxFormat: ContainerFormat = {
  name: 'onnx',

  matches: (start) =>
    start[0] === 0x08 && start[1] <= MAX_IR_VERSION && SECOND_TAGS.includes(start[2]),

  async open(source, budget, neighbours) {
    const reading = new ModelReading(source, budget, neighbours);
    const model = await reading.model();
    const { found, metadata, producer } = reading;
    const isOwn = producer === PRODUCER;
    const structural = structuralNames(model.nodes);
    const weights: NamedTensor[] = [];
    const sources = new Map<string, ByteSource>();
    for (const { tensor, place, inline } of found) {
      const { name, dtype, shape } = tensor;
      if (dtype === null || !isOnnxWeight(tensor, structural)) continue;
      if (isOwn && name.startsWith(CONSTANT)) continue;
      const bytes = sizeOf(shape) * bytesOf(dtype);
      weights.push({
        name,
        dtype,
        shape,
        start: place?.start ?? 0,
        bytes,
        ...(inline === null ? {} : { inline }),
      });
      if (place !== null && place.source !== source) sources.set(name, place.source);
    }
    const writer = isOwn ? PRODUCER : model.producer === '' ? 'ONNX' : model.producer;
    const opened = namedTensors(source, weights, { writer, metadata, budget, sources });
    return { ...opened, onnx: model };
  },
};

/** Reads a model, field by field. */
class ModelReading {
  readonly metadata = new Map<string, string>();
  readonly found: FoundTensor[] = [];
  producer = '';
  readonly #source: ByteSource;
  readonly #budget: Budget;
  readonly #neighbours: Neighbours | undefined;
  readonly #reader: FieldReader;
  readonly #nodes: OnnxNode[] = [];
  readonly #functions: OnnxFunction[] = [];
  readonly #inputs: OnnxValue[] = [];
  readonly #outputs: OnnxValue[] = [];
  readonly #beside = new Map<string, ByteSource>();
  #version = '';
  #opset = 1;

  constructor(source: ByteSource, budget: Budget, neighbours: Neighbours | undefined) {
    this.#source = source;
    this.#budget = budget;
    this.#neighbours = neighbours;
    this.#reader = new FieldReader(source, budget);
  }

  async model(): Promise<OnnxModel> {
    for await (const field of this.#reader.fields(0, this.#source.size)) await this.#field(field);
    const initializers = new Map(this.found.map(({ tensor }) => [tensor.name, tensor]));
    if (initializers.size < this.found.length)
      throw bad('Two tensors of the model have one name', 0);
    return {
      producer: `${this.producer} ${this.#version}`.trim().slice(0, 100),
      opset: this.#opset,
      nodes: withoutFunctions(this.#nodes, this.#functions, this.#opset, this.#budget),
      initializers,
      inputs: this.#inputs.filter(({ name }) => !initializers.has(name)),
      outputs: this.#outputs,
    };
  }

  /** ModelProto: producer_name 2, producer_version 3, graph 7, opset_import 8, metadata_props 14, functions 25. */
  async #field(field: Field): Promise<void> {
    const reader = this.#reader;
    if (field.number === 2) this.producer = await reader.text(field);
    else if (field.number === 3) this.#version = await reader.text(field);
    else if (field.number === 7) await this.#graph(field);
    else if (field.number === 25) {
      this.#functions.push(readFunction(await this.#message(field, NODE_COST), field.start));
    } else if (field.number === 8) {
      const parts = partsOf(await reader.bytes(field), field.start, 'A version');
      const domain = textOf(parts, 1, field.start);
      if (domain === '' || domain === 'ai.onnx') this.#opset = numberOf(parts, 2) ?? 1;
    } else if (field.number === 14) {
      const texts = await reader.texts(field);
      this.#budget.takeValues(COSTS.mapEntry, 'The model');
      this.metadata.set(texts.get(1) ?? '', texts.get(2) ?? '');
    }
  }

  /** GraphProto: node 1, initializer 5, input 11, output 12. */
  async #graph(graph: Field): Promise<void> {
    for await (const field of this.#reader.fields(graph.start, graph.end)) {
      if (field.number === 5) {
        const tensor = await this.#tensor(field);
        this.found.push(tensor);
      } else if (field.number === 1)
        this.#nodes.push(readNode(await this.#node(field), field.start));
      else if (field.number === 11)
        this.#inputs.push(readValue(await this.#message(field, VALUE_COST), field.start));
      else if (field.number === 12)
        this.#outputs.push(readValue(await this.#message(field, VALUE_COST), field.start));
    }
  }

  /** A long one may have a tensor's numbers in it, which stay as they are, or many small fields. */
  async #node(field: Field): Promise<Uint8Array> {
    if (field.end - field.start <= SMALL_BYTES) return this.#message(field, NODE_COST);
    this.#budget.takeValues(NODE_COST, 'The model');
    const message = await this.#reader.bytes(field);
    chargeNode(message, this.#budget);
    return message;
  }

  /** A message that becomes objects. @param cost Of itself. */
  async #message({ start, end }: Field, cost: number): Promise<Uint8Array> {
    const length = end - start;
    this.#budget.takeValues(cost, 'The model');
    if (length > SMALL_BYTES) chargeMessage(length, this.#budget);
    else this.#budget.takeValues(BYTE_COST * length, 'The model');
    return this.#reader.bytes({ number: 0, value: 0, start, end });
  }

  async #tensor(field: Field): Promise<FoundTensor> {
    if (field.end - field.start <= SMALL_BYTES) {
      const message = await this.#message(field, TENSOR_COST);
      const { bytes, external, ...head } = readTensor(message, field.start);
      if (external.length > 0) return this.#external(head, external, field.start);
      // The message may be a window on a buffer that is used again.
      const inline = bytes === null ? null : bytes.slice();
      return { tensor: knownTensor(head, inline), place: null, inline };
    }
    return this.#largeTensor(field);
  }

  /** Its numbers stay in the file, unless they are whole ones, which nothing but the graph has a use for. */
  async #largeTensor(message: Field): Promise<FoundTensor> {
    const shape: number[] = [];
    let [name, type, fields] = ['', 0, 0];
    let data: Field | null = null;
    const external: Uint8Array[] = [];
    for await (const field of this.#reader.fields(message.start, message.end)) {
      if (++fields > TENSOR_FIELDS) return this.#wholeTensor(message);
      if (field.number === TENSOR.dims && field.end > field.start && field.value === 0) {
        shape.push(...varintsOf(await this.#dims(field), field.start));
      } else if (field.number === TENSOR.dims) shape.push(field.value);
      else if (field.number === TENSOR.type) type = field.value;
      else if (field.number === TENSOR.name) name = await this.#reader.text(field);
      else if (field.number === TENSOR.external)
        external.push(await this.#message(field, VALUE_COST));
      else if (field.number === TENSOR.raw || field.number === TENSOR.floats) data = field;
    }
    checkRank(shape, message.start);
    const dtype = DTYPES.get(type) ?? null;
    const head = { name, dtype, shape };
    if (external.length > 0) return this.#external(head, external, message.start);
    const isFloat = dtype?.includes('float') ?? false;
    if (!isFloat || data === null) return this.#wholeTensor(message);
    const bytes = data.end - data.start;
    checkSize(head, bytes, data.start);
    return {
      tensor: { ...head, values: null },
      place: { start: data.start, bytes, source: this.#source },
      inline: null,
    };
  }

  /** A number by itself, or a packed list of them. */
  async #dims(field: Field): Promise<Uint8Array> {
    if (field.end - field.start > MAX_DIMS_BYTES)
      throw bad('A tensor of the model has more dimensions than there are', field.start);
    return (await this.#message(field, VALUE_COST)).slice();
  }

  async #wholeTensor(message: Field): Promise<FoundTensor> {
    const length = message.end - message.start;
    if (length > MAX_KNOWN_BYTES) {
      throw bad(
        `A tensor of the model that has ${length} bytes, and no floats as bytes`,
        message.start,
      );
    }
    this.#budget.takeValues(BYTE_COST * length, 'A tensor');
    const {
      bytes,
      external: _,
      ...head
    } = readTensor(await this.#reader.bytes(message), message.start);
    const inline = bytes?.slice() ?? null;
    return { tensor: knownTensor(head, inline), place: null, inline };
  }

  /** StringStringEntryProto: location, offset, length. */
  async #external(
    head: TensorHead,
    entries: readonly Uint8Array[],
    at: number,
  ): Promise<FoundTensor> {
    const texts = new Map(
      entries.map((entry) => {
        const parts = partsOf(entry, at, 'A place');
        return [textOf(parts, 1, at), textOf(parts, 2, at)] as const;
      }),
    );
    const location = texts.get('location') ?? '';
    const source = await this.#openBeside(location, at);
    const start = Number(texts.get('offset') ?? 0);
    const bytes = Number(texts.get('length') ?? source.size - start);
    checkSize(head, bytes, at);
    const isPlace = [start, bytes].every((number) => Number.isSafeInteger(number) && number >= 0);
    if (!(isPlace && start + bytes <= source.size)) {
      throw bad(`Tensor "${head.name.slice(0, 100)}" reaches beyond "${location}"`, at);
    }
    const isSmall = bytes <= SMALL_BYTES || !(head.dtype?.includes('float') ?? false);
    if (!isSmall)
      return { tensor: { ...head, values: null }, place: { start, bytes, source }, inline: null };
    if (bytes > MAX_KNOWN_BYTES) throw bad('A list of whole numbers that is too long', at);
    const inline = (await this.#budget.read(source, start, start + bytes, 'A tensor')).slice();
    return { tensor: knownTensor(head, inline), place: null, inline };
  }

  async #openBeside(location: string, at: number): Promise<ByteSource> {
    const known = this.#beside.get(location);
    if (known !== undefined) return known;
    const shown = JSON.stringify(location.slice(0, 100));
    if (this.#neighbours === undefined) {
      throw bad(
        `The weights of the model lie in another file, ${shown}: give the model by its path, with that file beside it`,
        at,
      );
    }
    const source = await this.#neighbours(location);
    if (source === null) {
      throw bad(
        `The weights of the model lie in another file, ${shown}, which is not beside it. Files elsewhere, and links, are not followed`,
        at,
      );
    }
    this.#budget.grow(source.size);
    this.#beside.set(location, source);
    return source;
  }
}

function checkSize(
  { name, dtype, shape }: TensorHead & { dtype: Dtype | null },
  bytes: number,
  at: number,
): void {
  if (dtype === null || bytes === sizeOf(shape) * bytesOf(dtype)) return;
  throw bad(`Tensor "${name.slice(0, 100)}" of shape [${shape.join(', ')}] has ${bytes} bytes`, at);
}
