import { describe, expect, it } from 'vitest';
import { drawSvg } from '../../src/export/drawing/svg.js';
import { exportOnnx } from '../../src/export/onnx/exportOnnx.js';
import { summarize } from '../../src/export/summary.js';
import { openGenerator } from '../../src/generator/openGenerator.js';
import { encodeStateDict } from '../../src/pth/write/saveStateDict.js';
import { expectAsInTorch, familyCases, runsOf, stateDictOf } from '../support/familyCases.js';
import { readOnnx, runOnnx } from '../support/onnxModel.js';

describe.each(familyCases.map((one) => [one.name, one] as const))('%s', (_, one) => {
  const open = async () => {
    const bytes = encodeStateDict(stateDictOf(one), 'net.pth');
    return (await openGenerator(bytes, one.options)).module;
  };
  const [run] = runsOf(one);
  const { input, output } = run;

  it("has a summary of the network's parameters and sizes", async () => {
    const network = await open();
    const { rows } = summarize(network, input.shape);
    expect(rows[0].outputShape).toEqual(output.shape);
    const parameters = [...network.namedParameters()].reduce((sum, [, { size }]) => sum + size, 0);
    expect(rows[0].total.parameters).toBe(parameters);
  });

  it('is drawn', async () => {
    expect(drawSvg(await open(), input.shape)).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
  });

  it("gives PyTorch's output as an ONNX model", async () => {
    const made = runOnnx(readOnnx(exportOnnx(await open(), input.shape)), input);
    expectAsInTorch(made, run);
  });
});
