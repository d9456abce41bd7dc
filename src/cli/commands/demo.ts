import { openGenerator } from '../../generator/openGenerator.js';
import { decodeImage, encodeImage } from '../../image/formats.js';
import { writeFileAtomic } from '../../platform/files.js';
import { translate } from '../../translate/translate.js';
import { embeddedSample, embeddedWeights } from '../embedded.js';
import { checkOutputFile, mayReplace } from '../originals.js';
import type { DemoRequest } from '../requests/demo.js';
import { writeData } from '../standardOutput.js';
import { seconds, type Terminal } from '../terminal.js';

export async function runDemo({ output, force }: DemoRequest, terminal: Terminal): Promise<void> {
  await checkOutputFile(output, []);
  const remedies = '`--force` replaces it';
  const replace = await mayReplace(output, { force, remedies }, terminal);
  const begin = performance.now();
  const generator = await openGenerator(await embeddedWeights());
  const result = await translate(decodeImage(await embeddedSample()), generator, {
    blocking: true,
    allowV8Flags: true,
    onProgress: ({ done, total }) => terminal.progress(`layer ${done} of ${total}`),
  });
  await writeFileAtomic(output, encodeImage(result, output), { replace });
  terminal.say(`Translated the sample picture in ${seconds(performance.now() - begin)}.`);
  await writeData(`${output}\n`);
}
