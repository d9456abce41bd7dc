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
  | 'abs'
  | 'sign'
  | 'sqrt'
  | 'softplus'
  | { readonly leaky: number }
  | { readonly clamp: readonly [min: number, max: number] };

/** What is done to a value by another: `subFrom` takes the value from the other. */
export type Combination = 'add' | 'mul' | 'sub' | 'subFrom';

/** What is done to each channel of a value by one number. */
export type ChannelOperation = Combination | 'div';

/** What is done to each element of a value by itself, or with its channel's factors. */
export type Unary =
  | { readonly kind: 'norm'; readonly factors: NormFactors }
  | { readonly kind: 'activation'; readonly activation: Activation };

/** What is yet to be done to each element of a value, as the next step reads it. */
export type Pointwise =
  | Unary
  | { readonly kind: Combination; readonly other: Stored }
  | Gate
  | NormGradient;

/**
 * A gradient passes where another value, with what is pending of that, lies between two bounds, and times `outside` elsewhere.
 * The other value is computed anew from what was stored, so that an activation's result need not be kept for it.
 */
export interface Gate {
  readonly kind: 'gate';
  readonly other: Stored;
  readonly by: readonly Unary[];
  /** `null` where there is no bound. */
  readonly above: number | null;
  readonly below: number | null;
  readonly outside: number;
  readonly closed: boolean;
}

/**
 * The gradient of what a norm by the value's own statistics has read, from that of what it gave: each element by itself, once
 * the sums over the channel are known.
 */
export interface NormGradient {
  readonly kind: 'normGradient';
  /** What the norm has read. */
  readonly other: Stored;
  /** What the norm does, without scale and shift. */
  readonly norm: NormFactors;
  /** What the gradient's sums come to, and the norm's own factors. */
  readonly factors: NormFactors;
}

/** A value as far as it has come: what was stored, and what is pending, in order. Told from others by identity. */
export interface LazyCore {
  readonly stored: Stored;
  /** Set where what was stored is larger: a border of it is first added to what it would repeat, as the gradient of a border is. */
  readonly fold?: Border;
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

/** Whether the value has other rows and columns than what is stored. */
export function isResized(value: LazyValue): boolean {
  return hasBorder(value) || value.core.fold !== undefined;
}

/** Whether what is stored is the value. */
export function isMaterialized(value: LazyValue): boolean {
  return value.core.pending.length === 0 && !isResized(value);
}

export function storedValue(stored: Stored, bound = Number.POSITIVE_INFINITY): LazyValue {
  return { core: { stored, pending: [], bound }, border: NO_BORDER };
}

/** `[height, width]` with the border. */
export function sizeWithBorder({ core, border }: LazyValue): [height: number, width: number] {
  const { height, width } = foldedSize(core);
  return [height + border.top + border.bottom, width + border.left + border.right];
}

/** What is left of the stored rows and columns. */
function foldedSize({ stored, fold = NO_BORDER }: LazyCore): { height: number; width: number } {
  return {
    height: stored.height - fold.top - fold.bottom,
    width: stored.width - fold.left - fold.right,
  };
}
