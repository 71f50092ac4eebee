// Every name that routes, with who offers it and whether they could answer now: GET /v1/catalogue, for `cliproxy models`.

import type { JsonObject } from '../json.ts';
import type { Candidate, Catalogue } from '../routing/catalogue.ts';
import type { Live } from '../routing/live.ts';
import { timeOf } from './questions.ts';

/** All names with their states at a time. */
export function printOffers(names: ReadonlyMap<string, readonly Candidate[]>, live: Live, now: number): JsonObject {
  return { object: 'list', data: [...names].map(([name, offers]) => printOffer(name, offers, live, now)) };
}

/** Every name with all that offer it, chains first, as they are looked up. */
export function namesOf({ offers, chains }: Catalogue): ReadonlyMap<string, readonly Candidate[]> {
  return new Map([
    ...Array.from(chains, ([name, { candidates }]) => [name, candidates] as const),
    ...without(offers, chains),
  ]);
}

function without<T>(
  offers: ReadonlyMap<string, T>,
  names: ReadonlyMap<string, unknown>,
): readonly (readonly [string, T])[] {
  return [...offers].filter(([name]) => !names.has(name));
}

function printOffer(name: string, offers: readonly Candidate[], live: Live, now: number): JsonObject {
  const usable = offers.filter(({ credential }) => credential.unusable === undefined);
  const rests = usable.flatMap((candidate) => live.health.cooldownOf(candidate, now) ?? []);
  const ready = usable.length - rests.length;
  const soonest = rests.toSorted((a, b) => a.until - b.until)[0];
  const limits = offers[0]?.model.limits ?? {};
  return {
    id: name,
    providers: [...new Set(offers.map(({ credential }) => credential.provider.id))],
    credentials: new Set(offers.map(({ credential }) => credential.id)).size,
    candidates: offers.length,
    ready,
    context_length: limits.context,
    max_completion_tokens: limits.maxOutput,
    ...(ready > 0 ? { state: 'ready' } : soonest ? resting(soonest) : unusable(offers)),
  };
}

function resting({ label, cause, until }: { label: string; cause: string; until: number }): JsonObject {
  return { state: 'resting', reason: label, because: cause, until: timeOf(until) };
}

function unusable(offers: readonly Candidate[]): JsonObject {
  return { state: 'unusable', because: offers.find(({ credential }) => credential.unusable)?.credential.unusable };
}
