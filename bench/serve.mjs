// How the service does under load, on loopback: node bench/serve.mjs [WEIGHTS]
//   throughput   at saturation, beside the bare library doing the same (decode, translate, encode) in this process; in turns
//   latency      p99 of accepted requests beside ceil((waiting + 1) / concurrency) times the median of one alone
//   429          how long a refusal takes, with the queue full: for a client with fetch, for one with a socket, and in the service alone
//   memory       of the process after readiness, and after one translation with the built-in model
// Other work on the machine shows in all of them: ratios are of turns one after the other, and the best of ROUNDS.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import autocannon from 'autocannon';

const root = join(import.meta.dirname, '..');
const [weights = join(root, 'weights/horse2zebra-mini.pth')] = process.argv.slice(2);
const body = readFileSync(join(root, 'weights/sample.png'));
const ROUNDS = 3;
const SECONDS = 8;
const QUEUE = 16;

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** The service, once it listens. @param watch What Node itself is told. */
async function start(args, { watch = [], env = process.env } = {}) {
  const words = [
    ...watch,
    join(root, 'dist/cyclegan.mjs'),
    'serve',
    '--port',
    '0',
    '--quiet',
    ...args,
  ];
  const child = spawn(process.execPath, words, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  for await (const part of child.stdout) {
    text += part;
    if (text.endsWith('/\n')) break;
  }
  const address = text.trim();
  const cpuSeconds = async () => {
    const text = await (await fetch(`${address}metrics`)).text();
    return Number(/^process_cpu_seconds_total (\S+)/m.exec(text)[1]);
  };
  const memory = () => {
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1000;
  };
  const end = () =>
    new Promise((resolve) => {
      child.on('close', resolve);
      child.kill('SIGTERM');
    });
  return { url: `${address}v1/translate`, cpuSeconds, memory, end };
}

async function ask(url) {
  const begin = performance.now();
  const response = await fetch(url, { method: 'POST', body });
  await response.arrayBuffer();
  return { status: response.status, milliseconds: performance.now() - begin };
}

/** Requests a second, and times of those that were answered with a picture. */
async function load(url, connections, seconds = SECONDS) {
  const run = autocannon({
    url,
    method: 'POST',
    body,
    connections,
    duration: seconds,
    timeout: 60,
  });
  const times = [];
  run.on('response', (_client, status, _bytes, milliseconds) => {
    if (status === 200) times.push(milliseconds);
  });
  const begin = performance.now();
  await run;
  const rate = (1000 * times.length) / (performance.now() - begin);
  return { rate, count: times.length, times: times.sort((a, b) => a - b) };
}

async function bare(library, generator, seconds = SECONDS) {
  const begin = performance.now();
  const before = process.cpuUsage();
  let count = 0;
  while (performance.now() - begin < 1000 * seconds) {
    const options = { allowV8Flags: true, blocking: true };
    const made = await library.translate(library.decodeImage(body), generator, options);
    library.encodeImage(made, 'made.png');
    count++;
  }
  const { user, system } = process.cpuUsage(before);
  return { rate: (1000 * count) / (performance.now() - begin), cpu: (user + system) / 1e6 / count };
}

async function throughput() {
  const library = await import(join(root, 'dist/node/index.js'));
  const generator = await library.openGenerator(weights);
  await bare(library, generator, 1);
  for (const concurrency of [...new Set([1, cpus().length])]) {
    const args = ['-w', weights, '--queue', String(QUEUE), '--concurrency', String(concurrency)];
    const { url, cpuSeconds, end } = await start(args);
    // Machine code is made, and made faster, in each of its threads.
    for (let i = 0; i < 5; i++) {
      await Promise.all(Array.from({ length: 2 * concurrency }, () => ask(url)));
    }
    const shares = [];
    const costs = [];
    for (let round = 0; round < ROUNDS; round++) {
      const alone = await bare(library, generator);
      const before = await cpuSeconds();
      const { rate, count } = await load(url, concurrency + 4);
      shares.push(rate / alone.rate);
      const cpu = ((await cpuSeconds()) - before) / count;
      costs.push(cpu / alone.cpu);
      console.log(
        `  bare ${alone.rate.toFixed(2)}/s at ${alone.cpu.toFixed(3)} s of processor each, service ${rate.toFixed(2)}/s at ${cpu.toFixed(3)} s`,
      );
    }
    await end();
    const percent = (share) => `${(100 * share).toFixed(0)} %`;
    console.log(
      `throughput, concurrency ${concurrency}: ${percent(Math.max(...shares))} of the bare library (median ${percent(median(shares))}), for ${percent(median(costs))} of its processor time`,
    );
  }
}

/** Milliseconds of requests that are alone. */
async function alone(url) {
  const times = [];
  for (let i = 0; i < 15; i++) times.push((await ask(url)).milliseconds);
  return times;
}

async function latency() {
  const { url, end } = await start(['-w', weights, '--queue', String(QUEUE)]);
  for (let i = 0; i < 10; i++) await ask(url);
  for (const waiting of [4, QUEUE]) {
    const shares = [];
    for (let round = 0; round < ROUNDS; round++) {
      const services = await alone(url);
      const { times } = await load(url, waiting + 1, 10);
      services.push(...(await alone(url)));
      const p99 = times[Math.min(times.length - 1, Math.floor(times.length * 0.99))];
      const bound = (waiting + 1) * median(services);
      shares.push(p99 / bound);
      console.log(
        `  ${waiting} waiting: p99 ${p99.toFixed(0)} ms of ${times.length}, ${(p99 / bound).toFixed(2)} of ${bound.toFixed(0)} ms`,
      );
    }
    const [best, middle] = [Math.min(...shares), median(shares)].map((share) => share.toFixed(2));
    console.log(`latency, ${waiting} waiting: p99 is ${best} of the bound (median ${middle})`);
  }
  await end();
}

/** The same picture as a request of its own on a connection that is there: what a client's own library takes is not in it. */
async function refusedOnSocket(url) {
  const { hostname, port, pathname, host } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  const head = `POST ${pathname} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${body.length}\r\n\r\n`;
  const begin = performance.now();
  socket.write(head);
  const [answer] = await once(socket, 'data');
  const milliseconds = performance.now() - begin;
  socket.destroy();
  return { status: Number(answer.toString('latin1', 9, 12)), milliseconds };
}

/** Three ways to look at a refusal, while both cores are at work on what was accepted. */
async function refusals() {
  const file = join(mkdtempSync(join(tmpdir(), 'cyclegan-bench-')), 'times.json');
  const watch = ['--import', pathToFileURL(join(import.meta.dirname, 'harness/refusalTimes.mjs'))];
  const env = { ...process.env, CYCLEGAN_REFUSAL_TIMES: file };
  const { url, end } = await start(['-w', weights, '--queue', '2'], { watch, env });
  await ask(url);
  const busy = Array.from({ length: 3 }, () => keepBusy(url));
  const times = { fetch: [], socket: [] };
  for (let i = 0; i < 100; i++) {
    for (const [way, send] of [
      ['fetch', ask],
      ['socket', refusedOnSocket],
    ]) {
      const { status, milliseconds } = await send(url);
      if (status === 429) times[way].push(milliseconds);
    }
    await new Promise((next) => setTimeout(next, 20));
  }
  for (const one of busy) one.end();
  await end();
  const { milliseconds, late } = JSON.parse(readFileSync(file, 'utf8'));
  rmSync(dirname(file), { recursive: true });
  const said = Object.entries({ ...times, 'in the service': milliseconds }).map(([way, all]) => {
    const sorted = all.sort((a, b) => a - b);
    return `${way} ${median(sorted).toFixed(2)} ms (p99 ${sorted[Math.floor(sorted.length * 0.99)].toFixed(1)})`;
  });
  console.log(`429: median of ${times.fetch.length}: ${said.join(', ')}`);
  console.log(
    `  its event loop is late by ${late.map((ms) => ms.toFixed(1)).join(' ms, p99 ')} ms`,
  );
}

/** One request after the other, until it is ended. */
function keepBusy(url) {
  let isEnded = false;
  const go = async () => {
    while (!isEnded) {
      // Now and then, one of those that are measured has its place.
      if ((await ask(url)).status !== 200) await new Promise((next) => setTimeout(next, 5));
    }
  };
  go();
  return {
    end: () => {
      isEnded = true;
    },
  };
}

async function memory() {
  const { url, memory, end } = await start([]);
  const ready = memory();
  await ask(url);
  await new Promise((next) => setTimeout(next, 1500));
  console.log(
    `memory: ${ready.toFixed(0)} MB when ready, ${memory().toFixed(0)} MB after one translation`,
  );
  await end();
}

const parts = { throughput, latency, refusals, memory };
const only = process.env.CYCLEGAN_PART;
for (const [name, part] of Object.entries(parts))
  if (only === undefined || only === name) await part();
