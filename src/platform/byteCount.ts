/** A number of bytes for people: rounded, and as it is. */
export function byteCount(bytes: number): string {
  return `${roundedBytes(bytes)} (${bytes} bytes)`;
}

export function roundedBytes(bytes: number): string {
  return bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
