import { formatSummary } from '../../export/formatSummary.js';
import { profile } from '../../export/profile.js';
import { type Summary, summarize } from '../../export/summary.js';
import type { Module } from '../../nn/module.js';
import { printable } from '../../platform/printable.js';
import { sizeOf } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';
import { shownName } from '../addresses.js';
import { openOrBook } from '../generator.js';
import { inputShapeFor } from '../inputShape.js';
import { programNotes } from '../programNotes.js';
import type { SummaryRequest } from '../requests/summary.js';
import { writeData } from '../standardOutput.js';
import { printableJson, type Terminal } from '../terminal.js';

export async function runSummary(request: SummaryRequest, terminal: Terminal): Promise<void> {
  const { weights, depth, json, debug } = request;
  const generator = await openOrBook(weights, terminal);
  const shape = inputShapeFor(generator, request.inputShape);
  const summary = request.profile
    ? await measure(generator.module, shape, debug, terminal)
    : summarize(generator.module, shape);
  const text = json
    ? printableJson(
        {
          file: weights.source === null ? null : shownName(weights.source),
          generator: generator.config,
          ...downTo(summary, depth),
        },
        2,
      )
    : printable(formatSummary(summary, { depth }));
  await writeData(`${text}\n`);
}

async function measure(
  network: Module,
  shape: readonly number[],
  debug: boolean,
  terminal: Terminal,
): Promise<Summary> {
  // What is too small or too large is refused before there is an input.
  const options = { blocking: true, allowV8Flags: true };
  await network.program(shape, options);
  const input = new Tensor(new Float32Array(sizeOf(shape)).map(Math.random), shape);
  return profile(network, input, { ...options, ...programNotes({ debug, engine: {} }, terminal) });
}

function downTo(summary: Summary, depth = Number.POSITIVE_INFINITY): Summary {
  return { ...summary, rows: summary.rows.filter((row) => row.depth <= depth) };
}
