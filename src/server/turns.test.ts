import { describe, expect, it } from 'vitest';
import { createTurns } from './turns.ts';

describe('turns', () => {
  it('lets so many work at once, in the order they came, and goes on when one fails', async () => {
    const inTurn = createTurns(2);
    const log: string[] = [];
    let busy = 0;
    let most = 0;
    const work = (name: string, fails = false) =>
      inTurn(async () => {
        log.push(name);
        most = Math.max(most, ++busy);
        await new Promise((resolve) => setImmediate(resolve));
        busy--;
        if (fails) throw new Error(name);
        return name;
      });
    const all = await Promise.allSettled([work('a'), work('b', true), work('c'), work('d'), work('e')]);
    expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled']);
    expect([log.join(''), most]).toEqual(['abcde', 2]);
    expect(await work('f')).toBe('f');
  });
});
