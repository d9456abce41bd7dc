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

type Check = Awaited<ReturnType<typeof selfCheck>>;

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
    const { passed, difference } = await checked(device, format, variant);
    if (passed) return { variant, notes: [...notes, `variant ${variant}`] };
    notes.push(`${variant} was off by ${difference} in the self-check and is not used`);
  }
  throw new CycleganError(
    'ERR_ENGINE_UNAVAILABLE',
    `The GPU (${device.name}) computes other numbers than the reference: ${notes.join('; ')}.`,
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
  const result = await selfCheck((graph) => buildProgram(device, withLayouts(graph), options, []), {
    runs: 1,
    blocking: false,
    ...(format === 'f16' ? { tolerance: HALF_TOLERANCE } : {}),
  });
  device.memory.notes.checks[name] = result;
  device.memory.keep();
  return result;
}
