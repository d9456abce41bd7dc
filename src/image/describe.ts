/** A value that somebody passed, as it would be written; for messages. */
export function describeValue(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return brief(value);
  const { width, height } = value as { width?: unknown; height?: unknown };
  const parts = [
    ...(width === undefined ? [] : [`width: ${brief(width)}`]),
    ...(height === undefined ? [] : [`height: ${brief(height)}`]),
  ];
  return parts.length === 0 ? 'an object without width' : `{ ${parts.join(', ')} }`;
}

function brief(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60));
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value);
  return Array.isArray(value) ? `an array of ${value.length}` : 'an object';
}
