import { describe, expect, it } from 'vitest';
import { toOnnx } from '../../src/generator/exported/toOnnx.js';
import { openGenerator } from '../../src/generator/openGenerator.js';
import { Tensor } from '../../src/tensor/tensor.js';
import {
  call,
  exportedProgram,
  float,
  int,
  ints,
  named,
  type ProgramParts,
} from '../support/exportedPrograms.js';

const x = named('x');

async function run(
  nodes: readonly object[],
  parts: ProgramParts,
  picture: readonly number[],
  shape: readonly number[],
) {
  const { module } = await openGenerator(exportedProgram(nodes, parts));
  return module.forward(new Tensor(Float32Array.from(picture), shape));
}

/** Of channels of one pixel each. */
async function ofChannels(
  nodes: readonly object[],
  output: string,
  channels: readonly number[],
  weights?: ProgramParts['weights'],
) {
  const parts = weights === undefined ? { output } : { output, weights };
  const shape = [1, channels.length, 1, 1];
  const made = await run(nodes, { ...parts, shape }, channels, shape);
  return [...made.data];
}

const refusalOf = (nodes: readonly object[], output = 'y') =>
  openGenerator(exportedProgram(nodes, { output, shape: [1, 4, 8, 8] })).then(
    () => null,
    (error: { code: string; message: string }) => error,
  );

/** What torch.split(x, size, dim=1) gives, from the last part to the first. */
describe('split', () => {
  const parts = (count: number) => Array.from({ length: count }, (_, i) => `p${i}`);
  const split = (size: number, count: number) => {
    const names = parts(count);
    const given = { self: x, split_size: int(size), dim: int(1) };
    const one = [
      {
        ...call('split.Tensor', 's', given),
        outputs: [{ as_tensors: names.map((name) => ({ name })) }],
      },
    ];
    const turned = { as_tensors: [...names].reverse().map((name) => ({ name })) };
    return [...one, call('cat.default', 'y', { tensors: turned, dim: int(1) })];
  };

  it.each<[number, number, number, readonly number[]]>([
    [4, 3, 2, [4, 1, 2, 3]],
    [9, 4, 3, [9, 5, 6, 7, 8, 1, 2, 3, 4]],
    [3, 7, 1, [1, 2, 3]],
    [6, 2, 3, [5, 6, 3, 4, 1, 2]],
  ])('of %i channels by %i', async (channels, size, count, expected) => {
    const given = Array.from({ length: channels }, (_, i) => i + 1);
    expect(await ofChannels(split(size, count), 'y', given)).toEqual(expected);
  });

  it('into sizes that do not come to the side is refused', async () => {
    const given = { self: x, split_sizes: ints(1, 2), dim: int(1) };
    const nodes = [
      call('split_with_sizes.default', 's', given, ['a', 'b']),
      call('cat.default', 'y', {
        tensors: { as_tensors: [{ name: 'a' }, { name: 'b' }] },
        dim: int(1),
      }),
    ];
    expect(await refusalOf(nodes)).toMatchObject({
      code: 'ERR_EXPORTED',
      message: expect.stringContaining('its parts come to 3 of a side of 4'),
    });
  });
});

/** Expected values: PyTorch's. */
describe('arguments that change what is computed', () => {
  const given = [-2, -0.5, 1.5];

  it.each<[string, Readonly<Record<string, object>>, readonly number[]]>([
    [
      'elu',
      { alpha: float(1.5), scale: float(2), input_scale: float(0.5) },
      [-1.896362, -0.663598, 3],
    ],
    ['elu', { alpha: float(1), scale: float(2), input_scale: int(1) }, [-1.729329, -0.786939, 3]],
    ['softplus', { beta: float(2), threshold: float(20) }, [0.009075, 0.156631, 1.524294]],
  ])('%s with %j', async (name, more, expected) => {
    const made = await ofChannels([call(`${name}.default`, 'y', { self: x, ...more })], 'y', given);
    for (const [i, value] of expected.entries()) expect(made[i]).toBeCloseTo(value, 5);
  });

  it('addmm with alpha and beta', async () => {
    const weights = {
      m: [
        [3, 3],
        [1, 0, 2, 0, 1, 1, 1, 1, 0],
      ],
      b: [[3], [1, 2, 3]],
    } as const;
    const nodes = [
      call('flatten.using_ints', 'f', { self: x, start_dim: int(1) }),
      call('addmm.default', 'g', {
        self: named('b'),
        mat1: named('f'),
        mat2: named('m'),
        beta: float(0.5),
        alpha: int(2),
      }),
      call('view.default', 'y', { self: named('g'), size: ints(1, 3, 1, 1) }),
    ];
    expect(await ofChannels(nodes, 'y', [1, 2, 3], weights)).toEqual([8.5, 11, 9.5]);
  });

  it('a factor beside the size, which says where pixels lie between others', async () => {
    const nodes = (target: string, more: object) => [
      call(target, 'y', {
        self: x,
        output_size: ints(1, 6),
        ...more,
        scales_h: float(1),
        scales_w: float(1.7),
      }),
    ];
    const picture = [
      [1, 2, 3, 4],
      [1, 1, 1, 4],
    ] as const;
    const parts = { output: 'y', shape: picture[1] };
    const nearest = await run(nodes('upsample_nearest2d.default', {}), parts, ...picture);
    expect([...nearest.data]).toEqual([1, 1, 2, 2, 3, 3]);
    const linear = nodes('upsample_bilinear2d.default', { align_corners: { as_bool: false } });
    const made = await run(linear, parts, ...picture);
    const expected = [1, 1.382353, 1.970588, 2.558824, 3.147059, 3.735294];
    for (const [i, value] of expected.entries()) expect(made.data[i]).toBeCloseTo(value, 5);
  });

  it.each<[string, string, Readonly<Record<string, object>>, string]>([
    [
      'div.Tensor_mode',
      'rounds',
      { other: float(2), rounding_mode: { as_string: 'floor' } },
      '"rounding_mode" is not known',
    ],
    ['to.dtype', 'makes bytes', { dtype: { as_scalar_type: 1 } }, '"dtype" is not known'],
    [
      'sum.dim_IntList',
      'sums whole numbers',
      { dim: ints(1), keepdim: { as_bool: true }, dtype: { as_scalar_type: 5 } },
      '"dtype" is not known',
    ],
    [
      'softplus.default',
      'has an early threshold',
      { beta: int(1), threshold: float(2) },
      '"threshold" is 2',
    ],
    ['elu.default', 'turns around', { input_scale: float(-1) }, '"input_scale" is -1'],
    ['relu.default', 'has what no version has', { slope: float(2) }, '"slope" is not known'],
    [
      'upsample_nearest2d.default',
      'has sizes of other factors',
      { output_size: ints(8, 8), scales_h: float(2), scales_w: float(2) },
      '[1, 4, 16, 16] cannot become [1, 4, 8, 8]',
    ],
  ])('%s that %s is refused', async (target, _, more, message) => {
    expect(await refusalOf([call(target, 'y', { self: x, ...more })])).toMatchObject({
      code: 'ERR_EXPORTED',
      message: expect.stringContaining(message),
    });
  });

  it('are not those of memory, devices and floats', async () => {
    const nodes = [
      call('_to_copy.default', 'a', {
        self: x,
        dtype: { as_scalar_type: 7 },
        memory_format: { as_memory_format: 1 },
      }),
      call('to.dtype_layout', 'b', {
        self: named('a'),
        dtype: { as_scalar_type: 6 },
        device: { as_device: { type: 'cpu' } },
      }),
      call('clone.default', 'y', { self: named('b'), memory_format: { as_memory_format: 1 } }),
    ];
    expect(await ofChannels(nodes, 'y', [1, 2, 3])).toEqual([1, 2, 3]);
  });
});

describe('flatten', () => {
  it.each([2e7, 5e9, 1.5, 8, -1, -9])('from dimension %d is refused at once', async (start) => {
    expect(
      await refusalOf([call('flatten.using_ints', 'y', { self: x, start_dim: { as_int: start } })]),
    ).toMatchObject({ code: 'ERR_EXPORTED' });
  });
});

describe('a batch norm without scale and shift', () => {
  const statistics = { m: [[3], [1, 1, 1]], v: [[3], [4, 4, 4]] } as const;
  const norm = (mean: string) =>
    call('batch_norm.default', 'y', {
      input: x,
      running_mean: named(mean),
      running_var: named('v'),
      training: { as_bool: false },
      momentum: float(0.1),
      eps: float(1e-5),
      cudnn_enabled: { as_bool: true },
    });

  it('computes what PyTorch computes', async () => {
    const made = await ofChannels([norm('m')], 'y', [1, 2, 3], statistics);
    for (const [i, value] of [0, 0.499999, 0.999999].entries())
      expect(made[i]).toBeCloseTo(value, 5);
  });
});

it('a batch norm without scale and shift makes none', () => {
  const tensors = new Map(['m', 'v'].map((key) => [key, { kind: 'buffer', key } as const]));
  const given = { input: 'x', running_mean: 'm', running_var: 'v' };
  const node = {
    target: 'torch.ops.aten.batch_norm.default',
    name: 'y',
    arguments: new Map(Object.entries(given).map(([key, name]) => [key, { name }])),
    outputs: ['y'],
  };
  const inputs = [{ name: 'x', shape: null }];
  const program = {
    torch: null,
    nodes: [node],
    tensors,
    inputs,
    outputs: ['y'],
    constants: new Map(),
  };
  const weights = new Map(['m', 'v'].map((key) => [key, { shape: [65_536] }]));
  expect(toOnnx(program, weights).nodes.map(({ type }) => type)).toEqual(['BatchNormalization']);
});

describe('parts that are counted from the end', () => {
  it.each<[number, number, readonly number[]]>([
    [-2, 2, [2, 3]],
    [-3, 1, [1]],
    [1, 2, [2, 3]],
  ])('narrow(1, %i, %i)', async (start, length, expected) => {
    const given = { self: x, dim: int(1), start: int(start), length: int(length) };
    expect(await ofChannels([call('narrow.default', 'y', given)], 'y', [1, 2, 3])).toEqual(
      expected,
    );
  });

  it('are refused where they end behind it', async () => {
    const given = { self: x, dim: int(1), start: int(-2), length: int(3) };
    expect(await refusalOf([call('narrow.default', 'y', given)])).toMatchObject({
      code: 'ERR_EXPORTED',
    });
  });
});

it('squeeze of a side that is longer than 1 changes nothing', async () => {
  const nodes = [call('squeeze.dim', 'y', { self: x, dim: int(1) })];
  expect(await ofChannels(nodes, 'y', [1, 2, 3])).toEqual([1, 2, 3]);
});

/** Python: (3 - 6) // 2 is -2, so that the part is of two channels. */
it('whole numbers are divided downwards', async () => {
  const symbol = (name: string) => ({ as_sym_int: { as_name: name } });
  const sized = (target: string, name: string, inputs: Readonly<Record<string, object>>) => ({
    ...call(target, name, inputs),
    outputs: [symbol(name)],
  });
  const nodes = [
    sized('sym_size.int', 'c', { self: x, dim: int(1) }),
    sized('_operator.sub', 'd', { a: symbol('c'), b: int(6) }),
    sized('_operator.floordiv', 'e', { a: symbol('d'), b: int(2) }),
    call('slice.Tensor', 'y', { self: x, dim: int(1), start: symbol('e') }),
  ];
  expect(await ofChannels(nodes, 'y', [1, 2, 3])).toEqual([2, 3]);
});

describe('a picture that is changed in place', () => {
  it('by the first operator', async () => {
    const nodes = [
      call('relu_.default', 'a', { self: x }),
      call('mul.Tensor', 'y', { self: named('a'), other: int(2) }),
    ];
    expect(await ofChannels(nodes, 'y', [-1, 2, -3])).toEqual([0, 4, 0]);
  });

  it('by its mean and its deviation', async () => {
    const nodes = [
      call('sub_.Tensor', 'a', { self: x, other: float(0.5) }),
      call('div_.Tensor', 'b', { self: named('a'), other: float(0.5) }),
      call('tanh.default', 'y', { self: x }),
    ];
    const made = await ofChannels(nodes, 'y', [0, 0.5, 1]);
    for (const [i, value] of [-0.761594, 0, 0.761594].entries())
      expect(made[i]).toBeCloseTo(value, 5);
  });
});

it('a shape that an operator does not take is told of with its node', async () => {
  const weights = { w: [[3, 5, 1, 1], new Array<number>(15).fill(0)] } as const;
  const nodes = [call('conv2d.default', 'y', { input: x, weight: named('w') })];
  const file = exportedProgram(nodes, { output: 'y', shape: [1, 3, 8, 8], weights });
  await expect(openGenerator(file)).rejects.toMatchObject({
    code: 'ERR_EXPORTED',
    message: expect.stringMatching(
      /node "y" is torch\.ops\.aten\.conv2d\.default: conv2d: .*[^.]\.$/,
    ),
    cause: expect.objectContaining({ code: 'ERR_SHAPE' }),
  });
});

describe('a program that was exported for 32 x 32', () => {
  const shape = [1, 3, 32, 32];
  const rule = async (nodes: readonly object[], weights?: ProgramParts['weights']) => {
    const parts = weights === undefined ? {} : { weights };
    const { sizeRule } = await openGenerator(
      exportedProgram(nodes, { output: 'y', shape, ...parts }),
    );
    return sizeRule.exactly ?? null;
  };
  const spread = (name: string) => call('add.Tensor', 'y', { self: x, other: named(name) });

  it.each(['avg_pool2d', 'max_pool2d'])(
    'takes that alone where %s is over all of it',
    async (target) => {
      expect(
        await rule([
          call(`${target}.default`, 'p', { self: x, kernel_size: ints(32, 32) }),
          spread('p'),
        ]),
      ).toBe(32);
    },
  );

  it('takes that alone where all that is left of it is pooled', async () => {
    const nodes = [
      call('max_pool2d.default', 'h', { self: x, kernel_size: ints(2, 2) }),
      call('avg_pool2d.default', 'p', { self: named('h'), kernel_size: ints(16, 16) }),
      spread('p'),
    ];
    expect(await rule(nodes)).toBe(32);
  });

  it('takes that alone where pixels are multiplied by weights', async () => {
    const weights = { w: [[3, 3072], new Array<number>(9216).fill(0)] } as const;
    const nodes = [
      call('flatten.using_ints', 'f', { self: x, start_dim: int(1) }),
      call('linear.default', 'l', { input: named('f'), weight: named('w') }),
      call('unsqueeze.default', 'u', { self: named('l'), dim: int(-1) }),
      call('unsqueeze.default', 'v', { self: named('u'), dim: int(-1) }),
      spread('v'),
    ];
    expect(await rule(nodes, weights)).toBe(32);
  });

  it.each(['div', 'mul'])(
    'takes that alone where a sum of pixels goes into %s with a number',
    async (target) => {
      const nodes = [
        call('sum.dim_IntList', 's', { self: x, dim: ints(2, 3), keepdim: { as_bool: true } }),
        call(`${target}.Tensor`, 'm', { self: named('s'), other: int(1024) }),
        spread('m'),
      ];
      expect(await rule(nodes)).toBe(32);
    },
  );

  it('takes that alone where it takes no larger ones', async () => {
    const weights = { w: [[1, 3, 32, 32], new Array<number>(3072).fill(1)] } as const;
    expect(await rule([call('add.Tensor', 'y', { self: x, other: named('w') })], weights)).toBe(32);
  });

  it('takes any where sums are of channels, pools are small, and products are of pooled channels', async () => {
    const weights = { w: [[3, 3], new Array<number>(9).fill(1)] } as const;
    const nodes = [
      call('adaptive_avg_pool2d.default', 'p', { self: x, output_size: ints(1, 1) }),
      call('flatten.using_ints', 'f', { self: named('p'), start_dim: int(1) }),
      call('linear.default', 'l', { input: named('f'), weight: named('w') }),
      call('unsqueeze.default', 'u', { self: named('l'), dim: int(-1) }),
      call('unsqueeze.default', 'v', { self: named('u'), dim: int(-1) }),
      call('max_pool2d.default', 'h', {
        self: x,
        kernel_size: ints(3, 3),
        stride: ints(1, 1),
        padding: ints(1, 1),
      }),
      call('add.Tensor', 'y', { self: named('h'), other: named('v') }),
    ];
    expect(await rule(nodes, weights)).toBeNull();
  });
});
