/**
 * What runs on the page, as text, so that bundlers and test runners leave it alone. All that comes
 * from the network (names, shapes, numbers) arrives as data and goes into the page as text.
 */
export const PAGE_SCRIPT = `
'use strict';
const data = JSON.parse(document.getElementById('data').textContent);
const byId = (id) => document.getElementById(id);
const [main, panel, search, found] = ['canvas', 'panel', 'search', 'found'].map(byId);
const drawings = [...main.querySelectorAll('svg')];
const STEP = 60;
const SPREAD = 1.25;
let svg = drawings.find((drawing) => !drawing.hasAttribute('hidden'));
let view = { x: 0, y: 0, scale: 1 };
let selected = null;
let hits = [];
let at = -1;

const sizeOf = (drawing) => ({
  width: Number(drawing.getAttribute('width')),
  height: Number(drawing.getAttribute('height')),
});
const nodesOf = (box) => box.dataset.nodes.split(' ').map((id) => data.nodes[id]);
const boxes = () => [...svg.querySelectorAll('.box')];

// The view: x and y are what stands in the upper left corner, in the drawing's own pixels.

function show() {
  const { clientWidth: width, clientHeight: height } = main;
  svg.setAttribute('viewBox', [view.x, view.y, width / view.scale, height / view.scale].join(' '));
}

function zoom(factor, x = main.clientWidth / 2, y = main.clientHeight / 2) {
  const scale = Math.min(8, Math.max(0.05, view.scale * factor));
  view.x += x / view.scale - x / scale;
  view.y += y / view.scale - y / scale;
  view.scale = scale;
  show();
}

function pan(dx, dy) {
  view.x -= dx / view.scale;
  view.y -= dy / view.scale;
  show();
}

function fit() {
  const { width, height } = sizeOf(svg);
  view.scale = Math.min(1.5, main.clientWidth / width, main.clientHeight / height);
  view.x = (width - main.clientWidth / view.scale) / 2;
  view.y = Math.min(0, (height - main.clientHeight / view.scale) / 2);
  show();
}

/** All of it where that can be read, and else the start. */
function begin() {
  fit();
  if (view.scale >= 0.55) return;
  const first = svg.querySelector('.body').getBBox().width + 60;
  view = { x: 0, y: 0, scale: Math.min(1, Math.max(0.6, main.clientWidth / first)) };
  show();
}

/** Moves the view no further than it takes to have the box in it. */
function reveal(box) {
  // On a phone, a panel that has just opened took its room from the drawing.
  show();
  const outer = main.getBoundingClientRect();
  const inner = box.getBoundingClientRect();
  const margin = 24;
  const shift = (low, high, from, to) => {
    if (high - low > to - from - 2 * margin || low < from + margin) return from + margin - low;
    return high > to - margin ? to - margin - high : 0;
  };
  const dx = shift(inner.left, inner.right, outer.left, outer.right);
  const dy = shift(inner.top, inner.bottom, outer.top, outer.bottom);
  if (dx || dy) pan(dx, dy);
}

// Pointers: one drags, two pinch. A mouse that starts on text selects it.

const pointers = new Map();
let travelled = 0;
main.addEventListener('pointerdown', (event) => {
  if (event.button !== 0) return;
  if (event.pointerType === 'mouse' && event.target.closest('text')) return;
  if (pointers.size === 0) travelled = 0;
  pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
});
addEventListener('pointermove', (event) => {
  const before = pointers.get(event.pointerId);
  if (!before) return;
  const now = { x: event.clientX, y: event.clientY };
  travelled += Math.hypot(now.x - before.x, now.y - before.y);
  if (travelled < 4) return;
  main.classList.add('moving');
  const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
  pointers.set(event.pointerId, now);
  if (other) {
    const spread = (p) => Math.max(1, Math.hypot(p.x - other.x, p.y - other.y));
    const { left, top } = main.getBoundingClientRect();
    zoom(spread(now) / spread(before), (now.x + other.x) / 2 - left, (now.y + other.y) / 2 - top);
    pan((now.x - before.x) / 2, (now.y - before.y) / 2);
  } else {
    pan(now.x - before.x, now.y - before.y);
  }
});
for (const type of ['pointerup', 'pointercancel']) {
  addEventListener(type, ({ pointerId }) => {
    pointers.delete(pointerId);
    if (pointers.size === 0) main.classList.remove('moving');
  });
}
main.addEventListener('wheel', (event) => {
  event.preventDefault();
  const pixels = event.deltaY * (event.deltaMode === 1 ? 16 : 1);
  if (event.shiftKey) return pan(-event.deltaX, -pixels);
  const { left, top } = main.getBoundingClientRect();
  zoom(Math.exp(-Math.max(-100, Math.min(100, pixels)) / 400), event.clientX - left, event.clientY - top);
}, { passive: false });
main.addEventListener('click', (event) => {
  const box = event.target.closest('.box');
  if (travelled >= 4 || !box || !getSelection().isCollapsed) return;
  select(box);
  reveal(box);
});
main.addEventListener('focusin', ({ target }) => {
  const box = target.closest('.box');
  // A box that is being clicked is in view, and must not slip away from under the pointer.
  if (!box || pointers.size > 0) return;
  select(box);
  reveal(box);
});

// The panel.

function make(name, content, attributes = {}) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...[content].flat());
  return element;
}

function list(entries) {
  const known = entries.filter(([, value]) => value !== null && value !== undefined);
  return make('dl', known.flatMap(([key, value]) => [make('dt', key), make('dd', String(value))]));
}

const formatShape = (shape) => '[' + shape.join(', ') + ']';
const count = (value) => value.toLocaleString('en');
const number = (value) => {
  if (value === null) return '–';
  return value === 0 ? '0' : String(Number(value.toPrecision(5))).replace('-', '−');
};

function select(box, repeat = 0) {
  if (selected === box && panel.dataset.repeat === String(repeat)) return;
  selected?.classList.remove('selected');
  selected = box;
  box.classList.add('selected');
  fill(nodesOf(box), repeat);
  panel.scrollTop = 0;
}

function unselect() {
  if (!selected) return;
  const box = selected;
  selected.classList.remove('selected');
  selected = null;
  fillIdle();
  if (panel.contains(document.activeElement) || document.activeElement === document.body) {
    main.focus();
  }
  return box;
}

function fill(nodes, repeat) {
  const node = nodes[repeat];
  panel.dataset.repeat = repeat;
  panel.className = '';
  const close = make('button', '×', { 'aria-label': 'Close', title: 'Close (Esc)' });
  close.addEventListener('click', unselect);
  const heading = make('h2', node.title, { tabindex: -1 });
  panel.replaceChildren(make('div', [heading, close], { class: 'top' }), make('h3', node.name));
  if (nodes.length > 1) panel.append(chooser(nodes, repeat));
  panel.append(list([
    ...node.inputs.map((shape, i) => [node.inputs.length > 1 ? 'input ' + (i + 1) : 'input', formatShape(shape)]),
    ['output', formatShape(node.shape)],
    ...node.parameters,
    ['multiply-adds', node.multiplyAdds === null ? null : count(node.multiplyAdds)],
  ]));
  for (const tensor of node.tensors) panel.append(tensorSection(tensor));
}

function chooser(nodes, repeat) {
  const options = nodes.map(({ name }, i) =>
    make('option', (i + 1) + ' of ' + nodes.length + ': ' + name, i === repeat ? { value: i, selected: '' } : { value: i }));
  const choice = make('select', options);
  choice.addEventListener('change', () => {
    fill(nodes, Number(choice.value));
    panel.querySelector('select').focus();
  });
  return make('label', ['Repeat', choice]);
}

function tensorSection(tensor) {
  return make('section', [
    make('h3', tensor.key),
    list([
      ['shape', formatShape(tensor.shape)],
      ['count', count(tensor.count)],
      ['mean', number(tensor.mean)],
      ['deviation', number(tensor.deviation)],
      ['min', number(tensor.min)],
      ['max', number(tensor.max)],
      ['not finite', tensor.notFinite > 0 ? count(tensor.notFinite) : null],
    ]),
    ...(tensor.min === null ? [] : [histogram(tensor)]),
  ]);
}

function draw(name, attributes, content) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (content !== undefined) element.append(content);
  return element;
}

function histogram({ key, min, max, bins }) {
  const [width, height, foot] = [320, 92, 16];
  const start = min < max ? min : min - 0.5;
  const step = (min < max ? max - min : 1) / bins.length;
  const most = Math.max(...bins);
  const pitch = width / bins.length;
  const chart = draw('svg', {
    viewBox: '0 0 ' + width + ' ' + (height + foot), class: 'histogram', role: 'img',
    'aria-label': 'Histogram of ' + key + ': ' + number(start) + ' to ' + number(start + step * bins.length),
  });
  for (const [i, bin] of bins.entries()) {
    const tall = bin === 0 ? 0 : Math.max(1, (bin / most) * (height - 4));
    const bar = draw('rect', { class: 'bar', x: i * pitch + 0.5, y: height - tall, width: pitch - 1, height: tall });
    bar.append(draw('title', {}, number(start + i * step) + ' to ' + number(start + (i + 1) * step) + ': ' + count(bin)));
    chart.append(bar);
  }
  chart.append(draw('path', { d: 'M0 ' + height + 'H' + width }));
  const zero = (-start / (step * bins.length)) * width;
  if (zero > 0 && zero < width) {
    chart.append(draw('path', { class: 'zero', d: 'M' + zero + ' 0V' + height }));
    if (zero > 70 && zero < width - 70) {
      chart.append(draw('text', { x: zero, y: height + 13, 'text-anchor': 'middle' }, '0'));
    }
  }
  chart.append(draw('text', { x: 0, y: height + 13 }, number(start)));
  chart.append(draw('text', { x: width, y: height + 13, 'text-anchor': 'end' }, number(start + step * bins.length)));
  return chart;
}

function fillIdle() {
  panel.className = 'idle';
  delete panel.dataset.repeat;
  const keys = [['drag, arrows', 'move'], ['wheel, + −', 'zoom'], ['0', 'all of it'], ['/', 'search'], ['Tab', 'the next operator'], ['Enter', 'into this panel'], ['Esc', 'back']];
  panel.replaceChildren(
    make('h2', data.title), make('p', data.summary),
    make('p', 'Choose an operator to see its parameters, and how the numbers of its tensors are spread.'),
    make('dl', keys.flatMap(([key, what]) => [make('dt', make('kbd', key)), make('dd', what)])),
  );
}

// The search.

const textOf = ({ title, name, kind, tensors }) =>
  [title, name, kind, ...tensors.map(({ key }) => key)].join('\\n').toLowerCase();

function find() {
  const wanted = search.value.trim().toLowerCase();
  hits = [];
  at = -1;
  for (const box of boxes()) {
    const repeat = wanted === '' ? -1 : nodesOf(box).findIndex((node) => textOf(node).includes(wanted));
    box.classList.toggle('hit', repeat >= 0);
    if (repeat >= 0) hits.push({ box, repeat });
  }
  svg.classList.toggle('searched', wanted !== '');
  found.textContent = wanted === '' ? '' : hits.length + ' found';
}

function go(step) {
  if (hits.length === 0) return;
  at = (at + step + hits.length) % hits.length;
  const { box, repeat } = hits[at];
  select(box, repeat);
  reveal(box);
  found.textContent = (at + 1) + ' of ' + hits.length;
}

search.addEventListener('input', () => {
  find();
  if (hits.length > 0) reveal(hits[0].box);
});
search.addEventListener('keydown', (event) => {
  if (event.key === 'Enter') {
    event.preventDefault();
    go(event.shiftKey ? (at < 0 ? 0 : -1) : 1);
  } else if (event.key === 'Escape') {
    search.value = '';
    find();
    main.focus();
  }
});

// Buttons and keys.

byId('in').addEventListener('click', () => zoom(SPREAD));
byId('out').addEventListener('click', () => zoom(1 / SPREAD));
byId('fit').addEventListener('click', fit);
byId('fold')?.addEventListener('click', () => {
  const open = selected && nodesOf(selected)[Number(panel.dataset.repeat)];
  selected?.classList.remove('selected');
  selected = null;
  for (const drawing of drawings) drawing.toggleAttribute('hidden');
  svg = drawings.find((drawing) => !drawing.hasAttribute('hidden'));
  byId('fold').setAttribute('aria-pressed', String(svg.dataset.folded === 'true'));
  begin();
  find();
  const box = open && boxes().find((candidate) => nodesOf(candidate).includes(open));
  if (!box) return;
  select(box, nodesOf(box).indexOf(open));
  reveal(box);
});

const KEYS = {
  ArrowLeft: () => pan(STEP, 0),
  ArrowRight: () => pan(-STEP, 0),
  ArrowUp: () => pan(0, STEP),
  ArrowDown: () => pan(0, -STEP),
  '+': () => zoom(SPREAD),
  '=': () => zoom(SPREAD),
  '-': () => zoom(1 / SPREAD),
  0: fit,
  '/': () => search.focus(),
};
addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const box = event.target.closest?.('.box');
  if (event.key === 'Escape' && event.target !== search) {
    const inPanel = panel.contains(event.target) && selected;
    // From the panel back to its box, and from there to none.
    if (inPanel) selected.focus();
    else unselect();
    return;
  }
  if (box && (event.key === 'Enter' || event.key === ' ')) {
    event.preventDefault();
    select(box);
    if (event.key === 'Enter') panel.querySelector('h2').focus();
    return;
  }
  if (event.target.closest?.('input, select') || panel.contains(event.target)) return;
  if (!Object.hasOwn(KEYS, event.key)) return;
  event.preventDefault();
  KEYS[event.key]();
});

// A sheet shows all of it, wherever the view is.
addEventListener('beforeprint', () => {
  const { width, height } = sizeOf(svg);
  svg.setAttribute('viewBox', [0, 0, width, height].join(' '));
});
addEventListener('afterprint', show);
new ResizeObserver(() => show()).observe(main);
fillIdle();
begin();
`;
