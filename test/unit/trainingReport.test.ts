import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeImage } from '../../src/image/formats.js';
import type { Picture } from '../../src/image/picture.js';
import { lossCharts, shortNumber } from '../../src/train/watch/curves.js';
import { LossHistory } from '../../src/train/watch/lossHistory.js';
import { sheetStride, TrainingReport } from '../../src/train/watch/report.js';
import { duration } from '../../src/train/watch/reportPage.js';
import { type Sample, sampleSheet, splitSheet } from '../../src/train/watch/samples.js';
import type { Losses, TrainingStep } from '../../src/train/watch/trainingStep.js';
import { TrainingWatch } from '../../src/train/watch/trainingWatch.js';
import { temporaryFolder } from '../support/command.js';

const HOSTILE = '"><script>globalThis.broken = true</script><img src=x onerror=alert(1)>';
const NOW = new Date('2024-05-06T07:08:09.123Z');

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

function losses(value: number): Losses {
  return {
    ...{ D_A: value, G_A: value, cycle_A: value, idt_A: value },
    ...{ D_B: value, G_B: value, cycle_B: value, idt_B: value },
  };
}

function step(iteration: number, value = 1 / iteration): TrainingStep {
  const epoch = Math.ceil(iteration / 10);
  return { iteration, epoch, losses: losses(value), learningRate: 2e-4, seconds: 2 };
}

function plain(value: number, [width, height] = [4, 3]): Picture {
  return { width, height, data: new Uint8Array(3 * width * height).fill(value) };
}

function sample(side: 'A' | 'B', name = 'horse.jpg', value = 10): Sample {
  return {
    side,
    name,
    real: plain(value),
    fake: plain(value + 1),
    reconstructed: plain(value + 2),
  };
}

/** The tags of a page with their attributes, without what stands between them. */
function tagsOf(html: string): string[] {
  return [...html.matchAll(/<(?:"[^"]*"|[^">])*>/g)].map(([tag]) => tag);
}

const options = { title: 'horse2zebra', options: { lr: 0.0002 }, now: () => NOW };

async function pageOf(
  prepare: (report: TrainingReport) => void,
  more: object = {},
): Promise<string> {
  const path = join(folder.path, 'report.html');
  const report = await TrainingReport.begin(path, { ...options, ...more });
  prepare(report);
  await report.write();
  return readFileSync(path, 'utf8');
}

describe('a report', () => {
  it('closes what it opens, and asks for nothing', async () => {
    const html = await pageOf((report) => {
      for (let i = 1; i <= 30; i++) report.add(step(i));
      for (const i of [10, 20, 30]) {
        report.addSamples({ epoch: i / 10, iteration: i }, [sample('A'), sample('B')]);
      }
      report.note({ iteration: 3, kind: 'note', text: 'resumed' });
    });
    const open: string[] = [];
    for (const tag of tagsOf(html.replace(/<(style|script)>.*?<\/\1>/gs, ''))) {
      const [, end, name] = /^<(\/?)(!?\w+)/.exec(tag) as RegExpExecArray;
      if (['!doctype', 'meta', 'link', 'img', 'input'].includes(name) || tag.endsWith('/>'))
        continue;
      if (end === '') open.push(name);
      else expect(open.pop()).toBe(name);
    }
    expect(open).toEqual([]);
    expect(html).toContain(`content="default-src 'none'; img-src data:;`);
    expect(html).not.toMatch(/(src|href)="(?!data:)/);
    expect([...html.matchAll(/<img /g)]).toHaveLength(2 * 3 + 3 * 2);
    expect([...html.matchAll(/class="chart"/g)]).toHaveLength(5);
    expect(html).toContain('Written 2024-05-06T07:08:09Z');
  });

  it('says that there is nothing yet', async () => {
    const html = await pageOf(() => undefined);
    expect(html).toContain('No iteration is done yet.');
    expect(html).not.toContain('NaN');
  });

  it('tells how far the run is, and how long it will take', async () => {
    const html = await pageOf((report) => report.add(step(1000)), {
      ...{ totalIterations: 4600, totalEpochs: 460 },
    });
    expect(html).toContain('<li>epoch 100 of 460</li><li>iteration 1,000 of 4,600</li>');
    expect(html).toContain('<li>2 s per iteration</li><li>2 h 0 min left</li>');
    expect(html).toContain('aria-valuenow="21.7"');
  });

  it('lets names, options and notes be text', async () => {
    const html = await pageOf(
      (report) => {
        report.addSamples({ epoch: 1, iteration: 1 }, [sample('A', HOSTILE)]);
        report.note({ iteration: 1, kind: 'alert', text: HOSTILE });
      },
      { title: HOSTILE, options: { [HOSTILE]: HOSTILE } },
    );
    expect(html).not.toContain('<script>globalThis');
    expect(html).not.toContain('<img src=x');
    expect([...html.matchAll(/&quot;&gt;&lt;script&gt;globalThis/g)].length).toBeGreaterThan(8);
  });

  it('draws losses that are not finite as gaps', async () => {
    const html = await pageOf((report) => {
      report.add({ ...step(1), losses: { ...losses(1), G_A: Number.NaN, D_A: Number.NaN } });
      report.add({ ...step(2), losses: { ...losses(1), G_B: Number.POSITIVE_INFINITY } });
    });
    expect(html).not.toMatch(/[MLHV ]NaN|Infinity/);
  });

  it('replaces an earlier report, and nothing else', async () => {
    await pageOf(() => undefined);
    expect(await pageOf((report) => report.add(step(1)))).toContain('iteration 1');
    writeFileSync(join(folder.path, 'report.html'), '<p>mine</p>');
    await expect(pageOf(() => undefined)).rejects.toMatchObject({ code: 'ERR_FILE_EXISTS' });
    expect(readFileSync(join(folder.path, 'report.html'), 'utf8')).toBe('<p>mine</p>');
    rmSync(join(folder.path, 'report.html'));
    mkdirSync(join(folder.path, 'report.html'));
    await expect(pageOf(() => undefined)).rejects.toMatchObject({ code: 'ERR_FILE_EXISTS' });
  });

  it('stays of one size however many sheets there are', async () => {
    const shown = (html: string) =>
      [...html.matchAll(/<h3>Epoch (\d+), iteration/g)].map(([, epoch]) => Number(epoch)).reverse();
    const html = await pageOf((report) => {
      for (let e = 1; e <= 203; e++) {
        report.addSheets({ epoch: e, iteration: 10 * e }, [sample('A')]);
      }
    });
    const epochs = shown(html);
    expect(epochs.length).toBeLessThanOrEqual(48);
    expect(epochs[0]).toBe(1);
    expect(epochs.at(-1)).toBe(203);
    const steps = epochs.slice(1, -1).map((epoch, i) => epoch - epochs[i]);
    expect(new Set(steps)).toEqual(new Set([8]));
    expect(8 % sheetStride(203)).toBe(0);
  });
});

describe('sheets in the history', () => {
  const ofSize = (side: number, at: (i: number) => number) => {
    const data = new Uint8Array(3 * side * side).map((_, i) => at(i));
    const picture = { width: side, height: side, data };
    return { side: 'A' as const, real: picture, fake: picture, reconstructed: picture };
  };

  it('are made smaller, and JPEG where that saves much', async () => {
    const html = await pageOf((report) => {
      report.addSheets({ epoch: 1, iteration: 1 }, [ofSize(200, () => 7)]);
      report.addSheets({ epoch: 2, iteration: 2 }, [
        ofSize(90, (i) => Math.abs(Math.sin(i) * 1e4) % 256),
      ]);
    });
    const images = [...html.matchAll(/ src="data:([\w/]+);base64,([^"]*)"/g)];
    const sizes = images.map(([, type, bytes]) => {
      const { width, height } = decodeImage(Buffer.from(bytes, 'base64'));
      return [type, width, height];
    });
    expect(sizes).toEqual([
      ['image/jpeg', 270, 90],
      ['image/png', 384, 128],
    ]);
  });
});

describe('samples', () => {
  it('are real, fake and reconstructed side by side', () => {
    const [real, fake, reconstructed] = [1, 2, 3].map((value) => plain(value, [2, 2]));
    const sheet = decodeImage(sampleSheet({ real, fake, reconstructed }));
    const row = [1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3];
    expect([sheet.width, sheet.height, [...sheet.data]]).toEqual([6, 2, [...row, ...row]]);
    expect(splitSheet(sheet)).toEqual({ real, fake, reconstructed });
    expect(splitSheet(plain(1, [4, 1]))).toBeNull();
  });

  it('have one size', () => {
    expect(() =>
      sampleSheet({ real: plain(1), fake: plain(1, [4, 4]), reconstructed: plain(1) }),
    ).toThrow('one size, but got 4 x 3, 4 x 4, 4 x 3');
  });
});

describe('the history of losses', () => {
  it('keeps means and extremes, whatever the number of iterations', () => {
    const history = new LossHistory();
    const count = 2500;
    for (let i = 1; i <= count; i++) history.add(step(i, i));
    const { points } = history;
    // 4 iterations each: 2 would make 1250 points, of which 1024 are kept at most.
    expect(points).toHaveLength(625);
    for (const [i, { iteration, losses }] of points.entries()) {
      expect(iteration).toBe(4 * (i + 1));
      expect(losses.G_A).toEqual({ mean: 4 * i + 2.5, min: 4 * i + 1, max: 4 * i + 4 });
    }
  });

  it('has the mean of each epoch', () => {
    const history = new LossHistory();
    for (let i = 1; i <= 20; i++) history.add(step(i, i));
    expect(
      history.epochs.map(({ epoch, iterations, losses }) => [epoch, iterations, losses.D_B]),
    ).toEqual([
      [1, 10, 5.5],
      [2, 10, 15.5],
    ]);
  });

  it('has fewer and fewer of many epochs, and always the newest', () => {
    const history = new LossHistory();
    for (let i = 1; i <= 1003; i++) history.add({ ...step(i), epoch: i });
    const epochs = history.epochs.map(({ epoch }) => epoch);
    expect(epochs.length).toBeLessThanOrEqual(65);
    expect(epochs.at(-1)).toBe(1003);
    expect(new Set(epochs.slice(0, -1).map((epoch) => epoch % 16))).toEqual(new Set([0]));
  });

  it('leaves out what is not finite', () => {
    const history = new LossHistory();
    history.add({ ...step(1), losses: { ...losses(1), G_A: Number.NaN } });
    expect(history.points[0].losses.G_A).toBeNull();
    expect(history.points[0].losses.G_B).toEqual({ mean: 1, min: 1, max: 1 });
  });

  it('measures the last hundred iterations', () => {
    const history = new LossHistory();
    expect(history.secondsPerIteration).toBeNull();
    for (let i = 1; i <= 200; i++) history.add({ ...step(i), seconds: i <= 100 ? 9 : 2 });
    expect(history.secondsPerIteration).toBe(2);
  });
});

describe('curves', () => {
  it('reach from the first iteration to the last, and up to the largest value', () => {
    const history = new LossHistory();
    for (let i = 1; i <= 101; i++) history.add(step(i, 2));
    // A plot of 576 by 218 from (52, 12): the value 2 of 2 lies at the top.
    expect(lossCharts(history.points)).toContain('class="line1" d="M52 12L57.8 12');
    expect(lossCharts(history.points)).toMatch(/L628 12"\/>/);
  });

  it('are smoothed over neighbours on both sides: what grows evenly stays where it is', () => {
    const history = new LossHistory();
    for (let i = 1; i <= 121; i++) history.add(step(i, i));
    // In the middle of 576 pixels, and 61 of the 150 that 218 pixels stand for.
    const y = Math.round((230 - (218 * 61) / 150) * 10) / 10;
    const line = /class="line1" d="([^"]*)"/.exec(lossCharts(history.points));
    expect(line?.[1]).toContain(`L340 ${y}L`);
  });

  it('leave out what has no weight', () => {
    const history = new LossHistory();
    history.add({ ...step(1), losses: { ...losses(1), idt_A: 0, idt_B: 0 } });
    expect(lossCharts(history.points)).not.toContain('Identity');
  });

  it('have numbers that can be read', () => {
    expect([0.123456, 1234, 0, 0.0002, 1e-7].map(shortNumber)).toEqual([
      ...['0.123', '1230', '0', '2e-4', '1e-7'],
    ]);
    expect([12, 80, 5000, 180_000].map(duration)).toEqual([
      '12 s',
      '80 s',
      '1 h 23 min',
      '2 d 2 h',
    ]);
  });
});

describe('watching a run', () => {
  const begin = (more: object = {}) => TrainingWatch.begin(folder.path, { ...options, ...more });

  async function epoch(watch: TrainingWatch, number: number): Promise<void> {
    for (let i = 10 * number - 9; i <= 10 * number; i++) watch.see(step(i));
    const time = { epoch: number, iteration: 10 * number };
    await watch.addSamples(time, [sample('A', 'a.png', number), sample('B', 'b.png', number)]);
  }

  const report = () => readFileSync(join(folder.path, 'report.html'), 'utf8');

  it('writes report, samples and events', async () => {
    const watch = await begin();
    await epoch(watch, 1);
    await watch.write();
    expect(readdirSync(folder.path).sort()).toEqual(['report.html', 'samples', 'tensorboard']);
    expect(readdirSync(join(folder.path, 'samples')).sort()).toEqual([
      'epoch-0001-iteration-0000010-A-1.png',
      'epoch-0001-iteration-0000010-B-1.png',
    ]);
    expect(readdirSync(join(folder.path, 'tensorboard'))).toHaveLength(1);
    expect(report()).toContain('iteration 10');
  });

  it('tells of trouble', async () => {
    const watch = await begin();
    expect(watch.see(step(1))).toBeNull();
    expect(watch.see(step(2, Number.NaN))?.kind).toBe('not-finite');
  });

  it('goes on as if it had never stopped', async () => {
    const whole = await begin();
    for (const e of [1, 2, 3]) await epoch(whole, e);
    await whole.write();
    const expected = report();
    // The run was killed after its third epoch, with a checkpoint after the second.
    const resumed = await begin({ resumeAfter: 20 });
    for (let i = 1; i <= 20; i++) resumed.replay(step(i));
    await epoch(resumed, 3);
    await resumed.write();
    expect(report()).toBe(expected);
  });

  it('tells what was noted once, however often the run goes on', async () => {
    const note = { iteration: 20, kind: 'alert', text: 'D_A has won <b>' } as const;
    const first = await begin();
    await epoch(first, 1);
    first.note(note);
    first.note({ iteration: 5, kind: 'note', text: 'An earlier one' });
    await first.write();
    const expected = [...report().matchAll(/<ul class="notes">.*?<\/ul>/gs)].map(([list]) => list);
    for (let i = 0; i < 2; i++) {
      const resumed = await begin({ resumeAfter: 10 });
      for (let n = 1; n <= 10; n++) resumed.replay(step(n));
      // What is done again tells the same again.
      resumed.note(note);
      await resumed.write();
      const lists = [...report().matchAll(/<ul class="notes">.*?<\/ul>/gs)].map(([list]) => list);
      expect(lists).toEqual(expected);
    }
    expect(expected[0]).toMatch(/Iteration 20.*Iteration 5/s);
  });

  it.each<[string, string, RegExp | null]>([
    ['a line that was cut off', '{"iteration":3,"kind":"note","text":"kept"}\n{"iterat', /kept/],
    ['other lines', '[]\nnull\n{"iteration":"3","kind":"note","text":"x"}\n7', null],
    ['more than notes are', ' '.repeat(300_000), null],
    [
      'what no page must run',
      `${JSON.stringify({ iteration: 3, kind: 'note', text: HOSTILE })}\n`,
      /&lt;script/,
    ],
  ])('reads notes past %s', async (_, text, shown) => {
    writeFileSync(join(folder.path, 'notes.jsonl'), text);
    const resumed = await begin({ resumeAfter: 0 });
    await resumed.write();
    const list = /<ul class="notes">.*?<\/ul>/s.exec(report())?.[0] ?? '';
    if (shown === null) expect(list).toBe('');
    else expect(list).toMatch(shown);
    expect(report()).not.toContain(HOSTILE);
  });

  it('shows the newest samples at once when it goes on, and passes over those that are damaged', async () => {
    const first = await begin();
    for (const e of [1, 2]) await epoch(first, e);
    const damaged = join(folder.path, 'samples/epoch-0002-iteration-0000020-A-1.png');
    writeFileSync(damaged, 'no picture');
    writeFileSync(join(folder.path, 'samples/else.png'), 'no sheet');
    const resumed = await begin({ resumeAfter: 20 });
    await resumed.write();
    expect(report()).toContain('After epoch 2, iteration 20.');
    expect(report()).toContain('fake A: epoch-0002-iteration-0000020-B-1.png');
    expect(report()).not.toContain('fake B: epoch-0002');
  });
});
