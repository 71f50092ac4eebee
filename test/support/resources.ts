// What keeps this process alive: sockets and timers, counted, so that a test can say that it left none behind.

/** How many there are of each kind. */
export function resources(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

/** Kinds that a leak would show in. */
const watched = /^(?:TCP|TLS|Timeout|HTTP)/;
/** Milliseconds that sockets get to close, and idle timers of others to run out. */
const grace = 8000;

/** Kinds of which there are more than before, when all that ends by itself has ended. */
export async function settled(before: ReadonlyMap<string, number>): Promise<readonly string[]> {
  const end = performance.now() + grace;
  for (;;) {
    const more = [...resources()].flatMap(([kind, count]) => {
      const then = before.get(kind) ?? 0;
      return watched.test(kind) && count > then ? [`${kind}: ${then} before, ${count} now`] : [];
    });
    if (more.length === 0 || performance.now() > end) return more;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
