// The words of a directive: where one ends and the next begins, and its arguments (bare, `key=value`, quoted, JSON).

/** A line that is no directive, or one with bad arguments. */
export class ScriptError extends Error {
  override readonly name = 'ScriptError';
}

/** The arguments of one directive, each of which must be asked for: one that nobody knows is a mistake. */
export interface Argument {
  readonly name: string;
  /** All after the name, as written; without the quotes where it is one quoted text. */
  whole(): string;
  /** Every `key=value`. */
  pairs(): Readonly<Record<string, string>>;
  /** Whether a bare word is among them. */
  has(word: string): boolean;
  /** The first bare word; throws where there is none. */
  first(what: string): string;
  /** The first bare number, or else this; throws above `most`. */
  count(otherwise: number, most?: number): number;
  /** The number of a `key=value`; undefined where there is none; throws for anything else than a number from 0. */
  number(key: string): number | undefined;
  text(key: string): string | undefined;
  /** The first argument that was not asked for. */
  unread(): string | undefined;
}

const mark = /"(?:[^"\\]|\\.)*"|[{}[\];\n]/g;

/** The directives in a text: cut at line ends and at `;`, but not within quotes or brackets. */
export function directivesOf(text: string): readonly string[] {
  const directives: string[] = [];
  let depth = 0;
  let start = 0;
  for (const { 0: found, index } of text.matchAll(mark)) {
    if (found === '{' || found === '[') depth++;
    else if (found === '}' || found === ']') depth--;
    else if (depth <= 0 && (found === ';' || found === '\n')) {
      directives.push(text.slice(start, index));
      start = index + 1;
    }
  }
  directives.push(text.slice(start));
  return directives
    .map((directive) => directive.trim().replace(/^#sim\s+/, ''))
    .filter((directive) => directive !== '');
}

const word = /([\w-]+)=("(?:[^"\\]|\\.)*"|\S+)|"(?:[^"\\]|\\.)*"|\S+/g;

/** Takes a directive apart. */
export function argumentsOf(directive: string): Argument {
  const name = /^\S+/.exec(directive)?.[0] ?? '';
  const rest = directive.slice(name.length).trim();
  const bare: string[] = [];
  const pairs: Record<string, string> = {};
  for (const [whole, key, value] of rest.matchAll(word)) {
    if (key !== undefined && value !== undefined) pairs[key] = unquoted(value);
    else bare.push(unquoted(whole));
  }
  const unread = new Set([...bare, ...Object.keys(pairs)]);
  const text = (key: string): string | undefined => {
    unread.delete(key);
    return pairs[key];
  };
  return {
    name,
    whole() {
      unread.clear();
      return unquoted(rest);
    },
    pairs() {
      for (const key of Object.keys(pairs)) unread.delete(key);
      return pairs;
    },
    has(wanted) {
      unread.delete(wanted);
      return bare.includes(wanted);
    },
    first(what) {
      if (bare[0] === undefined) throw new ScriptError(`"${name}" needs ${what}.`);
      unread.delete(bare[0]);
      return bare[0];
    },
    count(otherwise, most = Number.POSITIVE_INFINITY) {
      const written = bare.find((one) => /^-?[\d.]/.test(one));
      unread.delete(written ?? '');
      const count = numberIn(name, written) ?? otherwise;
      if (count > most) throw new ScriptError(`"${name}" takes at most ${most}.`);
      return count;
    },
    number: (key) => numberIn(`${name} ${key}`, text(key)),
    text,
    unread: () => [...unread][0],
  };
}

function unquoted(text: string): string {
  if (!/^"(?:[^"\\]|\\.)*"$/.test(text)) return text;
  try {
    return String(JSON.parse(text));
  } catch {
    return text.slice(1, -1);
  }
}

function numberIn(where: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!Number.isFinite(number) || number < 0) throw new ScriptError(`"${where}" needs a number, not "${text}".`);
  return number;
}
