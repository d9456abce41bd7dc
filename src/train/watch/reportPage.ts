import { dataUrl } from '../../html/dataUrl.js';
import { DIVIDER_SCRIPT } from '../../html/dividerScript.js';
import { pageHead } from '../../html/pageHead.js';
import { text } from '../../html/text.js';
import { lossCharts, shortNumber } from './curves.js';
import type { EpochMeans, HistoryPoint } from './lossHistory.js';
import { REPORT_STYLE } from './reportStyle.js';
import type { SampleSide } from './samples.js';
import { LOSS_NAMES, type TrainingStep } from './trainingStep.js';

/** By which a page is known as one of ours. */
export const REPORT_GENERATOR = 'cyclegan-ts training report';

/** Something to know about a run, such as what a sentinel has found. */
export interface ReportNote {
  readonly iteration: number;
  /** An alert is why a run was stopped. */
  readonly kind: 'note' | 'alert';
  readonly text: string;
}

/** The bytes of PNG or JPEG files. */
export interface ShownSample {
  readonly side: SampleSide;
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly real: Uint8Array;
  readonly fake: Uint8Array;
  readonly reconstructed: Uint8Array;
}

/** Sheets that were made after one iteration, small. */
export interface ShownSheets {
  readonly epoch: number;
  readonly iteration: number;
  readonly sheets: readonly { readonly side: SampleSide; readonly image: Uint8Array }[];
}

/** All that a report shows. */
export interface ReportContent {
  readonly title: string;
  /** What was asked for, by name. */
  readonly options: Readonly<Record<string, string | number | boolean | null>>;
  readonly last: TrainingStep | null;
  readonly points: readonly HistoryPoint[];
  readonly epochs: readonly EpochMeans[];
  /** All that the run will have; `null` where that is not known. */
  readonly totalIterations: number | null;
  readonly totalEpochs: number | null;
  readonly secondsPerIteration: number | null;
  readonly notes: readonly ReportNote[];
  /** The newest, and after which iteration they were made; `null` before the first. */
  readonly newest: {
    readonly epoch: number;
    readonly iteration: number;
    readonly samples: readonly ShownSample[];
  } | null;
  readonly history: readonly ShownSheets[];
  /** When the page is written. */
  readonly now: Date;
}

/** The page of a run, which asks for nothing beyond itself. Without scripts, samples stand side by side. */
export function reportPage(content: ReportContent): string {
  const { title, newest, history, points, epochs, options, now } = content;
  const parts = [
    section('Samples', newestSamples(newest)),
    section('Losses', `${charts(points)}${epochTable(epochs)}`),
    history.length < 2 ? '' : section('How samples became', historyList(history)),
    section('Options', optionTable(options)),
  ];
  return `${pageHead({ title, generator: REPORT_GENERATOR, style: REPORT_STYLE, script: DIVIDER_SCRIPT })}
<header>
<h1>${text(title)}</h1>
${progress(content)}
${notes(content.notes)}
</header>
<main>
${parts.filter((part) => part !== '').join('\n')}
</main>
<footer>Written ${now.toISOString().replace(/\.\d+Z$/, 'Z')}; reload the page for news.</footer>
</body>
</html>
`;
}

function section(title: string, body: string): string {
  return `<section>\n<h2>${text(title)}</h2>\n${body}\n</section>`;
}

function progress(content: ReportContent): string {
  const { last, totalIterations, totalEpochs, secondsPerIteration } = content;
  if (last === null) return '<p class="nothing">No iteration is done yet.</p>';
  const facts = [
    `epoch ${last.epoch}${totalEpochs === null ? '' : ` of ${totalEpochs}`}`,
    `iteration ${whole(last.iteration)}${totalIterations === null ? '' : ` of ${whole(totalIterations)}`}`,
    ...(secondsPerIteration === null
      ? []
      : [`${shortNumber(secondsPerIteration)} s per iteration`]),
    ...timeLeft(content),
  ];
  const list = facts.map((fact) => `<li>${text(fact)}</li>`).join('');
  const share = totalIterations === null ? 0 : Math.min(1, last.iteration / totalIterations);
  const percent = Math.floor(share * 1000) / 10;
  const bar =
    totalIterations === null
      ? ''
      : `<div class="progress" role="progressbar" aria-label="Iterations done" aria-valuemin="0" aria-valuemax="100" aria-valuenow="${percent}"><div style="width:${percent}%"></div></div>`;
  return `<ul class="facts">${list}</ul>${bar}`;
}

function timeLeft({ last, totalIterations, secondsPerIteration }: ReportContent): string[] {
  if (last === null || totalIterations === null || secondsPerIteration === null) return [];
  const left = (totalIterations - last.iteration) * secondsPerIteration;
  return left <= 0 ? ['done'] : [`${duration(left)} left`];
}

/** `3 d 4 h`, `2 h 5 min`, `40 s`. */
export function duration(seconds: number): string {
  const all = Math.max(0, Math.round(seconds));
  if (all < 90) return `${all} s`;
  const minutes = Math.round(all / 60);
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.floor(minutes / 1440)} d ${Math.floor((minutes % 1440) / 60)} h`;
}

function whole(value: number): string {
  return value.toLocaleString('en');
}

function notes(list: readonly ReportNote[]): string {
  if (list.length === 0) return '';
  const items = list.map(
    ({ iteration, kind, text: note }) =>
      `<li class="${kind}"><b>Iteration ${whole(iteration)}</b> ${text(note)}</li>`,
  );
  return `<ul class="notes">${items.join('\n')}</ul>`;
}

const CYCLES = { A: 'A → B → A', B: 'B → A → B' } as const;

function newestSamples(newest: ReportContent['newest']): string {
  if (newest === null) return '<p class="nothing">There are none yet.</p>';
  const { epoch, iteration, samples } = newest;
  return `<p class="facts">After epoch ${epoch}, iteration ${whole(iteration)}. Left of the divider the picture, right of it what it was translated to; beside them what that was translated back to.</p>
<div class="samples">
${samples.map(sampleFigure).join('\n')}
</div>`;
}

function sampleFigure(sample: ShownSample): string {
  const { side, width, height, real, fake, reconstructed } = sample;
  const other = side === 'A' ? 'B' : 'A';
  const name = text(sample.name);
  const image = (what: string, bytes: Uint8Array) =>
    `<img alt="${what}: ${name}" width="${width}" height="${height}" decoding="async" src="${dataUrl(sample.name, bytes)}"><span class="tag" aria-hidden="true">${what}</span>`;
  return `<figure style="--w:${width};--h:${height}">
<div class="cycle">
<div class="frame">
<div class="side">${image(`real ${side}`, real)}</div>
<div class="side after">${image(`fake ${other}`, fake)}</div>
<input class="divider" type="range" value="50" autocomplete="off" data-left="real ${side}" data-right="fake ${other}" aria-label="Divider between real ${side} and fake ${other} of ${name}" aria-valuetext="50% real ${side}, 50% fake ${other}">
<div class="line" aria-hidden="true"></div>
</div>
<div class="back">${image(`reconstructed ${side}`, reconstructed)}</div>
</div>
<figcaption><h3>${CYCLES[side]}</h3><p><bdi>${name}</bdi></p></figcaption>
</figure>`;
}

function charts(points: readonly HistoryPoint[]): string {
  if (points.length === 0) return '<p class="nothing">There are none yet.</p>';
  return `<div class="charts">\n${lossCharts(points)}\n</div>`;
}

function epochTable(epochs: readonly EpochMeans[]): string {
  if (epochs.length === 0) return '';
  const head = ['epoch', 'iterations', ...LOSS_NAMES];
  const rows = epochs.map(({ epoch, iterations, losses }) => {
    const cells = LOSS_NAMES.map((name) => losses[name]);
    return `<tr><th scope="row">${epoch}</th><td>${whole(iterations)}</td>${cells.map((value) => `<td>${value === null ? '–' : value.toFixed(4)}</td>`).join('')}</tr>`;
  });
  return `<details><summary>Means of epochs</summary><div class="scroll" tabindex="0" role="region" aria-label="Means of epochs"><table>
<thead><tr>${head.map((name) => `<th scope="col">${name}</th>`).join('')}</tr></thead>
<tbody>${rows.join('\n')}</tbody>
</table></div></details>`;
}

function historyList(history: readonly ShownSheets[]): string {
  const items = [...history].reverse().map(({ epoch, iteration, sheets }) => {
    const images = sheets.map(
      ({ side, image }) =>
        `<img alt="${CYCLES[side]} after iteration ${iteration}" loading="lazy" decoding="async" src="${dataUrl('sheet', image)}">`,
    );
    return `<li><h3>Epoch ${epoch}, iteration ${whole(iteration)}</h3>${images.join('')}</li>`;
  });
  return `<ol class="history" reversed>\n${items.join('\n')}\n</ol>`;
}

function optionTable(options: ReportContent['options']): string {
  const rows = Object.entries(options).map(
    ([name, value]) =>
      `<tr><th scope="row">${text(name)}</th><td>${text(String(value ?? '–'))}</td></tr>`,
  );
  return `<table class="options"><tbody>\n${rows.join('\n')}\n</tbody></table>`;
}
