// How a secret looks in a text: the one list, for whoever takes secrets out.

/** Shorter ones are words that texts are full of. */
export const shortestSecret = 8;

/** Plain, as JSON has it, and as a line of the log has it whose text tells JSON. Those that are too short have none. */
export function formsOf(secret: string): readonly string[] {
  if (secret.length < shortestSecret) return [];
  const escaped = inJson(secret);
  // The longest first, as it may hold the others.
  return [...new Set([inJson(escaped), escaped, secret])];
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
