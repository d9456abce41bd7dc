import { CycleganError } from '../../errors.js';
import { traceGraph } from '../../nn/compile.js';
import type { Shaped } from '../../nn/loadStateDict.js';
import { withoutSeeds } from '../../nn/random.js';
import type { ExportedProgram } from '../../pth/exported/exportedProgram.js';
import type { OnnxModel } from '../../pth/onnx/onnxModel.js';
import type { AnyRecognised } from '../families.js';
import type { PaddingKind, ValueRange } from '../family.js';
import { ownOnnx } from '../onnx/ownOnnx.js';
import type { OwnNetwork } from '../ownNetwork.js';
import { isSameGraph } from '../sameGraph.js';
import { PADDINGS } from '../traitOptions.js';
import { dependsOnSize, isOfItsSize } from './ofOneSize.js';
import { toOnnx } from './toOnnx.js';

/**
 * The network that a program of `torch.export` is.
 *
 * @param family That its keys are of, if they are: it tells what pictures are like.
 * @returns Why it cannot be run, where that is so.
 */
export function ownExported(
  program: ExportedProgram,
  weights: ReadonlyMap<string, Shaped>,
  family: AnyRecognised<Shaped> | null,
  inputRange: ValueRange | undefined,
): OwnNetwork | CycleganError {
  const kinds = [...program.tensors.values()];
  const trained = new Set(kinds.filter(({ kind }) => kind === 'parameter').map(({ key }) => key));
  const buffers = new Set([...weights.keys()].filter((key) => !trained.has(key)));
  const known = family === null ? null : family.family.traits(family.config);
  try {
    const model = toOnnx(program, weights);
    const network = (of: OnnxModel) => ownOnnx(of, weights, known, inputRange, buffers);
    return ofAnySize(program, model, network) ?? network(model);
  } catch (error) {
    if (error instanceof CycleganError) return error;
    throw error;
  }
}

/** The network for pictures of any size; `null` where it is one for pictures of the size that it was exported for. */
function ofAnySize(
  program: ExportedProgram,
  model: OnnxModel,
  network: (of: OnnxModel) => OwnNetwork,
): OwnNetwork | null {
  const shape = model.inputs[0]?.shape;
  if (shape?.length !== 4 || !shape.slice(2).every((side) => side !== null)) return null;
  if (dependsOnSize(program)) return null;
  const [, channels, height, width] = shape;
  const own = [1, channels ?? 3, height ?? 1, width ?? 1];
  // What cannot be run at its own size says so here, with its node.
  if (isOfItsSize(traceGraph(network(model).build(), own))) return null;
  const inputs = model.inputs.map((input) => ({ ...input, shape: freed(input.shape) }));
  try {
    return network({ ...model, inputs });
  } catch (error) {
    if (error instanceof CycleganError) return null;
    throw error;
  }
}

function freed(shape: OnnxModel['inputs'][number]['shape']) {
  return shape?.map((side, axis) => (axis < 2 ? side : null)) ?? null;
}

/** Sides that both are compared at: no program's own, and a multiple of all that families need. */
const SIDES = [256, 512] as const;

/** The padding with which a family's network computes what the program does; `null` where there is none. */
export function alikeFamily(
  { family, config, prefix }: AnyRecognised<Shaped>,
  own: OwnNetwork,
): { readonly padding?: PaddingKind } | null {
  if (prefix !== '') return null;
  const { inputChannels } = family.traits(config);
  const { exactly } = own.traits.sizeRule;
  const [height, width] = exactly === undefined ? SIDES : [exactly, exactly];
  const shape = [1, inputChannels, height, width];
  try {
    const program = traceGraph(own.build(), shape);
    const usual = family.traits(config).padding;
    for (const padding of [usual, ...PADDINGS.filter((kind) => kind !== usual)]) {
      const other = padding === usual ? config : (family.withPadding?.(config, padding) ?? null);
      if (other === null) continue;
      const network = withoutSeeds(() => family.build(other)).eval();
      if (isSameGraph(traceGraph(network, shape), program)) {
        return padding === usual ? {} : { padding };
      }
    }
    return null;
  } catch (error) {
    // Sides that one of them does not take.
    if (error instanceof CycleganError) return null;
    throw error;
  }
}
