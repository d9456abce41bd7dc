// Runs the suites of the WebGPU engine in Node: node scripts/testGpu.mjs [arguments of vitest]
// The package `webgpu` comes into a temporary folder, and is linked to for as long as the tests take. Without CYCLEGAN_GPU=1, they run
// on the processor, by the driver that comes with Chromium.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PACKAGE = 'webgpu@0.6.2';
const SOFTWARE = '/usr/lib/chromium/vk_swiftshader_icd.json';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const link = join(root, 'node_modules/webgpu');
const folder = mkdtempSync(join(tmpdir(), 'cyclegan-gpu-'));
const isOwn = !existsSync(link);
try {
  if (isOwn) {
    const args = ['install', '--prefix', folder, '--no-fund', '--no-audit', PACKAGE];
    execFileSync('npm', args, { stdio: ['ignore', 'ignore', 'inherit'] });
    symlinkSync(join(folder, 'node_modules/webgpu'), link);
  }
  process.exitCode = runTests();
} finally {
  if (isOwn) rmSync(link, { force: true });
  rmSync(folder, { recursive: true, force: true });
}

function runTests() {
  const isSoftware = process.env.CYCLEGAN_GPU !== '1';
  if (isSoftware && !existsSync(SOFTWARE)) {
    console.log(`no ${SOFTWARE}: apt-get install -y chromium, or CYCLEGAN_GPU=1 for a real one`);
    return 1;
  }
  const drivers = { VK_DRIVER_FILES: SOFTWARE, VK_ICD_FILENAMES: SOFTWARE };
  const { status } = spawnSync(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', '--project', 'gpu', ...process.argv.slice(2)],
    {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, ...(isSoftware ? drivers : {}) },
    },
  );
  return status ?? 1;
}
