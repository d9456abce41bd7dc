import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fold } from '../../src/generator/onnx/fold.js';
import { Lower } from '../../src/generator/onnx/lowering.js';
import { Constant } from '../../src/generator/onnx/operand.js';
import { GraphBuilder } from '../../src/graph/builder.js';
import { Parameter } from '../../src/nn/parameter.js';
import { concatenate } from '../../src/platform/concatenate.js';
import {
  bytes,
  integer,
  type Message,
  message,
  nested,
  text,
} from '../../src/platform/protobuf.js';
import { openWeights } from '../../src/pth/weightFile.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { temporaryFolder } from '../support/command.js';

const folder = temporaryFolder();
afterAll(folder.remove);

const modelOf = (graph: Message): Uint8Array =>
  concatenate(
    message(
      integer(1, 8),
      text(2, 'somebody'),
      nested(8, message(text(1, ''), integer(2, 17))),
      nested(7, graph),
    ).pieces,
  );

/** Folds sums of a constant and itself, one of the other. */
function sums(first: Constant, count: number): Constant {
  let sum = first;
  const room = { left: 1 << 20 };
  const derived = { tensor: () => Tensor.zeros([1]) };
  for (let i = 0; i < count; i++) {
    const add = {
      type: 'Add',
      domain: '',
      name: `add${i}`,
      inputs: [],
      outputs: [`sum${i}`],
      attributes: new Map(),
    };
    const made = fold(new Lower(new GraphBuilder(), add, 17, [sum, sum], derived, room));
    if (!(made instanceof Constant)) throw new Error('a sum of constants is a constant');
    sum = made;
  }
  return sum;
}

describe('sums of constants', () => {
  it('of one weight and itself are made of that weight alone', () => {
    const weight = Parameter.filled([2], 3);
    const sum = sums(Constant.ofParameter(weight), 10);
    expect(sum.roots).toEqual([weight]);
    expect(Array.from(sum.numbers)).toEqual([3 * 2 ** 10, 3 * 2 ** 10]);
  });
});

describe('chains of computations', () => {
  it('of a weight are refused where they are too long', () => {
    const weight = Constant.ofParameter(Parameter.filled([2], 0));
    expect(Array.from(sums(weight, 256).numbers)).toEqual([0, 0]);
    expect(() => sums(weight, 257)).toThrow(
      expect.objectContaining({
        code: 'ERR_ONNX',
        message: expect.stringContaining('node "add256" is an Add: it is computed of a weight'),
      }),
    );
  });

  it('of no weight are computed, however long', () => {
    expect(Array.from(sums(Constant.of([0, -0]), 5000).numbers)).toEqual([0, -0]);
  });
});

describe('a model that asks for more than it has', () => {
  it.each([
    ['200 bytes', 200],
    ['400,000 bytes', 400_000],
  ])('has no tensor with a list of dims of %s', async (_, length) => {
    const dims = bytes(1, new Uint8Array(length).fill(1));
    const tensor = message(dims, integer(2, 1), text(8, 'w'), bytes(9, new Uint8Array(4)));
    await expect(openWeights(modelOf(nested(5, tensor)))).rejects.toMatchObject({
      code: 'ERR_PTH_ONNX',
      message: expect.stringContaining('dimensions'),
    });
  });

  it('has no node or value of endless fields', async () => {
    const empty = (field: number) =>
      bytes(field, new Uint8Array(0)).pieces.flatMap((piece) => [...piece]);
    const many = (field: number): Message => {
      const [tag, length] = empty(field);
      const filled = Uint8Array.from({ length: 1 << 18 }, (_, i) => (i % 2 === 0 ? tag : length));
      return { length: filled.length, pieces: [filled] };
    };
    const head = message(text(2, 'made'), text(4, 'Sum'));
    const graphs = [
      nested(1, message(head, many(1))),
      nested(1, message(head, nested(5, message(text(1, 'a'), many(9))))),
      nested(1, message(head, nested(5, message(text(1, 'a'), nested(5, many(13)))))),
      nested(11, message(text(1, 'x'), many(2))),
    ];
    for (const graph of graphs) {
      await expect(openWeights(modelOf(graph))).rejects.toMatchObject({
        code: 'ERR_PTH_TOO_LARGE',
      });
    }
  });

  it('has floats in a node that cost nothing more than their bytes', async () => {
    const floats = (type: number) =>
      message(integer(1, 4 << 20), integer(2, type), bytes(9, new Uint8Array(16 << 20)));
    const constant = (type: number) =>
      nested(
        1,
        message(
          text(2, 'made'),
          text(4, 'Constant'),
          nested(5, message(text(1, 'value'), nested(5, floats(type)), integer(20, 4))),
        ),
      );
    const weight = nested(
      5,
      message(integer(1, 1), integer(2, 1), text(8, 'w'), bytes(9, new Uint8Array(4))),
    );
    const { onnx } = await openWeights(modelOf(message(constant(1), weight)));
    expect(onnx?.nodes.length).toBe(1);
    await expect(openWeights(modelOf(constant(6)))).rejects.toMatchObject({
      code: 'ERR_PTH_TOO_LARGE',
    });
  });

  it.each(['-1000000', '1.5', 'x'])('has no tensor beside it of %s bytes', async (length) => {
    const entry = (key: string, value: string) => nested(13, message(text(1, key), text(2, value)));
    const tensor = message(
      integer(1, 1),
      integer(2, 99),
      text(8, 'w'),
      entry('location', 'beside.bin'),
      entry('offset', '0'),
      entry('length', length),
      integer(14, 1),
    );
    const path = join(folder.path, 'model.onnx');
    writeFileSync(path, modelOf(nested(5, tensor)));
    writeFileSync(join(folder.path, 'beside.bin'), new Uint8Array(64));
    await expect(openWeights(path)).rejects.toMatchObject({
      code: 'ERR_PTH_ONNX',
      message: expect.stringContaining('reaches beyond'),
    });
  });
});

describe('functions of a model', () => {
  const call = (name: string, output = 'output') =>
    message(text(1, 'input'), text(2, output), text(4, name), text(7, 'own'));
  const functionOf = (name: string, opset: number, ...calls: Message[]) =>
    nested(
      25,
      message(
        text(1, name),
        text(4, 'input'),
        text(5, 'output'),
        ...calls.map((one) => nested(7, one)),
        nested(9, message(text(1, ''), integer(2, opset))),
        text(10, 'own'),
      ),
    );
  const withFunctions = (...functions: Message[]): Uint8Array =>
    concatenate(
      message(
        integer(1, 8),
        text(2, 'somebody'),
        nested(8, message(text(1, ''), integer(2, 17))),
        nested(7, message(nested(1, call('F')))),
        ...functions,
      ).pieces,
    );

  it('that call themselves are refused', async () => {
    const file = withFunctions(functionOf('F', 17, call('G')), functionOf('G', 17, call('F')));
    await expect(openWeights(file)).rejects.toMatchObject({ code: 'ERR_PTH_ONNX' });
  });

  it('that double at each level are refused before they fill the memory', async () => {
    const functions = Array.from({ length: 30 }, (_, i) => {
      const next = `F${i + 1}`;
      return functionOf(i === 0 ? 'F' : `F${i}`, 17, call(next, 'a'), call(next));
    });
    const begin = performance.now();
    await expect(openWeights(withFunctions(...functions))).rejects.toMatchObject({
      code: 'ERR_PTH_TOO_LARGE',
    });
    expect(performance.now() - begin).toBeLessThan(2000);
  });

  it('that take many values, and are called often, are refused before they take the time', async () => {
    const names = Array.from({ length: 5000 }, () => text(4, 'a'));
    const many = nested(25, message(text(1, 'F'), ...names, text(5, 'a'), text(10, 'own')));
    const calls = Array.from({ length: 1000 }, (_, i) => nested(1, call('F', `y${i}`)));
    const file = concatenate(
      message(
        integer(1, 8),
        text(2, 'somebody'),
        nested(7, message(...calls)),
        many,
        // Room for all of that.
        bytes(99, new Uint8Array(1 << 22)),
      ).pieces,
    );
    await expect(openWeights(file)).rejects.toMatchObject({ code: 'ERR_PTH_TOO_LARGE' });
  });

  it('are refused where two have one name', async () => {
    const file = withFunctions(
      functionOf('F', 17, call('Relu')),
      functionOf('F', 17, call('Tanh')),
    );
    await expect(openWeights(file)).rejects.toThrow('Two functions of the model have one name');
  });

  it('are missed by a node outside that has an attribute of theirs', async () => {
    const attribute = nested(5, message(text(1, 'alpha'), text(21, 'slope'), integer(20, 1)));
    const node = message(text(1, 'input'), text(2, 'output'), text(4, 'LeakyRelu'), attribute);
    await expect(openWeights(modelOf(nested(1, node)))).rejects.toThrow(/"alpha" of the function/);
  });

  it('of another version of the operators are refused', async () => {
    const file = withFunctions(functionOf('F', 18, call('Relu')));
    await expect(openWeights(file)).rejects.toThrow(/operators of version 18.*17/);
  });
});
