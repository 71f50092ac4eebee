// One timer for all open streams: each is told when it was silent for too long.

import { type Member, Roster } from '../roster.ts';

/** What shall not be silent for long: it sets `silent` to 0 whenever it says something. */
export interface Quiet extends Member {
  /** Ticks since it last said something; counted here. */
  silent: number;
  /** It was silent for too long. */
  beat(): void;
}

/** Watches over the silence of its members. */
export interface Pulse {
  /** Milliseconds. */
  readonly interval: number;
  /** For one that is not a member. Its silence begins to count with `silent`, as that stands. */
  add(quiet: Quiet): void;
  /** Nothing for one that is not a member. */
  delete(quiet: Quiet): void;
}

/** How finely silence is measured: it lasts no longer than an interval, and less by at most this part of one. */
const fineness = 16;

/** Tells each of its members before it was silent for more than so many milliseconds, and again after as many more. */
export function createPulse(interval: number): Pulse {
  const members = new Roster<Quiet>();
  let timer: NodeJS.Timeout | undefined;
  const tick = (): void => {
    if (members.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
    members.each((member) => {
      if (++member.silent < fineness) return;
      member.silent = 0;
      member.beat();
    });
  };
  return {
    interval,
    add(quiet) {
      members.enter(quiet);
      timer ??= setInterval(tick, interval / fineness).unref();
    },
    delete: (quiet) => members.leave(quiet),
  };
}

/** The pulse of an interval, shared by all who ask for the same one; none where it is 0. */
export function createPulses(): (interval: number) => Pulse | undefined {
  let latest: Pulse | undefined;
  return (interval) => {
    if (interval <= 0) return undefined;
    if (latest?.interval !== interval) latest = createPulse(interval);
    return latest;
  };
}
