import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openGenerator } from '../../src/generator/openGenerator.js';
import { decodeImage } from '../../src/image/formats.js';
import { translate } from '../../src/translate/translate.js';
import { runCommand, temporaryFolder } from '../support/command.js';
import { fixtureBytes, fixturePath, hasFixtures } from '../support/fixtures.js';

const COMMAND = join(import.meta.dirname, '../../dist/cyclegan.mjs');
const folder = temporaryFolder();
afterAll(folder.remove);

interface FamilyManifest {
  readonly file: string;
  readonly key?: string;
  readonly picture?: string;
  readonly expected_picture?: string;
}

/** What each of them is called. `ResNetGenerator` is what runs; `null` is what the reader of files says something about. */
const NAMES: Readonly<Record<string, RegExp | null>> = {
  'aladdinpersson-cyclegan': /aladdinpersson's CycleGAN/,
  'aladdinpersson-pix2pix': /aladdinpersson's pix2pix generator, a U-Net/,
  animeganv2: /AnimeGANv2/,
  'arnab39-cyclegan': /arnab39's CycleGAN/,
  'checkpoint-with-args': null,
  'coursera-cyclegan': /Coursera/,
  'cut-resnet9': /CUT.*downsamples with a blur and enlarges by resizing/,
  'deblurgan-older': /ResNetGenerator\(3, 3, 4, 9\).*DeblurGAN.*adds the input to the output/s,
  'eriklindernoren-cyclegan': /PyTorch-GAN's CycleGAN.*enlarges by resizing/,
  'eriklindernoren-pix2pix': /U-Net generator of PyTorch-GAN/,
  'fast-neural-style': /fast-neural-style/,
  'junyanz-resnet6-bn': /ResNetGenerator\(3, 3, 6, 6\)/,
  'junyanz-resnet9': /ResNetGenerator\(3, 3, 4, 9\)/,
  'junyanz-unet128': /U-Net/,
  'lightning-two-generators': null,
  'mmgen-cyclegan': /mmgeneration's CycleGAN/,
  'pix2pixhd-global': /pix2pixHD/,
  'refuse-munit': /MUNIT.*style/,
  'refuse-whole-model': null,
  'udacity-cyclegan': /Udacity/,
};

/** Those that run, and whose pictures the file alone determines. */
const PICTURES: Readonly<Record<string, true>> = {
  'checkpoint-with-args': true,
  'junyanz-resnet6-bn': true,
  'junyanz-resnet9': true,
};

/** The largest difference of any byte between our picture and that of the family's own code. */
async function picturesDiffer(family: string, weights: string, key: string): Promise<number> {
  const { picture = '', expected_picture = '' } = familyManifest(family);
  const open = (name: string) => decodeImage(fixtureBytes('families', family, name));
  const generator = await openGenerator(weights, key === '' ? {} : { key });
  const made = await translate(open(picture), generator, { resize: null });
  const expected = open(expected_picture);
  expect([made.width, made.height]).toEqual([expected.width, expected.height]);
  return made.data.reduce((most, v, i) => Math.max(most, Math.abs(v - expected.data[i])), 0);
}

function familyManifest(family: string): FamilyManifest {
  return JSON.parse(readFileSync(fixturePath('families', family, 'manifest.json'), 'utf8'));
}

describe.skipIf(!hasFixtures)('inspect and translate', () => {
  const families = hasFixtures ? readdirSync(fixturePath('families'), { withFileTypes: true }) : [];
  const names = families.filter((entry) => entry.isDirectory()).map(({ name }) => name);

  it.each(names)('agree about %s', async (family) => {
    const { file, key = '' } = familyManifest(family);
    const weights = fixturePath('families', family, file);
    // `a -> b` stands for what begins with `b.` in dict `a`.
    const where = key === '' || key.includes('->') ? [] : ['--key', key];
    const picture = fixturePath('images', 'bilevel.png');
    const inspected = await runCommand(COMMAND, ['inspect', weights, ...where], folder.path);
    const translated = await runCommand(
      COMMAND,
      [picture, '-o', 'out.png', '--weights', weights, '--resize', '16', ...where],
      folder.path,
    );
    const fits = /^generator +ResNetGenerator/m.test(inspected.stdout);
    expect(translated.code).toBe(inspected.code === 0 && fits ? 0 : 1);
    if (translated.code === 0 && family in PICTURES) {
      expect(await picturesDiffer(family, weights, key)).toBeLessThanOrEqual(1);
    }
    const name = NAMES[family];
    if (name !== null && name !== undefined) {
      expect(inspected.code).toBe(0);
      expect(inspected.stdout).toMatch(name);
      if (!fits || /DeblurGAN/.test(name.source)) {
        const said = /(looks like|DeblurGAN).*/.exec(inspected.stdout)?.[0] ?? 'not found';
        expect(translated.stderr).toContain(said.trim());
      }
    }
  });
});
