import type { PaddingKind } from './family.js';

/** Whose class takes the CycleGAN authors' `padding_type`, which is part of its configuration. */
interface Padded {
  readonly paddingType: PaddingKind;
}

/** The configuration with another type; `null` where keys would be others: zeros take no layer of their own. */
export function withPaddingType<C extends Padded>(config: C, paddingType: PaddingKind): C | null {
  const sameKeys = (config.paddingType === 'zero') === (paddingType === 'zero');
  return sameKeys ? { ...config, paddingType } : null;
}
