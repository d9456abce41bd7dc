import { describe, expect, it } from 'vitest';
import { exportSpec, readExport } from '../../src/cli/requests/export.js';
import { readServe, serveSpec } from '../../src/cli/requests/serve.js';
import { readTranslate, translateSpec } from '../../src/cli/requests/translate.js';
import { parseCommandLine, UsageError } from '../../src/cli/usage.js';

const request = (...args: string[]) => readTranslate(parseCommandLine(translateSpec, args));

describe('the filter of --resize', () => {
  it.each([
    ['256', { resize: 256, interpolation: 'bilinear' }],
    ['none', { resize: null }],
    ['320x240', { resize: { width: 320, height: 240 }, interpolation: 'bilinear' }],
    ['bicubic:256x256', { resize: { width: 256, height: 256 }, interpolation: 'bicubic' }],
    ['bicubic:286', { resize: 286, interpolation: 'bicubic' }],
    ['bicubic:scale-width:512', { resize: { width: 512 }, interpolation: 'bicubic' }],
  ])('stands before whatever size is asked for: %s', (text, pipeline) => {
    expect(request('a.png', '--resize', text).pictures.pipeline).toMatchObject(pipeline);
  });

  it.each(['bicubic:none', 'bicubic:', 'bicubic', 'scale-width:bicubic:5', 'lanczos:256'])(
    'refuses %s',
    (text) => {
      expect(() => request('a.png', '--resize', text)).toThrow(UsageError);
      expect(() => request('a.png', '--resize', text)).toThrow(/bicubic:256x256/);
    },
  );
});

describe('the value of an option', () => {
  it.each([
    [['a.png', '-o=b.png'], /-o=b\.png: a value follows -o without "="/],
    [['a.png', '-w=x.pth'], /a value follows -w without "="/],
    [
      ['a.png', '-o', '--force'],
      /-o needs a value: -o OUT, but --force looks like an option.*\.\/--force/,
    ],
    [['a.png', '--output', '-q'], /--output needs a value.*-q looks like an option/],
    [['a.png', '--weights', '--output', 'b.png'], /--weights needs a value/],
    [['a.png', '--format', '--unknown'], /--format needs a value/],
    [['a.png', '--output='], /--output needs a value/],
  ])('%j is none', (args, message) => {
    expect(() => request(...args)).toThrow(UsageError);
    expect(() => request(...args)).toThrow(message);
  });

  it.each([
    [['a.png', '-ob.png'], 'b.png'],
    [['a.png', '-o', '-'], '-'],
    [['a.png', '--output=--force'], '--force'],
    [['a.png', '--output==b.png'], '=b.png'],
    [['a.png', '-o', '-b.png'], '-b.png'],
    [['a.png', '-o', './--force'], './--force'],
  ])('%j is one', (args, output) => {
    expect(request(...args).output).toBe(output);
  });

  it('may begin with a minus where it is a number', () => {
    expect(request('a.png', '--input-range', '-1..1').weights.inputRange).toEqual([-1, 1]);
  });
});

describe('what a file does not tell of its generator', () => {
  const options = ['--statistics', 'running', '--residual', '--padding', 'replicate', '--bgr'];
  const traits = {
    statistics: 'running',
    residual: true,
    padding: 'replicate',
    channelOrder: 'bgr',
    inputRange: [0, 255],
  };

  it('is one of two sums, or none', () => {
    expect(request('a.png', '--residual-tanh').weights.residual).toBe('tanh');
    expect(() => request('a.png', '--residual-tanh', '--residual')).toThrow(/give one of them/);
  });

  it('is told alike to translate and to export', () => {
    const all = [...options, '--input-range', '0..255'];
    expect(request('a.png', ...all).weights).toMatchObject(traits);
    const exporting = readExport(parseCommandLine(exportSpec, ['a.pth', 'b.pth', ...all]));
    expect(exporting.weights).toEqual({ source: 'a.pth', key: undefined, ...traits });
  });

  it.each([
    ['--statistics', 'batch', 'own, running'],
    ['--padding', 'same', 'reflect, replicate, zero'],
    ['--input-range', '0..2', '0..1, -1..1, 0..255'],
    ['--shard', '4/3', 'which of how many parts, from 1/N to N/N'],
    [
      '--shard',
      '0/3',
      'which of how many parts, from 1/N to N/N, but got "0/3". Where parts are counted from 0, add one',
    ],
    ['--shard', '1', 'which of how many parts'],
    ['--memory', 'lots', 'a number of bytes, such as 512M or 1.5G, or max'],
    ['--memory', '0M', 'a number of bytes'],
    ['--memory', '-3G', 'a number of bytes'],
  ])('refuses %s %s', (option, value, taken) => {
    expect(() => request('a.png', option, value)).toThrow(UsageError);
    expect(() => request('a.png', option, value)).toThrow(`${option} takes ${taken}`);
  });
});

describe('a request', () => {
  it('is complete without any option', () => {
    expect(request('a.png')).toEqual({
      operands: ['a.png'],
      output: undefined,
      recursive: false,
      suffix: null,
      shard: null,
      dryRun: false,
      watch: null,
      extension: '.png',
      hasFormat: false,
      frames: null,
      existing: { force: false, resume: false, noClobber: false },
      weights: { source: null, key: undefined, inputRange: undefined },
      pictures: {
        decode: { alpha: false, autoOrient: false, strict: false },
        pipeline: { resize: 256, interpolation: 'bilinear', crop: undefined, keepSize: false },
        norm: 'exact',
        quality: undefined,
        gallery: false,
      },
      engine: { allowV8Flags: true, revectorize: true, resume: true },
      dumpActivations: undefined,
      json: false,
      debug: false,
    });
  });

  it.each([
    ['512M', 512e6],
    ['512mb', 512e6],
    ['70000000', 70e6],
    ['max', Number.POSITIVE_INFINITY],
  ])('takes --memory %s for %i bytes', (text, memory) => {
    expect(request('a.png', '--memory', text).engine).toMatchObject({ memory });
  });

  it.each([
    ['1G', 1e9],
    ['1.5M', 1_500_000],
    ['7', 7],
    ['max', 2_147_483_647],
  ])('takes --max-pixels %s for %i', (text, maxPixels) => {
    expect(request('a.png', '--max-pixels', text).pictures).toMatchObject({ maxPixels });
  });

  it.each(['0', '3G', '1GB', '-1', 'many'])('takes no --max-pixels %j', (text) => {
    expect(() => request('a.png', `--max-pixels=${text}`)).toThrow('--max-pixels takes');
  });

  it.each(['thumbnail', 'dense', 'thumbnail:64', 'dense:65535'])('takes --norm %s', (norm) => {
    expect(request('a.png', '--norm', norm).pictures).toMatchObject({ norm });
    expect(() => request('a.png', '--norm', norm, '--dump-activations', 'x')).toThrow(
      `--norm ${norm} cannot be had with --dump-activations`,
    );
  });

  it('holds every option of the command', () => {
    const texts = ['weights', 'key', 'output', 'dump-activations'].flatMap((name) => [
      `--${name}`,
      `my-${name}`,
    ]);
    const flags = ['recursive', 'gallery', 'force', 'no-clobber', 'json', 'debug', 'keep-size'];
    const asked = request(
      ...texts,
      ...[...flags, 'auto-orient', 'strict', 'no-revectorize'].map((name) => `--${name}`),
      ...['--format', 'jpg', '--alpha', 'keep', '--quality', '7', '--crop', '9', '--threads', '3'],
      ...['--engine', 'js', '--memory', '1.5g'],
    );
    expect(asked).toMatchObject({
      output: 'my-output',
      recursive: true,
      extension: '.jpg',
      hasFormat: true,
      existing: { force: true, noClobber: true },
      weights: { source: 'my-weights', key: 'my-key' },
      pictures: {
        decode: { alpha: true, autoOrient: true, strict: true },
        pipeline: { crop: 9, keepSize: true },
        quality: 7,
        gallery: true,
      },
      engine: { engine: 'js', threads: 3, memory: 1.5e9, revectorize: false },
      dumpActivations: 'my-dump-activations',
      json: true,
      debug: true,
    });
  });
});

describe('--max-pixels of serve', () => {
  const limits = (...args: string[]) => readServe(parseCommandLine(serveSpec, args)).limits;

  it('is no more than decoders take', () => {
    expect(limits('--max-pixels', '178956970')).toMatchObject({ maxPixels: 178_956_970 });
    expect(() => limits('--max-pixels', '178956971')).toThrow(UsageError);
  });
});

describe('--key of serve', () => {
  const served = (...args: string[]) => {
    const { models } = readServe(parseCommandLine(serveSpec, args));
    return models.map(({ name, source, key }) => [name, source, key]);
  };

  it('is of the network that it names, or of the only one', () => {
    expect(served('-w', 'a=x.pth', '-w', 'b=x.pth', '--key', 'b=netG', '--key', 'a=ema.G')).toEqual(
      [
        ['a', 'x.pth', 'ema.G'],
        ['b', 'x.pth', 'netG'],
      ],
    );
    expect(served('-w', 'a.pth', '--key', 'netG')).toEqual([['a', 'a.pth', 'netG']]);
    expect(served('-w', 'a.pth', '--key', 'x=y')).toEqual([['a', 'a.pth', 'x=y']]);
    expect(served('-w', 'a.pth', '-w', 'b.pth', '--key', 'b=netG')).toEqual([
      ['a', 'a.pth', undefined],
      ['b', 'b.pth', 'netG'],
    ]);
  });

  it.each([
    [['--key', 'netG'], /--weights FILE names the checkpoint/],
    [['-w', 'a.pth', '-w', 'b.pth', '--key', 'netG'], /say of which network.*there are a, b/],
    [['-w', 'a.pth', '-w', 'b.pth', '--key', 'c=netG'], /say of which network/],
    [['-w', 'a.pth', '--key', 'netG', '--key', 'a=netG'], /a has two/],
  ])('%j says of none', (args, message) => {
    expect(() => served(...args)).toThrow(UsageError);
    expect(() => served(...args)).toThrow(message);
  });
});
