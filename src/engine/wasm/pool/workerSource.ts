import { CONTROL } from '../kernels/driver.js';

/**
 * What a worker thread runs, as text, so that bundlers, test runners and browsers need not find a
 * file: it instantiates programs and takes its part in their runs. The work itself, the taking of
 * items and the barriers are machine code (`kernels/driver.ts`).
 *
 * Node's own `on` serves its first message some 40 ms sooner than `onmessage`, which has to load the web's events.
 *
 * Messages in: `{ id, load: { module, memory } }`, `{ id, run: { driver, from, to, scratch, report } }`,
 * `{ id, drop: true }`. Messages out: `{ id, ready }`, `{ id, step }`, `{ id, done, error }`; one that is told to load and to
 * run answers the run alone.
 */
export const WORKER_SOURCE = `
const port = typeof require === 'function' ? require('worker_threads').parentPort : self;
const programs = new Map();
const receive = ({ id, load, run, drop }) => {
  if (drop) programs.delete(id);
  if (load) {
    const { exports } = new WebAssembly.Instance(load.module, { e: { m: load.memory } });
    programs.set(id, { exports, control: new Int32Array(load.memory.buffer) });
    if (!run) port.postMessage({ id, ready: true });
  }
  if (run) {
    const program = programs.get(id);
    const driver = program.exports[run.driver];
    let error = null;
    try {
      if (run.report) {
        for (let step = run.from; step < run.to; step++) {
          driver(step, step + 1, run.scratch);
          port.postMessage({ id, step });
        }
      } else {
        driver(run.from, run.to, run.scratch);
      }
    } catch (failure) {
      error = String(failure);
      Atomics.store(program.control, ${CONTROL.stop / 4}, 1);
      Atomics.store(program.control, ${CONTROL.lost / 4}, 1);
    }
    Atomics.add(program.control, ${CONTROL.idle / 4}, 1);
    Atomics.notify(program.control, ${CONTROL.idle / 4});
    port.postMessage({ id, done: true, error });
  }
};
if (port.on) port.on('message', receive);
else port.onmessage = ({ data }) => receive(data);
`;
