// Adds up vitest's JSON reports: node scripts/tally.mjs FAILED REPORT.json…
// FAILED is 1 when a step that is not a test failed; it then counts as one failure.
import { readFileSync } from 'node:fs';

const [failedStep, ...files] = process.argv.slice(2);
const reports = files.map((file) => JSON.parse(readFileSync(file, 'utf8')));
const sum = (key) => reports.reduce((total, report) => total + report[key], 0);

const failed = Math.max(sum('numFailedTests'), Number(failedStep));
console.log(
  `${sum('numPassedTests')} passed, ${failed} failed, ${sum('numPendingTests') + sum('numTodoTests')} skipped`,
);
process.exitCode = failed > 0 || sum('numPassedTests') === 0 ? 1 : 0;
