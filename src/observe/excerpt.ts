// How much of an upstream's words is kept and printed: an error body may be a megabyte.

const longest = 500;

/** The beginning of a text that is too long, and how much is left out. */
export function excerpt(text: string): string {
  if (text.length <= longest) return text;
  // Half a pair is no character.
  const kept = text.codePointAt(longest - 1) === text.charCodeAt(longest - 1) ? longest : longest - 1;
  return `${text.slice(0, kept)}… (${text.length - kept} more characters)`;
}
