import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  anySizeFamilies,
  bareNode,
  boundedRuns,
  expectBounded,
  resnet,
} from '../support/boundedCommand.js';
import { commandInFolders } from '../support/command.js';

/** `test/long` has larger networks, and many more of them. */
const command = commandInFolders();

it('keeps to --memory, as a whole process, whatever the family, the size and the budget', async () => {
  const home = command.at();
  const bare = await bareNode(home);
  const networks = [...(await anySizeFamilies()), resnet(16, 2), resnet(8, 1)];
  expect(networks.length).toBeGreaterThan(20);
  await fc.assert(
    fc.asyncProperty(boundedRuns(networks, 300), (run) =>
      expectBounded(command.file, home, bare, run),
    ),
    { numRuns: 5, endOnFailure: true },
  );
});
