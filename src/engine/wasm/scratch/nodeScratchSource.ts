import { CONTROL } from '../kernels/driver.js';
import { TRANSFER_ARGS } from '../plan/transfer.js';
import { SCRATCH_FAILURES } from './transfer.js';

/** `nodeScratch.ts` as text for worker threads (`pool/workerSource.ts`). */
export const NODE_SCRATCH_SOURCE = `
const openScratch = (path, buffer) => {
  const fs = require('fs');
  const { EDQUOT } = require('os').constants.errno;
  let file = -1;
  let opened = -1;
  const words = new Uint32Array(buffer);
  const control = new Int32Array(buffer);
  const openAnew = () => {
    const current = Atomics.load(control, ${CONTROL.scratchFile / 4});
    if (current === opened) return;
    if (file >= 0) fs.closeSync(file);
    file = -1;
    file = fs.openSync(path, fs.constants.O_RDWR | (fs.constants.O_NOFOLLOW ?? 0));
    opened = current;
  };
  const transfer = (item, args) => {
    const at = args / 4;
    const [memory, low, high, itemBytes, bytes, planes, memoryStride, strideLow, strideHigh, isStore] = words.subarray(at, at + ${TRANSFER_ARGS.length});
    const from = item * itemBytes;
    const length = Math.min(itemBytes, bytes - from);
    try {
      openAnew();
      for (let plane = 0; plane < planes; plane++) {
        const part = new Uint8Array(buffer, memory + from + plane * memoryStride, length);
        const stride = strideHigh * 2 ** 32 + strideLow;
        const offset = high * 2 ** 32 + low + from + plane * stride;
        for (let done = 0; done < length; ) {
          const move = isStore === 1 ? fs.writeSync : fs.readSync;
          const moved = move(file, part, done, length - done, offset + done);
          if (moved === 0) throw new Error('short');
          done += moved;
        }
      }
    } catch ({ code, errno, message }) {
      const failure = code === 'ENOSPC' || errno === -EDQUOT ? ${SCRATCH_FAILURES.full} : message === 'short' ? ${SCRATCH_FAILURES.short} : ${SCRATCH_FAILURES.other};
      Atomics.store(control, ${CONTROL.scratchFailure / 4}, failure);
      Atomics.store(control, ${CONTROL.stop / 4}, 1);
    }
  };
  return { transfer, close: () => file >= 0 && fs.closeSync(file) };
};
`;
