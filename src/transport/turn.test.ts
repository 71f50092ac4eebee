import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { atEndOfTurn } from './turn.ts';

it('flushes all that a turn brought together and in order, and none before the turn is over', async () => {
  const told: string[] = [];
  atEndOfTurn({ flush: () => told.push('first') });
  await new Promise<void>((resolve) => process.nextTick(resolve));
  atEndOfTurn({ flush: () => told.push('second') });
  await new Promise<void>((resolve) => process.nextTick(resolve));
  expect(told).toEqual([]);
  await turn();
  expect(told).toEqual(['first', 'second']);
});

it('leaves to the next turn what flushing asks for, so that sockets are read between', async () => {
  const told: string[] = [];
  atEndOfTurn({
    flush: () => {
      told.push('now');
      atEndOfTurn({ flush: () => told.push('later') });
    },
  });
  await turn();
  expect(told).toEqual(['now']);
  await turn();
  expect(told).toEqual(['now', 'later']);
});
