/** The small model and its sample, which the built command carries within itself; read when asked for. */

export async function embeddedWeights(): Promise<Uint8Array> {
  return (await import('../../weights/horse2zebra-mini.pth')).default;
}

export async function embeddedSample(): Promise<Uint8Array> {
  return (await import('../../weights/sample.png')).default;
}
