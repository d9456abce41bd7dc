// Whether the golden data are what their scripts make with the PyTorch and Pillow that are here: every test/golden/make_*.py
// that knows --check is run with it. PYTHON names the interpreter; python3 by default.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = join(dirname(fileURLToPath(import.meta.url)), '../test/golden');
const scripts = readdirSync(folder).filter(
  (name) =>
    /^make_.*\.py$/.test(name) && readFileSync(join(folder, name), 'utf8').includes('--check'),
);
for (const name of scripts) {
  console.log(name);
  const args = [join(folder, name), '--check'];
  const { status } = spawnSync(process.env.PYTHON ?? 'python3', args, { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
