import { expect, it } from 'vitest';
import { CONTROL } from '../../src/engine/wasm/kernels/driver.js';
import { WORKER_SOURCE } from '../../src/engine/wasm/pool/workerSource.js';

interface Worker {
  onmessage(event: { data: object }): void;
  postMessage(message: { ticket?: number; done?: boolean }): void;
}

/** The worker's text on this thread: it takes a turn after each step, and its next messages come when the test says so. */
function startHere() {
  /** Of each program: the memory that it has, and the steps that it ran. */
  const programs: { memory: WebAssembly.Memory; steps: number[] }[] = [];
  const done: unknown[] = [];
  const turns: (() => void)[] = [];
  class Instance {
    readonly exports: object;
    constructor(_module: unknown, { e }: { e: { m: WebAssembly.Memory } }) {
      const program = { memory: e.m, steps: [] as number[] };
      programs.push(program);
      this.exports = { drive: (step: number) => program.steps.push(step) };
    }
  }
  class Channel {
    readonly port1 = { onmessage: () => undefined };
    readonly port2 = { postMessage: () => void turns.push(() => this.port1.onmessage()) };
  }
  let now = 0;
  const self: Worker = {
    onmessage: () => undefined,
    postMessage: (message) => {
      if (message.done) done.push(message.ticket);
    },
  };
  const globals = {
    self,
    require: undefined,
    performance: { now: () => (now += 1000) },
    MessageChannel: Channel,
    WebAssembly: { Memory: WebAssembly.Memory, Instance },
  };
  new Function(...Object.keys(globals), WORKER_SOURCE)(...Object.values(globals));
  const tell = (data: object) => self.onmessage({ data });
  const load = (id: number) => tell({ id, load: { own: { pages: 1, maximum: 1, zeroed: 64 } } });
  const nextTurn = async () => {
    turns.shift()?.();
    await new Promise(setImmediate);
  };
  return { programs, done, tell, load, nextTurn };
}

it.each([
  ['that was to stop', true],
  ['that was not', false],
])(
  'a program %s and goes while it runs ends, and only then do others get its memory',
  async (_, stops) => {
    const { programs, done, tell, load, nextTurn } = startHere();
    load(1);
    tell({
      id: 1,
      ticket: 7,
      walk: { driver: 'drive', from: 0, to: 5, scratch: 0, report: false },
    });
    if (stops) tell({ id: 1, stop: true });
    tell({ id: 1, drop: true });
    load(2);
    const [gone, second] = programs;
    expect(second.memory).not.toBe(gone.memory);
    for (let turn = 0; turn < 5; turn++) await nextTurn();
    expect(gone.steps).toEqual([0]);
    expect(done).toEqual([7]);
    expect(new Int32Array(second.memory.buffer)[CONTROL.stop / 4]).toBe(0);
    load(3);
    expect(programs[2].memory).toBe(gone.memory);
  },
);
