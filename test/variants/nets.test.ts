import { describe, expect, it } from 'vitest';
import { inferConfig } from '../../src/generator/resnet/inferConfig.js';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { compile } from '../../src/nn/compile.js';
import { loadStateDict } from '../../src/pth/loadStateDict.js';
import { expectClose } from '../support/closeness.js';
import { engines } from '../support/engines.js';
import {
  fixtureFloats,
  fixturePath,
  hasFixtures,
  manifest,
  type TensorPlace,
  tensorAt,
} from '../support/fixtures.js';

interface NetsManifest {
  readonly nets: readonly {
    readonly name: string;
    readonly config: { input_nc: number; output_nc: number; ngf: number; n_blocks: number };
    readonly weights: { legacy: string; zip: string };
    readonly keys: Readonly<Record<string, readonly number[]>>;
    readonly cases: readonly {
      readonly tensors: {
        readonly input: TensorPlace;
        readonly output_f64: TensorPlace;
        readonly stages?: readonly { readonly module: string; readonly output: TensorPlace }[];
      };
    }[];
  }[];
}

const { nets } = manifest<NetsManifest>('nets', { nets: [] });
describe.skipIf(!hasFixtures)('small generators against PyTorch', () => {
  describe.each(nets.map((net) => [net.name, net] as const))('%s', (_, net) => {
    const { input_nc, output_nc, ngf, n_blocks } = net.config;

    it.each(['legacy', 'zip'] as const)('has the keys and shapes of its %s file', async (kind) => {
      const stateDict = await loadStateDict(fixturePath('nets', net.weights[kind]));
      const shapes = [...stateDict].map(([key, { shape }]) => [key, shape]);
      expect(shapes).toEqual(Object.entries(net.keys));
      const own = new ResNetGenerator(input_nc, output_nc, ngf, n_blocks).stateDict();
      expect([...own.keys()]).toEqual(Object.keys(net.keys));
      expect(inferConfig(stateDict)).toMatchObject({
        inputNc: input_nc,
        outputNc: output_nc,
        ngf,
        nBlocks: n_blocks,
        norm: 'instance',
      });
    });

    describe.each(engines)('on $name', ({ options, tolerance, unavailable }) => {
      it
        .skipIf(unavailable !== null)
        .each(net.cases.map((c) => [String(c.tensors.input.shape), c] as const))(
        'gives the output for %s',
        async (_, { tensors }) => {
          const data = fixtureFloats('nets', 'nets.f32');
          const netG = new ResNetGenerator(input_nc, output_nc, ngf, n_blocks).eval();
          netG.loadStateDict(await loadStateDict(fixturePath('nets', net.weights.zip)));
          const program = await compile(netG, { ...options, inputShape: tensors.input.shape });
          const output = await program.run(tensorAt(data, tensors.input));
          expectClose(output, tensorAt(data, tensors.output_f64), { absolute: tolerance });
          expect(program.fallbacks).toEqual([]);
          program.dispose();
        },
      );
    });

    it('gives the output of every stage', async () => {
      const data = fixtureFloats('nets', 'nets.f32');
      const netG = new ResNetGenerator(input_nc, output_nc, ngf, n_blocks).eval();
      netG.loadStateDict(await loadStateDict(fixturePath('nets', net.weights.legacy)));
      for (const { tensors } of net.cases) {
        let x = tensorAt(data, tensors.input);
        const modules = new Map(netG.namedModules());
        for (const { module, output } of tensors.stages ?? []) {
          x = (await modules.get(module)?.forward(x, { engine: 'js' })) ?? x;
          expectClose(x, tensorAt(data, output), { absolute: 2e-5, relative: 1e-5 });
        }
      }
    });
  });
});
