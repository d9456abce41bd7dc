/**
 * One axis of a convolution, direct or transposed, as one description: output positions at
 * regular steps, each reading the input at a fixed set of offsets.
 *
 *     out[outStart + i·outStep]  reads  in[i·inStep + tap.offset]   for 0 ≤ i < count
 *
 * A convolution has one phase per axis. A transposed convolution of stride `s` has `s` of them: outputs of equal
 * remainder modulo `s` meet the same kernel taps. Offsets below 0 or beyond
 * the input read zeros.
 */
export interface AxisPhase {
  readonly count: number;
  readonly inStep: number;
  readonly outStart: number;
  readonly outStep: number;
  readonly taps: readonly PhaseTap[];
}

export interface PhaseTap {
  /** Position in the kernel. */
  readonly kernel: number;
  /** Where this tap reads for output 0 of the phase. */
  readonly offset: number;
}

/** The phase of `torch.nn.Conv2d` along one axis. */
export function convPhase(
  outSize: number,
  kernelSize: number,
  stride: number,
  padding: number,
  dilation: number,
): AxisPhase {
  const taps = Array.from({ length: kernelSize }, (_, kernel) => ({
    kernel,
    offset: kernel * dilation - padding,
  }));
  return { count: outSize, inStep: stride, outStart: 0, outStep: 1, taps };
}

/** The phases of `torch.nn.ConvTranspose2d` along one axis: together they cover every output once. */
export function transposedPhases(
  outSize: number,
  kernelSize: number,
  stride: number,
  padding: number,
  dilation: number,
): AxisPhase[] {
  const phases: AxisPhase[] = [];
  for (let phase = 0; phase < Math.min(stride, outSize); phase++) {
    // Input i meets output i·stride − padding + kernel·dilation, so output `phase + j·stride` meets
    // the kernel positions for which (phase + padding − kernel·dilation) is a multiple of stride.
    const taps: PhaseTap[] = [];
    for (let kernel = 0; kernel < kernelSize; kernel++) {
      const offset = (phase + padding - kernel * dilation) / stride;
      if (Number.isInteger(offset)) taps.push({ kernel, offset });
    }
    phases.push({
      count: Math.ceil((outSize - phase) / stride),
      inStep: 1,
      outStart: phase,
      outStep: stride,
      taps,
    });
  }
  return phases;
}

/** How far the phase reads outside `0 … inSize − 1`: zeros needed before and after. */
export function phaseMargin(phase: AxisPhase, inSize: number): { before: number; after: number } {
  let before = 0;
  let after = 0;
  for (const { offset } of phase.taps) {
    before = Math.max(before, -offset);
    after = Math.max(after, (phase.count - 1) * phase.inStep + offset - (inSize - 1));
  }
  return { before, after };
}
