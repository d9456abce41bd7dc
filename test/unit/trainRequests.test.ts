import { describe, expect, it } from 'vitest';
import { readTrain, spelledAsOptions, trainSpec } from '../../src/cli/requests/train.js';
import { parseCommandLine, UsageError } from '../../src/cli/usage.js';
import { TRAIN_OPTIONS } from '../../src/train/options/trainOptions.js';

const options = (...args: string[]) => readTrain(parseCommandLine(trainSpec, args)).options;

describe('cyclegan train', () => {
  it('takes every option of the library, in kebab case', () => {
    const spelled = Object.keys(TRAIN_OPTIONS).map((name) =>
      name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
    );
    expect(Object.keys(trainSpec.options)).toEqual(expect.arrayContaining(spelled));
    // Those that the authors' script has, and that mean the same.
    expect(spelled).toEqual(
      expect.arrayContaining([
        ...['load-size', 'crop-size', 'no-flip', 'pool-size', 'serial-batches', 'ngf', 'ndf'],
        ...['batch-size', 'n-epochs', 'n-epochs-decay', 'lr', 'beta1', 'lambda-a', 'lambda-b'],
        ...['lambda-identity', 'gan-mode', 'preprocess', 'norm', 'no-dropout', 'n-layers-d'],
        ...['direction', 'save-latest-freq', 'save-epoch-freq', 'init-type', 'init-gain'],
      ]),
    );
  });

  it('gives what was given, and nothing else', () => {
    const given = options(
      ...['a', 'b', '-o', 'run', '--lr', '1e-4', '--n-layers-d', '2', '--no-flip'],
      ...['--preprocess', 'scale_width_and_crop', '--direction', 'BtoA', '--preset', 'fast'],
    );
    expect(given).toMatchObject({ dataA: 'a', dataB: 'b', run: 'run', preset: 'fast' });
    expect(given).toMatchObject({ lr: 1e-4, nLayersD: 2, noFlip: true, direction: 'BtoA' });
    expect(given.preprocess).toBe('scale_width_and_crop');
    for (const name of ['serialBatches', 'ngf', 'noDropout', 'batchSize'] as const) {
      expect(given[name]).toBeUndefined();
    }
  });

  it.each([
    [[], /Which pictures, and where to/],
    [['a', 'b'], /Which pictures, and where to/],
    [['a', 'b', 'c', '-o', 'run'], /Which pictures, and where to/],
    [['a', '-o', 'run', '--model', 'pix2pix'], /pix2pix: paired training is not part of this/],
    [['a', '-o', 'run', '--model', 'test'], /--model takes cycle_gan, but got "test"/],
    [['a', '-o', 'run', '--lr', 'fast'], /--lr takes a number from 0 to 1, but got "fast"/],
    [['a', '-o', 'run', '--lr', '0x1'], /--lr takes a number/],
    [['a', '-o', 'run', '--n-blocks', '1.5'], /--n-blocks takes a whole number from 0 to 64/],
    [['a', '-o', 'run', '--gan-mode', 'wgangp'], /--gan-mode takes lsgan, vanilla/],
    [['a', '-o', 'run', '--preset', 'slow'], /--preset takes fast, paper, finetune/],
    [['a', '-o', 'run', '--crop-size', '300'], /--crop-size is 300.*--load-size 286/],
    [['a', '-o', 'run', '--epoch', '3'], /--epoch says which networks of --init/],
    [['a', '-o', 'run', '--load_size', '3'], /did you mean --load-size/],
  ])('%j is bad usage', (args, message) => {
    expect(() => options(...args)).toThrow(UsageError);
    expect(() => options(...args)).toThrow(message);
  });

  it('speaks of options as they are spelled, and leaves losses their names', () => {
    expect(spelledAsOptions('nEpochs was 3 and lambdaA is 4; ngf')).toBe(
      '--n-epochs was 3 and --lambda-a is 4; --ngf',
    );
    expect(spelledAsOptions('nEpochsDecay')).toBe('--n-epochs-decay');
  });
});
