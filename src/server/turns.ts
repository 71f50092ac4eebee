// Work of which only so much may be under way at once; what comes meanwhile waits for its turn, first come, first served.

/** Does the work once it is its turn, and settles as the work does. */
export type Turns = <T>(work: () => Promise<T>) => Promise<T>;

/** `atOnce` is at least 1; with less nothing would ever be done. */
export function createTurns(atOnce: number): Turns {
  let busy = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    // A turn is handed on, so that nobody who comes later goes first.
    if (busy < atOnce) busy++;
    else await new Promise<void>((go) => waiting.push(go));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else busy--;
    }
  };
}
