import { CycleganError } from '../../errors.js';
import { withLayouts } from '../shared/fuse/fuse.js';
import { selfCheck } from '../shared/selfCheck.js';
import { buildProgram } from './buildProgram.js';
import type { Device } from './device/device.js';
import type { Format } from './plan/buffers.js';

/** Ways of making kernels, fastest first: the other needs no transforms, and checks the first. */
const VARIANTS = ['winograd', 'direct'] as const;
export type VariantName = (typeof VARIANTS)[number];

/** How far the self-check, whose values are of order 1, may be off with 16 bits; with 32, `selfCheck` says. */
const HALF_TOLERANCE = 0.05;

type Check = Awaited<ReturnType<typeof selfCheck>> & {
  /** Why the device did not run it at all. */
  readonly refusal?: string;
};

const checks = new WeakMap<Device, Map<string, Promise<Check>>>();

/**
 * The fastest variant whose kernels agree with the reference on this device, or the one that was named.
 * @throws CycleganError `ERR_UNKNOWN_VARIANT`; `ERR_ENGINE_UNAVAILABLE` where none agrees.
 */
export async function chooseVariant(
  device: Device,
  format: Format,
  wanted?: string,
): Promise<{ variant: VariantName; notes: readonly string[] }> {
  const notes: string[] = [];
  const candidates = VARIANTS.filter((name) => wanted === undefined || name === wanted);
  if (candidates.length === 0) {
    throw new CycleganError(
      'ERR_UNKNOWN_VARIANT',
      `The engine webgpu has no variant "${wanted}"; it has ${VARIANTS.join(', ')}.`,
    );
  }
  for (const variant of candidates) {
    const { passed, difference, refusal } = await checked(device, format, variant);
    if (passed) return { variant, notes: [...notes, `variant ${variant}`] };
    const why = refusal ?? `it was off by ${difference} in the self-check`;
    notes.push(`${variant} is not used: ${why}`);
  }
  throw new CycleganError(
    'ERR_ENGINE_UNAVAILABLE',
    `The GPU (${device.name}) fails where its numbers are compared with the reference's: ${notes.join('; ')}.`,
  );
}

/** Once per device, and of one that passed, per adapter and driver where that is kept. */
function checked(device: Device, format: Format, variant: VariantName): Promise<Check> {
  const name = `${variant} ${format}`;
  const known = checks.get(device) ?? new Map<string, Promise<Check>>();
  checks.set(device, known);
  const checking = known.get(name) ?? check(device, format, variant, name);
  known.set(name, checking);
  // What ended it may not be there the next time.
  checking.catch(() => known.delete(name));
  return checking;
}

async function check(
  device: Device,
  format: Format,
  variant: VariantName,
  name: string,
): Promise<Check> {
  const before = device.memory.notes.checks[name];
  if (before !== undefined) return before;
  const options = { winograd: variant === 'winograd', format };
  const checking = selfCheck((graph) => buildProgram(device, withLayouts(graph), options), {
    runs: 1,
    blocking: false,
    ...(format === 'f16' ? { tolerance: HALF_TOLERANCE } : {}),
  });
  const result = await checking.catch((error: unknown) => asRefusal(device, error));
  device.memory.notes.checks[name] = result;
  device.memory.keep();
  return result;
}

/**
 * A device that refuses kernels of one variant may take those of the other. One that is lost may refuse all, and what is noted holds for
 * the next of its adapter, too.
 */
async function asRefusal(device: Device, error: unknown): Promise<Check> {
  if (!(error instanceof CycleganError) || error.code !== 'ERR_ENGINE_UNAVAILABLE') throw error;
  if (await device.isLost()) throw error;
  return { passed: false, difference: Number.POSITIVE_INFINITY, refusal: error.message };
}
