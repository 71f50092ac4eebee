import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createPulse, createPulses, type Quiet } from './pulse.ts';

function member(): Quiet & { beats: number } {
  return {
    silent: 0,
    place: -1,
    beats: 0,
    beat() {
      this.beats++;
    },
  };
}

describe('a pulse', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each([160, 1000, 15_000])(
    'of %i ms beats within that long a silence, but not much before, over and over',
    (interval) => {
      const pulse = createPulse(interval);
      const [early, late] = [member(), member()];
      pulse.add(early);
      vi.advanceTimersByTime(interval / 3);
      pulse.add(late);
      vi.advanceTimersByTime((interval * 7) / 8);
      expect([early.beats, late.beats]).toEqual([1, 0]);
      vi.advanceTimersByTime(interval / 8);
      expect([early.beats, late.beats]).toEqual([1, 1]);
      vi.advanceTimersByTime(interval * 8);
      expect([early.beats, late.beats]).toEqual([9, 9]);
    },
  );

  it('is not felt by who keeps talking or has left, and its timer goes with the last of them', () => {
    const pulse = createPulse(1000);
    const [talking, gone] = [member(), member()];
    pulse.add(talking);
    pulse.add(gone);
    pulse.delete(gone);
    for (let said = 0; said < 10; said++) {
      vi.advanceTimersByTime(900);
      talking.silent = 0;
    }
    expect([talking.beats, gone.beats]).toEqual([0, 0]);
    pulse.delete(talking);
    vi.advanceTimersByTime(200);
    expect(vi.getTimerCount()).toBe(0);
    pulse.add(talking);
    vi.advanceTimersByTime(1000);
    expect(talking.beats).toBe(1);
  });

  it('is shared by all of one interval, and there is none for 0', () => {
    const pulseOf = createPulses();
    expect(pulseOf(0)).toBeUndefined();
    expect(pulseOf(1000)).toBe(pulseOf(1000));
    expect(pulseOf(2000)?.interval).toBe(2000);
  });
});
