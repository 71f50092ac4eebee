// Many waits on one coarse timer. A timer of its own for each call would cost more than the rest of what is done about time.

/** Who may wait for too long. */
export interface Waiting {
  /** Where it stands among those who wait, -1 for not at all; the ticker's own, so that leaving takes no search. */
  place: number;
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
  readonly #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;
  #pace = slowest;
  #now = 0;

  /** `shortest` is the shortest wait of this one, in milliseconds. */
  join(one: Waiting, shortest: number): void {
    one.place = this.#waiting.push(one) - 1;
    const pace = Math.max(fastest, shortest / 8);
    if (this.#timer !== undefined && pace >= this.#pace) return;
    clearTimeout(this.#timer);
    this.#pace = Math.min(slowest, pace);
    this.#timer = setTimeout(tick, this.#pace, this).unref();
  }

  leave(one: Waiting): void {
    const { place } = one;
    const last = place < 0 ? undefined : this.#waiting.pop();
    if (last === undefined) return;
    if (last !== one) {
      this.#waiting[place] = last;
      last.place = place;
    }
    one.place = -1;
  }

  tick(): void {
    this.#now += this.#pace;
    // From the end, since whoever leaves at a look has the last one take its place.
    for (let at = this.#waiting.length - 1; at >= 0; at--) this.#waiting[at]?.look(this.#now);
    if (this.#waiting.length > 0) this.#timer?.refresh();
    else {
      this.#timer = undefined;
      this.#pace = slowest;
    }
  }
}

function tick(ticker: Ticker): void {
  ticker.tick();
}
