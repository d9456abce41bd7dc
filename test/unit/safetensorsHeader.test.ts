import { describe, expect, it } from 'vitest';
import { zipWriter } from '../../src/pth/container/writers.js';
import { PthError } from '../../src/pth/pthError.js';
import { openWeights } from '../../src/pth/weightFile.js';
import { safetensorsFile } from '../support/containers.js';
import { legacyFile, op } from '../support/pickles.js';

/** With a value of the metadata's neighbour, a field that nobody needs, and the sides of a shape. */
const file = ({ field = '1', side = '2', key = '"w"' } = {}) =>
  safetensorsFile(
    `{${key}:{"dtype":"F32","shape":[${side}],"data_offsets":[0,8],"more":${field}}}`,
    new Uint8Array(8),
  );

describe('the header of a safetensors file', () => {
  it.each([
    ...['true', 'false', 'null', '0', '-0', '12', '-1.5', '1e5', '1.25E-7', '"x"', '[]', '{}'],
    ...['[1, [true], {"a": null}]', ' \n\t\r7 '],
  ])('may hold what is JSON: %s', async (field) => {
    expect(() => JSON.parse(field)).not.toThrow();
    expect([...(await openWeights(file({ field }))).tensors.keys()]).toEqual(['w']);
  });

  it.each([
    ...['nottrue', 'true1', 'xnull', '01', '+1', '1.', '.5', '1e', '--1', '1-', 'NaN', 'Infinity'],
    ...['', 'undefined', '[1,]', '[,1]', '{"a"}', '{a:1}', "'x'", '"\u0001"', '"\\x"', '\u00a01'],
  ])('is refused where it is not: %s', async (field) => {
    expect(() => JSON.parse(field)).toThrow(SyntaxError);
    await expect(openWeights(file({ field }))).rejects.toThrow(PthError);
  });

  it.each(['-2', '2.0', '2e0', '02', '"2"', 'null', 'true', '9007199254740993', 'x2'])(
    'has no side of %s',
    async (side) => {
      await expect(openWeights(file({ side }))).rejects.toThrow(PthError);
    },
  );

  it('may have escapes in its names', async () => {
    const { tensors } = await openWeights(file({ key: '"a\\u00e9\\n\\"\\ud83d\\ude00"' }));
    expect([...tensors.keys()]).toEqual(['aé\n"😀']);
  });
});

/** Which torch writes which entries, as seen in files of these versions. */
it.each([
  [['data.pkl', 'version'], 'torch 1.6 to 2.0'],
  [['data.pkl', 'version', 'byteorder'], 'torch 2.1 or later'],
  [['data.pkl', 'version', '.data/serialization_id'], 'torch 2.1 or later'],
  [['data.pkl', 'byteorder', '.data/serialization_id'], 'torch 2.1 or later'],
  [['data.pkl', 'byteorder', '.format_version'], 'torch 2.6 or later'],
  [['data.pkl', 'byteorder', '.storage_alignment'], 'torch 2.6 or later'],
])('a zip archive of %s is by %s', (entries, writer) => {
  expect(zipWriter(new Set(entries))).toBe(writer);
});

it.each([1, 3, 8])('a file that is cut short says by how many bytes: %i', async (missing) => {
  const tensor = op.tensor(op.storage('0', 'FloatStorage', 4), 0, [4], [1]);
  const whole = legacyFile(op.dict({ w: tensor }), { 0: [1, 2, 3, 4] });
  const reading = openWeights(whole.subarray(0, whole.length - missing));
  await expect(reading).rejects.toThrow(new RegExp(`: ${missing} bytes? of storage`));
});
