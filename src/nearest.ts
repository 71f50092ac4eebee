// Which known words a mistyped word may have meant.

/** The known words nearest to `word`, best first: by edit distance, or by one containing the other. At most `most`. */
export function nearest(word: string, known: readonly string[], most: number): readonly string[] {
  const wanted = word.toLowerCase();
  const bound = Math.max(2, Math.floor(wanted.length / 3));
  return known
    .map((candidate) => ({ candidate, distance: nearness(wanted, candidate.toLowerCase(), bound) }))
    .filter(({ distance }) => distance <= bound)
    .map((near) => ({ ...near, difference: difference(wanted, near.candidate.toLowerCase()) }))
    .toSorted((a, b) => a.distance - b.distance || a.difference - b.difference)
    .slice(0, most)
    .map(({ candidate }) => candidate);
}

/** The known word that is nearest to `word` by edit distance alone, unless it is further than that; the first of several. */
export function closest(word: string, known: readonly string[], furthest: number): string | undefined {
  const wanted = word.toLowerCase();
  let best: string | undefined;
  let least = furthest + 1;
  for (const candidate of known) {
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance >= least) continue;
    best = candidate;
    least = distance;
  }
  return best;
}

function nearness(wanted: string, candidate: string, bound: number): number {
  if (wanted.length >= 3 && (contains(candidate, wanted) || contains(wanted, candidate))) return 1;
  return Math.abs(wanted.length - candidate.length) > bound
    ? Number.POSITIVE_INFINITY
    : editDistance(wanted, candidate);
}

/** Whether the whole holds the part, or all of its words in order: `vertex-api-key` holds `vertex-key`. */
function contains(whole: string, part: string): boolean {
  if (whole.includes(part)) return true;
  const words = part.split('-');
  if (words.length < 2 || words.includes('')) return false;
  let next = 0;
  for (const word of whole.split('-')) if (word === words[next]) next += 1;
  return next === words.length;
}

/** How much of the longer word is different, and how different the lengths are: it tells containing by little from containing by much. */
const difference = (a: string, b: string): number =>
  (editDistance(a, b) + Math.abs(a.length - b.length)) / Math.max(a.length, b.length);

/** Levenshtein distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(substituted, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
