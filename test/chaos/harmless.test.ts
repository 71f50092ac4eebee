// What is slow or odd without being wrong costs nobody an account, and clients nothing but time.

import { describe, expect, it } from 'vitest';
import { playAll } from '../support/cells.ts';
import { harmless } from '../support/fates.ts';
import { resources, settled } from '../support/resources.ts';

describe('what is slow or odd without being wrong', () => {
  it.each(harmless)('$say', async (trouble) => {
    const before = resources();
    await playAll(trouble);
    expect(await settled(before)).toEqual([]);
  });
});
