// Weights, inputs and models that runners share, made once and in a folder that is gone at the end.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as library from '../../dist/index.js';
import { catOperator } from '../../dist/tensor/cat.js';
import { familyModule, takenBy } from '../cases/familyNetworks.mjs';
import { layerModule } from '../cases/layers.mjs';
import { PYTHON, RUNTIMES } from './entries.mjs';

const { encodeImage, exportOnnx, loadStateDict, manualSeed, ResNetGenerator, saveStateDict } =
  library;

export class Workspace {
  folder = mkdtempSync(join(tmpdir(), 'cyclegan-bench-'));
  #netG;

  /** @param weights A generator's .pth; without it, the default generator as PyTorch would initialize it. */
  static async create(weights) {
    const space = new Workspace();
    manualSeed(1);
    const netG = new ResNetGenerator();
    if (weights !== undefined) netG.loadStateDict(await loadStateDict(weights));
    space.#netG = netG.eval();
    space.weights = weights ?? join(space.folder, 'weights.pth');
    if (weights === undefined) await saveStateDict(netG.stateDict(), space.weights);
    space.tensors = Object.fromEntries(
      [...netG.stateDict()].map(([key, { data, shape }]) => [
        key,
        { shape, file: space.#write(`${key}.f32`, data) },
      ]),
    );
    return space;
  }

  /** The generator's forward as a task. */
  forwardTask(width, height, pictures = 1) {
    const shape = [pictures, 3, height, width];
    const name = pictures === 1 ? `${width}x${height}` : `${pictures}x${width}x${height}`;
    const model = join(this.folder, `${name}.onnx`);
    if (!existsSync(model)) writeFileSync(model, exportOnnx(this.#netG, shape));
    const phaseModel = join(this.folder, `${width}x${height}.phases.onnx`);
    return {
      layer: null,
      shape,
      blocks: this.#netG.nBlocks,
      input: this.#write(`input-${name}.f32`, numbers(3 * width * height * pictures)),
      weights: this.weights,
      tensors: this.tensors,
      model,
      ...(existsSync(phaseModel) ? { phaseModel } : {}),
    };
  }

  /** For ONNX Runtime with transposed convolutions as phases; PyTorch exports it. */
  makePhaseModel(python, script, width, height) {
    const model = join(this.folder, `${width}x${height}.phases.onnx`);
    const args = [script, '--phases', this.weights, model, width, height].map(String);
    if (!existsSync(model)) execFileSync(python, args, { stdio: 'ignore' });
  }

  /** A network of another family: its own weights, as PyTorch would initialize them. */
  async familyTask({ name, layers: wanted, height, width }) {
    const place = join(this.folder, name.replace(/\W+/g, '-'));
    mkdirSync(place, { recursive: true });
    const layers = takenBy(library, wanted);
    const shape = [1, 3, height, width];
    const [weights, model] = ['weights.pth', 'model.onnx'].map((file) => join(place, file));
    if (!existsSync(model)) {
      manualSeed(1);
      const module = familyModule({ ...library, catOperator }, layers).eval();
      await saveStateDict(module.stateDict(), weights);
      writeFileSync(model, exportOnnx(module, shape));
    }
    const input = this.#write(join(place, 'input.f32'), numbers(3 * height * width));
    return { layer: null, layers, shape, input, weights, model };
  }

  /** A network of another family as PyTorch exports it, for those who open it from there. */
  async importTask(network) {
    const task = { ...(await this.familyTask(network)), isImported: true };
    return { ...task, model: this.#exported(network.name, task) };
  }

  /** The default generator, as PyTorch exports it, to be opened. */
  async openingTask() {
    const { weights, shape } = this.forwardTask(256, 256);
    return {
      stage: 'open model',
      layer: null,
      shape,
      model: this.#exported('default', { weights, shape }),
    };
  }

  #exported(name, task) {
    const model = join(this.folder, `${name.replace(/\W+/g, '-')}.exported.onnx`);
    if (existsSync(model)) return model;
    const file = `${model}.json`;
    writeFileSync(file, JSON.stringify(task));
    execFileSync(PYTHON, [join(RUNTIMES, 'pytorch.py'), '--onnx', file, model], {
      stdio: 'ignore',
    });
    return model;
  }

  layerTask({ name, shape, weight, ...options }) {
    const place = join(this.folder, name.replace(/\W+/g, '-'));
    mkdirSync(place, { recursive: true });
    const file = (what, values) => this.#write(join(place, `${what}.f32`), values);
    const layer = { ...options, name, shape };
    const values = new Map();
    if (weight !== undefined) {
      const [first, second] = weight;
      const count = weight.reduce((a, b) => a * b, 1);
      const bias = [layer.op === 'conv2d' ? first : second];
      values.set('weight', numbers(count, 2 / Math.sqrt(count / bias[0])));
      values.set('bias', numbers(bias[0]));
      layer.weight = { shape: weight, file: file('weight', values.get('weight')) };
      layer.bias = { shape: bias, file: file('bias', values.get('bias')) };
    }
    const module = layerModule(library, layer, (what) => values.get(what));
    const model = join(place, 'model.onnx');
    writeFileSync(model, exportOnnx(module, shape));
    const input = file('input', numbers(shape.reduce((a, b) => a * b, 1)));
    return { layer, shape, input, model };
  }

  /** A photograph, as far as a decoder can tell: 1500 x 1220, something at every scale, and noise. */
  photograph() {
    const file = join(this.folder, 'photograph.jpg');
    if (existsSync(file)) return file;
    const [width, height] = [1500, 1220];
    const data = new Uint8Array(3 * width * height);
    let noise = 1;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        noise = (Math.imul(noise, 1103515245) + 12345) & 0x7fffffff;
        const at = 3 * (y * width + x);
        data[at] = 128 + 60 * Math.sin(x / 31) + 50 * Math.cos(y / 23) + (noise & 7);
        data[at + 1] = 128 + 90 * Math.sin((x + y) / 57) + ((noise >> 8) & 7);
        data[at + 2] = 128 + 90 * Math.cos((x * y) / 40_000);
      }
    }
    writeFileSync(file, encodeImage({ width, height, data }, '.jpg', { quality: 90 }));
    return file;
  }

  remove() {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #write(name, values) {
    const file = name.startsWith(this.folder) ? name : join(this.folder, name);
    if (!existsSync(file)) writeFileSync(file, values);
    return file;
  }
}

/** Always the same numbers, without a pattern that a kernel could profit from: 0 to 1, or around 0. */
function numbers(count, scale = 0) {
  return Float32Array.from({ length: count }, (_, i) => {
    const value = ((i * 7919) % 1009) / 1009;
    return scale === 0 ? value : (value - 0.5) * scale;
  });
}
