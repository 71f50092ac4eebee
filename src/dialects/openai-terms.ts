// On what terms OpenAI serves a request, which both of its dialects say in the same words: the tier of its processing, how long its
// prompt stays cached, and the labels that it goes by.

import type { Target } from '../envelope.ts';
import type { ChatRequest, Tier } from '../ir/request.ts';
import { asObject, compact, isSaid, type Json, type JsonObject } from '../json.ts';
import type { Report } from '../loss.ts';

type Terms = Pick<ChatRequest, 'tier' | 'cacheRetention'>;

/** wire → IR. */
export function decodeTerms(body: JsonObject, report: Report): Terms {
  reportCacheOptions(body.prompt_cache_options, report);
  return compact({
    tier: decodeTier(body.service_tier, report),
    cacheRetention: decodeRetention(body.prompt_cache_retention, report),
  });
}

/** `fast` is the younger word for `priority`; `auto` leaves the choice to the project's settings, as saying nothing does. */
const tiers: ReadonlyMap<Json, Tier> = new Map([
  ['priority', 'priority'],
  ['fast', 'priority'],
  ['flex', 'flex'],
  ['scale', 'scale'],
  ['default', 'default'],
]);

function decodeTier(value: Json | undefined, report: Report): Tier | undefined {
  const tier = value === undefined ? undefined : tiers.get(value);
  if (tier || !isSaid(value) || value === 'auto') return tier;
  const nearest = value === 'ultrafast' ? 'priority' : undefined;
  const why = nearest
    ? 'Only OpenAI Responses has the ultrafast tier; priority was asked for.'
    : `The gateway does not know the service tier '${String(value)}'; it was left out.`;
  report({ what: 'service_tier', why });
  return nearest;
}

/** The vendor's own defaults lose nothing. */
function reportCacheOptions(value: Json | undefined, report: Report): void {
  const { mode = null, ttl = null, ...others } = asObject(value) ?? {};
  const usual = (mode === null || mode === 'implicit') && (ttl === null || ttl === '30m');
  if (!isSaid(value) || (asObject(value) && usual && !Object.values(others).some(isSaid))) return;
  report({
    what: 'prompt_cache_options',
    why: 'How a prompt is written to the cache is not translated; what is usual at the service happens.',
  });
}

function decodeRetention(value: Json | undefined, report: Report): Terms['cacheRetention'] {
  if (value === 'in_memory' || value === '24h') return value;
  if (isSaid(value))
    report({ what: 'prompt_cache_retention', why: 'The gateway knows in_memory and 24h; it was left out.' });
  return undefined;
}

/** Reports what cannot be carried of a request's labels: a second name of its user, values of its metadata that are no text. */
export function reportLabels({ user, safety_identifier: safety, metadata }: JsonObject, report: Report): void {
  if (user && safety && user !== safety) report({ what: 'user', why: 'safety_identifier was carried instead.' });
  if (Object.values(asObject(metadata) ?? {}).some((value) => typeof value !== 'string'))
    report({ what: 'metadata', why: 'Only values that are text can be carried.' });
}

/** IR → wire. Other services of these dialects have other tiers, if any. To be cached for a short while only is what happens anyway. */
export function encodeTerms({ tier, cacheRetention }: Terms, { maker }: Target, report: Report): JsonObject {
  if (maker === 'openai') return compact({ service_tier: tier, prompt_cache_retention: cacheRetention });
  if (tier !== undefined && tier !== 'default')
    report({ what: 'service_tier', why: 'Tiers of processing are named so at OpenAI only; the usual one is used.' });
  if (cacheRetention === '24h')
    report({ what: 'prompt_cache_retention', why: 'How long a prompt stays cached can be chosen at OpenAI only.' });
  return {};
}
