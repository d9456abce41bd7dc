import fc from 'fast-check';
import { it } from 'vitest';
import {
  anySizeFamilies,
  bareNode,
  boundedRuns,
  expectBounded,
  resnet,
} from '../support/boundedCommand.js';
import { commandInFolders } from '../support/command.js';

const command = commandInFolders();

it('keeps to --memory, as a whole process, whatever the family, the size and the budget', async () => {
  const home = command.at();
  const bare = await bareNode(home);
  const families = await anySizeFamilies();
  const expectAll = (networks: typeof families, most: number, numRuns: number) =>
    fc.assert(
      fc.asyncProperty(boundedRuns(networks, most), (run) =>
        expectBounded(command.file, home, bare, run),
      ),
      { numRuns, endOnFailure: true },
    );
  await expectAll([...families, resnet(16, 2), resnet(8, 1)], 700, 200);
  await expectAll([resnet(64, 9), resnet(64, 6), resnet(48, 3)], 700, 12);
});
