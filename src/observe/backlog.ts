// What happened and was not told yet. Listeners hear of many things at a time: after one request nothing of theirs is at hand in the
// processor any more, and for each of the next they would begin anew.

import type { Hear, Observation, Observe } from './observation.ts';

/** Takes what happens at once, and tells listeners of it a little later. */
export interface Backlog {
  readonly observe: Observe;
  /** Tells of what waits, at once. */
  drain(): void;
}

/** Who is told, and when. */
export interface BacklogOptions {
  readonly hear: Hear;
  /** Milliseconds. */
  readonly wallClock: () => number;
  /** Told when so many wait. */
  readonly most?: number;
  /** Milliseconds until what came first is told at the latest. */
  readonly longest?: number;
}

/** Only what every request brings may wait; anything else is told as it happens, after what waits. */
export function createBacklog({ hear, wallClock, most = 256, longest = 100 }: BacklogOptions): Backlog {
  let waiting: Observation[] = [];
  let times: number[] = [];
  let armed = false;
  const drain = (): void => {
    if (waiting.length === 0) return;
    const [observations, happened] = [waiting, times];
    waiting = [];
    times = [];
    hear(observations, happened);
  };
  const due = (): void => {
    armed = false;
    drain();
  };
  return {
    drain,
    observe(observation) {
      const { type } = observation;
      waiting.push(observation);
      times.push(wallClock());
      const frequent = type === 'attempt-ended' || type === 'exchange-finished';
      if (!frequent || waiting.length >= most) drain();
      else if (!armed) {
        armed = true;
        setTimeout(due, longest).unref();
      }
    },
  };
}
