// Which requests a payload rule is for.

import type { Body } from '../body.ts';
import type { DialectId } from '../envelope.ts';
import type { Json } from '../json.ts';
import { matchesGlob } from '../routing/glob.ts';
import type { PayloadMatcher } from '../routing/payload-rules.ts';
import { parsePath } from './payload-path.ts';
import { isSameJson, type Place, placesIn, valueAt } from './payload-place.ts';

/** What rules may ask of a request. */
export interface RuleContext {
  /** The dialect of the body. */
  readonly upstream: DialectId;
  readonly client: DialectId;
  /** All that the model is called: the upstream's id, the client's name without its suffix, and with it. */
  readonly names: readonly string[];
  header(name: string): string | undefined;
  /** As the client sent it. */
  readonly original: Body;
}

/** Whether a rule with these matchers is for this request: all that one matcher says must hold. A rule without any is for none. */
export function concerns(models: readonly PayloadMatcher[], body: Body, context: RuleContext): boolean {
  return models.some((matcher) => holds(matcher, body, context));
}

function holds(matcher: PayloadMatcher, body: Body, context: RuleContext): boolean {
  const { name, protocol, fromProtocol, headers = {} } = matcher;
  return (
    (name === undefined || context.names.some((one) => matchesGlob(name, one))) &&
    (protocol === undefined || protocol === context.upstream) &&
    (fromProtocol === undefined || fromProtocol === spoken(context.client)) &&
    Object.entries(headers).every(([header, pattern]) => fits(pattern, context.header(header.toLowerCase()))) &&
    holdsWithin(matcher, body)
  );
}

function fits(pattern: string, value: string | undefined): boolean {
  return value !== undefined && matchesGlob(pattern, value);
}

/** Completions are OpenAI's older words for the same. */
function spoken(client: DialectId): DialectId {
  return client === 'openai-completions' ? 'openai-chat' : client;
}

function holdsWithin({ match, notMatch, exist, notExist }: PayloadMatcher, body: Body): boolean {
  return (
    (match ?? []).every(([path, value]) => isAt(body, path, value)) &&
    (notMatch ?? []).every(([path, value]) => !isAt(body, path, value)) &&
    (exist ?? []).every((path) => isThere(body, path)) &&
    (notExist ?? []).every((path) => !isThere(body, path))
  );
}

function isAt(body: Body, path: string, value: Json): boolean {
  return valuesAt(body, path).some((found) => isSameJson(found, value));
}

function isThere(body: Body, path: string): boolean {
  return valuesAt(body, path).some((value) => value !== null);
}

/** What stands where a path leads; a path that cannot be read leads nowhere. */
function valuesAt(body: Body, path: string): readonly Json[] {
  const [head, ...rest] = parsePath(path) ?? [];
  if (!head || 'where' in head) return [];
  const value = body.get(head.key);
  return placesIn(value, rest).flatMap((place: Place) => valueAt(value, place) ?? []);
}
