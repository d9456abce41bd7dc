/** A picture of the camera. */
export interface FrameCall {
  readonly bitmap: ImageBitmap;
  /** `null`: as many as the machine has cores. */
  readonly threads: number | null;
}

export interface Frame {
  readonly bitmap: ImageBitmap;
  /** Of the network alone. */
  readonly milliseconds: number;
}
