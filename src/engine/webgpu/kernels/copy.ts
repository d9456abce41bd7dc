import type { Window } from '../../shared/fuse/steps.js';
import type { Source } from '../plan/source.js';
import type { Kernel } from '../shader/wgsl.js';
import { pixelMap, type Target } from './maps.js';

/** Writes a value out, with its border, or a part of it. */
export function copyKernel(source: Source, window: Window | null, to: Target): Kernel {
  const { top, left } = window ?? { top: 0, left: 0 };
  return pixelMap({
    label: 'copy',
    source,
    to,
    body: `  let result = sourceAt(sourcePixel(y + ${top}, x + ${left}), c);`,
  });
}
