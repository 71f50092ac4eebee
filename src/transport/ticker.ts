// Many waits on one coarse timer. A timer of its own for each call would cost more than the rest of what is done about time.

import { type Member, Roster } from '../roster.ts';

/** Who may wait for too long. */
export interface Waiting extends Member {
  /** Called at each tick; `now` counts milliseconds from no particular moment. */
  look(now: number): void;
}

/** How far ticks are apart at most, and at least, in milliseconds. */
const [slowest, fastest] = [500, 5];

/**
 * Looks at all who wait, some twice a second, more often where a wait is short: a wait ends at most a quarter late, or a second,
 * and never early. Time is counted in ticks, so that nobody is blamed for a while in which this process did not run.
 */
export class Ticker {
  readonly #waiting = new Roster<Waiting>();
  #timer: NodeJS.Timeout | undefined;
  #pace = slowest;
  #now = 0;

  /** `shortest` is the shortest wait of this one, in milliseconds. */
  join(one: Waiting, shortest: number): void {
    this.#waiting.enter(one);
    const pace = Math.max(fastest, shortest / 8);
    if (this.#timer !== undefined && pace >= this.#pace) return;
    clearTimeout(this.#timer);
    this.#pace = Math.min(slowest, pace);
    this.#timer = setTimeout(tick, this.#pace, this).unref();
  }

  /** Looks at it no more. Nothing happens where it is not waiting. */
  leave(one: Waiting): void {
    this.#waiting.leave(one);
  }

  /** What the timer calls. It ends with the last who waits. */
  tick(): void {
    this.#now += this.#pace;
    this.#waiting.each((one) => one.look(this.#now));
    if (this.#waiting.size > 0) this.#timer?.refresh();
    else {
      this.#timer = undefined;
      this.#pace = slowest;
    }
  }
}

function tick(ticker: Ticker): void {
  ticker.tick();
}
