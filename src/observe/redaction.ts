// What must never be shown: the secrets of the configuration, wherever they stand in a text, and whatever else looks like a key.
// The last gate before a log line or an explanation leaves; nothing relies on it alone.

export interface Redaction {
  /** From now on these are hidden too; those of the two last configurations are kept, since their requests may still be told of. */
  learn(secrets: Iterable<string>): void;
  /** The text with every secret replaced. */
  readonly of: (text: string) => string;
}

const shown = '[redacted]';

/** Shorter ones are words that texts are full of. */
const shortest = 8;

/** Keys by their makers' marks, what follows `Bearer`, a query's key, and the password of a URL. */
const telltale =
  /\b(?:sk-[\w-]{8,}|AIza[\w-]{20,}|gsk_\w{16,}|xai-\w{16,})|(?<=\b[Bb]earer\s+)(?!\[redacted\])[\w.~+/=-]{8,}|(?<=[?&](?:key|auth_token|api_key|access_token)=)(?!\[redacted\])[^&\s"'#\\]+|(?<=:\/\/[^\s/@:"]*:)(?!\[redacted\])[^\s/@"\\]+(?=@)/g;
/** Without one of these there is nothing of the kind: most lines are looked through no closer. */
const marks = ['sk-', 'AIza', 'gsk_', 'xai-', 'earer', 'key=', 'token=', '://'];

export function createRedaction(): Redaction {
  let last: readonly string[] = [];
  let find = finderOf(last);
  return {
    learn(secrets) {
      const current = [...new Set(secrets)].filter((secret) => secret.length >= shortest);
      find = finderOf(new Set([...last, ...current]));
      last = current;
    },
    of(text) {
      const clean = withoutKnown(text, find);
      return marks.some((mark) => clean.includes(mark)) ? clean.replace(telltale, shown) : clean;
    },
  };
}

interface Finder {
  /** Whether a secret begins with these two letters. */
  may(pair: number): boolean;
  /** The longest secret that stands in the text at this place. */
  at(text: string, at: number): string | undefined;
}

/** Letters by which secrets are looked up, where they have so many: keys of one maker begin alike. */
const heads = [24, shortest] as const;

/** Thousands of secrets cost no more than one: the first two letters rule out nearly every place, the first few all but one secret. */
function finderOf(secrets: Iterable<string>): Finder {
  const pairs = new Uint8Array(1 << 16);
  const byHead = new Map<string, string[]>();
  const longestFirst = [...secrets].toSorted((a, b) => b.length - a.length);
  for (const secret of longestFirst) {
    pairs[pairAt(secret, 0)] = 1;
    const head = secret.slice(
      0,
      heads.find((length) => secret.length >= length),
    );
    const others = byHead.get(head);
    if (others) others.push(secret);
    else byHead.set(head, [secret]);
  }
  return {
    may: (pair) => pairs[pair] === 1,
    at(text, at) {
      for (const length of heads) {
        const found = byHead.get(text.slice(at, at + length))?.find((secret) => text.startsWith(secret, at));
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}

function pairAt(text: string, at: number): number {
  return ((text.charCodeAt(at) & 255) << 8) | (text.charCodeAt(at + 1) & 255);
}

function withoutKnown(text: string, find: Finder): string {
  let clean = '';
  let from = 0;
  let pair = pairAt(text, 0) >> 8;
  for (let at = 0; at + shortest <= text.length; at++) {
    pair = ((pair & 255) << 8) | (text.charCodeAt(at + 1) & 255);
    const secret = find.may(pair) ? find.at(text, at) : undefined;
    if (secret === undefined) continue;
    clean += text.slice(from, at) + shown;
    from = at + secret.length;
    at = from - 1;
    pair = text.charCodeAt(from);
  }
  return from === 0 ? text : clean + text.slice(from);
}
