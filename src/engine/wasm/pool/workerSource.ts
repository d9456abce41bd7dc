import { REASON_BYTES } from '../../../platform/garbage.js';
import { CONTROL } from '../kernels/driver.js';

/** After so many programs that are gone, a thread collects their machine code (`platform/garbage.ts`). */
export const REMAINS_AT_A_TIME = 8;

/**
 * What a worker thread runs, as text, so that bundlers, test runners and browsers need not find a
 * file: it instantiates programs and takes its part in their runs. The work itself, the taking of
 * items and the barriers are machine code (`kernels/driver.ts`).
 *
 * Node's own `on` serves its first message some 40 ms sooner than `onmessage`, which has to load the web's events.
 *
 * Messages in: `{ id, ticket, load: { module, memory } }`, `{ id, ticket, run: { driver, from, to, scratch, report } }`,
 * `{ id, drop: true }`, `{ collect: true }`. Messages out: `{ ticket, ready }`, `{ ticket, step }`, `{ ticket, done, error }`;
 * one that is told to load and to run answers the run alone.
 */
export const WORKER_SOURCE = `
const port = typeof require === 'function' ? require('worker_threads').parentPort : self;
const programs = new Map();
let dropped = 0;
const receive = ({ id, ticket, load, run, drop, collect }) => {
  if (drop && programs.delete(id)) dropped++;
  if ((collect || dropped >= ${REMAINS_AT_A_TIME}) && port.on) {
    dropped = 0;
    try {
      new ArrayBuffer(${REASON_BYTES});
    } catch {}
  }
  if (load) {
    const { exports } = new WebAssembly.Instance(load.module, { e: { m: load.memory } });
    programs.set(id, { exports, control: new Int32Array(load.memory.buffer) });
    if (!run) port.postMessage({ ticket, ready: true });
  }
  if (run) {
    const program = programs.get(id);
    const driver = program.exports[run.driver];
    let error = null;
    try {
      if (run.report) {
        for (let step = run.from; step < run.to; step++) {
          driver(step, step + 1, run.scratch, 0);
          port.postMessage({ ticket, step });
        }
      } else {
        driver(run.from, run.to, run.scratch, 0);
      }
    } catch (failure) {
      error = String(failure);
      Atomics.store(program.control, ${CONTROL.stop / 4}, 1);
      Atomics.store(program.control, ${CONTROL.lost / 4}, 1);
    }
    Atomics.add(program.control, ${CONTROL.idle / 4}, 1);
    Atomics.notify(program.control, ${CONTROL.idle / 4});
    port.postMessage({ ticket, done: true, error });
  }
};
if (port.on) port.on('message', receive);
else port.onmessage = ({ data }) => receive(data);
`;
