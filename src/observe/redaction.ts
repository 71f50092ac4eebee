// What must never be shown: the secrets of the configuration, wherever they stand in a text, and whatever else looks like a key.
// The last gate before log lines or an explanation leave; nothing relies on it alone.

import { formsOf, shortestSecret as shortest } from './secret-forms.ts';

/** Takes secrets out of texts. */
export interface Redaction {
  /** From now on these are hidden too; those of the two last configurations are kept, since their requests may still be told of. */
  learn(secrets: Iterable<string>): void;
  /** The text with every secret replaced. Many lines at once cost less than each by itself. */
  readonly of: (text: string) => string;
}

const shown = '[redacted]';

/**
 * Keys by their makers' marks, what follows `Bearer`, a query's key, and the password of a URL. A line of JSON ends with a brace, so
 * that none of these goes on into the next. Upstreams choose these texts, so none may cost more than in proportion to its length: what
 * stands in front of a secret is looked back for only where no run of characters can be looked through again from each of its places.
 */
const telltale =
  /\b(?:sk-[\w-]{8,}|AIza[\w-]{20,}|gsk_\w{16,}|xai-\w{16,})|\b([Bb]earer\s+)[\w.~+/=-]{8,}|(?<=[?&](?:key|auth_token|api_key|access_token)=)(?!\[redacted\])[^&\s"'#\\]+|(?<=:\/\/[^\s/@:"]*:)(?!\[redacted\])[^\s/@"\\]+(?=@)/g;
/** Without one of these there is nothing of the kind: most lines are looked through no closer. */
const mark = /sk-|AIza|gsk_|xai-|earer|key=|token=|:\/\//;

/** Knows no secret of a configuration yet; what looks like a key is replaced from the beginning. */
export function createRedaction(): Redaction {
  let last: readonly string[] = [];
  let find = finderOf(last);
  return {
    learn(secrets) {
      const current = [...new Set([...secrets].flatMap(formsOf))];
      find = finderOf(new Set([...last, ...current]));
      last = current;
    },
    of(text) {
      const clean = withoutKnown(text, find);
      return mark.test(clean) ? clean.replace(telltale, `$1${shown}`) : clean;
    },
  };
}

interface Finder {
  /** By the last two of `shortest` letters: how much further on a secret may begin at the earliest. 0: where these letters begin. */
  readonly steps: Uint8Array;
  /** By two letters: 1 where a secret begins with them. */
  readonly begins: Uint8Array;
  /** The longest secret that stands in the text at this place. */
  at(text: string, at: number): string | undefined;
}

/** Letters by which secrets are looked up, where they have so many: keys of one maker begin alike. */
const heads = [24, shortest] as const;

/** The last pair among the first letters of a secret. */
const lastPair = shortest - 2;

/**
 * A search for all of them at once (Wu and Manber's): most places are stepped over unseen, as the letters ahead stand in the head of no
 * secret. Thousands cost little more than one: the first two letters rule out most other places, the first few all but one secret.
 */
function finderOf(secrets: Iterable<string>): Finder {
  const steps = new Uint8Array(1 << 16).fill(lastPair + 1);
  const begins = new Uint8Array(1 << 16);
  const byHead = new Map<string, string[]>();
  const longestFirst = [...secrets].toSorted((a, b) => b.length - a.length);
  for (const secret of longestFirst) {
    const letters = lettersOf(secret);
    begins[pairAt(letters, 0)] = 1;
    for (let at = 0; at <= lastPair; at++) {
      const pair = pairAt(letters, at);
      steps[pair] = Math.min(steps[pair] ?? 0, lastPair - at);
    }
    const head = secret.slice(
      0,
      heads.find((length) => secret.length >= length),
    );
    const others = byHead.get(head);
    if (others) others.push(secret);
    else byHead.set(head, [secret]);
  }
  return {
    steps,
    begins,
    at(text, at) {
      for (const length of heads) {
        const found = byHead.get(text.slice(at, at + length))?.find((secret) => text.startsWith(secret, at));
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}

/** Two letters, each by the last eight bits of its code. */
function pairAt(letters: Uint8Array, at: number): number {
  return ((letters[at] ?? 0) << 8) | (letters[at + 1] ?? 0);
}

/** The letters of a text by the last eight bits of their codes: looked at thousands of times, bytes cost a third of characters. */
function lettersOf(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}

function withoutKnown(text: string, find: Finder): string {
  const { steps, begins } = find;
  const letters = lettersOf(text);
  let clean = '';
  let from = 0;
  let at = 0;
  while (at + shortest <= text.length) {
    const step = steps[pairAt(letters, at + lastPair)] ?? 0;
    if (step > 0) {
      at += step;
      continue;
    }
    const secret = begins[pairAt(letters, at)] === 1 ? find.at(text, at) : undefined;
    if (secret === undefined) at += 1;
    else {
      clean += text.slice(from, at) + shown;
      at += secret.length;
      from = at;
    }
  }
  return from === 0 ? text : clean + text.slice(from);
}
