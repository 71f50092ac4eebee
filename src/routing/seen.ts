// What has been seen of something, where most often there is one thing to see: a set costs more than all else about it.

/** Things that were seen, told apart by identity. */
export class Seen {
  #first: unknown;
  #others: Set<unknown> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(one: unknown): boolean {
    return this.#size > 0 && (one === this.#first || this.#others?.has(one) === true);
  }

  add(one: unknown): void {
    if (this.has(one)) return;
    if (this.#size === 0) this.#first = one;
    else {
      this.#others ??= new Set();
      this.#others.add(one);
    }
    this.#size += 1;
  }
}
