// What goes wrong before an upstream says anything, for each client, upstream and number of accounts: the outcome, the record, the recovery.

import { describe, expect, it } from 'vitest';
import { playAll } from '../support/cells.ts';
import { early } from '../support/fates.ts';
import { resources, settled } from '../support/resources.ts';

describe('what goes wrong before an upstream says anything', () => {
  it.each(early)('$say', async (trouble) => {
    const before = resources();
    await playAll(trouble);
    expect(await settled(before)).toEqual([]);
  });
});
