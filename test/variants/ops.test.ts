import { describe } from 'vitest';
import { fixtureFloats, hasFixtures, manifest } from '../support/fixtures.js';
import { type OperatorCase, operatorSuite } from '../support/operatorSuite.js';

interface OpsManifest {
  readonly cases: readonly (OperatorCase & { readonly data: string })[];
}

const { cases } = manifest<OpsManifest>('ops', { cases: [] });

describe.skipIf(!hasFixtures)('operators against PyTorch', () => {
  operatorSuite(cases, (c) => fixtureFloats('ops', c.data));
});
