import { builtin } from '../platform/builtin.js';
import type { StageTimes } from './requestEntry.js';

/** Upper bounds of a histogram's buckets, in seconds. */
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

const CUTS = 'Threads that were ended in the middle of work that nobody waited for any more.';

class Histogram {
  readonly #counts = new Array<number>(BOUNDS.length).fill(0);
  #sum = 0;
  #count = 0;

  observe(seconds: number): void {
    const bucket = BOUNDS.findIndex((bound) => seconds <= bound);
    if (bucket >= 0) this.#counts[bucket]++;
    this.#sum += seconds;
    this.#count++;
  }

  /** @param labels `stage="decode"`. */
  lines(name: string, labels: string): string[] {
    let below = 0;
    const buckets = BOUNDS.map((bound, i) => {
      below += this.#counts[i];
      return `${name}_bucket{${labels},le="${bound}"} ${below}`;
    });
    return [
      ...buckets,
      `${name}_bucket{${labels},le="+Inf"} ${this.#count}`,
      `${name}_sum{${labels}} ${this.#sum}`,
      `${name}_count{${labels}} ${this.#count}`,
    ];
  }
}

/** What is true at the moment. */
export interface Gauges {
  readonly waiting: number;
  readonly running: number;
  readonly deaths: number;
  readonly cuts: number;
  readonly isReady: boolean;
}

/**
 * What there is to count, in the text format of Prometheus.
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export class Metrics {
  readonly #requests = new Map<string, number>();
  readonly #durations = new Map<string, Histogram>();
  readonly #stages = new Map<string, Histogram>();

  /** @param route Of a few that there are: what a client makes up would fill memory. */
  count(route: string, status: number, milliseconds: number): void {
    const labels = `route="${route}",status="${status}"`;
    this.#requests.set(labels, (this.#requests.get(labels) ?? 0) + 1);
    observe(this.#durations, `route="${route}"`, milliseconds);
  }

  stages(times: StageTimes): void {
    for (const [stage, milliseconds] of Object.entries(times)) {
      observe(this.#stages, `stage="${stage}"`, milliseconds);
    }
  }

  text({ waiting, running, deaths, cuts, isReady }: Gauges): string {
    const lines = [
      ...family('cyclegan_requests_total', 'counter', 'Requests that were answered.'),
      ...[...this.#requests].map(([labels, n]) => `cyclegan_requests_total{${labels}} ${n}`),
      ...histogram('cyclegan_request_duration_seconds', 'All of a request.', this.#durations),
      ...histogram('cyclegan_stage_duration_seconds', 'Parts of translating.', this.#stages),
      ...gauge('cyclegan_queue_waiting', 'Requests that are in and wait.', waiting),
      ...gauge('cyclegan_in_progress', 'Requests that are worked on.', running),
      ...gauge('cyclegan_ready', 'Whether requests are taken.', isReady ? 1 : 0),
      ...family('cyclegan_thread_deaths_total', 'counter', 'Threads that died.'),
      `cyclegan_thread_deaths_total ${deaths}`,
      ...family('cyclegan_thread_cuts_total', 'counter', CUTS),
      `cyclegan_thread_cuts_total ${cuts}`,
      ...ofProcess(),
    ];
    return `${lines.join('\n')}\n`;
  }
}

function observe(histograms: Map<string, Histogram>, labels: string, milliseconds: number): void {
  const found = histograms.get(labels) ?? new Histogram();
  histograms.set(labels, found);
  found.observe(milliseconds / 1000);
}

function family(name: string, type: string, help: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}

function histogram(name: string, help: string, all: ReadonlyMap<string, Histogram>): string[] {
  const lines = [...all].flatMap(([labels, one]) => one.lines(name, labels));
  return [...family(name, 'histogram', help), ...lines];
}

function gauge(name: string, help: string, value: number): string[] {
  return [...family(name, 'gauge', help), `${name} ${value}`];
}

/** What Node tells of the process, by the names that clients of Prometheus use. */
function ofProcess(): string[] {
  if (builtin('os') === null) return [];
  const { rss, heapUsed, external } = globalThis.process.memoryUsage();
  const { user, system } = globalThis.process.cpuUsage();
  const start = Date.now() / 1000 - globalThis.process.uptime();
  return [
    ...gauge('process_resident_memory_bytes', 'Resident memory.', rss),
    ...gauge('nodejs_heap_size_used_bytes', 'Heap of the thread that answers.', heapUsed),
    ...gauge('nodejs_external_memory_bytes', 'Its memory outside of the heap.', external),
    ...gauge('process_start_time_seconds', 'Since 1970.', start),
    ...family('process_cpu_seconds_total', 'counter', 'Processor time.'),
    `process_cpu_seconds_total ${(user + system) / 1e6}`,
  ];
}
