// Every name that routes, with who offers it and whether they could answer now: GET /v1/catalogue, for `cliproxy models`.

import type { JsonObject } from '../json.ts';
import type { Candidate, Catalogue } from '../routing/catalogue.ts';
import type { Live } from '../routing/live.ts';
import { policies } from '../routing/policies/index.ts';
import type { Snapshot } from '../routing/snapshot.ts';
import { limitsOf } from './models.ts';
import { timeOf } from './questions.ts';

/** What the state of an offer depends on. */
interface View {
  readonly health: Live['health'];
  /** Wall-clock milliseconds. */
  readonly now: number;
  /** Why a candidate is never asked. */
  readonly faultOf: (candidate: Candidate) => string | undefined;
}

/** All names with their states at a time. */
export function printOffers({ catalogue, settings }: Snapshot, { health }: Live, now: number): JsonObject {
  const { refuses } = policies[settings.policy];
  const faultOf: View['faultOf'] = (candidate) => candidate.credential.unusable ?? refuses?.(candidate);
  const view = { health, now, faultOf };
  return { object: 'list', data: [...namesOf(catalogue)].map(([name, offers]) => printOffer(name, offers, view)) };
}

/** Every name with all that offer it, chains first, as they are looked up. */
function namesOf({ offers, chains }: Catalogue): ReadonlyMap<string, readonly Candidate[]> {
  return new Map([
    ...Array.from(chains, ([name, { candidates }]) => [name, candidates] as const),
    ...[...offers].filter(([name]) => !chains.has(name)),
  ]);
}

function printOffer(name: string, offers: readonly Candidate[], { health, now, faultOf }: View): JsonObject {
  const usable = offers.filter((candidate) => faultOf(candidate) === undefined);
  const rests = usable.flatMap((candidate) => health.cooldownOf(candidate, now) ?? []);
  const ready = usable.length - rests.length;
  const soonest = rests.toSorted((a, b) => a.until - b.until)[0];
  const limits = limitsOf(offers);
  const [because] = offers.flatMap((candidate) => faultOf(candidate) ?? []);
  return {
    id: name,
    providers: [...new Set(offers.map(({ credential }) => credential.provider.id))],
    credentials: new Set(offers.map(({ credential }) => credential.id)).size,
    candidates: offers.length,
    ready,
    context_length: limits.context,
    max_completion_tokens: limits.maxOutput,
    ...(ready > 0 ? { state: 'ready' } : soonest ? resting(soonest) : { state: 'unusable', because }),
  };
}

function resting({ label, cause, until }: { label: string; cause: string; until: number }): JsonObject {
  return { state: 'resting', reason: label, because: cause, until: timeOf(until) };
}
