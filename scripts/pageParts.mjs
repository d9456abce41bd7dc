import { existsSync } from 'node:fs';
import { join, sep } from 'node:path';

/**
 * What the page has no use for, of files of which it uses others: nothing is trained there, no batch goes through a network, there is no
 * Node with files and flags, norms go by the whole picture, no run goes on later, nothing is run with 16 bits, fetched by address or written as TIFF or
 * WebP, and files of Keras are left to the command. Of each file, what takes the place of its
 * exports: a text, or `ABSENT` for what is never called. A build in which something else of the file is wanted fails.
 */
const ABSENT = null;
const rows = 'src/engine/wasm/kernels/rows/';
const PARTS = {
  'src/engine/shared/fuse/rules/training/gradients.ts': { GRADIENT_FUSE_RULES: '[]' },
  'src/nn/runningStatistics.ts': { gatherStatistics: ABSENT },
  'src/tensor/training/dropout.ts': { dropoutOperator: ABSENT },
  'src/tensor/training/jointNorm2d.ts': { jointNorm2dOperator: ABSENT },
  'src/engine/shared/fuse/rules/training/jointNorm2d.ts': {
    jointNorm2dRule: '{ operator: {} }',
  },
  'src/engine/shared/fuse/rules/training/jointVariance.ts': {
    jointVarianceRule: '{ operator: {} }',
  },
  'src/tensor/training/gradientOperators.ts': { GRADIENT_OPERATORS: '[]' },
  'src/engine/wasm/plan/weightGradient/index.ts': { planWeightGradient: ABSENT },
  'src/engine/wasm/plan/weightGradient/method.ts': { chooseWeightGradient: ABSENT },
  'src/engine/wasm/plan/commit.ts': {
    planCommit: '() => ({ steps: new Set(), inPlace: new Map(), kept: [], copies: [] })',
  },
  'src/engine/wasm/plan/runPacking.ts': { packInRun: ABSENT },
  'src/engine/wasm/kernels/flat/optimizers.ts': {
    isOptimizerOperation: '() => false',
    optimizerStep: ABSENT,
  },
  [`${rows}dropout.ts`]: { emitDropout: ABSENT },
  [`${rows}fold.ts`]: { emitFold: ABSENT, foldScratch: ABSENT },
  [`${rows}gather.ts`]: { GATHER_BYTES: '0', emitGather: ABSENT },
  [`${rows}gradientRowSums.ts`]: { emitGradientRowSums: ABSENT, gradientSumsScratch: ABSENT },
  [`${rows}gradientSums.ts`]: { emitGradientSums: ABSENT, gradientSumsStageScratch: ABSENT },
  [`${rows}maxima.ts`]: { MAXIMA_ARGS: '[]', WINDOW_BYTES: '0', emitMaxima: ABSENT },
  [`${rows}normGradient.ts`]: { NORM_GRADIENT_ARGS: '[]', emitNormGradient: ABSENT },
  'src/engine/shared/split/splitBatch.ts': { splitBatch: '() => null' },
  'src/engine/shared/split/splitProgram.ts': { SplitProgram: ABSENT },
  'src/engine/wasm/peak.ts': { measurePeak: ABSENT },
  'src/engine/wasm/flags.ts': {
    applyV8Flags: '() => false',
    callNative: '() => undefined',
    compiledAtOnce: '(compile) => compile()',
  },
  'src/platform/cacheFolder.ts': {
    cacheKey: '() => null',
    readCached: '() => null',
    readCachedBytes: '() => null',
    writeCached: ABSENT,
    writeCachedBytes: ABSENT,
  },
  'src/engine/wasm/codeCache.ts': { codeName: '() => null', withCodeCache: ABSENT },
  'src/engine/wasm/runJournal.ts': { RunJournal: ABSENT },
  'src/engine/webgpu/tuning/peak.ts': { measureDevicePeak: ABSENT },
  'src/engine/webgpu/device/nodeGpu.ts': { nodeGpu: ABSENT },
  'src/engine/webgpu/halfPrecision.ts': { buildHalf: ABSENT },
  // Browsers have subgroup matrices behind a flag alone.
  'src/engine/webgpu/device/matrixShapes.ts': {
    SUBGROUP_MATRICES: "''",
    matrixShapes: '() => []',
  },
  'src/engine/webgpu/kernels/convolution/matrixTile.ts': {
    matrixBytes: ABSENT,
    matrixText: ABSENT,
    matrixTiles: '() => []',
  },
  'src/engine/webgpu/kernels/convolution/subgroupMatrices.ts': {
    addMatrices: ABSENT,
    declareMatrices: ABSENT,
    handOver: ABSENT,
    matrixPixels: ABSENT,
    matrixProduct: ABSENT,
  },
  'src/platform/proxy.ts': { proxyHint: "() => ''" },
  'src/platform/cores.ts': {
    availableCores: '() => Math.max(1, globalThis.navigator?.hardwareConcurrency ?? 1)',
    processorName: '() => null',
    secondCache: '() => null',
  },
  'src/platform/scratchFile.ts': { choicesLeftIn: '() => []' },
  'src/engine/wasm/plan/checkpoints.ts': { placeCheckpoints: ABSENT },
  'src/engine/wasm/scratch/nodeScratch.ts': { beginNodeScratch: ABSENT },
  'src/engine/wasm/scratch/nodeScratchSource.ts': { NODE_SCRATCH_SOURCE: "''" },
  'src/pth/keras/readers.ts': { kerasReader: 'null', tfjsReader: 'null' },
  'src/platform/fetchBytes.ts': { fetchBytes: ABSENT },
  'src/translate/norm/forwardByNorm.ts': { forwardByNorm: ABSENT },
  'src/image/tiff/encodeTiff.ts': { encodeTiff: ABSENT, tiffWriter: ABSENT },
  'src/image/webp/encodeWebp.ts': { encodeWebp: ABSENT, loadWebpEncoder: ABSENT },
};

/** Leaves those parts out of a bundle. @param root The project. */
export function withoutUnused(root) {
  const parts = new Map(
    Object.entries(PARTS).map(([file, exports]) => [join(root, ...file.split('/')), exports]),
  );
  const gone = [...parts.keys()].filter((file) => !existsSync(file));
  if (gone.length > 0) throw new Error(`scripts/pageParts.mjs: there is no ${gone.join(', ')}.`);
  return {
    name: 'parts that the page has no use for',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const exports = parts.get(path.replaceAll('/', sep));
        return exports === undefined ? undefined : { contents: standIn(exports), loader: 'js' };
      });
    },
  };
}

function standIn(exports) {
  const lines = Object.entries(exports).map(([name, text]) =>
    text === ABSENT
      ? `export function ${name}() { throw new Error('${name} is not in the page'); }`
      : `export const ${name} = ${text};`,
  );
  return lines.join('\n');
}
