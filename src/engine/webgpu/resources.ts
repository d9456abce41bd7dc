import { CycleganError } from '../../errors.js';
import { toFloat16 } from '../../pth/dtypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { type Device, type ReadyDispatch, USAGE } from './device/device.js';
import { encodePass, timeGroups } from './device/stopwatch.js';
import { bytesOf, type DeviceBuffer, type MadeBuffer, type WeightBuffer } from './plan/buffers.js';
import type { Dispatch, Plan } from './plan/plan.js';

/** Milliseconds that one submission may take: systems reset a GPU that is busy for two seconds. */
const MAX_SUBMISSION_MS = 500;

/** What a plan needs on a device: buffers, pipelines, and bind groups. */
export class Resources {
  readonly device: Device;
  readonly plan: Plan;
  readonly #arena: GPUBuffer;
  readonly #weights = new Map<WeightBuffer | MadeBuffer, GPUBuffer>();
  /** Those that only the preparation reads, which are there for as long as that takes. */
  readonly #passing: ReadonlySet<WeightBuffer>;
  #ready: readonly ReadyDispatch[] = [];

  private constructor(device: Device, plan: Plan) {
    this.device = device;
    this.plan = plan;
    const usage = USAGE.storage | USAGE.copySource | USAGE.copyTarget;
    this.#arena = device.gpu.createBuffer({
      label: 'arena',
      size: Math.max(256, plan.arenaBytes),
      usage,
    });
    const lasting = new Set(weightsOf(plan.dispatches));
    this.#passing = new Set(weightsOf(plan.preparation).filter((weight) => !lasting.has(weight)));
  }

  /**
   * Puts a plan on a device.
   * @throws CycleganError `ERR_TOO_LARGE` where the device has no such room; `ERR_ENGINE_UNAVAILABLE` where it refuses a kernel.
   */
  static async make(
    device: Device,
    plan: Plan,
    weight: (id: number) => Tensor,
  ): Promise<Resources> {
    let resources: Resources | null = null;
    const { outcome, invalid, noRoom } = await device.inTurn(async () => {
      resources = new Resources(device, plan);
      await resources.#fill(weight);
      return resources;
    });
    if (invalid === null && noRoom === null && 'result' in outcome) return outcome.result;
    const made = resources as Resources | null;
    const bytes = made?.bytes ?? plan.arenaBytes;
    made?.destroy();
    if (noRoom !== null) throw tooLarge(bytes, noRoom);
    const refusal = invalid ?? ('error' in outcome ? refusalOf(outcome.error) : null);
    if (refusal !== null) throw refusedKernel(device, refusal);
    throw 'error' in outcome ? outcome.error : new Error('no resources');
  }

  /** Packs weights, and compiles all kernels at once. */
  async #fill(weight: (id: number) => Tensor): Promise<void> {
    const { preparation, dispatches } = this.plan;
    const pipelines = [...preparation, ...dispatches].map(({ kernel }) =>
      this.device.pipeline(kernel),
    );
    this.#pack([...this.#passing, ...weightsOf(dispatches)], weight);
    await Promise.all(pipelines);
    await this.#prepare();
    this.#ready = await Promise.all(dispatches.map((dispatch) => this.#bind(dispatch)));
  }

  /** Bytes on the device. */
  get bytes(): number {
    return [...this.#weights.values()].reduce((sum, { size }) => sum + size, this.#arena.size);
  }

  /** Packs weights that have changed, and what is made of them. */
  async update(isChanged: (id: number) => boolean, weight: (id: number) => Tensor): Promise<void> {
    const all = new Set([...weightsOf(this.plan.dispatches), ...this.#passing]);
    const changed = [...all].filter(({ of }) => of.some(isChanged));
    const isPassing = changed.some((buffer) => this.#passing.has(buffer));
    const { outcome, invalid, noRoom } = await this.device.inTurn(async () => {
      this.#pack(isPassing ? [...new Set([...changed, ...this.#passing])] : changed, weight);
      if (isPassing) await this.#prepare();
    });
    if ('error' in outcome) throw outcome.error;
    if (noRoom !== null) throw tooLarge(this.bytes, noRoom);
    if (invalid !== null) throw new Error(`the GPU refuses weights: ${invalid}`);
  }

  /**
   * Runs the plan for one picture.
   * @param inputs Elements of each input.
   * @param readback Receives the outputs one behind the other, from `offset` bytes on.
   * @param onSubmitted Called when the dispatches below a number are done; what it throws ends the run.
   */
  async run(
    inputs: readonly Float32Array[],
    readback: GPUBuffer,
    offset: number,
    onSubmitted: (dispatches: number) => void,
  ): Promise<void> {
    const { gpu } = this.device;
    this.#writeInputs(inputs);
    const groups = this.#submissions();
    for (const [i, { from, to, flops }] of groups.entries()) {
      const start = performance.now();
      const encoder = gpu.createCommandEncoder();
      encodePass(encoder, this.#ready.slice(from, to));
      const isLast = i === groups.length - 1;
      if (isLast) this.#copyOutputs(encoder, readback, offset);
      gpu.queue.submit([encoder.finish()]);
      if (isLast) return;
      await gpu.queue.onSubmittedWorkDone();
      // Kernels that count as none say nothing about the device.
      if (flops > 0) this.device.flopsPerMs = flops / Math.max(1, performance.now() - start);
      onSubmitted(to);
    }
  }

  /**
   * Runs the plan for one picture as `run` does, and times each of its dispatches.
   * @returns Milliseconds of each.
   */
  async runTimed(
    inputs: readonly Float32Array[],
    readback: GPUBuffer,
    offset: number,
  ): Promise<number[]> {
    const { gpu } = this.device;
    this.#writeInputs(inputs);
    const times: number[] = [];
    for (const { from, to } of this.#submissions()) {
      const alone = this.#ready.slice(from, to).map((dispatch) => [dispatch]);
      times.push(...(await timeGroups(this.device, alone)));
    }
    const encoder = gpu.createCommandEncoder();
    this.#copyOutputs(encoder, readback, offset);
    gpu.queue.submit([encoder.finish()]);
    return times;
  }

  /** Bytes of all outputs of one picture. */
  get outputBytes(): number {
    return this.plan.outputs.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  destroy(): void {
    this.#arena.destroy();
    for (const buffer of this.#weights.values()) buffer.destroy();
    this.#weights.clear();
  }

  /** Dispatches in order, in parts that take about half a second at most. */
  #submissions(): { from: number; to: number; flops: number }[] {
    const most = this.device.flopsPerMs * MAX_SUBMISSION_MS;
    const groups = [{ from: 0, to: 0, flops: 0 }];
    for (const { flops } of this.plan.dispatches) {
      const last = groups[groups.length - 1];
      if (last.to > last.from && last.flops + flops > most) {
        groups.push({ from: last.to, to: last.to + 1, flops });
      } else groups[groups.length - 1] = { ...last, to: last.to + 1, flops: last.flops + flops };
    }
    return groups;
  }

  #writeInputs(inputs: readonly Float32Array[]): void {
    for (const [i, elements] of inputs.entries()) {
      const { address } = this.plan.inputs[i];
      const data = elements as Float32Array<ArrayBuffer>;
      this.device.gpu.queue.writeBuffer(this.#arena, address, data);
    }
  }

  #copyOutputs(encoder: GPUCommandEncoder, readback: GPUBuffer, offset: number): void {
    let to = offset;
    for (const { address, bytes } of this.plan.outputs) {
      encoder.copyBufferToBuffer(this.#arena, address, readback, to, bytes);
      to += bytes;
    }
  }

  #pack(weights: readonly WeightBuffer[], weight: (id: number) => Tensor): void {
    const { gpu } = this.device;
    for (const packed of weights) {
      const buffer = this.#weights.get(packed) ?? this.#newWeights(packed, USAGE.copyTarget);
      const elements = packed.pack(weight) as Float32Array<ArrayBuffer>;
      const isHalf = packed.format === 'f16';
      gpu.queue.writeBuffer(buffer, 0, isHalf ? toFloat16(elements) : elements);
    }
  }

  #newWeights(weights: WeightBuffer | MadeBuffer, usage: number): GPUBuffer {
    const size = bytesOf(weights);
    const buffer = this.device.gpu.createBuffer({ size, usage: USAGE.storage | usage });
    this.#weights.set(weights, buffer);
    return buffer;
  }

  /** Makes what is made of weights, and lets go of those that nothing else reads. */
  async #prepare(): Promise<void> {
    const { gpu } = this.device;
    if (this.plan.preparation.length === 0) return;
    const encoder = gpu.createCommandEncoder();
    encodePass(encoder, await Promise.all(this.plan.preparation.map((d) => this.#bind(d))));
    gpu.queue.submit([encoder.finish()]);
    await gpu.queue.onSubmittedWorkDone();
    for (const weights of this.#passing) {
      this.#weights.get(weights)?.destroy();
      this.#weights.delete(weights);
    }
  }

  async #bind({ kernel }: Dispatch): Promise<ReadyDispatch> {
    const { gpu } = this.device;
    const entries = kernel.bindings.map(({ buffer }, binding) => ({
      binding,
      resource: this.#resource(buffer),
    }));
    const group = gpu.createBindGroup({ layout: this.device.layout(kernel), entries });
    const pipeline = await this.device.pipeline(kernel);
    return { pipeline, group, workgroups: kernel.workgroups };
  }

  #resource(buffer: DeviceBuffer): GPUBufferBinding {
    if (buffer.kind === 'arena')
      return { buffer: this.#arena, offset: buffer.address, size: buffer.bytes };
    return { buffer: this.#weights.get(buffer) ?? this.#newWeights(buffer, 0) };
  }
}

function weightsOf(dispatches: readonly Dispatch[]): WeightBuffer[] {
  const buffers = dispatches.flatMap(({ kernel }) => kernel.bindings.map(({ buffer }) => buffer));
  return [...new Set(buffers)].filter((buffer) => buffer.kind === 'weights');
}

/** What a device says of a kernel that it does not compile; `null` for any other error. */
export function refusalOf(error: unknown): string | null {
  const { name, message } = Object(error) as { name?: unknown; message?: unknown };
  return name === 'GPUPipelineError' ? String(message) : null;
}

function refusedKernel({ name }: Device, why: string): CycleganError {
  return new CycleganError(
    'ERR_ENGINE_UNAVAILABLE',
    `The GPU (${name}) refuses a kernel of this network: ${why.trim()}. A newer driver may take it; --engine wasm runs without it.`,
  );
}

function tooLarge(bytes: number, message: string): CycleganError {
  return new CycleganError(
    'ERR_TOO_LARGE',
    `The GPU has no room for the ${Math.ceil(bytes / 2 ** 20)} MB that this picture needs (${message}); a smaller one, --resize, or --engine wasm would do.`,
  );
}
