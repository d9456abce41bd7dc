import { ResNetGenerator } from '../../generator/resNetGenerator.js';
import { decodeImage, encodeImage } from '../../image/formats.js';
import { writeFileAtomic } from '../../platform/files.js';
import { loadStateDict } from '../../pth/loadStateDict.js';
import { translate } from '../../translate/translate.js';
import { embeddedSample, embeddedWeights } from '../embedded.js';
import { checkOutputFile, mayReplace } from '../originals.js';
import { writeData } from '../standardOutput.js';
import { seconds, type Terminal } from '../terminal.js';
import { type CommandSpec, type Invocation, UsageError } from '../usage.js';

export const demoSpec: CommandSpec = {
  name: 'demo',
  usage: '[OUT.png]',
  summary: 'translate the built-in sample with the built-in model',
  options: {
    force: { type: 'boolean', help: 'replace the file if it exists; default of OUT: zebra.png' },
  },
};

export async function runDemo(invocation: Invocation, terminal: Terminal): Promise<void> {
  const [path = 'zebra.png', ...rest] = invocation.operands;
  if (rest.length > 0) throw new UsageError('One file is written: cyclegan demo OUT.png.');
  await checkOutputFile(path, []);
  const replace = await mayReplace(
    path,
    { force: invocation.flag('force'), remedies: '`--force` replaces it' },
    terminal,
  );
  const begin = performance.now();
  const netG = ResNetGenerator.fromStateDict(await loadStateDict(await embeddedWeights()));
  const result = await translate(decodeImage(await embeddedSample()), netG, {
    blocking: true,
    allowV8Flags: true,
    onProgress: ({ done, total }) => terminal.progress(`layer ${done} of ${total}`),
  });
  await writeFileAtomic(path, encodeImage(result, path), { replace });
  terminal.say(`Translated the sample picture in ${seconds(performance.now() - begin)}.`);
  await writeData(`${path}\n`);
}
