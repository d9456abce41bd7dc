import { bench } from '../../export/bench.js';
import { formatBench } from '../../export/formatBench.js';
import { requireBuiltin } from '../../platform/builtin.js';
import { availableCores } from '../../platform/cores.js';
import { printable } from '../../platform/printable.js';
import { networkInputShape } from '../../translate/pictureNetwork.js';
import { openOrBook } from '../generator.js';
import type { BenchRequest } from '../requests/bench.js';
import { writeData } from '../standardOutput.js';
import { printableJson, type Terminal } from '../terminal.js';

export async function runBench(request: BenchRequest, terminal: Terminal): Promise<void> {
  const { weights, sizes, threads, runs, engine, precision, variant, json } = request;
  const generator = await openOrBook(weights, terminal);
  const { module, config } = generator;
  const result = await bench(module, {
    inputShapes: sizes.map(([width, height]) => networkInputShape({ width, height }, generator)),
    threads,
    runs,
    engine,
    precision,
    variant,
    onProgress: (what) => terminal.progress(what),
  });
  const machine = describeMachine();
  const text = json
    ? printableJson({ machine, generator: config, ...result }, 2)
    : `${machine.cpu}, ${machine.cores} cores, load ${machine.load.toFixed(2)}; Node ${machine.node} (V8 ${machine.v8})\n${formatBench(result)}`;
  await writeData(`${printable(text).trimEnd()}\n`);
}

function describeMachine() {
  const os = requireBuiltin('os', 'A bench');
  return {
    cpu: os.cpus()[0]?.model ?? 'a CPU without a name',
    cores: availableCores(),
    load: os.loadavg()[0],
    node: process.versions.node,
    v8: process.versions.v8,
  };
}
