import { sameShape } from '../../tensor/shape.js';
import type { Flow, FlowNode } from './flow.js';

/** Modules side by side that do the same, one after the other: only their weights differ. */
export interface Repeat {
  /** Id of the first node. */
  readonly first: number;
  /** How many nodes each of them has. */
  readonly length: number;
  /** What the modules are called: `model.10`, `model.11`, … */
  readonly modules: readonly string[];
}

/** All repeats, from the front; of repeats within repeats, the outer ones. */
export function findRepeats(graph: Flow): Repeat[] {
  const repeats: Repeat[] = [];
  for (let id = 1; id <= graph.nodes.length; ) {
    const repeat = repeatAt(graph, id);
    if (repeat !== null) repeats.push(repeat);
    id += repeat === null ? 1 : repeat.length * repeat.modules.length;
  }
  return repeats;
}

/** `model.10` and `model.18` as `model.10…18`. */
export function rangeOf(modules: readonly string[]): string {
  const last = modules[modules.length - 1];
  return modules.length > 1 ? `${modules[0]}…${last.slice(parentOf(last).length)}` : last;
}

function repeatAt(graph: Flow, first: number): Repeat | null {
  for (const module of ancestors(graph.nodes[first - 1].node.name)) {
    const length = extent(graph, first, module);
    const modules = [module];
    for (let next = first + length; next <= graph.nodes.length; next += length) {
      const sibling = siblingOf(module, graph.nodes[next - 1].node.name);
      if (sibling === null || modules.includes(sibling)) break;
      if (extent(graph, next, sibling) !== length) break;
      if (!sameUnits(graph, { first, length, modules }, next, sibling)) break;
      modules.push(sibling);
    }
    // Where a value of one of them is read later on, those up to it may still be drawn once.
    for (; modules.length > 1; modules.pop()) {
      const repeat = { first, length, modules };
      if (!isReadFromOutside(graph, repeat)) return repeat;
    }
  }
  return null;
}

/** The module and all that hold it, from the outermost below the network itself. */
function ancestors(name: string): string[] {
  const parts = name === '' ? [] : name.split('.');
  return parts.map((_, depth) => parts.slice(0, depth + 1).join('.'));
}

/** With its dot: `model.` of `model.10`. */
function parentOf(module: string): string {
  return module.slice(0, module.lastIndexOf('.') + 1);
}

/** The module beside `module` that a node of this name belongs to. */
function siblingOf(module: string, name: string): string | null {
  const parent = parentOf(module);
  if (!name.startsWith(parent)) return null;
  const sibling = parent + name.slice(parent.length).split('.')[0];
  return sibling === module || sibling === '' ? null : sibling;
}

/** How many nodes in a row, from `first` on, belong to the module. */
function extent({ nodes }: Flow, first: number, module: string): number {
  const inside = ({ node: { name } }: FlowNode) => name === module || name.startsWith(`${module}.`);
  let next = first;
  while (next <= nodes.length && inside(nodes[next - 1])) next++;
  return next - first;
}

/** Whether the nodes from `next` on do what those from `unit.first` on do, with what comes before them. */
function sameUnits({ nodes }: Flow, unit: Repeat, next: number, module: string): boolean {
  const { first, length, modules } = unit;
  const shift = next - first;
  const sources = new Set<number>();
  for (let id = first; id < first + length; id++) {
    const [a, b] = [nodes[id - 1], nodes[id + shift - 1]];
    const [own, other] = [a.node.name.slice(modules[0].length), b.node.name.slice(module.length)];
    if (own !== other) return false;
    if (!sameWork(a, b) || a.inputs.length !== b.inputs.length) return false;
    for (const [i, input] of a.inputs.entries()) {
      if (input < first) sources.add(input);
      if (b.inputs[i] !== (input < first ? next - 1 : input + shift)) return false;
    }
  }
  return sources.size <= 1;
}

function sameWork({ node: a, tensors }: FlowNode, { node: b, tensors: others }: FlowNode): boolean {
  return (
    a.operator === b.operator &&
    sameShape(a.shape, b.shape) &&
    sameValue(Object.entries(a.attributes as object), Object.entries(b.attributes as object)) &&
    tensors.length === others.length &&
    tensors.every(({ name, tensor }, i) => {
      return name === others[i].name && sameShape(tensor.shape, others[i].tensor.shape);
    })
  );
}

function sameValue(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return Object.is(a, b);
  return a.length === b.length && a.every((part, i) => sameValue(part, b[i]));
}

/** Whether something after the repeat needs more than its last value, as in a U-Net. */
function isReadFromOutside(graph: Flow, { first, length, modules }: Repeat): boolean {
  const last = first + length * modules.length - 1;
  const isInner = (id: number) => id >= first && id < last;
  const later = graph.nodes.slice(last);
  return graph.outputs.some(isInner) || later.some(({ inputs }) => inputs.some(isInner));
}
