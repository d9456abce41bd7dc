/** A value `[channels, height, width]` in an engine's memory, told from others by identity. */
export interface Stored {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** What a norm does to each channel, told from others by identity: computed by a step, or known before the run. */
export interface NormFactors {
  readonly channels: number;
}

export type Activation =
  | 'relu'
  | 'tanh'
  | 'sigmoid'
  | { readonly leaky: number }
  | { readonly clamp: readonly [min: number, max: number] };

/** What is yet to be done to each element of a value, as the next step reads it. */
export type Pointwise =
  | { readonly kind: 'norm'; readonly factors: NormFactors }
  | { readonly kind: 'activation'; readonly activation: Activation }
  | { readonly kind: 'add' | 'mul'; readonly other: Stored };

/** A value as far as it has come: what was stored, and what is pending, in order. Told from others by identity. */
export interface LazyCore {
  readonly stored: Stored;
  readonly pending: readonly Pointwise[];
  /** Magnitude that its finite elements keep to whatever the input, but for rounding; infinite where it depends on the input. */
  readonly bound: number;
}

/** Rows and columns around a value that are not stored. */
export interface Border {
  readonly mode: 'reflect' | 'replicate' | 'zero';
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export const NO_BORDER: Border = { mode: 'zero', left: 0, right: 0, top: 0, bottom: 0 };

/**
 * A value whose last operators have not run: they only change this description, and the step that reads the value does
 * their work on the rows that it reads. Values that differ in their borders alone share a core.
 */
export interface LazyValue {
  readonly core: LazyCore;
  readonly border: Border;
}

export function hasBorder({ border: { left, right, top, bottom } }: LazyValue): boolean {
  return left > 0 || right > 0 || top > 0 || bottom > 0;
}

/** Whether what is stored is the value. */
export function isMaterialized(value: LazyValue): boolean {
  return value.core.pending.length === 0 && !hasBorder(value);
}

export function storedValue(stored: Stored, bound = Number.POSITIVE_INFINITY): LazyValue {
  return { core: { stored, pending: [], bound }, border: NO_BORDER };
}

/** `[height, width]` with the border. */
export function sizeWithBorder({ core, border }: LazyValue): [height: number, width: number] {
  const { height, width } = core.stored;
  return [height + border.top + border.bottom, width + border.left + border.right];
}
