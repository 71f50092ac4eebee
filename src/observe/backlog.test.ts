import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createBacklog } from './backlog.ts';
import type { Observation } from './observation.ts';

const ended: Observation = {
  type: 'attempt-ended',
  provider: 'p',
  credential: 'c',
  model: 'm',
  end: 'answered',
  status: 200,
  milliseconds: 1,
};
const stopped: Observation = { type: 'stopped', drained: true };

/** What is told, call by call: when it happened, and a letter for what. */
function open(most?: number) {
  const told: string[] = [];
  const backlog = createBacklog({
    wallClock: () => Date.now(),
    ...(most !== undefined && { most }),
    hear(observations, times) {
      told.push(observations.map(({ type }, index) => `${times[index]}${type[0]}`).join(' '));
    },
  });
  return { ...backlog, told };
}

describe('the backlog of observations', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 0 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('tells of what requests bring a moment later, all at once, with the time of each', () => {
    const { observe, told } = open();
    observe(ended);
    vi.advanceTimersByTime(40);
    observe(ended);
    vi.advanceTimersByTime(59);
    expect(told).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(told).toEqual(['0a 40a']);
    vi.advanceTimersByTime(1000);
    observe(ended);
    vi.advanceTimersByTime(100);
    expect(told).toEqual(['0a 40a', '1100a']);
  });

  it('lets no more than so many wait', () => {
    const { observe, told } = open(3);
    for (let i = 0; i < 7; i++) observe(ended);
    expect(told).toEqual(['0a 0a 0a', '0a 0a 0a']);
  });

  it('tells anything else as it happens, after what came before it', () => {
    const { observe, told } = open();
    observe(ended);
    observe(stopped);
    expect(told).toEqual(['0a 0s']);
  });

  it('tells everything to whoever asks now, and nothing twice', () => {
    const { observe, drain, told } = open();
    drain();
    observe(ended);
    drain();
    drain();
    vi.advanceTimersByTime(1000);
    expect(told).toEqual(['0a']);
  });

  it('goes on with what happens while it tells', () => {
    const told: number[] = [];
    const backlog = createBacklog({
      wallClock: () => 0,
      hear(observations) {
        told.push(observations.length);
        if (told.length === 1) backlog.observe(ended);
      },
    });
    backlog.observe(stopped);
    backlog.drain();
    expect(told).toEqual([1, 1]);
  });
});
