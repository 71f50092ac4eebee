import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Ticker, type Waiting } from './ticker.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Leaves, as a call does, at the first look that finds it overdue; notes when that was. */
function waiter(ticker: Ticker, patience: number) {
  const begun = Date.now();
  let since = -1;
  const one: Waiting & { ended: number | undefined } = {
    place: -1,
    ended: undefined,
    look(now) {
      if (since < 0) since = now;
      else if (now - since >= patience) {
        one.ended = Date.now() - begun;
        ticker.leave(one);
      }
    },
  };
  ticker.join(one, patience);
  return one;
}

describe('a wait', () => {
  it.each([40, 1000, 10_000, 300_000])('of %i ms ends in its time or little later, never early', (patience) => {
    const ticker = new Ticker();
    waiter(ticker, 600_000);
    vi.advanceTimersByTime(130);
    const one = waiter(ticker, patience);
    vi.advanceTimersByTime(patience * 2);
    expect(one.ended).toBeGreaterThanOrEqual(patience);
    expect(one.ended).toBeLessThanOrEqual(patience + Math.min(1000, patience / 4));
  });

  it('that ends takes nobody with it, and the last one takes the timer', () => {
    const ticker = new Ticker();
    const all = [80, 160, 80, 240, 80].map((patience) => waiter(ticker, patience));
    const [gone] = all;
    if (gone) ticker.leave(gone);
    if (gone) ticker.leave(gone);
    vi.advanceTimersByTime(130);
    expect(all.map(({ ended }) => ended !== undefined)).toEqual([false, false, true, false, true]);
    vi.advanceTimersByTime(200);
    expect(all.map(({ place }) => place)).toEqual([-1, -1, -1, -1, -1]);
    expect(all.slice(1).every(({ ended }) => ended !== undefined)).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
    const late = waiter(ticker, 80);
    vi.advanceTimersByTime(130);
    expect(late.ended).toBeGreaterThanOrEqual(80);
  });

  it('without end keeps no process alive', () => {
    vi.useRealTimers();
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const ticker = new Ticker();
    const one = waiter(ticker, Infinity);
    expect(timers()).toBe(before);
    ticker.leave(one);
  });
});
