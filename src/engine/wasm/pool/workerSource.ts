import { REASON_BYTES } from '../../../platform/garbage.js';
import { CONTROL } from '../kernels/driver.js';
import { PAGE } from '../newMemory.js';
import { NODE_SCRATCH_SOURCE } from '../scratch/nodeScratchSource.js';

/** After so many programs that are gone, a thread collects their machine code (`platform/garbage.ts`). */
export const REMAINS_AT_A_TIME = 8;
/** After so long, a worker that goes through steps takes messages, which may tell it to stop. */
const TURN_MS = 10;

/**
 * What a worker thread runs, as text, so that bundlers, test runners and browsers need not find a
 * file: it instantiates programs and takes its part in their runs. The work itself, the taking of
 * items and the barriers are machine code (`kernels/driver.ts`).
 *
 * Node's own `on` serves its first message some 40 ms sooner than `onmessage`, which has to load the web's events.
 *
 * A program whose memory cannot be shared has it in the worker: what others would write there comes in messages, before steps or
 * copies are asked for; between steps, a worker that has been at work for a while takes messages. A program that is dropped then
 * ends before its next step, and only after that do others get its memory.
 *
 * Where the thread that calls has a scratch file open that none else can have, workers ask it to move bytes, and wait.
 *
 * Messages in: `{ id, ticket, load: { module, memory, scratch } }` with the path of a scratch file, or '' to ask for what is moved, or `null`, `{ id, ticket, run: { driver, from, to, scratch, report } }`,
 * `{ id, drop: true }`, `{ collect: true }`, `{ ticket, hello: true }`; with memory of the worker's own
 * `{ id, ticket, load: { module, own: { pages, maximum, zeroed } } }`, `{ id, write: [{ address, buffer }] }`, which may be one with what follows,
 * `{ id, ticket, walk: { driver, from, to, scratch, report } }`, `{ id, stop: true }`, `{ id, ticket, read: [{ address, bytes }] }`,
 * `{ id, ticket, call: { name, args } }`.
 * Messages out: `{ ticket, ready, refused }`, `{ ticket, step }`, `{ ticket, transfer: { item, args, word } }`, `{ ticket, done, error, beyond, parts, milliseconds }`; a message that loads
 * and runs is answered for the run alone.
 */
export const WORKER_SOURCE = `
const port = typeof require === 'function' ? require('worker_threads').parentPort : self;
const programs = new Map();
let dropped = 0;
const idle = [];
const takeMemory = ({ pages, maximum }) => {
  idle.sort((a, b) => a.buffer.byteLength - b.buffer.byteLength);
  const at = idle.findIndex(({ buffer }) => buffer.byteLength >= pages * ${PAGE});
  const [found] = idle.splice(at, 1);
  try {
    const missing = pages - found.buffer.byteLength / ${PAGE};
    if (missing > 0) found.grow(missing);
    return found;
  } catch {}
  try {
    return new WebAssembly.Memory({ initial: pages, maximum });
  } catch {}
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages });
  } catch {}
  return null;
};
let turns = null;
const takeTurn = () => new Promise((resolve) => {
  if (turns === null) {
    const { port1, port2 } = new MessageChannel();
    turns = { waiting: [], port: port2 };
    port1.onmessage = () => turns.waiting.shift()();
  }
  turns.waiting.push(resolve);
  turns.port.postMessage(0);
});
const walk = async (program, { driver, from, to, scratch, report }, ticket) => {
  const { exports, control, own } = program;
  let error = null;
  program.walks++;
  try {
    let since = performance.now();
    for (let step = from; step < to && !program.isDropped && control[${CONTROL.stop / 4}] === 0; step++) {
      exports[driver](step, step + 1, scratch, 1);
      if (report) port.postMessage({ ticket, step });
      if (performance.now() - since < ${TURN_MS}) continue;
      await takeTurn();
      since = performance.now();
    }
  } catch (failure) {
    error = String(failure);
  }
  port.postMessage({ ticket, done: true, error, beyond: control[${CONTROL.beyond / 4}] !== 0 });
  if (--program.walks === 0 && program.isDropped) idle.push(own);
};
${NODE_SCRATCH_SOURCE}
let asking = 0;
const ask = (item, args) => {
  const word = new Int32Array(new SharedArrayBuffer(4));
  port.postMessage({ ticket: asking, transfer: { item, args, word } });
  Atomics.wait(word, 0, 0);
};
const noTransfer = () => {
  throw new Error('values lie in a file, and there is none');
};
const receive = ({ id, ticket, load, run, drop, collect, hello, write, stop, read, call, ...message }) => {
  if (hello) port.postMessage({ ticket, ready: true });
  if (collect) idle.length = 0;
  if (drop && programs.has(id)) {
    const program = programs.get(id);
    program.isDropped = true;
    if (program.own && program.walks === 0) idle.push(program.own);
    program.file?.close();
    programs.delete(id);
    dropped++;
  }
  if ((collect || dropped >= ${REMAINS_AT_A_TIME}) && port.on) {
    dropped = 0;
    try {
      new ArrayBuffer(${REASON_BYTES});
    } catch {}
  }
  if (load) {
    const own = load.own ? takeMemory(load.own) : null;
    if (load.own && own === null) {
      port.postMessage({ ticket, ready: true, refused: true });
      return;
    }
    if (own) new Uint8Array(own.buffer, 0, load.own.zeroed).fill(0);
    const memory = own ?? load.memory;
    const file = load.scratch ? openScratch(load.scratch, memory.buffer) : null;
    const { exports } = new WebAssembly.Instance(load.module, { e: { m: memory, transfer: file?.transfer ?? (load.scratch === '' ? ask : noTransfer) } });
    programs.set(id, { exports, own, file, control: new Int32Array(memory.buffer), walks: 0, isDropped: false });
    if (!run) port.postMessage({ ticket, ready: true });
  }
  const known = programs.get(id);
  if (known?.own) {
    const { buffer } = known.own;
    for (const part of write ?? []) {
      new Uint8Array(buffer, part.address, part.buffer.byteLength).set(new Uint8Array(part.buffer));
    }
    if (stop) known.control[${CONTROL.stop / 4}] = 1;
    if (message.walk) walk(known, message.walk, ticket);
    if (read) {
      const parts = read.map(({ address, bytes }) => buffer.slice(address, address + bytes));
      port.postMessage({ ticket, done: true, parts }, parts);
    }
    if (call) {
      const start = performance.now();
      known.exports[call.name](...call.args);
      port.postMessage({ ticket, done: true, milliseconds: performance.now() - start });
    }
  } else if (message.walk || read || call) {
    port.postMessage({ ticket, done: true, error: 'it does not have the program' });
  }
  if (run) {
    const program = programs.get(id);
    const driver = program.exports[run.driver];
    let error = null;
    asking = ticket;
    try {
      if (run.report) {
        for (let step = run.from; step < run.to && Atomics.load(program.control, ${CONTROL.stop / 4}) === 0; step++) {
          driver(step, step + 1, run.scratch, 0);
          port.postMessage({ ticket, step });
        }
      } else {
        driver(run.from, run.to, run.scratch, 0);
      }
    } catch (failure) {
      error = String(failure);
      Atomics.store(program.control, ${CONTROL.stop / 4}, 1);
      Atomics.store(program.control, ${CONTROL.workerFailed / 4}, 1);
    }
    Atomics.add(program.control, ${CONTROL.idle / 4}, 1);
    Atomics.notify(program.control, ${CONTROL.idle / 4});
    port.postMessage({ ticket, done: true, error });
  }
};
if (port.on) port.on('message', receive);
else port.onmessage = ({ data }) => receive(data);
`;
