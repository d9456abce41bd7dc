import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { drawHtml } from '../../src/export/drawing/html.js';
import { layoutGraph } from '../../src/export/drawing/layout.js';
import { PAGE_SCRIPT } from '../../src/export/drawing/pageScript.js';
import { PAGE_STYLE } from '../../src/export/drawing/pageStyle.js';
import { drawSvg } from '../../src/export/drawing/svg.js';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import type { GraphBuilder, Value } from '../../src/graph/builder.js';
import { BatchNorm2d } from '../../src/nn/batchNorm2d.js';
import { traceGraph } from '../../src/nn/compile.js';
import { Conv2d } from '../../src/nn/conv2d.js';
import { LeakyReLU } from '../../src/nn/leakyRelu.js';
import { Module } from '../../src/nn/module.js';
import { manualSeed } from '../../src/nn/random.js';
import { ReLU } from '../../src/nn/relu.js';
import { Sequential } from '../../src/nn/sequential.js';
import type { Operator } from '../../src/tensor/operator.js';
import { type Statistics, statisticsOf } from '../../src/tensor/statistics.js';
import { Tensor } from '../../src/tensor/tensor.js';

/** The nine blocks of the book, with few channels. */
const generator = (nBlocks = 9) => new ResNetGenerator(3, 3, 4, nBlocks).eval();
const SHAPE = [1, 3, 32, 32];
const BLOCK = 8;

const boxCount = (svg: string) => svg.match(/<g class="box"/g)?.length ?? 0;
const arcCount = (svg: string) => svg.match(/class="edge arc"/g)?.length ?? 0;

/** Why a text is no well-formed XML, as far as tags, attributes and entities go; `null` when it is. */
function complaint(xml: string): string | null {
  const open: string[] = [];
  let rest = xml.trimEnd();
  while (rest !== '') {
    const tag = /^<(\/?)([a-zA-Z]+)((?:\s[\w:-]+="[^"<]*")*)\s*(\/?)>/.exec(rest);
    const text = /^[^<]+/.exec(rest);
    const piece = tag?.[0] ?? text?.[0];
    if (piece === undefined) return `no tag: ${rest.slice(0, 40)}`;
    if (/&(?!(?:amp|lt|gt|quot|#39);)/.test(piece)) return `no entity: ${piece}`;
    if (tag?.[1] === '/' && open.pop() !== tag[2]) return `not open: ${piece}`;
    if (tag !== null && tag[1] === '' && tag[4] === '') open.push(tag[2]);
    if (tag === null && open.length === 0) return `outside: ${piece}`;
    rest = rest.slice(piece.length);
  }
  return open.length > 0 ? `never closed: ${open}` : null;
}

/** Calls its children, of any names; at the end adds what one of them gave, as a U-Net does. */
class Named extends Module {
  readonly skip: number | null;

  constructor(modules: Readonly<Record<string, Module>>, skip: number | null = null) {
    super();
    this.skip = skip;
    for (const [name, module] of Object.entries(modules)) this.registerModule(name, module);
  }

  override trace(g: GraphBuilder, x: Value): Value {
    let y = x;
    const values: Value[] = [];
    for (const child of this.namedChildren().values()) values.push((y = g.call(child, y)));
    return this.skip === null ? y : g.add(y, values[this.skip]);
  }
}

/** Any graph as a module. */
class Apply extends Module {
  readonly work: (g: GraphBuilder, x: Value) => Value;

  constructor(work: (g: GraphBuilder, x: Value) => Value) {
    super();
    this.work = work;
  }

  override trace(g: GraphBuilder, x: Value): Value {
    return this.work(g, x);
  }
}

describe('drawSvg', () => {
  it('draws a box for each operator when nothing is folded', () => {
    const net = generator();
    const svg = drawSvg(net, SHAPE, { fold: false });
    expect(boxCount(svg)).toBe(traceGraph(net, SHAPE).nodes.length);
    expect(boxCount(svg)).toBe(10 + 9 * BLOCK + 9);
    expect(arcCount(svg)).toBe(9);
    expect(svg).not.toContain('× ');
  });

  it('draws the nine blocks once, with their names', () => {
    const svg = drawSvg(generator(), SHAPE);
    expect(boxCount(svg)).toBe(10 + BLOCK + 9);
    expect(arcCount(svg)).toBe(1);
    expect(svg).toContain('>× 9</text>');
    expect(svg).toContain('>model.10…18</text>');
    expect(svg).toContain('>model.10…18.conv_block.1</text>');
  });

  it('names every weight, folded or not', () => {
    const net = generator();
    for (const fold of [true, false]) {
      const svg = drawSvg(net, SHAPE, { fold });
      const missing = [...net.stateDict().keys()].filter((key) => !svg.includes(`${key} [`));
      expect(missing).toEqual([]);
    }
  });

  it('says what PyTorch calls an operator, its parameters, and all shapes', () => {
    const svg = drawSvg(generator(), SHAPE);
    for (const text of [
      'ReflectionPad2d',
      'Conv2d',
      'InstanceNorm2d',
      'ReLU',
      'add',
      'ConvTranspose2d',
      'Tanh',
      'kernel 7×7',
      'kernel 3×3 · stride 2 · padding 1',
      'output padding 1',
      '[4, 3, 7, 7]',
      '[1, 16, 8, 8]',
    ]) {
      expect(svg).toMatch(new RegExp(`>${text.replace(/[[\]]/g, '\\$&')}</`));
    }
  });

  it.each([true, false])('is XML, needs nothing, and is always the same (fold: %s)', (fold) => {
    const svg = drawSvg(generator(), SHAPE, { fold });
    expect(complaint(svg)).toBeNull();
    expect(svg.match(/https?:[^"]*/g)).toEqual(['http://www.w3.org/2000/svg']);
    expect(svg).not.toMatch(/<script|@import|url\(|href|NaN|undefined|Infinity/);
    expect(drawSvg(generator(), SHAPE, { fold })).toBe(svg);
  });

  it('has the text of a hostile name as text', () => {
    const hostile = '</text><script>alert("1\')</script>&\u0000\uD800';
    const net = new Named({ [hostile]: new Conv2d(1, 1, 1) }).eval();
    const svg = drawSvg(net, [1, 1, 2, 2], { title: hostile });
    expect(complaint(svg)).toBeNull();
    expect(svg).not.toContain('<script');
    expect(svg).toContain('&lt;script&gt;alert(&quot;1&#39;)&lt;/script&gt;&amp;\uFFFD\uFFFD');
  });

  it('draws other networks: a plain chain, no blocks, no operator at all', () => {
    const chain = new Sequential(new Conv2d(1, 2, 3), new LeakyReLU(0.2), new Conv2d(2, 1, 3));
    const svg = drawSvg(chain.eval(), [1, 1, 8, 8]);
    expect(boxCount(svg)).toBe(3);
    expect(svg).toContain('LeakyReLU');
    expect(svg).toContain('negative slope 0.2');
    const plain = drawSvg(generator(0), SHAPE);
    expect([boxCount(plain), arcCount(plain)]).toEqual([19, 0]);
    expect(plain).not.toContain('× ');
    const empty = drawSvg(new Sequential(), [3, 4, 4]);
    expect(boxCount(empty)).toBe(0);
    for (const text of [svg, plain, empty]) expect(complaint(text)).toBeNull();
  });

  it('draws operators that it does not know under their own names', () => {
    const operator: Operator<{ factor: number }> = {
      op: 'scale<d>',
      operands: ['input', 'table'],
      outputShape: ([input]) => [...input],
      run: ([input]) => input,
    };
    const net = new Apply((g, x) =>
      g.apply(operator, [x, g.constant(Tensor.zeros([7]))], { factor: 2.5 }),
    );
    const svg = drawSvg(net, [2]);
    expect(complaint(svg)).toBeNull();
    for (const text of ['scale&lt;d&gt;', 'factor 2.5', 'table', '[7]'])
      expect(svg).toContain(text);
  });
});

describe('folding', () => {
  const counts = (svg: string) => [...svg.matchAll(/>× (\d+)</g)].map(([, count]) => Number(count));

  it('takes in what differs by its weights only', () => {
    const same = () => new Sequential(new Conv2d(2, 2, 1), new ReLU());
    const net = new Sequential(same(), same(), new Sequential(new Conv2d(2, 2, 1)), same());
    expect(counts(drawSvg(net, [1, 2, 4, 4]))).toEqual([2]);
    const strides = new Sequential(new Conv2d(2, 2, 3, { padding: 1 }), new Conv2d(2, 2, 1));
    expect(counts(drawSvg(strides, [1, 2, 4, 4]))).toEqual([]);
    const slopes = new Sequential(new LeakyReLU(0.1), new LeakyReLU(0.2), new LeakyReLU(0.2));
    expect(counts(drawSvg(slopes, [1, 2, 4, 4]))).toEqual([2]);
  });

  it('leaves blocks alone from within which something is read later', () => {
    const same = () => new Sequential(new Conv2d(2, 2, 1), new ReLU());
    const modules = { a: same(), b: same(), c: same() };
    expect(counts(drawSvg(new Named(modules), [1, 2, 4, 4]))).toEqual([3]);
    const named = (skip: number) => drawSvg(new Named(modules, skip), [1, 2, 4, 4]);
    // What is read is the last value of the first, and so of nothing that is folded; or of the second.
    for (const [skip, label] of [
      [0, 'b…c'],
      [1, 'a…b'],
    ] as const) {
      expect([...counts(named(skip)), arcCount(named(skip))]).toEqual([2, 1]);
      expect(named(skip)).toContain(`>${label}<`);
    }
  });
});

describe('layoutGraph', () => {
  const areasOf = (net: Module, shape: readonly number[], fold: boolean) => {
    const layout = layoutGraph(traceGraph(net, shape), { fold });
    return { layout, areas: [...layout.boxes, ...layout.ends] };
  };
  const skips = new Apply((g, x) => {
    let y = x;
    const values = [x];
    for (let i = 0; i < 12; i++) values.push((y = g.add(y, values[Math.floor(i / 2)])));
    return g.add(y, y);
  });

  it.each([
    ['folded', generator(), SHAPE, true],
    ['in full', generator(), SHAPE, false],
    ['with many skips', skips, [1, 2], true],
  ] as const)('keeps boxes apart and all within its size, %s', (_, net, shape, fold) => {
    const { layout, areas } = areasOf(net, shape, fold);
    for (const [i, a] of areas.entries()) {
      for (const b of areas.slice(i + 1)) {
        const apart =
          a.x + a.width <= b.x ||
          b.x + b.width <= a.x ||
          a.y + a.height <= b.y ||
          b.y + b.height <= a.y;
        expect(apart).toBe(true);
      }
    }
    const points = [
      ...[...areas, ...layout.frames].flatMap(({ x, y, width, height }) => [
        { x, y },
        { x: x + width, y: y + height },
      ]),
      ...layout.edges.flatMap((edge) => edge.points),
    ];
    expect(Math.min(...points.map(({ x }) => x))).toBeGreaterThanOrEqual(0);
    expect(Math.min(...points.map(({ y }) => y))).toBeGreaterThanOrEqual(0);
    expect(Math.max(...points.map(({ x }) => x))).toBeLessThanOrEqual(layout.width);
    expect(Math.max(...points.map(({ y }) => y))).toBeLessThanOrEqual(layout.height);
  });

  it('leads every value to each operator that takes it', () => {
    const graph = traceGraph(skips, [1, 2]);
    const { edges } = layoutGraph(graph, { fold: true });
    const taken = graph.nodes.reduce((sum, { operands }) => sum + operands.length, 1);
    expect(edges.length).toBe(taken);
  });
});

interface PageData {
  readonly title: string;
  readonly nodes: Record<
    string,
    { name: string; tensors: ({ key: string; shape: number[] } & Statistics)[] }
  >;
}

function dataOf(html: string): PageData {
  const text = /<script type="application\/json" id="data">([^<]*)<\/script>/.exec(html)?.[1];
  return JSON.parse(text ?? 'null') as PageData;
}

describe('drawHtml', () => {
  it('holds every weight once, with its numbers', () => {
    const net = generator();
    const tensors = Object.values(dataOf(drawHtml(net, SHAPE)).nodes).flatMap(
      (node) => node.tensors,
    );
    const state = net.stateDict();
    expect(tensors.map(({ key }) => key).sort()).toEqual([...state.keys()].sort());
    for (const { key, shape, count, bins } of tensors) {
      expect(shape).toEqual(state.get(key)?.shape);
      expect(count).toBe(state.get(key)?.size);
      expect(bins.reduce((sum, bin) => sum + bin, 0)).toBe(count);
    }
  });

  it('lets run and be styled nothing but its own script and style', () => {
    const html = drawHtml(generator(1), SHAPE);
    for (const text of [PAGE_SCRIPT, PAGE_STYLE]) {
      const hash = createHash('sha256').update(text).digest('base64');
      expect(html).toContain(`&#39;sha256-${hash}&#39;`);
    }
    expect(html).toContain(`<style>${PAGE_STYLE}</style>`);
    expect(html).toContain(`<script>${PAGE_SCRIPT}</script>`);
    expect(html).not.toMatch(/ style="| on\w+="|href|src=/);
    expect(html.match(/https?:[^"']*/g)?.every((url) => url.startsWith('http://www.w3.org/'))).toBe(
      true,
    );
  });

  it('is the same each time', () => {
    manualSeed(1);
    const html = drawHtml(generator(), SHAPE);
    manualSeed(1);
    expect(drawHtml(generator(), SHAPE)).toBe(html);
  });

  it('has the text of hostile names as text', () => {
    const hostile = '</script><!--<script>alert(1)//';
    const net = new Named({ [hostile]: new Conv2d(1, 1, 1) });
    const html = drawHtml(net, [1, 1, 2, 2], { title: hostile });
    expect(html.match(/<script/g)).toHaveLength(2);
    expect(html).not.toContain('<!--');
    const data = dataOf(html);
    const [node] = Object.values(data.nodes);
    expect([data.title, node.name]).toEqual([hostile, hostile]);
  });

  it('offers to fold where there is something to fold', () => {
    const both = drawHtml(generator(), SHAPE);
    expect(both.match(/<svg /g)).toHaveLength(2);
    expect(both).toContain('aria-pressed="true"');
    expect(drawHtml(generator(), SHAPE, { fold: false })).toContain('aria-pressed="false"');
    const one = drawHtml(generator(0), SHAPE);
    expect(one.match(/<svg /g)).toHaveLength(1);
    expect(one).not.toContain('id="fold"');
  });

  it('shows running statistics of a batch norm, and shared modules under one key', () => {
    const shared = new Conv2d(2, 2, 1);
    const net = new Sequential(shared, new BatchNorm2d(2), shared).eval();
    const { nodes } = dataOf(drawHtml(net, [1, 2, 2, 2]));
    const keys = Object.values(nodes).map(({ tensors }) => tensors.map(({ key }) => key));
    expect(keys[1].sort()).toEqual(['1.bias', '1.running_mean', '1.running_var', '1.weight']);
    expect(keys[0]).toEqual(keys[2]);
  });
});

describe('statisticsOf', () => {
  it('agrees with the definitions', () => {
    const data = Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i * i) * 3 + 100);
    const { count, notFinite, mean, deviation, min, max, bins } = statisticsOf(data);
    const numbers = [...data];
    const expectedMean = numbers.reduce((sum, x) => sum + x / 1000, 0);
    // By pairs and not by the mean: the sum of all (x - y)² is 2n(n - 1) times the variance.
    let pairs = 0;
    for (const x of numbers) for (const y of numbers) pairs += (x - y) ** 2;
    expect([count, notFinite]).toEqual([1000, 0]);
    expect(mean).toBeCloseTo(expectedMean, 9);
    expect(deviation).toBeCloseTo(Math.sqrt(pairs / (2 * 1000 * 999)), 9);
    const sorted = numbers.toSorted((a, b) => a - b);
    expect([min, max]).toEqual([sorted[0], sorted[999]]);
    const step = (sorted[999] - sorted[0]) / 32;
    const expected = Array.from({ length: 32 }, (_, i) => {
      const [low, high] = [sorted[0] + i * step, sorted[0] + (i + 1) * step];
      return numbers.filter((x) => x >= low && (i === 31 || x < high)).length;
    });
    expect(bins).toEqual(expected);
  });

  it('copes with none, one, equal and unbounded numbers', () => {
    const none = statisticsOf(new Float32Array(0));
    expect(none).toMatchObject({ count: 0, mean: null, deviation: null, min: null, max: null });
    expect(statisticsOf(Float32Array.of(3))).toMatchObject({ mean: 3, deviation: null });
    const equal = statisticsOf(new Float32Array(5).fill(2));
    expect(equal).toMatchObject({ mean: 2, deviation: 0, min: 2, max: 2 });
    expect(equal.bins[16]).toBe(5);
    const odd = statisticsOf(Float32Array.of(Number.NaN, 1, Number.POSITIVE_INFINITY, -1));
    expect(odd).toMatchObject({ count: 4, notFinite: 2, mean: 0, min: -1, max: 1 });
    expect([odd.bins[0], odd.bins[31]]).toEqual([1, 1]);
    const wide = statisticsOf(Float32Array.of(-3.4e38, 3.4e38));
    expect([wide.bins[0], wide.bins[31]]).toEqual([1, 1]);
  });
});
