import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Conv2d } from '../../src/nn/conv2d.js';
import { loadStateDict } from '../../src/pth/loadStateDict.js';
import { encodeStateDict } from '../../src/pth/write/saveStateDict.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { temporaryFolder } from '../support/command.js';

const WEIGHT = Float32Array.of(1, 2, 3, 4);

function saved(): Uint8Array {
  const weight = new Tensor(WEIGHT, [2, 2, 1, 1]);
  return encodeStateDict(new Map([['weight', weight]]), 'o.pth');
}

function layer(): Conv2d {
  return new Conv2d(2, 2, 1, { bias: false });
}

function weightOf(conv: Conv2d): Float32Array {
  return conv.stateDict().get('weight')?.data as Float32Array;
}

test('the array of a tensor that nobody else shares is handed out as it is', () => {
  const elements = WEIGHT.slice();
  const tensor = Tensor.owning(elements, [4]);
  expect(tensor.isDeferred).toBe(true);
  expect(tensor.fingerprint()).toBeNull();
  expect(tensor.data).toBe(elements);
  expect(tensor.data).toBe(elements);
  expect(tensor.isDeferred).toBe(false);
  expect(() => Tensor.owning(elements, [3])).toThrow(/needs 3 elements.*has 4/);
});

test('of tensors that share elements, none sees what is written to another', () => {
  const first = Tensor.owning(WEIGHT.slice(), [4]);
  const second = first.share();
  const third = second.share();
  second.data[0] = 20;
  first.data[0] = 10;
  expect([...first.data]).toEqual([10, 2, 3, 4]);
  expect([...second.data]).toEqual([20, 2, 3, 4]);
  expect([...third.data]).toEqual([1, 2, 3, 4]);
  const fourth = third.share();
  third.data[3] = 30;
  expect([...fourth.data]).toEqual([1, 2, 3, 4]);
});

test.each(['file', 'bytes'])(
  'what is written to tensors out of a %s changes no module that has loaded them, nor another',
  async (kind) => {
    const bytes = saved();
    const folder = temporaryFolder();
    const path = join(folder.path, 'o.pth');
    await writeFile(path, bytes);
    const stateDict = await loadStateDict(kind === 'file' ? path : bytes);
    folder.remove();
    const [one, other] = [layer(), layer()];
    one.loadStateDict(stateDict);
    other.loadStateDict(stateDict);
    weightOf(one)[1] = 7;
    const read = stateDict.get('weight')?.data as Float32Array;
    read[2] = 8;
    bytes.fill(0);
    expect([...weightOf(one)]).toEqual([1, 7, 3, 4]);
    expect([...weightOf(other)]).toEqual([1, 2, 3, 4]);
  },
);
