import { strToU8, zipSync } from 'fflate';

/** A tensor of a program's graph, by its name. */
export const named = (name: string) => ({ as_tensor: { name } });
export const int = (value: number) => ({ as_int: value });
export const ints = (...values: number[]) => ({ as_ints: values });
export const float = (value: number) => ({ as_float: value });

/** A node as `torch.export.save` writes it; its result has its name, unless it has several. */
export function call(
  target: string,
  name: string,
  inputs: Readonly<Record<string, object>>,
  outputs: readonly string[] = [name],
) {
  return {
    target: target.startsWith('_operator') ? target : `torch.ops.aten.${target}`,
    name,
    inputs: Object.entries(inputs).map(([key, arg]) => ({ name: key, arg })),
    outputs:
      outputs.length === 1 ? [named(name)] : [{ as_tensors: outputs.map((name) => ({ name })) }],
  };
}

export interface ProgramParts {
  /** Of the picture `x`; without one, any. */
  readonly shape?: readonly number[];
  /** Numbers of parameters and their shapes, by name. */
  readonly weights?: Readonly<
    Record<string, readonly [shape: readonly number[], values: readonly number[]]>
  >;
  readonly output: string;
}

/** A program that takes a picture `x`, in a file as torch 2.9 and later write it. */
export function exportedProgram(
  nodes: readonly object[],
  { shape, weights = { w: [[1], [0]] }, output }: ProgramParts,
): Uint8Array<ArrayBuffer> {
  const sizes = shape?.map((side) => ({ as_int: side }));
  const graph = {
    inputs: [...Object.keys(weights), 'x'].map(named),
    nodes,
    tensor_values: sizes === undefined ? {} : { x: { sizes } },
  };
  const signature = {
    input_specs: [
      ...Object.keys(weights).map((name) => ({
        parameter: { arg: { name }, parameter_name: name },
      })),
      { user_input: { arg: named('x') } },
    ],
    output_specs: [{ user_output: { arg: named(output) } }],
  };
  const config = Object.fromEntries(
    Object.entries(weights).map(([name, [sides]]) => [name, weightOf(name, sides)]),
  );
  return zipSync({
    ...Object.fromEntries(
      Object.entries(weights).map(([name, [, values]]) => [
        `x/data/weights/${name}`,
        new Uint8Array(Float32Array.from(values).buffer),
      ]),
    ),
    'x/data/weights/model_weights_config.json': strToU8(JSON.stringify({ config })),
    'x/models/model.json': strToU8(JSON.stringify({ graph_module: { graph, signature } })),
  });
}

function weightOf(path: string, shape: readonly number[]) {
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
  const counts = (values: readonly number[]) => values.map((value) => ({ as_int: value }));
  return {
    path_name: path,
    tensor_meta: {
      dtype: 7,
      sizes: counts(shape),
      strides: counts(strides),
      storage_offset: { as_int: 0 },
      layout: 7,
    },
  };
}
