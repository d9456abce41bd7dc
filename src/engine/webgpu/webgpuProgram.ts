import { CycleganError } from '../../errors.js';
import { type Graph, shapeOf } from '../../graph/graph.js';
import { throwIfAborted } from '../../platform/abortion.js';
import { Tensor } from '../../tensor/tensor.js';
import type { RunOptions } from '../engine.js';
import { withLayouts } from '../shared/fuse/fuse.js';
import { batchOf, isWhole } from '../shared/fuse/layouts.js';
import { QueuedProgram } from '../shared/program.js';
import type { Planned } from './buildProgram.js';
import { type Device, deviceLost, MAP_READ, openDevice, USAGE } from './device/device.js';
import { NoGpu } from './device/gpu.js';
import type { Plan } from './plan/plan.js';
import { Resources } from './resources.js';

/** A graph as kernels on a GPU. Inputs go up, one submission or a few run, and the outputs of all pictures come back at once. */
export class WebgpuProgram extends QueuedProgram {
  #resources: Resources | null;
  readonly #details: string[];
  readonly #added: string[] = [];
  #planAnew: ((device: Device) => Promise<Planned>) | null;

  /** @param planAnew Plans the graph for another device; `null` for a program that ends with its own. */
  constructor(
    graph: Graph,
    resources: Resources,
    notes: readonly string[],
    planAnew: ((device: Device) => Promise<Planned>) | null,
  ) {
    const details = [...describe(resources), ...notes];
    super(graph, { engine: 'webgpu', details, memoryBytes: resources.bytes, fallbacks: [] });
    this.#details = details;
    this.#resources = resources;
    this.#planAnew = planAnew;
  }

  /** Adds what was found out with the program itself. */
  addDetail(detail: string): void {
    this.#added.push(detail);
    this.#details.push(detail);
  }

  protected override async execute(
    inputs: readonly Tensor[],
    options: RunOptions,
  ): Promise<Tensor[]> {
    const resources = this.#resources as Resources;
    try {
      return await this.#run(resources, inputs, options);
    } catch (error) {
      if (!(await resources.device.isLost())) throw error;
    }
    if (this.#planAnew === null) throw deviceLost(resources.device, 'this program ends with it');
    // Drivers are updated and reset: once, all is made anew.
    const device = await openDevice();
    if (device instanceof NoGpu) throw deviceLost(resources.device, device.reason);
    try {
      return await this.#run(await this.#makeAnew(device, this.#planAnew), inputs, options);
    } catch (error) {
      throw (await device.isLost()) ? deviceLost(device) : error;
    }
  }

  protected override async pack(changed: ReadonlyMap<string, Tensor>): Promise<void> {
    const { parameters } = this.graph;
    const ids = new Set(parameters.filter(({ key }) => changed.has(key)).map(({ id }) => id));
    await this.#resources?.update(
      (id) => ids.has(id),
      (id) => this.weight(id),
    );
  }

  protected override release(): void {
    this.#resources?.destroy();
    this.#resources = null;
    // It holds the graph, and with that the weights.
    this.#planAnew = null;
  }

  async #makeAnew(
    device: Device,
    planAnew: (device: Device) => Promise<Planned>,
  ): Promise<Resources> {
    const { plan, notes } = await planAnew(device);
    const resources = await Resources.make(device, plan, (id) => this.weight(id));
    this.#resources?.destroy();
    this.#resources = resources;
    const details = [...describe(resources), ...notes, ...this.#added];
    this.#details.splice(0, this.#details.length, ...details);
    return resources;
  }

  async #run(
    resources: Resources,
    inputs: readonly Tensor[],
    { signal, onProgress, onKernel }: RunOptions,
  ): Promise<Tensor[]> {
    const { graph } = this;
    const { gpu } = resources.device;
    const laidOut = withLayouts(graph);
    const pictures = batchOf(laidOut);
    const outputs = graph.outputs.map((id) => Tensor.zeros(shapeOf(graph, id)));
    if (pictures === 0) return outputs;
    const size = resources.outputBytes * pictures;
    if (size > gpu.limits.maxBufferSize) throw batchTooLarge(resources.device, pictures, size);
    const readback = gpu.createBuffer({ size, usage: USAGE.mapRead | USAGE.copyTarget });
    const partOf = (id: number, { data }: Tensor, n: number) =>
      isWhole(laidOut, id) ? data : sliceOf(data, n, pictures);
    const progress = new Progress(graph, resources.plan, pictures, onProgress);
    try {
      await this.#submit(resources, pictures, readback, {
        ...{ inputs, partOf, progress, signal, onKernel },
      });
      await readback.mapAsync(MAP_READ);
      const mapped = readback.getMappedRange();
      for (let n = 0; n < pictures; n++) {
        let at = n * resources.outputBytes;
        for (const [i, { bytes }] of resources.plan.outputs.entries()) {
          const to = partOf(graph.outputs[i], outputs[i], n);
          to.set(new Float32Array(mapped, at, to.length));
          at += bytes;
        }
      }
    } finally {
      readback.destroy();
    }
    throwIfAborted(signal);
    progress.finish();
    return outputs;
  }

  /** Hands all pictures to the device, one after the other. What it refuses would leave what was in memory before. */
  async #submit(
    resources: Resources,
    pictures: number,
    readback: GPUBuffer,
    { inputs, partOf, progress, signal, onKernel }: Submission,
  ): Promise<void> {
    const { graph } = this;
    const { outcome, invalid, noRoom } = await resources.device.inTurn(async () => {
      for (let n = 0; n < pictures; n++) {
        const parts = inputs.map((input, i) => partOf(graph.inputs[i].id, input, n));
        if (n === 0 && onKernel !== undefined) {
          const times = await resources.runTimed(parts, readback, 0);
          for (const [i, { kernel, node }] of resources.plan.dispatches.entries()) {
            onKernel({ label: kernel.label, node, milliseconds: times[i] });
          }
          continue;
        }
        await resources.run(parts, readback, n * resources.outputBytes, (dispatches) => {
          throwIfAborted(signal);
          progress.report(n, dispatches);
        });
      }
    });
    if ('error' in outcome) throw outcome.error;
    if (noRoom !== null) throw batchTooLarge(resources.device, pictures, readback.size);
    if (invalid !== null) throw new Error(`the GPU refuses a kernel: ${invalid}`);
  }
}

/** A program on its device, for people. */
function describe({ device, plan, bytes }: Resources): string[] {
  return [
    device.isSoftware ? `${device.name}, which is the processor` : device.name,
    `${plan.dispatches.length} dispatches`,
    `${Math.ceil(bytes / 2 ** 20)} MB on the device`,
  ];
}

/** What a run takes in, and whom it tells. */
interface Submission {
  readonly inputs: readonly Tensor[];
  /** One picture's elements of a value. */
  readonly partOf: (id: number, tensor: Tensor, n: number) => Float32Array;
  readonly progress: Progress;
  readonly signal: RunOptions['signal'];
  readonly onKernel: RunOptions['onKernel'];
}

/** Tells which nodes are done, in their order; each counts once for each picture. */
class Progress {
  readonly #graph: Graph;
  readonly #plan: Plan;
  readonly #pictures: number;
  readonly #onProgress: RunOptions['onProgress'];
  readonly #start = performance.now();
  #done = 0;

  constructor(graph: Graph, plan: Plan, pictures: number, onProgress: RunOptions['onProgress']) {
    this.#graph = graph;
    this.#plan = plan;
    this.#pictures = pictures;
    this.#onProgress = onProgress;
  }

  /** The dispatches below that number are done, of picture `n`. */
  report(n: number, dispatches: number): void {
    const { nodes } = this.#graph;
    const open = new Set(this.#plan.dispatches.slice(dispatches).map(({ node }) => node));
    const first = nodes.findIndex((node) => open.has(node));
    this.#reportTo(n * nodes.length + (first < 0 ? nodes.length : first));
  }

  finish(): void {
    this.#reportTo(this.#graph.nodes.length * this.#pictures);
  }

  #reportTo(done: number): void {
    const { nodes } = this.#graph;
    const total = nodes.length * this.#pictures;
    const milliseconds = (performance.now() - this.#start) / Math.max(1, done);
    while (this.#done < done) {
      const node = nodes[this.#done % nodes.length];
      this.#done++;
      this.#onProgress?.({ node, done: this.#done, total, milliseconds });
    }
  }
}

/** Picture `n` of a batch. */
function sliceOf(data: Float32Array, n: number, pictures: number): Float32Array {
  const size = data.length / Math.max(1, pictures);
  return data.subarray(n * size, (n + 1) * size);
}

function batchTooLarge({ name, gpu }: Device, pictures: number, bytes: number): CycleganError {
  const megabytes = (count: number) => `${Math.ceil(count / 2 ** 20)} MB`;
  return new CycleganError(
    'ERR_TOO_LARGE',
    `The results of ${pictures} pictures at once take ${megabytes(bytes)} in one buffer of the GPU (${name}), which has ${megabytes(gpu.limits.maxBufferSize)} at most; fewer at once would fit.`,
  );
}
