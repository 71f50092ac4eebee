// What goes wrong once an upstream has begun to answer, for each client, upstream and number of accounts: the outcome, the record, the recovery.

import { describe, expect, it } from 'vitest';
import { playAll } from '../support/cells.ts';
import { late } from '../support/fates.ts';
import { resources, settled } from '../support/resources.ts';

describe('what goes wrong once an upstream has begun to answer', () => {
  it.each(late)('$say', async (trouble) => {
    const before = resources();
    await playAll(trouble);
    expect(await settled(before)).toEqual([]);
  });
});
