// The operator's payload rules, applied to a body as the last step before it is sent: defaults, then overrides, then filters. All
// bytes that no rule names stay as they are, and a path that leads nowhere is told, never a failure.

import type { Body } from '../body.ts';
import type { Json } from '../json.ts';
import type { PayloadRule, PayloadRules } from '../routing/payload-rules.ts';
import { concerns, type RuleContext } from './payload-matching.ts';
import { parsePath, type Segment } from './payload-path.ts';
import { isSameJson, type Place, placesFor, placesIn, valueAt, withoutValue, withValue } from './payload-place.ts';

/** The body with the rules applied: the same one where none of them changed anything. */
export interface Overridden {
  readonly body: Body;
  /** What was set, taken away or could not be, by path, in words; values are not told. */
  readonly edits: readonly string[];
}

/** Whether there are any rules at all. */
export function hasRules({ defaults, overrides, filters }: PayloadRules): boolean {
  return defaults.length + overrides.length + filters.length > 0;
}

/** The body with the rules applied that concern this request. */
export function applyOverrides(body: Body, rules: PayloadRules, context: RuleContext): Overridden {
  const { defaults, overrides, filters } = rules;
  const edits = new Set<string>();
  const mine = (rule: PayloadRule) => concerns(rule.models, body, context);
  // What was absent in the client's own body; a translated one is known by its translation.
  const source = context.upstream === context.client ? context.original : body;
  const filled = withDefaults(body, source, defaults.filter(mine), edits);
  const set = overrides
    .filter(mine)
    .flatMap(({ params }) => params)
    .reduce((edited, [path, value]) => written(edited, { path, value, kind: 'override' }, edits), filled);
  const gone = filters.filter(({ models }) => concerns(models, body, context)).flatMap(({ params }) => params);
  return { body: gone.length > 0 ? filtered(set, gone, edits) : set, edits: [...edits] };
}

/** The first rule for a path wins. */
function withDefaults(body: Body, source: Body, rules: readonly PayloadRule[], edits: Set<string>): Body {
  const seen = new Set<string>();
  let edited = body;
  for (const [path, value] of rules.flatMap(({ params }) => params)) {
    if (seen.has(path)) continue;
    seen.add(path);
    edited = written(edited, { path, value, kind: 'default', source }, edits);
  }
  return edited;
}

interface Writing {
  readonly path: string;
  readonly value: Json;
  readonly kind: 'default' | 'override';
  /** Where something stands at the path in here, nothing is written. */
  readonly source?: Body;
}

function written(body: Body, writing: Writing, edits: Set<string>): Body {
  const { path, value, kind, source } = writing;
  const [head, ...rest] = parsePath(path) ?? [];
  if (!head || 'where' in head) return told(body, edits, `payload ${kind} cannot read the path ${path}`);
  const isQuery = rest.some((segment) => 'where' in segment);
  if (source && !isQuery && stands(source, head.key, rest)) return body;
  const before = body.get(head.key);
  const places = placesFor(before, rest);
  if ('because' in places) return told(body, edits, `payload ${kind} cannot set ${path}: ${places.because}`);
  // Elements that a query finds may have moved since the client's own body: there the body itself tells what is absent.
  const open = source && isQuery ? places.filter((place) => valueAt(before, place) === undefined) : places;
  const changed = open.filter((place) => !isSameJson(valueAt(before, place), value));
  if (changed.length === 0) return body;
  edits.add(`payload ${kind} set ${path}`);
  const after = changed.reduce<Json | undefined>((edited, place) => withValue(edited, place, value), before);
  return after === undefined ? body : body.set(head.key, after, before);
}

/** Whether something stands at a path; the place behind the end of a list is always free. */
function stands(body: Body, key: string, rest: readonly Segment[]): boolean {
  if (!body.has(key)) return false;
  const appends = rest.some((segment) => 'index' in segment && segment.index === -1);
  return !appends && placesIn(body.get(key), rest).length > 0;
}

/** All places are found first, and the later ones of a list are taken away before the earlier ones move. */
function filtered(body: Body, paths: readonly string[], edits: Set<string>): Body {
  const doomed = paths.flatMap((path) => found(body, path, edits)).toSorted(laterFirst);
  return doomed.reduce((edited, { key, place, path }, index) => {
    const previous = doomed[index - 1];
    if (previous && previous.key === key && isSameJson(previous.place, place)) return edited;
    edits.add(`payload filter removed ${path}`);
    const before = edited.get(key);
    if (place.length === 0 || before === undefined) return edited.without(key);
    return edited.set(key, withoutValue(before, place), before);
  }, body);
}

interface Doomed {
  readonly key: string;
  readonly place: Place;
  readonly path: string;
}

function found(body: Body, path: string, edits: Set<string>): readonly Doomed[] {
  const [head, ...rest] = parsePath(path) ?? [];
  if (!head || 'where' in head) {
    edits.add(`payload filter cannot read the path ${path}`);
    return [];
  }
  if (!body.has(head.key)) return [];
  return placesIn(body.get(head.key), rest).map((place) => ({ key: head.key, place, path }));
}

/** Within one member: deeper and later places first, so that those still to go stay where they were found. */
function laterFirst(one: Doomed, other: Doomed): number {
  if (one.key !== other.key) return one.key < other.key ? -1 : 1;
  for (let step = 0; step < Math.min(one.place.length, other.place.length); step++) {
    const [left = '', right = ''] = [one.place[step], other.place[step]];
    if (left === right) continue;
    return typeof left === 'number' && typeof right === 'number' ? right - left : String(left) < String(right) ? -1 : 1;
  }
  return other.place.length - one.place.length;
}

function told(body: Body, edits: Set<string>, edit: string): Body {
  edits.add(edit);
  return body;
}
