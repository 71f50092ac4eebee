// How long a failure rests something, and how much: what the upstream told, else the table, within bounds. Milliseconds.

import type { GatewayError } from '../errors.ts';
import type { Settings } from './settings.ts';
import type { Rest, Scope } from './verdicts.ts';

/** The delay that the upstream asked for, no longer than the operator allows; undefined where it asked for none. */
export function toldDelay({ facts }: GatewayError, { longestTold }: Settings['cooling']): number | undefined {
  const told = facts.retryAfter;
  return told !== undefined && told > 0 ? Math.min(told, longestTold) * 1000 : undefined;
}

/** What the table says after so many failures in a row. */
export function tableRest(rest: Rest, failures: number, { transientSeconds }: Settings['cooling']): number {
  if ('transient' in rest) return Math.max(0, transientSeconds) * 1000;
  if ('seconds' in rest) return rest.seconds * 1000;
  return Math.min(rest.to, rest.from * 2 ** (failures - 1)) * 1000;
}

/** From here on a rest is staggered: shorter ones are over before anybody gathers. */
const staggeredFrom = 60_000;
const longestStagger = 30_000;

/** The rest, up to a tenth longer, so that accounts that failed together do not come back together; the same for the same id. */
export function staggered(rest: number, id: string): number {
  if (rest < staggeredFrom) return Math.ceil(rest);
  return Math.ceil(rest + Math.min(rest / 10, longestStagger) * fraction(id));
}

/** What a rest covers. The upstream knows best, except that a model it does not have says nothing of others. */
export function scopeOf(scope: Scope, { kind, facts }: GatewayError): Scope {
  return kind === 'model-not-found' ? scope : (facts.scope ?? scope);
}

/** A number from 0 to 1 that depends on the text alone (FNV-1a). */
function fraction(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return (hash >>> 0) / 0xffffffff;
}
