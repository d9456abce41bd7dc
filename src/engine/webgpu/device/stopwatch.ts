import { type Device, MAP_READ, type ReadyDispatch, USAGE } from './device.js';

const QUERY_BYTES = 8;
const NANOSECONDS = 1e6;

/**
 * Times groups of dispatches one after the other: by timestamps that the device takes itself where it has those, else by the clock,
 * from the submission until the device is done.
 *
 * @returns Milliseconds of each group.
 */
export function timeGroups(
  device: Device,
  groups: readonly (readonly ReadyDispatch[])[],
): Promise<number[]> {
  return device.has('timestamp-query') ? byTimestamps(device, groups) : byClock(device, groups);
}

async function byTimestamps(
  { gpu }: Device,
  groups: readonly (readonly ReadyDispatch[])[],
): Promise<number[]> {
  const count = 2 * groups.length;
  const size = count * QUERY_BYTES;
  const querySet = gpu.createQuerySet({ type: 'timestamp', count });
  const resolved = gpu.createBuffer({ size, usage: USAGE.queryResolve | USAGE.copySource });
  const readback = gpu.createBuffer({ size, usage: USAGE.mapRead | USAGE.copyTarget });
  try {
    const encoder = gpu.createCommandEncoder();
    for (const [i, dispatches] of groups.entries()) {
      const writes = { beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 };
      encodePass(encoder, dispatches, { timestampWrites: { querySet, ...writes } });
    }
    encoder.resolveQuerySet(querySet, 0, count, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, readback, 0, size);
    gpu.queue.submit([encoder.finish()]);
    await readback.mapAsync(MAP_READ);
    const times = new BigUint64Array(readback.getMappedRange());
    // A device may set its clock back.
    return groups.map((_, i) => Math.max(0, Number(times[2 * i + 1] - times[2 * i])) / NANOSECONDS);
  } finally {
    querySet.destroy();
    resolved.destroy();
    readback.destroy();
  }
}

async function byClock(
  { gpu }: Device,
  groups: readonly (readonly ReadyDispatch[])[],
): Promise<number[]> {
  const times: number[] = [];
  for (const dispatches of groups) {
    await gpu.queue.onSubmittedWorkDone();
    const start = performance.now();
    const encoder = gpu.createCommandEncoder();
    encodePass(encoder, dispatches);
    gpu.queue.submit([encoder.finish()]);
    await gpu.queue.onSubmittedWorkDone();
    times.push(performance.now() - start);
  }
  return times;
}

/** Encodes dispatches as one pass. */
export function encodePass(
  encoder: GPUCommandEncoder,
  dispatches: readonly ReadyDispatch[],
  descriptor: GPUComputePassDescriptor = {},
): void {
  const pass = encoder.beginComputePass(descriptor);
  for (const { pipeline, group, workgroups } of dispatches) {
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(...workgroups);
  }
  pass.end();
}
