import { openGenerator } from '../../generator/openGenerator.js';
import { seconds } from '../../html/text.js';
import { decodeImage, encodeImage, loadEncoder } from '../../image/formats.js';
import { makeFolder, writeFileAtomic } from '../../platform/files.js';
import { translate } from '../../translate/translate.js';
import { embeddedSample, embeddedWeights } from '../embedded.js';
import { checkOutputFile, mayReplace } from '../originals.js';
import { progressBar } from '../progressBar.js';
import type { DemoRequest } from '../requests/demo.js';
import { writeData } from '../standardOutput.js';
import type { Terminal } from '../terminal.js';

export async function runDemo({ output, force }: DemoRequest, terminal: Terminal): Promise<void> {
  await checkOutputFile(output, []);
  const remedies = '`--force` replaces it';
  const replace = await mayReplace(output, { force, remedies }, terminal);
  const begin = performance.now();
  const generator = await openGenerator(await embeddedWeights());
  const result = await translate(decodeImage(await embeddedSample()), generator, {
    blocking: true,
    allowV8Flags: true,
    onProgress: ({ done, total }) =>
      terminal.progress(progressBar(done / total, performance.now() - begin)),
  });
  await makeFolder(output);
  await loadEncoder(output);
  await writeFileAtomic(output, encodeImage(result, output), { replace });
  terminal.say(`Translated the sample picture in ${seconds(performance.now() - begin)}.`);
  await writeData(`${output}\n`);
}
