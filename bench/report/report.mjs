// The report, made of the results that are there: REPORT.md with tables, and its charts beside it.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MAIN_SIZE } from '../cases/forward.mjs';
import { median, ratioByTurn, ratioOfFastest } from '../harness/statistics.mjs';
import { barChart, logChart, number } from './charts.mjs';
import { FAMILIES, families } from './families.mjs';
import { LARGE_PICTURES, largePictures } from './largePictures.mjs';
import { scaling } from './scaling.mjs';
import { TRAINING, training } from './training.mjs';
import { groupOf, labelOf, sizeOf, table, threadsOf } from './words.mjs';

const NATIVE = ['pytorch', 'ort-node', 'ort-node-phases'];

/** @param folder The bench's own; what was measured lies in `results/`. */
export function writeReport(folder) {
  const results = ['full', 'usual'].map((name) => read(folder, name)).find((r) => r !== null);
  if (results === undefined) throw new Error('There are no results: npm run bench.');
  const again = ['full-again', 'usual-again']
    .map((name) => read(folder, name))
    .find((r) => r?.build === results.build && r.machine.cpu === results.machine.cpu);
  const large = read(folder, 'memory');
  const charts = new Map();
  const chart = (name, svg) => {
    charts.set(name, svg);
    return `![${name.replaceAll('-', ' ')}](charts/${name}.svg)\n`;
  };
  const sections = [
    introduction(results),
    headline(results, chart),
    sizes(results, chart),
    scaling(results),
    families(ofGroup(folder, results, 'families')) || sectionBefore(folder, FAMILIES),
    large === null ? sectionBefore(folder, LARGE_PICTURES) : largePictures(large),
    training(ofGroup(folder, results, 'training')) || sectionBefore(folder, TRAINING),
    kernels(results, chart),
    layers(results, chart),
    wholeProcess(results, chart),
    stages(results),
    agreement(results),
    method(results),
    again === undefined ? '' : repeated(results, again),
  ];
  mkdirSync(join(folder, 'charts'), { recursive: true });
  for (const [name, svg] of charts) writeFileSync(join(folder, 'charts', `${name}.svg`), svg);
  const file = join(folder, 'REPORT.md');
  writeFileSync(file, `${sections.filter((section) => section !== '').join('\n')}`);
  console.log(file);
}

function read(folder, name) {
  const file = join(folder, 'results', `${name}.json`);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
}

/** What the last report had under a heading: of a group that was measured elsewhere, whose results are not there. */
function sectionBefore(folder, heading) {
  const file = join(folder, 'REPORT.md');
  if (!existsSync(file)) return '';
  const [, ...sections] = readFileSync(file, 'utf8').split(/^(?=## )/m);
  return (
    sections
      .find((section) => section.startsWith(`## ${heading}\n`))
      ?.trimEnd()
      .concat('\n') ?? ''
  );
}

/** The results that have a group: those of the whole, or of a run that measured single groups on another build. */
function ofGroup(folder, results, group) {
  if (groupOf(results, group).length > 0) return results;
  return read(folder, `usual-${group}`) ?? results;
}

function introduction({ machine, nodes, date, build }) {
  const versions = nodes.map(({ node, v8 }) => `Node ${node} (V8 ${v8})`).join(', ');
  return `# How fast it is

What a ResNet-9 CycleGAN generator (11.4 million weights, 61 G multiply-adds for a picture of 256 x 314) costs in
TypeScript, and what other runtimes take for the same weights and the same picture, all measured in one run, interleaved. Made by
\`npm run bench\`; times are those of one machine, so compare speeds.

| | |
| --- | --- |
| machine | ${machine.cpu}, ${machine.cores} cores (${machine.flags.join(', ')}), ${machine.memoryGB} GB |
| this project | commit ${build}, on ${versions} |
| measured | ${date.slice(0, 10)}, load before it ${machine.load.toFixed(2)} |
`;
}

/** Of a case's results, those that worked, with what is shown of each. */
function figuresOf({ results }) {
  return Object.entries(results)
    .filter(([, { times }]) => times?.length > 0)
    .map(([id, { times, ...rest }]) => ({ id, times, median: median(times), ...rest }));
}

function fastestNative(figures) {
  const native = figures.filter(({ id }) => NATIVE.includes(id));
  return native.length === 0 ? null : native.reduce((a, b) => (b.median < a.median ? b : a));
}

/** How many times as fast as another. */
function speed({ times }, other) {
  return other === null ? '–' : `${(1 / ratioByTurn(times, other.times)).toFixed(2)}x`;
}

function headline(results, chart) {
  const cases = groupOf(results, 'forward').filter(
    ({ width, height }) => `${width}x${height}` === MAIN_SIZE,
  );
  if (cases.length === 0) return '';
  const gigaAdds = 61.15;
  const tables = cases.map((found) => {
    const figures = figuresOf(found).toSorted((a, b) => a.median - b.median);
    const native = fastestNative(figures);
    const peaks = peaksOf(results, found.threads);
    return `### ${threadsOf(found)}

${table(
  [
    '',
    'median, ms',
    'min',
    'max',
    'against fastest native',
    'GFLOP/s',
    'of its peak',
    'memory, MB',
  ],
  figures.map((figure) => {
    const gflops = (2 * gigaAdds * 1000) / figure.median;
    const peak = peaks.get(figure.id.replace('-no-flags', ''));
    return [
      labelOf(figure.id),
      number(figure.median),
      number(Math.min(...figure.times)),
      number(Math.max(...figure.times)),
      speed(figure, native),
      number(gflops),
      peak === undefined || figure.id.endsWith('no-flags') ? '–' : `${(gflops / peak).toFixed(2)}x`,
      number(figure.memory / 1e6),
    ];
  }),
)}`;
  });
  const groups = cases.map((found) => ({
    heading: threadsOf(found),
    bars: figuresOf(found)
      .filter(({ median: value }) => value < 4500)
      .toSorted((a, b) => a.median - b.median)
      .map(({ id, median: value, ...rest }) => ({
        label: labelOf(id),
        value,
        kind: kindOf(id),
        note: speed({ ...rest }, fastestNative(figuresOf(found))),
      })),
  }));
  return `## One picture

A forward at 1 x 3 x 256 x 314, the book's photograph. *Against fastest native* is how many times as fast: 2.00x takes half the
time; the median over interleaved runs. Operations are two for each multiply-add of the layers' definitions; a *peak* is what
a loop of multiply-adds in registers reaches, for PyTorch a GEMM. Winograd needs fewer multiplications, so a network can lie above it.

${chart('one-picture', barChart('One forward at 256 x 314', 'ms', groups))}
${tables.join('\n')}`;
}

function sizes(results, chart) {
  const cases = groupOf(results, 'forward');
  if (cases.length === 0) return '';
  const counts = [...new Set(cases.map(({ threads }) => threads))];
  const parts = counts.map((threads) => {
    const own = cases.filter((found) => found.threads === threads);
    const ids = idsOf(own);
    const cell = (found, id) => {
      const figures = figuresOf(found);
      const figure = figures.find((candidate) => candidate.id === id);
      if (figure === undefined) return '';
      const native = fastestNative(figures);
      return `${number(figure.median)}${native === null ? '' : ` (${speed(figure, native)})`}`;
    };
    const lines = ids.map((id) => ({
      label: labelOf(id),
      kind: kindOf(id),
      points: own.flatMap((found) => {
        const figure = figuresOf(found).find((candidate) => candidate.id === id);
        return figure === undefined ? [] : [[found.width * found.height, figure.median]];
      }),
    }));
    const svg = logChart(`Time by size, ${threadsOf({ threads })}`, {
      x: {
        label: 'size of the picture',
        ticks: own.map(({ width, height }) => width * height).filter((n) => n !== 65_536),
        format: (n) => own.map((c) => [c.width * c.height, sizeOf(c)]).find(([m]) => m === n)[1],
      },
      y: { label: 'milliseconds' },
      lines: lines.filter(({ points }) => points.length > 1),
    });
    return `### ${threadsOf({ threads })}

${chart(`sizes-${threads}`, svg)}
${table(
  ['milliseconds (against fastest native)', ...own.map(sizeOf)],
  ids.map((id) => [labelOf(id), ...own.map((found) => cell(found, id))]),
)}`;
  });
  const several = counts.length > 1 ? threadScaling(cases, counts) : '';
  return `## By size

${parts.join('\n')}
${several}`;
}

/** How much faster all threads are than one, for those that have both. */
function threadScaling(cases, [one, many]) {
  const sizeCases = cases.filter(({ threads }) => threads === one);
  const rows = idsOf(cases).flatMap((id) => {
    const speedups = sizeCases.map((single) => {
      const other = cases.find((c) => c.threads === many && sizeOf(c) === sizeOf(single));
      const [a, b] = [single, other].map(
        (found) => found && figuresOf(found).find((figure) => figure.id === id),
      );
      return a && b ? (a.median / b.median).toFixed(2) : '';
    });
    return speedups.some((text) => text !== '') ? [[labelOf(id), ...speedups]] : [];
  });
  return `### ${many} threads against one

${table(['speedup', ...sizeCases.map(sizeOf)], rows)}`;
}

function kernels(results, chart) {
  const cases = groupOf(results, 'kernels');
  if (cases.length === 0) return '';
  const counts = [...new Set(cases.map(({ threads }) => threads))];
  const tables = counts.map((threads) => {
    const own = cases.filter((found) => found.threads === threads);
    const ids = idsOf(own);
    return `### ${threadsOf({ threads })}

${table(
  ['milliseconds (against PyTorch)', 'input', ...ids.map(labelOf)],
  own.map((found) => {
    const figures = figuresOf(found);
    const torch = figures.find(({ id }) => id === 'pytorch');
    return [
      found.layer,
      found.shape.slice(1).join(' x '),
      ...ids.map((id) => {
        const figure = figures.find((candidate) => candidate.id === id);
        if (figure === undefined) return '';
        if (torch === undefined || figure === torch) return number(figure.median);
        const speedup = 1 / ratioOfFastest(figure.times, torch.times);
        return `${number(figure.median)} (${speedup.toFixed(2)}x)`;
      }),
    ];
  }),
)}`;
  });
  const most = cases.filter(
    ({ threads, multiplyAdds }) => threads === counts.at(-1) && multiplyAdds > 0,
  );
  const groups = most.map((found) => ({
    heading: `${found.layer} (${found.shape.slice(1).join(' x ')})`,
    bars: figuresOf(found)
      .filter(({ id }) => kindOf(id) === 'ours' || NATIVE.includes(id))
      .map(({ id, median: value }) => ({
        label: labelOf(id),
        value,
        kind: kindOf(id),
        note: `${number((2 * found.multiplyAdds) / value / 1e6)} GFLOP/s`,
      })),
  }));
  const title = `Convolutions alone, ${threadsOf({ threads: counts.at(-1) })}`;
  return `## Layer by layer, alone

Each layer as a network of its own. Here, the fast engine pays at both ends for a layout that it keeps to within a network
(channels innermost), and cannot fuse a pad, a norm or an activation with the convolution beside it: so this favours the others. A sum
is that of a value with itself. Milliseconds are medians; *against PyTorch* compares the fastest runs (see Method): 2.00x takes half the time.

${chart('kernels', barChart(title, 'ms', groups))}
${tables.join('\n')}`;
}

function layers(results, chart) {
  const cases = groupOf(results, 'roofs').filter(({ layers: found }) => found !== undefined);
  if (cases.length === 0) return '';
  const names = cases[0].layers.map(({ name }) => name);
  const rows = names.map((name) => {
    const found = cases.map((c) => c.layers.find((layer) => layer.name === name));
    const { type, multiplyAdds, bytes } = found[0];
    return [
      name,
      type,
      number(multiplyAdds / 1e9),
      number((2 * multiplyAdds) / bytes),
      ...found.map(({ milliseconds }) => number(milliseconds)),
      ...found.map((l) => number((2 * l.multiplyAdds) / l.milliseconds / 1e6)),
    ];
  });
  const threads = Math.max(...peakRows(results).map((row) => row.threads));
  const peaks = peaksOf(results, threads);
  const lines = cases.flatMap(({ id, layers: found }) => {
    const roof = peakRows(results).find((row) => row.id === id && row.threads === threads);
    const corner = roof.gflops / roof.gigabytesPerSecond;
    const cloud = found.map((l) => {
      const [intensity, gflops] = [
        (2 * l.multiplyAdds) / l.bytes,
        (2 * l.multiplyAdds) / l.milliseconds / 1e6,
      ];
      return [intensity, gflops, `${l.name} (${l.type}): ${number(gflops)} GFLOP/s`];
    });
    const farthest = Math.max(...cloud.map(([intensity]) => intensity));
    return [
      {
        label: `layers, ${labelOf(id)}`,
        kind: id === cases.at(-1).id ? 'ours' : 'web',
        isCloud: true,
        points: cloud,
      },
      {
        label: `roof of ${labelOf(id)}`,
        isRoof: true,
        points: [
          [1, roof.gigabytesPerSecond],
          [corner, roof.gflops],
          [farthest * 1.2, roof.gflops],
        ],
      },
    ];
  });
  const svg = logChart(`Layers within the network, and the roof, ${threads} threads`, {
    x: { label: 'operations for each byte that must be read or written' },
    y: { label: 'GFLOP/s' },
    lines,
  });
  return `## Layer by layer, within the network

Time of each convolution in a real run with all that was fused into it: the pad before it, the norm, activation and sum that it
reads, and the sums of the norm behind it. A roofline: to the left, a layer would wait for memory, to the right for multiply-adds; those
above the roof need fewer multiplications than their definition.

${chart('roofline', svg)}
| | peak, GFLOP/s | memory, GB/s |
| --- | --- | --- |
${peakRows(results)
  .map(
    (row) =>
      `| ${labelOf(row.id)}, ${threadsOf(row)} | ${number(row.gflops)} | ${row.gigabytesPerSecond === undefined ? '' : number(row.gigabytesPerSecond)} |`,
  )
  .join('\n')}

${table(
  [
    'layer',
    'kind',
    'G multiply-adds',
    'operations per byte',
    ...cases.map(({ id }) => `ms, ${labelOf(id)}`),
    ...cases.map(({ id }) => `GFLOP/s, ${labelOf(id)} (peak ${number(peaks.get(id))})`),
  ],
  rows,
)}`;
}

function wholeProcess(results, chart) {
  const cases = groupOf(results, 'process');
  if (cases.length === 0) return '';
  const rows = cases.flatMap((found) => {
    const figures = figuresOf(found);
    const book = figures.find(({ id }) => id === 'pytorch') ?? null;
    return figures.map((figure) => [
      `${whole(figure.id)}, ${threadsOf(found)}`,
      number(figure.median),
      number(Math.min(...figure.times)),
      number(Math.max(...figure.times)),
      speed(figure, book),
      number(figure.memory / 1e6),
    ]);
  });
  const memory = cases.slice(-1).map((found) => ({
    heading: '',
    bars: figuresOf(found).map(({ id, memory: bytes }) => ({
      label: whole(id),
      value: bytes / 1e6,
      kind: kindOf(id),
    })),
  }));
  return `## From the photograph to the zebra

Whole processes: start, weights (45 MB), JPEG of 1500 x 1220, resize, forward, PNG on the disk.

${chart('memory', barChart('Peak memory of the whole process', 'MB', memory))}
${table(['', 'median, ms', 'min', 'max', "against the book's script", 'peak memory, MB'], rows)}`;
}

function stages(results) {
  const cases = groupOf(results, 'stages');
  if (cases.length === 0) return '';
  const ids = idsOf(cases);
  const cell = (found, id) => {
    const figure = figuresOf(found).find((candidate) => candidate.id === id);
    return figure === undefined ? '' : `${number(figure.median)} (first ${number(figure.first)})`;
  };
  return `## What surrounds a forward

Milliseconds, warm and the first time. *prepare* is machine code and weights for one size; the others are the 45 MB of
weights read into a network, the JPEG of 1500 x 1220 decoded, made 256 high, and written as PNG. On the right, torch.load,
Pillow and torchvision.

${table(
  ['', ...ids.map(labelOf)],
  cases.map((found) => [found.stage, ...ids.map((id) => cell(found, id))]),
)}`;
}

function agreement(results) {
  const worst = new Map();
  /** What went wrong, and in which cases. */
  const failures = new Map();
  for (const found of [...groupOf(results, 'kernels'), ...groupOf(results, 'forward')]) {
    for (const [id, { difference, error }] of Object.entries(found.results)) {
      if (error !== undefined) {
        const what = `${labelOf(id)}: ${error}`;
        failures.set(what, [...(failures.get(what) ?? []), found.id]);
      }
      if (difference !== undefined) worst.set(id, Math.max(worst.get(id) ?? 0, difference));
    }
  }
  const failed = [...failures].map(([what, ids]) => `- ${what} (${ids.join('; ')})`);
  const missing = results.missing.map((line) => `- not there; to have it: \`${line}\``);
  return `## Whether they did the same

No runtime is timed whose output differs from PyTorch's by more than 2e-3. The largest differences that were met:

${table(
  ['', 'largest difference'],
  [...worst].map(([id, difference]) => [labelOf(id), difference.toExponential(1)]),
)}
${[...missing, ...failed].join('\n')}
`;
}

function method(results) {
  const { runs, oneDnn, repeatsFrom, busyFrom } = results;
  const { processes = 1 } = groupOf(results, 'kernels')[0] ?? {};
  const ways = groupOf(results, 'forward')
    .filter((found) => `${found.width}x${found.height}` === MAIN_SIZE)
    .flatMap((found) => figuresOf(found).filter(({ id }) => kindOf(id) === 'ours'))
    .map(({ id, details }) => `  - ${labelOf(id)}: ${details.join('; ')}`);
  const kernelList = Object.entries(oneDnn ?? {})
    .map(([name, count]) => `${name} (${count})`)
    .join(', ');
  return `## Method

- Runtimes are processes of their own (\`bench/runtimes\`), which get the same weights and input; their runs are interleaved: A B C A B C.
  Each is warmed up until a run takes as long as the one before (5 %), at most four times or for three seconds.
- Medians of ${runs} runs at least, of up to ${runCounts(results).at(-1)} where a run is short; of ${runCounts(results)[0]} for a runtime that takes longer than 2.5 s (0.3 s for a layer);
  of tfjs in plain JavaScript, the first run.
  Speeds are medians of those of runs in the same round. Where there are several threads, a pause between runs lets spinning threads
  go to sleep; in Node, garbage is collected before the next run.
${processes > 1 ? severalProcesses(processes) : ''}- Speeds of single layers are those of the fastest runs. Noise of other machines on the same host slows a core by a third for tenths of
  a second up to minutes, and a median tells how many runs that hit.
- For single layers, the C library keeps memory that was given back (\`keepsMemory\` in \`bench/harness/entries.mjs\`), and PyTorch
  begins with pages that are there: new pages for an output of 20 MB take up to six times what the layer does.
- A run during which other processes took a tenth of a core is repeated${
    repeatsFrom === undefined
      ? ''
      : `, and in the end, where runs are few, those that took ${percent(repeatsFrom - 1)} longer than the
  runtime's fastest; five times for each runtime at most, for a slow one twice or less`
  }.
${busyFrom === undefined ? '' : steal(results)}- Thread counts are set for all (also OpenBLAS', which PyTorch's own setting does not reach); tfjs and jax-js have one thread in Node.
- jax-js: its convolutions of many channels are GEMMs here, which it is five times as fast at.
- *phases*: ONNX Runtime with each transposed convolution as four convolutions, which its kernels are faster at.
- This project runs with V8's flags set (\`src/engine/wasm/flags.ts\`), as its command does it; *without flags* is how a library
  runs that may not. What it made of that, for the book's photograph:
${ways.join('\n')}
${kernelList === '' ? '' : `- oneDNN's choice for PyTorch, as it says itself: ${kernelList}. Transposed convolutions go to OpenBLAS.\n`}`;
}

function steal(results) {
  const cases = Object.values(results.cases).filter(({ group }) => group !== 'kernels');
  const all = cases.flatMap((found) => Object.values(found.results ?? {}));
  const runs = all.flatMap(({ busy = [] }) => busy);
  return `- Cores of a virtual machine are often hyper-threads of real ones, and whoever has the other one takes up to half of what the core can do:
  noise that no clock shows. So a probe, a piece of arithmetic, runs on all cores before and after a forward, a stage or a whole process, and twice
  a second in between; where it takes ${percent(results.busyFrom - 1)} longer than at best, the bench waits, or repeats the run, until its budget is spent (\`bench/harness/noise.mjs\`):
  ${number(runs.filter(Boolean).length)} of ${number(runs.length)} such runs here were kept in spite of it.
`;
}

function severalProcesses(count) {
  return `- Single layers are measured in ${count} processes, one after the other, which go on from layer to layer: some of them take a tenth more in one process than in the next,
  for as long as it runs. onnxruntime-web's code is optimised before it runs there: where V8 replaces it while a layer is measured, that
  is left with a third of its speed in one of ten processes.
`;
}

/** How often runtimes ran, those that ran more than once, in ascending order. */
function runCounts(results) {
  const counts = Object.values(results.cases).flatMap((found) =>
    Object.values(found.results ?? {}).map(({ times }) => times?.length ?? 0),
  );
  return counts.filter((count) => count > 1).sort((x, y) => x - y);
}

/** Speeds in two runs of the bench, as far as both have them. */
function repeated(results, again) {
  const forwards = groupOf(results, 'forward').flatMap((found) =>
    repeatedRatios(found, again, fastestNative(figuresOf(found))?.id).map((row) => [
      `${sizeOf(found)}, ${threadsOf(found)}`,
      ...row,
    ]),
  );
  const processes = groupOf(results, 'process').flatMap((found) =>
    repeatedRatios(found, again, 'pytorch').map((row) => [
      `whole process, ${threadsOf(found)}`,
      ...row,
    ]),
  );
  const rows = [...forwards, ...processes];
  if (rows.length === 0) return '';
  const change = ([, , one, two]) => Math.abs(two / one - 1);
  const largest = Math.max(...rows.map(change));
  return `## A second run

Speeds of forwards against the fastest native runtime, and of whole processes against the book's script, in the run above
and in another one: they differ by ${(100 * largest).toFixed(0)} % at most, by ${(100 * median(rows.map(change))).toFixed(1)} % in the median.
${repeatedLayers(results, again)}
${table(
  ['', '', 'first', 'second', 'change'],
  rows.map((row) => [
    ...row.slice(0, 2),
    ...row.slice(2).map((speedup) => `${speedup.toFixed(2)}x`),
    `${(100 * (row[3] / row[2] - 1)).toFixed(1)} %`,
  ]),
)}`;
}

/** A case's runtimes: `[label, speed against another, the same in the other run]`. */
function repeatedRatios(found, again, runtime) {
  const other = again.cases[found.id];
  if (other === undefined) return [];
  const [first, second] = [found, other].map(figuresOf);
  const [a, b] = [first, second].map((figures) => figures.find(({ id }) => id === runtime));
  if (a === undefined || b === undefined) return [];
  return first
    .filter(({ id }) => id !== runtime && (kindOf(id) === 'ours' || id === 'ort-web'))
    .flatMap((figure) => {
      const twin = second.find(({ id }) => id === figure.id);
      if (twin === undefined) return [];
      const pair = [1 / ratioByTurn(figure.times, a.times), 1 / ratioByTurn(twin.times, b.times)];
      return [[labelOf(figure.id), ...pair]];
    });
}

/** How the speeds of single layers differ, in a sentence; and those by medians, which are less sure. */
function repeatedLayers(results, again) {
  const pairs = groupOf(results, 'kernels').flatMap((found) => {
    const other = again.cases[found.id];
    if (other === undefined) return [];
    const [first, second] = [found, other].map(figuresOf);
    const [a, b] = [first, second].map((figures) => figures.find(({ id }) => id === 'pytorch'));
    if (a === undefined || b === undefined) return [];
    return first.flatMap((figure) => {
      const twin = second.find(({ id }) => id === figure.id);
      if (twin === undefined || figure.id === 'pytorch') return [];
      return [(measure) => Math.abs(measure(twin, b) / measure(figure, a) - 1)];
    });
  });
  if (pairs.length === 0) return '';
  const changes = pairs.map((change) => change((x, y) => ratioOfFastest(x.times, y.times)));
  const within = changes.filter((change) => change <= 0.1).length;
  const ofMedians = median(pairs.map((change) => change((x, y) => x.median / y.median)));
  return `Those of single layers to PyTorch's, ${pairs.length} in all, differ by ${percent(median(changes))} in the median, ${within} of them by at
most 10 %, and none by more than ${percent(Math.max(...changes))}; compared by medians, they would differ by ${percent(ofMedians)}.
`;
}

function percent(share) {
  return `${(100 * share).toFixed(0)} %`;
}

function peakRows(results) {
  return results.cases.peaks?.rows ?? [];
}

function peaksOf(results, threads) {
  return new Map(
    peakRows(results)
      .filter((row) => row.threads === threads)
      .map(({ id, gflops }) => [id, gflops]),
  );
}

function idsOf(cases) {
  const ids = new Set(cases.flatMap((found) => figuresOf(found).map(({ id }) => id)));
  const rank = { ours: 0, native: 1, web: 2, plain: 3 };
  return [...ids].sort((a, b) => rank[kindOf(a)] - rank[kindOf(b)]);
}

function kindOf(id) {
  if (id.startsWith('node')) return 'ours';
  if (id === 'plain') return 'plain';
  return NATIVE.includes(id) ? 'native' : 'web';
}

function whole(id) {
  return id === 'pytorch' ? "the book's script" : labelOf(id);
}
