// The roof over this machine's Node, as JSON: node peak.mjs THREADS FLAGS(0|1)
import { measurePeak } from '../../dist/index.js';

const [threads, flags] = process.argv.slice(2);
const options = { threads: Number(threads), allowV8Flags: flags === '1' };
console.log(JSON.stringify(await measurePeak(options)));
process.exit(0);
