// Charts as SVG text that read in light and dark, without a library: bars, lines on two logarithmic scales.

const FONT = 'font: 13px system-ui, sans-serif';
const STYLE = `
  <style>
    .ground { fill: #fff } text { ${FONT}; fill: #24292f } .quiet { fill: #57606a }
    .grid { stroke: #d0d7de; stroke-width: 1 } .title { font-size: 15px; font-weight: 600 }
    .ours { fill: #0969da; stroke: #0969da } .native { fill: #8250df; stroke: #8250df }
    .web { fill: #bc4c00; stroke: #bc4c00 } .plain { fill: #6e7781; stroke: #6e7781 }
    .line { fill: none; stroke-width: 2 } .roof { stroke: #57606a; stroke-width: 1.5; stroke-dasharray: 5 4 }
    @media (prefers-color-scheme: dark) {
      .ground { fill: #0d1117 } text { fill: #e6edf3 } .quiet { fill: #9198a1 } .grid { stroke: #30363d }
      .ours { fill: #4493f8; stroke: #4493f8 } .native { fill: #ab7df8; stroke: #ab7df8 }
      .web { fill: #db6d28; stroke: #db6d28 } .plain { fill: #9198a1; stroke: #9198a1 }
      .roof { stroke: #9198a1 }
    }
  </style>`;

const WIDTH = 860;
const ROW = 24;
const LEFT = 250;
const RIGHT = 190;

/**
 * Bars under headings.
 * @param groups `[{ heading, bars: [{ label, value, kind, note }] }]`; all share one scale.
 */
export function barChart(title, unit, groups) {
  const values = groups.flatMap(({ bars }) => bars.map(({ value }) => value));
  const scale = (WIDTH - LEFT - RIGHT) / Math.max(...values);
  const parts = [];
  let y = 44;
  for (const { heading, bars } of groups) {
    if (heading !== '') {
      parts.push(text(16, y + 16, heading, 'class="quiet"'));
      y += ROW;
    }
    for (const { label, value, kind, note } of bars) {
      const length = Math.max(1, value * scale);
      parts.push(
        text(LEFT - 8, y + 16, label, 'text-anchor="end"'),
        `<rect class="${kind}" stroke="none" x="${LEFT}" y="${y + 4}" width="${length.toFixed(1)}" height="${ROW - 8}" rx="2"/>`,
        text(LEFT + length + 6, y + 16, `${number(value)} ${unit}${note ? `  (${note})` : ''}`),
      );
      y += ROW;
    }
    y += 8;
  }
  return svg(title, y + 8, parts);
}

const PLOT = { left: 70, top: 66, right: 220, bottom: 56, height: 436 };

/**
 * Lines and points where both scales are logarithmic.
 * @param lines `[{ label, kind, points: [[x, y], …], isRoof, isCloud }]`: a cloud has points and no line.
 */
export function logChart(title, { x, y, lines }) {
  const all = lines.flatMap(({ points }) => points);
  const range = (axis) => {
    const values = all.map((point) => point[axis]).filter((value) => value > 0);
    return [Math.min(...values) / 1.2, Math.max(...values) * 1.2].map(Math.log10);
  };
  const [xs, ys] = [range(0), range(1)];
  const { left, top, right, bottom, height } = PLOT;
  const inner = { width: WIDTH - left - right, height: height - top - bottom };
  const toX = (value) => left + ((Math.log10(value) - xs[0]) / (xs[1] - xs[0])) * inner.width;
  const toY = (value) =>
    top + inner.height - ((Math.log10(value) - ys[0]) / (ys[1] - ys[0])) * inner.height;
  const parts = [];
  for (const tick of ticks(xs, x.ticks)) {
    const at = toX(tick).toFixed(1);
    parts.push(
      `<line class="grid" x1="${at}" x2="${at}" y1="${top}" y2="${top + inner.height}"/>`,
      text(at, top + inner.height + 20, x.format?.(tick) ?? number(tick), 'text-anchor="middle"'),
    );
  }
  for (const tick of ticks(ys)) {
    const at = toY(tick).toFixed(1);
    parts.push(
      `<line class="grid" x1="${left}" x2="${left + inner.width}" y1="${at}" y2="${at}"/>`,
      text(left - 8, Number(at) + 4, number(tick), 'text-anchor="end"'),
    );
  }
  parts.push(
    text(left + inner.width / 2, height - 12, x.label, 'text-anchor="middle" class="quiet"'),
    text(left - 54, top - 14, y.label, 'class="quiet"'),
  );
  const labels = [];
  for (const { label, kind, points, isRoof, isCloud } of lines) {
    const places = points.map(([a, b]) => [toX(a), toY(b)]);
    const path = places.map(([a, b]) => `${a.toFixed(1)},${b.toFixed(1)}`).join(' ');
    if (!isCloud) parts.push(`<polyline class="line ${isRoof ? 'roof' : kind}" points="${path}"/>`);
    if (!isRoof) {
      for (const [i, [a, b]] of places.entries()) {
        const hint = points[i][2] ?? `${label}: ${number(points[i][1])}`;
        parts.push(
          `<circle class="${kind}" cx="${a.toFixed(1)}" cy="${b.toFixed(1)}" r="4"><title>${escaped(hint)}</title></circle>`,
        );
      }
    }
    const [, last] = places.at(-1);
    labels.push({ label, kind: isRoof ? 'quiet' : kind, y: last });
  }
  parts.push(...apart(labels).map((l) => label(left + inner.width + 10, l)));
  return svg(title, height, parts);
}

/** Labels at the ends of lines, pushed apart so that each can be read. */
function apart(labels) {
  const sorted = labels.toSorted((a, b) => a.y - b.y);
  for (let i = 1; i < sorted.length; i++) sorted[i].y = Math.max(sorted[i].y, sorted[i - 1].y + 17);
  return sorted;
}

function label(x, { label: words, kind, y }) {
  return `${kind === 'quiet' ? '' : `<circle class="${kind}" cx="${x + 4}" cy="${y}" r="4"/>`}${text(x + 13, y + 4, words)}`;
}

/** Powers of ten, with 2 and 5 between them where there are few. */
function ticks([low, high], given) {
  if (given !== undefined) return given;
  const steps = high - low > 3 ? [1] : high - low > 1.5 ? [1, 3] : [1, 2, 5];
  const found = [];
  for (let power = Math.floor(low); power <= high; power++) {
    for (const step of steps) {
      const value = step * 10 ** power;
      if (Math.log10(value) >= low && Math.log10(value) <= high) found.push(value);
    }
  }
  return found;
}

function svg(title, height, parts) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escaped(title)}">${STYLE}
<rect class="ground" width="${WIDTH}" height="${height}"/>
${text(16, 26, title, 'class="title"')}
${parts.join('\n')}
</svg>
`;
}

function text(x, y, words, attributes = '') {
  const at = (value) => Number(value).toFixed(1);
  return `<text x="${at(x)}" y="${at(y)}" ${attributes}>${escaped(words)}</text>`;
}

function escaped(words) {
  return String(words).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}

/** Three digits. */
export function number(value) {
  if (value >= 1000) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
}
