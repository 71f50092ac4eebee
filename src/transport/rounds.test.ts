import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Rounds, type Waiting } from './rounds.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Leaves, as a call does, at the first look that finds it overdue; notes when that was. */
function waiter(rounds: Rounds, patience: number) {
  const begun = Date.now();
  let since = -1;
  const one: Waiting & { ended: number | undefined } = {
    place: -1,
    ended: undefined,
    look(now) {
      if (since < 0) since = now;
      else if (now - since >= patience) {
        one.ended = Date.now() - begun;
        rounds.leave(one);
      }
    },
  };
  rounds.join(one, patience);
  return one;
}

describe('a wait', () => {
  it.each([40, 1000, 10_000, 300_000])('of %i ms ends in its time or little later, never early', (patience) => {
    const rounds = new Rounds();
    waiter(rounds, 600_000);
    vi.advanceTimersByTime(130);
    const one = waiter(rounds, patience);
    vi.advanceTimersByTime(patience * 2);
    expect(one.ended).toBeGreaterThanOrEqual(patience);
    expect(one.ended).toBeLessThanOrEqual(patience + Math.min(1000, patience / 4));
  });

  it('that ends takes nobody with it, and the last one takes the timer', () => {
    const rounds = new Rounds();
    const all = [80, 160, 80, 240, 80].map((patience) => waiter(rounds, patience));
    const [gone] = all;
    if (gone) rounds.leave(gone);
    if (gone) rounds.leave(gone);
    vi.advanceTimersByTime(130);
    expect(all.map(({ ended }) => ended !== undefined)).toEqual([false, false, true, false, true]);
    vi.advanceTimersByTime(200);
    expect(all.map(({ place }) => place)).toEqual([-1, -1, -1, -1, -1]);
    expect(all.slice(1).every(({ ended }) => ended !== undefined)).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
    const late = waiter(rounds, 80);
    vi.advanceTimersByTime(130);
    expect(late.ended).toBeGreaterThanOrEqual(80);
  });

  it('without end keeps no process alive', () => {
    vi.useRealTimers();
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const rounds = new Rounds();
    const one = waiter(rounds, Infinity);
    expect(timers()).toBe(before);
    rounds.leave(one);
  });
});
