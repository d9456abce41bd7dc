/** What a value is, for messages to callers without a compiler that checks: `null`, `an array`, `a value of class Conv2d`. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'an array';
  if (typeof value !== 'object') return `a ${typeof value}`;
  const { name = 'Object' }: { name?: string } = value.constructor ?? {};
  return name === 'Object' ? 'an object' : `a value of class ${name}`;
}

/** Also one of another realm, as of a page's frame. */
export function isMap(value: unknown): value is ReadonlyMap<unknown, unknown> {
  return Object.prototype.toString.call(value) === '[object Map]';
}
