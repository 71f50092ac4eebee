// The candidates of a name as a plan needs them: in groups by tier and priority, each with those that are ready now. What is ready
// is worked out when health changed or a rest is over, not for each request.

import type { Candidate } from './catalogue.ts';
import type { Health } from './health.ts';
import type { Resolution } from './names.ts';
import { policies } from './policies/index.ts';
import type { Order, Policy } from './policies/policy.ts';
import type { Settings } from './settings.ts';

/** The candidates of a name, as one configuration groups them. */
export interface Pool {
  readonly policy: Policy;
  /** In the order in which they are used up. */
  readonly groups: readonly Group[];
  /** The candidates of one credential. */
  holding(credential: string): readonly Candidate[];
  /** Whether some of its services make sealed reasoning that only the same account can read. */
  readonly seals: boolean;
}
/** Candidates that are equal to the operator: of one tier, where tiers count, of one priority, and of one entry of a chain. */
export interface Group {
  /** Those that can be used and do not rest. */
  ready(health: Health, now: number): Ready;
}
/** Those of a group that can be used at a moment; the same object until that may have changed. */
export interface Ready {
  readonly candidates: readonly Candidate[];
  /** How the policy orders them. */
  readonly order: Order;
  /** The same in words. */
  readonly line: string;
}

/** The pools of names. One is made when it is first asked for, and goes with the catalogue. */
export interface Pools {
  /** The pool of what a name was taken to mean: the same one each time, as long as the configuration is the same. */
  of(resolution: Resolution, settings: Settings): Pool;
}

/** No pool is known yet. */
export function createPools(): Pools {
  const known = new WeakMap<readonly Candidate[], { readonly settings: Settings; readonly pool: Pool }>();
  return {
    of(resolution, settings) {
      const found = known.get(resolution.candidates);
      if (found?.settings === settings) return found.pool;
      const pool = createPool(resolution, settings);
      known.set(resolution.candidates, { settings, pool });
      return pool;
    },
  };
}

function createPool({ candidates, chain }: Resolution, settings: Settings): Pool {
  const policy = policies[settings.policy];
  const rank = ranking(chain?.tiers ?? settings.tiers);
  // A chain is an order of models; tiers of its own go over all of them, the configuration's stay within each.
  const keyOf = (candidate: Candidate): readonly number[] => {
    const tier = rank(candidate.credential.tier);
    const place = candidate.link?.place ?? 0;
    const above = chain?.tiers ? [tier, place] : [place, tier];
    return [...above, -candidate.credential.priority];
  };
  const grouped = new Map<string, { readonly key: readonly number[]; readonly candidates: Candidate[] }>();
  const byCredential = new Map<string, Candidate[]>();
  for (const candidate of candidates) {
    const key = keyOf(candidate);
    append(grouped, key.join(), () => ({ key, candidates: [] })).candidates.push(candidate);
    append(byCredential, candidate.credential.id, () => []).push(candidate);
  }
  const groups = [...grouped.values()].toSorted((a, b) => compare(a.key, b.key));
  return {
    policy,
    groups: groups.map((group) => createGroup(group.candidates, settings.policy)),
    holding: (credential) => byCredential.get(credential) ?? [],
    seals: candidates.some(({ credential }) => credential.provider.sealsBoundTo === 'account'),
  };
}

function append<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const found = map.get(key) ?? make();
  map.set(key, found);
  return found;
}

/** Tiers that are named stand in their order; all others are one behind them. */
function ranking(tiers: readonly string[]): (tier: string) => number {
  return (tier) => {
    const place = tiers.indexOf(tier);
    return place < 0 ? tiers.length : place;
  };
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((number, index) => number !== b[index]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}

/** What was found at a time, and for how long it holds. */
interface Memo extends Ready {
  readonly health: Health;
  readonly version: number;
  readonly from: number;
  readonly until: number;
}

const nobody: Order = () => [];

function createGroup(all: readonly Candidate[], name: Settings['policy']): Group {
  const policy = policies[name];
  const able = all.filter((candidate) => candidate.credential.unusable === undefined && !policy.refuses?.(candidate));
  let memo: Memo | undefined;
  const look = (health: Health, now: number): Memo => {
    const { version } = health;
    let until = Number.POSITIVE_INFINITY;
    const candidates = able.filter((candidate) => {
      const cooldown = health.cooldownOf(candidate, now);
      if (cooldown) until = Math.min(until, cooldown.until);
      return !cooldown;
    });
    const order = candidates.length > 0 ? policy.prepare(candidates) : nobody;
    const line = `${name}: ${policy.title}, ${candidates.length} ready of ${all.length}`;
    return { health, version, from: now, until, candidates, order, line };
  };
  return {
    ready(health, now) {
      const holds = memo?.health === health && memo.version === health.version && now >= memo.from && now < memo.until;
      if (!memo || !holds) memo = look(health, now);
      return memo;
    },
  };
}
