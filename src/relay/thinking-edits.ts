// What became of a request's wish to think, in words for the operator: what was asked for beside what was sent.

import type { Body } from '../body.ts';
import type { RequestCodec } from '../dialects/dialect.ts';
import { isObject, type Json } from '../json.ts';

const none: readonly string[] = [];

/** Members of one body that were changed so that its thinking fits: `thinking.budget_tokens: 4000 -> 1599`. */
export function fittedEdits({ thinking }: RequestCodec, before: Body, after: Body): readonly string[] {
  if (before === after) return none;
  const differs = (path: string) => shownAt(before, path) !== shownAt(after, path);
  const changed = thinking.filter(differs);
  const covered = (key: string) => changed.some((path) => path === key || path.startsWith(`${key}.`));
  const others = after.edits.filter((key) => !covered(key) && differs(key));
  return [...changed, ...others].map(
    (path) => `${path}: ${shownAt(before, path) ?? 'absent'} -> ${shownAt(after, path) ?? 'absent'}`,
  );
}

/** The wish as the client's dialect said it, and as the upstream's says it; nothing where neither does. */
export function translatedEdits(
  client: RequestCodec,
  before: Body,
  upstream: RequestCodec,
  after: Body,
): readonly string[] {
  const was = said(client, before);
  const is = said(upstream, after);
  return was === '' && is === '' ? [] : [`thinking: ${was || 'nothing said'} -> ${is || 'nothing said'}`];
}

function said({ thinking }: RequestCodec, body: Body): string {
  return thinking
    .flatMap((path) => {
      const value = shownAt(body, path);
      return value === undefined ? [] : [`${path} ${value}`];
    })
    .join(', ');
}

/** A word or a number at a dotted path; what else a stranger put there is only named. */
function shownAt(body: Body, path: string): string | undefined {
  const [key = '', ...rest] = path.split('.');
  if (!body.has(key)) return undefined;
  const value = rest.reduce<Json | undefined>(memberOf, body.get(key));
  if (value === undefined) return undefined;
  if (typeof value === 'string') return JSON.stringify(value.slice(0, longest));
  return typeof value === 'number' || typeof value === 'boolean' || value === null ? String(value) : 'some JSON';
}

function memberOf(value: Json | undefined, name: string): Json | undefined {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

const longest = 40;
