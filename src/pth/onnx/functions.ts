import type { Budget } from '../budget.js';
import { COSTS } from '../pickle/costs.js';
import { numberOf, readAttribute, readNode, textOf, textsOf } from './nodeProto.js';
import type { OnnxAttribute, OnnxNode } from './onnxModel.js';
import { bad, partsOf } from './tensorProto.js';

/** An operator that a model defines itself, by other nodes. */
export interface OnnxFunction {
  readonly domain: string;
  readonly name: string;
  readonly overload: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Attributes that a node need not have. */
  readonly defaults: ReadonlyMap<string, OnnxAttribute>;
  readonly nodes: readonly OnnxNode[];
  /** Version of the standard operators in it; `null` where it says none. */
  readonly opset: number | null;
  /** Where it stands, for messages. */
  readonly at: number;
}

/** Functions within functions. */
const MAX_DEPTH = 32;
/** A node that was put in the place of another, and a name in it. */
const NODE_COST = 4 * COSTS.dict;
const NAME_COST = COSTS.text + COSTS.slot;

/** FunctionProto: name 1, input 4, output 5, node 7, opset_import 9, domain 10, attribute_proto 11, overload 13. */
export function readFunction(message: Uint8Array, at: number): OnnxFunction {
  const parts = partsOf(message, at, 'A function');
  const within = (field: number) =>
    parts
      .filter((part) => part.field === field)
      .map(({ value }) => {
        if (!(value instanceof Uint8Array)) throw bad('A function of the model is none', at);
        return value;
      });
  const versions = within(9).map((value) => partsOf(value, at, 'A version'));
  const own = versions.find((version) => ['', 'ai.onnx'].includes(textOf(version, 1, at)));
  const defaults = new Map<string, OnnxAttribute>();
  for (const value of within(11)) {
    const { name, attribute } = readAttribute(value, at);
    if (attribute !== null) defaults.set(name, attribute);
  }
  return {
    domain: textOf(parts, 10, at),
    name: textOf(parts, 1, at),
    overload: textOf(parts, 13, at),
    inputs: textsOf(parts, 4, at),
    outputs: textsOf(parts, 5, at),
    defaults,
    nodes: within(7).map((value) => readNode(value, at)),
    opset: own === undefined ? null : numberOf(own, 2),
    at,
  };
}

/**
 * The nodes of a model with those that are calls of its own functions replaced by what these do.
 *
 * @param opset Of the model.
 * @throws PthError for functions that call themselves, or are more than the file has room for.
 */
export function withoutFunctions(
  nodes: readonly OnnxNode[],
  functions: readonly OnnxFunction[],
  opset: number,
  budget: Budget,
): readonly OnnxNode[] {
  const lost = nodes.find(({ references }) => references !== undefined);
  if (lost !== undefined) {
    const [name] = lost.references?.keys() ?? [];
    throw bad(
      `A node (${lost.type.slice(0, 100)}) has "${name?.slice(0, 100)}" of the function around it, and there is none`,
      0,
    );
  }
  if (functions.length === 0) return nodes;
  const byName = new Map(functions.map((one) => [keyOf(one.domain, one.name, one.overload), one]));
  if (byName.size < functions.length) throw bad('Two functions of the model have one name', 0);
  const made: OnnxNode[] = [];
  const add = (node: OnnxNode, depth: number): void => {
    const called = byName.get(keyOf(node.domain, node.type, node.overload ?? ''));
    if (called === undefined) {
      made.push(node);
      return;
    }
    if (depth === MAX_DEPTH)
      throw bad('Functions of the model call each other without end', called.at);
    if (called.opset !== null && called.opset !== opset) {
      throw bad(
        `Function "${called.name.slice(0, 100)}" has operators of version ${called.opset}, and the model those of ${opset}`,
        called.at,
      );
    }
    for (const inner of bodyOf(node, called, budget)) add(inner, depth + 1);
  };
  for (const node of nodes) add(node, 0);
  return made;
}

function keyOf(domain: string, name: string, overload: string): string {
  return `${domain}\0${name}\0${overload}`;
}

/** What a call does, under names that no other call has. */
function bodyOf(call: OnnxNode, called: OnnxFunction, budget: Budget): OnnxNode[] {
  const prefix = call.outputs.find((name) => name !== '') ?? call.name;
  // Whatever it does, a call takes time for each of these.
  const size = called.inputs.length + called.outputs.length + called.defaults.size;
  budget.takeValues(COSTS.mapEntry * size, 'A function');
  const names = new Map<string, string>();
  for (const [i, name] of called.inputs.entries()) names.set(name, call.inputs[i] ?? '');
  const given = new Set(called.inputs);
  const passed: { readonly name: string; readonly to: string }[] = [];
  for (const [i, name] of called.outputs.entries()) {
    const to = call.outputs[i] ?? '';
    if (given.has(name)) passed.push({ name, to });
    else if (to !== '' && !names.has(name)) names.set(name, to);
  }
  const renamed = (name: string): string => {
    if (name === '') return '';
    budget.takeValues(NAME_COST + COSTS.character * (prefix.length + name.length), 'A function');
    return names.get(name) ?? `${prefix}/${name}`;
  };
  const attributes = new Map([...called.defaults, ...call.attributes]);
  const body = called.nodes.map((node): OnnxNode => {
    budget.takeValues(NODE_COST + COSTS.mapEntry * node.attributes.size, 'A function');
    return {
      ...node,
      name: renamed(node.name),
      inputs: node.inputs.map(renamed),
      outputs: node.outputs.map(renamed),
      attributes: resolved(node, attributes),
      references: undefined,
    };
  });
  // What a function hands on as it was.
  const handed = passed.map(({ name, to }): OnnxNode => {
    budget.takeValues(NODE_COST, 'A function');
    return {
      type: 'Identity',
      domain: '',
      name: `${prefix}/${name}`,
      inputs: [names.get(name) ?? ''],
      outputs: [to === '' ? `${prefix}/${name}/handed` : to],
      attributes: new Map(),
    };
  });
  return [...body, ...handed];
}

/** A node's attributes, of which some are those of the call. */
function resolved(
  { attributes, references }: OnnxNode,
  given: ReadonlyMap<string, OnnxAttribute>,
): ReadonlyMap<string, OnnxAttribute> {
  if (references === undefined) return attributes;
  const own = new Map(attributes);
  for (const [name, of] of references) {
    const value = given.get(of);
    if (value !== undefined) own.set(name, value);
  }
  return own;
}
