import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { toTensor } from '../../src/image/convert.js';
import { openImage } from '../../src/image/formats.js';
import { compile } from '../../src/nn/compile.js';
import { loadStateDict } from '../../src/pth/loadStateDict.js';
import { maxAbsDifference } from '../support/closeness.js';
import { temporaryFolder } from '../support/command.js';
import { engines } from '../support/engines.js';
import { fixtureFloats, fixturePath, hasFixtures } from '../support/fixtures.js';

const folder = temporaryFolder();
afterAll(folder.remove);

describe.skipIf(!hasFixtures).each(engines)('the default generator on $name', (engine) => {
  it.skipIf(engine.unavailable !== null)('gives the output of PyTorch, twice', async () => {
    const weights = join(folder.path, 'full.pth');
    execFileSync(process.execPath, [fixturePath('full', 'make_weights.mjs'), weights]);
    const netG = ResNetGenerator.fromStateDict(await loadStateDict(weights));
    const picture = await openImage(fixturePath('full', 'horse_jpg_resized_314x256.png'));
    const input = toTensor()(picture).unsqueeze(0);
    const program = await compile(netG, { ...engine.options, inputShape: input.shape });
    const expected = fixtureFloats('full', 'horse_jpg_output.f32');
    // PyTorch's own float32 lies up to 2.6e-5 from double precision, to which both are compared.
    const tolerance = engine.tolerance + 2.6e-5;
    for (const blocking of engine.name === 'js' ? [true] : [true, false]) {
      const { data, shape } = await program.run(input, { blocking });
      expect(shape).toEqual([1, 3, 256, 316]);
      expect(maxAbsDifference(data, expected)).toBeLessThanOrEqual(tolerance);
    }
    expect(program.fallbacks).toEqual([]);
    program.dispose();
  });
});
