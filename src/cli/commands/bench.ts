import { engineNames } from '../../engine/engines.js';
import { bench } from '../../export/bench.js';
import { formatBench } from '../../export/formatBench.js';
import { ResNetGenerator } from '../../generator/resNetGenerator.js';
import { requireBuiltin } from '../../platform/builtin.js';
import { availableCores } from '../../platform/cores.js';
import { openGenerator } from '../generator.js';
import { KEY_OPTION } from '../sharedOptions.js';
import { writeData } from '../standardOutput.js';
import { printable, printableJson, type Terminal } from '../terminal.js';
import { type CommandSpec, type Invocation, UsageError } from '../usage.js';

const SIZES = '128x128,256x256,314x256,512x512';

export const benchSpec: CommandSpec = {
  name: 'bench',
  usage: '[FILE]',
  summary: 'measure what this machine does with a generator, and what it could do at most',
  notes: [
    "FILE is a weight file, its http(s) address, or a downloaded model; without it, the book's generator with random weights. Each figure is the median of several runs after one that does not count, with the fastest and the slowest.",
    'Operations are two for each multiply-add of the layers as they are defined. The peak is what multiply-adds in registers reach; minimal filtering gets by with fewer products than the definitions, so a network can lie above it. "cyclegan summary --profile" has each layer.',
  ],
  options: {
    sizes: { type: 'string', value: 'WxH,…', help: `sizes of the input; default: ${SIZES}` },
    threads: { type: 'string', value: 'N,…', help: 'default: 1, and the physical cores' },
    runs: { type: 'string', value: 'N', help: 'runs for each figure; default: 7' },
    engine: {
      type: 'string',
      value: 'NAME',
      help: `${engineNames.join(' or ')}; default: the fastest that runs here`,
    },
    variant: {
      type: 'string',
      value: 'NAME',
      help: "one of the engine's ways of making code; for wasm simd, fma or fma+256",
    },
    key: KEY_OPTION,
    json: { type: 'boolean', help: 'print everything as one JSON object' },
  },
};

export async function runBench(invocation: Invocation, terminal: Terminal): Promise<void> {
  const [file, ...rest] = invocation.operands;
  if (rest.length > 0) throw new UsageError('One file at a time: cyclegan bench FILE.');
  const cores = availableCores();
  const sizes = readList(invocation, 'sizes', SIZES, /^(\d{1,5})x(\d{1,5})$/);
  const threads = readList(invocation, 'threads', cores > 1 ? `1,${cores}` : '1', /^(\d{1,2})$/);
  const [[runs]] = readList(invocation, 'runs', '7', /^(\d{1,3})$/);
  const netG =
    file === undefined
      ? new ResNetGenerator().eval()
      : await (await openGenerator(file, invocation.text('key'), terminal))();
  const result = await bench(netG, {
    inputShapes: sizes.map(([width, height]) => [1, netG.inputNc, height, width]),
    threads: threads.map(([count]) => count),
    runs,
    engine: invocation.text('engine'),
    variant: invocation.text('variant'),
    onProgress: (what) => terminal.progress(what),
  });
  const machine = describeMachine();
  const text = invocation.flag('json')
    ? printableJson({ machine, generator: netG.config, ...result }, 2)
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

/** `1x2,3x4` as `[[1, 2], [3, 4]]`. */
function readList(
  invocation: Invocation,
  option: string,
  usual: string,
  form: RegExp,
): readonly (readonly number[])[] {
  const text = invocation.text(option) ?? usual;
  return text.split(',').map((item) => {
    const numbers = form.exec(item)?.slice(1).map(Number) ?? [];
    if (numbers.length === 0 || numbers.includes(0)) {
      throw new UsageError(
        `--${option} takes numbers from 1 up, such as ${usual}, but got "${text}".`,
      );
    }
    return numbers;
  });
}
