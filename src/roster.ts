// Who takes part in something for a while. Not a set: when a set grows or is tidied, its old table points to the new one, and once
// that old table lies in the old heap, all that is entered later stays reachable with it until V8 clears that heap.

/** Who can stand in a roster, in one at a time. Starts with `place` -1. */
export interface Member {
  /** Where it stands, -1 for not at all; the roster's own, so that leaving takes no search. */
  place: number;
}

/** Members in no order that lasts. Entering and leaving cost the same however many there are. */
export class Roster<One extends Member> {
  readonly #members: One[] = [];

  get size(): number {
    return this.#members.length;
  }

  /** Only for one that is not there: nobody looks whether it is. */
  enter(one: One): void {
    one.place = this.#members.push(one) - 1;
  }

  /** Nothing for one that is not there. */
  leave(one: One): void {
    const { place } = one;
    const last = place < 0 ? undefined : this.#members.pop();
    if (last === undefined) return;
    if (last !== one) {
      this.#members[place] = last;
      last.place = place;
    }
    one.place = -1;
  }

  /** All of them, the last first: whoever leaves meanwhile has the last one take its place. */
  each(look: (one: One) => void): void {
    for (let at = this.#members.length - 1; at >= 0; at--) {
      const one = this.#members[at];
      if (one) look(one);
    }
  }
}
