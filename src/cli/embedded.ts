/** The small model and its sample, which the built command carries within itself; read when asked for. */

export async function embeddedWeights(): Promise<Uint8Array> {
  return decode((await import('../../weights/horse2zebra-mini.pth')).default);
}

export async function embeddedSample(): Promise<Uint8Array> {
  return decode((await import('../../weights/sample.png')).default);
}

function decode(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64'));
}
