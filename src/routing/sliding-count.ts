// A count over the last minute or day, kept in slots: adding and asking cost the same however much is counted, and a count is never
// too low for any window of that length.

/** Counts what was added within `slots` × `width` milliseconds, to within one slot. */
export class SlidingCount {
  readonly #counts: Float64Array;
  readonly #width: number;
  #at = 0;
  /** Begin of the slot that is counted in. */
  #since = 0;
  #total = 0;

  constructor(slots: number, width: number) {
    this.#counts = new Float64Array(slots + 1);
    this.#width = width;
  }

  /** Counts it as of now, in milliseconds. */
  add(amount: number, now: number): void {
    this.#advance(now);
    this.#counts[this.#at] = (this.#counts[this.#at] ?? 0) + amount;
    this.#total += amount;
  }

  /** What was added within the window, which may reach back one slot further. */
  total(now: number): number {
    this.#advance(now);
    return this.#total;
  }

  /** When the count will be below the limit, if nothing is added. */
  below(limit: number, now: number): number {
    this.#advance(now);
    let rest = this.#total;
    const slots = this.#counts.length;
    for (let age = slots - 1; age >= 0 && rest >= limit; age--) {
      rest -= this.#counts[(this.#at + slots - age) % slots] ?? 0;
      if (rest < limit || age === 0) return this.#since + (slots - age) * this.#width;
    }
    return now;
  }

  /** A clock that was put back leaves the counts where they are. */
  #advance(now: number): void {
    const begin = Math.floor(now / this.#width) * this.#width;
    const steps = (begin - this.#since) / this.#width;
    this.#since = begin;
    for (let step = 0; step < Math.min(steps, this.#counts.length); step++) {
      this.#at = (this.#at + 1) % this.#counts.length;
      this.#total -= this.#counts[this.#at] ?? 0;
      this.#counts[this.#at] = 0;
    }
  }
}
