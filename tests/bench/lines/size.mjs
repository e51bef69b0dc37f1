// Every shipped file, raw and gzipped.

import { join } from 'node:path';
import { sizes } from '../../../extension/sizes.mjs';

const dist = join(import.meta.dirname, '../../../dist');

export const lines = [{
  name: 'size',
  about: 'every shipped file, raw and gzipped, against its budget',
  run: async () => sizes(dist).map(({ what, size, budget }) => ({ what, unit: 'B', ours: [size], budget: { most: budget } })),
}];
