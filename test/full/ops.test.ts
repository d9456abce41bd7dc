import { describe, expect, it } from 'vitest';
import { CycleganError } from '../../src/errors.js';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { traceGraph } from '../../src/nn/compile.js';
import type { StateDict } from '../../src/nn/loadStateDict.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { hasFixtures, manifest } from '../support/fixtures.js';
import { moduleOf, type TorchParams } from '../support/modules.js';

interface OpsManifest {
  readonly errors: readonly {
    readonly op: string;
    readonly params: TorchParams & { readonly change?: string };
    readonly inputShape: readonly number[];
    readonly torchMessage: string;
  }[];
  readonly generator_size_map: Readonly<Record<string, number>>;
}

const { errors, generator_size_map } = manifest<OpsManifest>('ops', {
  errors: [],
  generator_size_map: {},
});

describe.skipIf(!hasFixtures)('errors as PyTorch raises them', () => {
  const named = errors.map(
    (e) => [`${e.op} ${JSON.stringify(e.params)} ${e.inputShape}`, e] as const,
  );
  it.each(named)('%s', (_, { op, params, inputShape, torchMessage }) => {
    const message = refusal(() => {
      if (op === 'load_state_dict') {
        loadChanged(String(params.change));
      } else {
        traceGraph(moduleOf(op, params), inputShape);
      }
    });
    const wanted = numbersToReport(op, torchMessage);
    for (const number of wanted) expect(message).toContain(number);
  });
});

describe.skipIf(!hasFixtures)('output size of the generator', () => {
  it.each(Object.entries(generator_size_map))('%s gives %s', (from, to) => {
    const side = Number(from);
    const graph = traceGraph(new ResNetGenerator(1, 1, 1, 1), [1, 1, side, side + 1]);
    expect(graph.nodes.at(-1)?.shape.slice(2)).toEqual([to, 4 * Math.ceil((side + 1) / 4)]);
  });
});

function refusal(action: () => void): string {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(CycleganError);
    return (error as Error).message;
  }
  throw new Error('not refused');
}

/** The sizes, counts and keys in PyTorch's message; its argument numbers say nothing to our users. */
function numbersToReport(op: string, torchMessage: string): string[] {
  if (op === 'load_state_dict') {
    return [...torchMessage.matchAll(/"([\w.]+)"|torch\.Size\((\[[^\]]*\])\)/g)].map(
      (match) => match[1] ?? match[2],
    );
  }
  return (
    torchMessage
      .replace(/Argument #\d+|torch\.Size|of input \d|2D, 3D, 4D, 5D|3D \(unbatched\)/g, '')
      .match(/\d+/g) ?? []
  );
}

/** What the manifest names, done to the state dict of a small generator. */
function loadChanged(change: string): void {
  const net = new ResNetGenerator(3, 3, 2, 1);
  const changed = new Map<string, unknown>(net.stateDict());
  const all = change === 'all';
  if (change === 'missing' || all) changed.delete('model.1.bias');
  if (change === 'unexpected') changed.set('foo.bar', Tensor.zeros([1]));
  if (all) changed.set('zzz', Tensor.zeros([1]));
  if (change === 'size' || all) changed.set('model.1.weight', Tensor.zeros([2, 3, 5, 5]));
  if (change === 'old_instance_norm') {
    changed.set('model.2.running_mean', Tensor.zeros([2]));
    changed.set('model.2.running_var', Tensor.zeros([2]));
  }
  if (change === 'not_a_tensor') changed.set('model.1.bias', [1, 2]);
  net.loadStateDict(changed as StateDict);
}
