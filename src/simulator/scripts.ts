// The scripts that wait for requests: each for the next few that match it, or for all.

import type { JsonObject } from '../json.ts';
import { asArray, asNumber, asObject, asString, isObject } from '../json.ts';
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

export interface ScriptOrder {
  /** Directives. */
  readonly say: string | readonly string[];
  readonly match?: Match;
  /** How many requests it is for; default 1. */
  readonly times?: number | 'always';
}

export interface Scripts {
  add(order: ScriptOrder): void;
  /** The first script that waits for this request, which is thereby used up once. */
  take(facts: Match): Script | undefined;
  clear(): void;
}

export function scripts(): Scripts {
  let waiting: { readonly script: Script; readonly match: Match; left: number }[] = [];
  return {
    add(order) {
      const left = order.times === 'always' ? Number.POSITIVE_INFINITY : (order.times ?? 1);
      waiting = [...waiting, { script: readScript(order.say), match: order.match ?? {}, left }];
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
  return (['model', 'key', 'path', 'tongue'] as const).every((name) => {
    const wanted = match[name];
    if (wanted === undefined) return true;
    const given = facts[name] ?? '';
    return wanted.endsWith('*') ? given.startsWith(wanted.slice(0, -1)) : given === wanted;
  });
}

/** Reads an order from the admin call. Throws ScriptError. */
export function readOrder(body: JsonObject): ScriptOrder {
  const say = asString(body.say) ?? asArray(body.say)?.flatMap((line) => asString(line) ?? []);
  if (say === undefined) throw new ScriptError('"say" must be a directive or a list of directives.');
  const times = body.times === 'always' ? 'always' : asNumber(body.times);
  if (body.times !== undefined && times === undefined) throw new ScriptError('"times" must be a number or "always".');
  if (body.match !== undefined && !isObject(body.match)) throw new ScriptError('"match" must be an object.');
  const match = asObject(body.match) ?? {};
  for (const [name, value] of Object.entries(match))
    if (!['model', 'key', 'path', 'tongue'].includes(name) || typeof value !== 'string')
      throw new ScriptError(`"match.${name}" is not one of model, key, path, tongue, each a text.`);
  return { say, match: match as Match, ...(times === undefined ? {} : { times }) };
}
