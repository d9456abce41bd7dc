import type { DeviceBuffer } from '../plan/buffers.js';

/** A number as a WGSL literal of type f32. There are no literals of infinities and NaN. */
export function f32(value: number): string {
  const rounded = Math.fround(value);
  if (!Number.isFinite(rounded)) throw new Error(`${value} has no WGSL literal`);
  return rounded < 0 || Object.is(rounded, -0) ? `(${rounded}f)` : `${rounded}f`;
}

/** A `vec4f` of one number. */
export function splat(value: number): string {
  return `vec4f(${f32(value)})`;
}

/** Lines of text for each number below `count`. */
export function repeat(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => line(index)).join('\n');
}

/** A sum of terms, without those that are null; `vec4f(0)` of none. */
export function sumOf(terms: readonly (string | null)[]): string {
  const present = terms.filter((term) => term !== null);
  return present.length === 0 ? 'vec4f(0)' : present.join(' + ');
}

/** `factor · name`; `null` for 0. */
export function scaled(factor: number, name: string): string | null {
  if (factor === 0) return null;
  if (factor === 1) return name;
  return factor === -1 ? `-${name}` : `${f32(factor)} * ${name}`;
}

/** Elements of a vector whose channels are real: of the last one of `channels`, the others are padding. */
export function laneMask(channels: number): string {
  const real = channels % 4 === 0 ? 4 : channels % 4;
  return `vec4<bool>(${[0, 1, 2, 3].map((lane) => lane < real).join(', ')})`;
}

/** An array in a buffer, under the name that a shader has for it. */
export interface Binding {
  readonly name: string;
  readonly element: 'f32' | 'vec4f' | 'mat4x4f';
  readonly buffer: DeviceBuffer;
}

/** A compute shader, and what its variables are bound to. */
export interface Kernel {
  /** For people, in labels. */
  readonly label: string;
  readonly code: string;
  readonly bindings: readonly Binding[];
  readonly workgroups: readonly [x: number, y: number, z: number];
  /** Extensions of WGSL that it needs. */
  readonly features: readonly string[];
}

/** Workgroups along one axis of a dispatch, at most: what every device takes. */
export const MAX_WORKGROUPS = 65_535;

/** What a body needs of WGSL that not every device has. */
export interface Extension {
  readonly names: readonly string[];
  readonly directive?: string;
  /** What `main` is given besides: an attribute, a name and its type. */
  readonly input: string;
}

export interface KernelText {
  readonly label: string;
  readonly bindings: readonly Binding[];
  /** Constants, workgroup memory and functions; those that several have declared are declared once. */
  readonly declarations?: readonly string[];
  readonly workgroupSize: readonly [x: number, y: number];
  readonly extension?: Extension;
  readonly workgroups: readonly [x: number, y: number, z: number];
  /** Reads `group` (`vec3u`) and `local` (`vec3u`). */
  readonly body: string;
}

/**
 * Puts a shader together. All that lies in the arena is bound for reading and writing, for one buffer may not be bound in
 * both ways at once.
 */
export function kernel(text: KernelText): Kernel {
  const { label, declarations = [], workgroupSize, workgroups, extension, body } = text;
  const { bindings, rename } = bindOnce(text.bindings);
  const variables = bindings.map(({ name, element, buffer }, i) => {
    const access = buffer.kind === 'weights' ? 'read' : 'read_write';
    return `@group(0) @binding(${i}) var<storage, ${access}> ${name}: array<${typeOf(element, buffer)}>;`;
  });
  const isHalf = bindings.some(({ buffer }) => buffer.format === 'f16');
  const enabled = [...(isHalf ? ['f16'] : []), ...(extension?.names ?? [])];
  const input = extension === undefined ? '' : `, ${extension.input}`;
  const code = `// ${label}
${enabled.map((name) => `enable ${name};\n`).join('')}${extension?.directive ?? ''}${variables.join('\n')}
${rename([...new Set(declarations)].join('\n'))}
@compute @workgroup_size(${workgroupSize.join(', ')})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u${input}) {
${rename(body)}
}
`;
  return { label, code, bindings, workgroups, features: enabled };
}

/** The type that elements have where they lie. */
function typeOf(element: Binding['element'], { format }: DeviceBuffer): string {
  if (format === 'f32') return element;
  return element === 'f32' ? 'f16' : `${element.slice(0, -1)}h`;
}

/** A buffer may not be bound twice, as of a value that is multiplied by itself: it goes by the first of its names. */
function bindOnce(all: readonly Binding[]) {
  const bindings: Binding[] = [];
  const names = new Map<string, string>();
  for (const binding of all) {
    const { name, element, buffer } = binding;
    const same = bindings.find((other) => other.buffer === buffer && other.element === element);
    if (same === undefined) bindings.push(binding);
    else names.set(name, same.name);
  }
  const rename = (text: string) =>
    names.size === 0 ? text : text.replace(/\b\w+\b/g, (word) => names.get(word) ?? word);
  return { bindings, rename };
}

const MAP_THREADS = 64;

/** A kernel in which thread `index` (`u32`), below `count`, does one thing, and knows no other thread. */
export function mapKernel(
  count: number,
  { body, ...text }: Omit<KernelText, 'workgroupSize' | 'workgroups'>,
): Kernel {
  const groups = Math.max(1, Math.ceil(count / MAP_THREADS));
  const across = Math.min(groups, MAX_WORKGROUPS);
  return kernel({
    ...text,
    workgroupSize: [MAP_THREADS, 1],
    workgroups: [across, Math.ceil(groups / across), 1],
    body: `  let index = (group.y * ${across}u + group.x) * ${MAP_THREADS}u + local.x;
  if (index >= ${count}u) { return; }
${body}`,
  });
}
