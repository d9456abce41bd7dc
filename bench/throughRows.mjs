// A picture file to another, row by row, with neither of them in memory (`bench/memory.mjs` measures it):
//
//   node bench/throughRows.mjs IN OUT
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { decodeRows, writeRows } from '../dist/index.js';

const [input, output] = process.argv.slice(2);
const from = openSync(input, 'r');
const to = openSync(output, 'w');
const file = {
  length: fstatSync(from).size,
  readInto(start, bytes) {
    for (let at = 0; at < bytes.length; )
      at += readSync(from, bytes, at, bytes.length - at, start + at);
  },
};
const sink = {
  add(bytes) {
    for (let at = 0; at < bytes.length; ) at += writeSync(to, bytes, at);
  },
  replace(at, bytes) {
    writeSync(to, bytes, 0, bytes.length, at);
  },
};
const writer = writeRows(output, sink);
decodeRows(file, writer.begin);
writer.end();
closeSync(from);
closeSync(to);
