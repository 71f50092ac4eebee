// Time for the simulator: real by default, by hand in tests, so that a stall of a minute takes no time to test.

import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';

/** What the simulator knows of time. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves after `ms` (Infinity: never), or at once when the signal aborts. Never rejects. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

/** The longest delay a Node timer takes; longer ones fire at once. */
const longest = 2 ** 31 - 1;

/** The time of day. Waits beyond Node's longest timer, 24 days, end with it. */
export const realClock: Clock = {
  now: () => Date.now(),
  async wait(ms, signal) {
    if (signal.aborted) return;
    if (ms <= 0) return void (await turn());
    await sleep(Math.min(ms, longest), undefined, { signal }).catch(() => undefined);
  },
};

/** Time that stands still until it is moved on. */
export interface ManualClock extends Clock {
  /** Moves time on and wakes whoever waited for less. */
  advance(ms: number): void;
  /** Resolves when somebody waits for time to pass. */
  waiting(): Promise<void>;
}

/** A clock that moves only when told to. Waits of no time take one turn of the event loop. */
export function manualClock(start = 1_785_500_000_000): ManualClock {
  let now = start;
  const sleepers = new Set<{ readonly until: number; readonly wake: () => void }>();
  let watchers: (() => void)[] = [];
  return {
    now: () => now,
    async wait(ms, signal) {
      if (signal.aborted) return;
      if (ms <= 0) return void (await turn());
      await new Promise<void>((resolve) => {
        const sleeper = { until: now + ms, wake: resolve };
        sleepers.add(sleeper);
        signal.addEventListener('abort', () => {
          sleepers.delete(sleeper);
          resolve();
        });
        for (const watcher of watchers.splice(0)) watcher();
      });
    },
    advance(ms) {
      now += ms;
      for (const sleeper of sleepers) {
        if (sleeper.until > now) continue;
        sleepers.delete(sleeper);
        sleeper.wake();
      }
    },
    waiting() {
      if (sleepers.size > 0) return Promise.resolve();
      return new Promise((resolve) => {
        watchers = [...watchers, resolve];
      });
    },
  };
}
