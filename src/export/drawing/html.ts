import { type Graph, type GraphNode, operandShapes } from '../../graph/graph.js';
import type { Module } from '../../nn/module.js';
import { checkOptions } from '../../tensor/callerValues.js';
import type { Shape } from '../../tensor/shape.js';
import { type Statistics, statisticsOf } from '../../tensor/statistics.js';
import type { Tensor } from '../../tensor/tensor.js';
import { flowOf, inputShapes } from './flow.js';
import { findRepeats } from './fold.js';
import { element, escapeMarkup } from './markup.js';
import { describe, type Kind } from './operators.js';
import { PAGE_SCRIPT } from './pageScript.js';
import { PAGE_STYLE } from './pageStyle.js';
import { type DrawOptions, type Subject, subjectOf, svgOf } from './svg.js';

/**
 * What may run and be styled on the page: this very script and style, by their SHA-256. Written out,
 * because not every place where this runs can compute one at once; a unit test holds them to the texts.
 */
const SCRIPT_HASH = 'sha256-lRSI2QpPny6835lOOr5t4h42iSX2pNOX7wuiEd3SZzc=';
const STYLE_HASH = 'sha256-743TFQUtn4jnY6W26WwIFgo9BCOJ8YxgkBFnx2RDGso=';
const POLICY = `default-src 'none'; script-src '${SCRIPT_HASH}'; style-src '${STYLE_HASH}'; base-uri 'none'; form-action 'none'`;

interface PageTensor extends Statistics {
  readonly key: string;
  readonly shape: Shape;
}

interface PageNode {
  readonly title: string;
  readonly kind: Kind;
  readonly name: string;
  readonly inputs: readonly Shape[];
  readonly shape: Shape;
  readonly parameters: readonly (readonly [string, string])[];
  readonly multiplyAdds: number | null;
  readonly tensors: readonly PageTensor[];
}

/**
 * The drawing as a page of its own, which asks for nothing: to move about in, to search, and with the
 * parameters of each operator and how the numbers of its tensors are spread.
 *
 * ```ts
 * drawHtml(new Conv2d(3, 8, 3), [1, 3, 8, 8], { title: 'One layer' }).slice(0, 15); // '<!doctype html>'
 * ```
 *
 * @param inputShape `[N, C, H, W]` or `[C, H, W]`: the shapes in the drawing follow from it.
 * @throws ShapeError when a layer does not take what reaches it.
 */
export function drawHtml(module: Module, inputShape: Shape, options: DrawOptions = {}): string {
  checkOptions('drawHtml', options);
  const subject = subjectOf(module, inputShape, options);
  const { graph, title, summary } = subject;
  const canFold = findRepeats(flowOf(graph)).length > 0;
  const fold = canFold && (options.fold ?? true);
  const nodes = Object.fromEntries(pageNodes(subject));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapeMarkup(POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeMarkup(title)}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<header>
<h1>${escapeMarkup(title)}</h1>
<div class="search">
<input id="search" type="search" placeholder="Name or operator" aria-label="Search by name or operator" autocomplete="off" spellcheck="false">
<output id="found" for="search"></output>
</div>
<div class="tools">
${canFold ? button('fold', 'Fold', 'Draw modules that repeat once', fold) : ''}
${button('out', '−', 'Zoom out (−)')}
${button('in', '+', 'Zoom in (+)')}
${button('fit', 'Fit', 'Show all of it (0)')}
</div>
</header>
<main id="canvas" tabindex="-1">
${drawings(subject, canFold, fold)}
</main>
<aside id="panel" aria-label="Details"></aside>
<script type="application/json" id="data">${json({ title, summary, nodes })}</script>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}

/** Folded and drawn in full; one of them is hidden. */
function drawings(subject: Subject, canFold: boolean, fold: boolean): string {
  const ways = canFold ? [true, false] : [false];
  return ways.map((way) => svgOf(subject, way, way === fold ? 'page' : 'hidden')).join('\n');
}

function button(id: string, label: string, title: string, pressed?: boolean): string {
  return element(
    'button',
    {
      id,
      type: 'button',
      title,
      ...(pressed === undefined ? { 'aria-label': title } : { 'aria-pressed': String(pressed) }),
    },
    label,
  );
}

/** No tag can begin in it, so nothing ends the element that holds it. */
function json(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

function pageNodes({ graph }: Subject): [number, PageNode][] {
  // A tensor that several operators share is counted once.
  const known = new Map<Tensor, Statistics>();
  const statistics = (tensor: Tensor) => {
    const result = known.get(tensor) ?? statisticsOf(tensor.data);
    known.set(tensor, result);
    return result;
  };
  return flowOf(graph).nodes.map((flowNode) => {
    const { node, tensors } = flowNode;
    const { title, kind, parameters } = describe(flowNode);
    const page: PageNode = {
      title,
      kind,
      name: node.name,
      inputs: inputShapes(graph, node),
      shape: node.shape,
      parameters,
      multiplyAdds: multiplyAdds(graph, node),
      tensors: tensors.map(({ key, tensor }) => ({
        key,
        shape: tensor.shape,
        ...statistics(tensor),
      })),
    };
    return [node.id, page];
  });
}

function multiplyAdds(graph: Graph, node: GraphNode): number | null {
  return node.operator.multiplyAdds?.(operandShapes(graph, node), node.attributes) ?? null;
}
