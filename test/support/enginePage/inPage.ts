import type { Program } from '../../../src/engine/engine.js';
import { Device, openDevice } from '../../../src/engine/webgpu/device/device.js';
import { openGenerator } from '../../../src/generator/openGenerator.js';
import { compile } from '../../../src/nn/compile.js';
import { Tensor } from '../../../src/tensor/tensor.js';
import { runOperator } from '../runOperator.js';
import { performScratch } from './scratchTask.js';
import type { Done, Elements, Task, Transfers, Where } from './tasks.js';

// Loaded by a page, and by a worker of it, which answers one task at a time.

const tensorOf = ({ shape, data }: Elements) => new Tensor(data, shape);

async function perform(task: Task): Promise<Done> {
  if (task.kind === 'network') return performNetwork(task);
  if (task.kind === 'scratch') return performScratch(task);
  const { op, params, options } = task;
  const weights = new Map(task.weights.map(({ key, ...elements }) => [key, tensorOf(elements)]));
  const input = tensorOf(task.input);
  const { output, fallbacks } = await runOperator({ op, params, weights, input }, options);
  return { output, fallbacks, details: [], transfers: null, again: null };
}

/** The self-check has a large network, which takes a processor a minute to compile: operators have it done, where they run first. */
async function skipSelfCheck(): Promise<void> {
  const device = await openDevice();
  if (!(device instanceof Device)) throw new Error(device.reason);
  for (const variant of ['winograd', 'direct']) {
    device.memory.notes.checks[`${variant} f32`] = { passed: true, difference: 0 };
  }
}

async function performNetwork(task: Extract<Task, { kind: 'network' }>): Promise<Done> {
  const { file, traits, options, losesDevice = false } = task;
  const input = tensorOf(task.input);
  await skipSelfCheck();
  const { module } = await openGenerator(file, traits);
  const program = await compile(module, { ...options, inputShape: input.shape });
  const { output, transfers } = await counted(program, input);
  if (losesDevice) await loseDevice();
  const again = losesDevice ? await program.run(input) : null;
  const { fallbacks, details } = program;
  program.dispose();
  return { output, fallbacks, details, transfers, again };
}

async function loseDevice(): Promise<void> {
  const device = await openDevice();
  if (!(device instanceof Device)) throw new Error(device.reason);
  device.gpu.destroy();
  await device.gpu.lost;
}

/** A run, and what went to the GPU and came back meanwhile. */
async function counted(program: Program, input: Tensor) {
  const { submit, writeBuffer } = GPUQueue.prototype;
  const { mapAsync } = GPUBuffer.prototype;
  const counts = { submissions: 0, uploads: 0, uploadedBytes: 0, readbacks: 0, readBytes: 0 };
  GPUQueue.prototype.submit = function (...args) {
    counts.submissions++;
    return submit.apply(this, args);
  };
  GPUQueue.prototype.writeBuffer = function (...args) {
    counts.uploads++;
    counts.uploadedBytes += args[2].byteLength;
    return writeBuffer.apply(this, args);
  };
  GPUBuffer.prototype.mapAsync = function (...args) {
    counts.readbacks++;
    counts.readBytes += this.size;
    return mapAsync.apply(this, args);
  };
  try {
    return { output: await program.run(input), transfers: counts as Transfers };
  } finally {
    Object.assign(GPUQueue.prototype, { submit, writeBuffer });
    Object.assign(GPUBuffer.prototype, { mapAsync });
  }
}

/** Tasks of a worker of the page, in its own time. */
class WorkerClient {
  readonly #worker = new Worker(import.meta.url, { type: 'module' });

  perform(task: Task): Promise<Done> {
    return new Promise((resolve, reject) => {
      this.#worker.onmessage = ({ data }) =>
        'done' in data ? resolve(data.done) : reject(new Error(data.error));
      this.#worker.onerror = ({ message }) => reject(new Error(message));
      this.#worker.postMessage(task);
    });
  }
}

if (typeof document === 'undefined') {
  self.onmessage = ({ data }: MessageEvent<Task>) => {
    perform(data).then(
      (done) => self.postMessage({ done: plain(done) }),
      (error: unknown) => self.postMessage({ error: String(error) }),
    );
  };
} else {
  const client = new WorkerClient();
  const performTask = async (task: Task, where: Where): Promise<Done> =>
    where === 'window' ? plain(await perform(task)) : client.perform(task);
  Object.assign(globalThis, { performTask });
}

/** Without classes, which do not survive the way to another realm. */
function plain({ output, again, ...rest }: Done): Done {
  const elements = ({ shape, data }: Elements): Elements => ({ shape: [...shape], data });
  return { ...rest, output: elements(output), again: again === null ? null : elements(again) };
}
