// The scripts that wait for requests: each for the next few that match it, or for all.

import { asArray, asNumber, asString, isObject, type Json } from '../json.ts';
import { readScript, type Script } from './script.ts';
import { ScriptError } from './script-words.ts';
import type { Tongue } from './speaker.ts';

/** What a script waits for; all that is given must match. A trailing `*` matches any ending. */
interface Match {
  readonly model?: string;
  readonly key?: string;
  readonly path?: string;
  readonly tongue?: Tongue;
}

/** A script and the requests that it is for. */
export interface ScriptOrder {
  /** Directives. */
  readonly say: string | readonly string[];
  /** Absent: any request. */
  readonly match?: Match;
  /** How many requests it is for; default 1. */
  readonly times?: number | 'always';
}

/** The scripts that wait, oldest first. */
export interface Scripts {
  /** All of them, or none where one cannot be read. Throws ScriptError. */
  add(...orders: readonly ScriptOrder[]): void;
  /** The first script that waits for this request, which is thereby used up once. */
  take(facts: Match): Script | undefined;
  clear(): void;
}

/** A list on which nothing waits. */
export function scripts(): Scripts {
  let waiting: { readonly script: Script; readonly match: Match; left: number }[] = [];
  return {
    add(...orders) {
      const read = orders.map(({ say, match = {}, times = 1 }) => {
        const left = times === 'always' ? Number.POSITIVE_INFINITY : times;
        return { script: readScript(say), match, left };
      });
      waiting = [...waiting, ...read];
    },
    take(facts) {
      const found = waiting.find(({ match }) => matches(match, facts));
      if (found === undefined) return undefined;
      found.left--;
      if (found.left <= 0) waiting = waiting.filter((entry) => entry !== found);
      return found.script;
    },
    clear() {
      waiting = [];
    },
  };
}

function matches(match: Match, facts: Match): boolean {
  return matchable.every((name) => {
    const wanted = match[name];
    return wanted === undefined || fits(wanted, facts[name] ?? '');
  });
}

function fits(wanted: string, given: string): boolean {
  return wanted.endsWith('*') ? given.startsWith(wanted.slice(0, -1)) : given === wanted;
}

const matchable = ['model', 'key', 'path', 'tongue'] as const;
const tongues: readonly Tongue[] = ['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini'];

/** Reads an order from the admin call. Throws ScriptError. */
export function readOrder(body: Json): ScriptOrder {
  if (!isObject(body)) throw new ScriptError('A script is an object, such as {"say": "status 429"}.');
  const { say, match, times, ...others } = body;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw new ScriptError(`"${unknown}" is not one of say, match, times.`);
  return {
    say: readSay(say),
    ...(match !== undefined && { match: readMatch(match) }),
    ...(times !== undefined && { times: readTimes(times) }),
  };
}

function readSay(say: Json | undefined): string | readonly string[] {
  const lines = asArray(say) ?? [say];
  const texts = lines.flatMap((line) => asString(line) ?? []);
  if (texts.length < lines.length) throw new ScriptError('"say" must be a directive or a list of directives.');
  return texts;
}

function readMatch(match: Json): Match {
  if (!isObject(match)) throw new ScriptError('"match" must be an object.');
  for (const [name, value] of Object.entries(match))
    if (!matchable.some((known) => known === name) || typeof value !== 'string')
      throw new ScriptError(`"match.${name}" is not one of ${matchable.join(', ')}, each a text.`);
  const tongue = asString(match.tongue);
  if (tongue !== undefined && !tongues.some((known) => fits(tongue, known)))
    throw new ScriptError(`"match.tongue" is none of ${tongues.join(', ')}.`);
  return match as Match;
}

function readTimes(times: Json): number | 'always' {
  if (times === 'always') return times;
  const number = asNumber(times);
  if (number !== undefined && Number.isInteger(number) && number > 0) return number;
  throw new ScriptError('"times" must be a whole number from 1, or "always".');
}
