// What the report's parts have in common: names of runners, how sizes and threads are called, tables.

const LABELS = {
  plain: 'this, reference',
  pytorch: 'PyTorch',
  'ort-node': 'onnxruntime-node',
  'ort-node-phases': 'onnxruntime-node, phases',
  'ort-web': 'onnxruntime-web',
  'tfjs-wasm': 'tfjs, wasm',
  'tfjs-cpu': 'tfjs, cpu',
  'jax-js': 'jax-js',
};

/** The cases of a group, with their names. */
export function groupOf({ cases }, group) {
  return Object.entries(cases)
    .filter(([, found]) => found.group === group)
    .map(([id, found]) => ({ id, ...found }));
}

export function labelOf(id) {
  const [, major, noFlags] = /^node(\d+)(-no-flags)?$/.exec(id) ?? [];
  if (major !== undefined) return `this, Node ${major}${noFlags ? ', without flags' : ''}`;
  return LABELS[id];
}

export function threadsOf({ threads }) {
  return threads === 1 ? '1 thread' : `${threads} threads`;
}

export function sizeOf({ width, height }) {
  return `${height} x ${width}`;
}

export function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return `${[line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')}\n`;
}
