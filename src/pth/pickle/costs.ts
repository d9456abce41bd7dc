/**
 * What values take on V8's heap, in bytes: pointers of eight, objects of a header and their fields. Every opcode costs
 * a step at least.
 */
export const COSTS = {
  /** An opcode that makes nothing. */
  step: 1,
  /** A place on the stack, and later in the list, tuple or dict that the value comes into. */
  slot: 8,
  /** A number that is no small integer. */
  number: 16,
  /** A text or bytes, and each character or byte of it. */
  text: 32,
  bytes: 104,
  character: 2,
  tuple: 80,
  list: 96,
  dict: 112,
  /** With its place in the map that entries are looked up in. */
  dictEntry: 48,
  mapEntry: 48,
  call: 80,
  global: 80,
  persistent: 64,
} as const;
