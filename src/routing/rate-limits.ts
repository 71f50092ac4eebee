// The operator's limits per credential, ahead of the upstream's own: requests under way, requests and tokens per minute and day.

import type { Credential, RateLimit } from './credential.ts';
import { count as several } from './lookup.ts';
import { SlidingCount } from './sliding-count.ts';

/** What each credential was asked for, held against its limits. Times are wall-clock milliseconds. */
export interface RateLimits {
  /** What keeps the credential from taking a request now, and until when (wall-clock milliseconds; absent: until one ends). */
  obstacle(credential: Credential, now: number): { readonly because: string; readonly until?: number } | undefined;
  /**
   * A request goes to it. Call the result once, when it is over, with the tokens it used as far as they are known; they count as
   * of then, or of the last time anybody told.
   */
  take(credential: Credential, now: number): (tokens?: number, now?: number) => void;
  /** Requests under way; counted for every credential, limited or not. */
  busy(credential: string): number;
  /** Forgets credentials that are gone and have nothing under way. */
  keep(credentials: ReadonlySet<string>): void;
}

type Window = Exclude<keyof RateLimit, 'concurrency'>;

interface Span {
  readonly slots: number;
  readonly width: number;
  readonly what: string;
  readonly within: string;
}
const windows: Readonly<Record<Window, Span>> = {
  rpm: { slots: 60, width: 1000, what: 'request', within: 'in a minute' },
  tpm: { slots: 60, width: 1000, what: 'token', within: 'in a minute' },
  rpd: { slots: 48, width: 1_800_000, what: 'request', within: 'in a day' },
  tpd: { slots: 48, width: 1_800_000, what: 'token', within: 'in a day' },
};
const names = Object.keys(windows) as readonly Window[];

/** What is counted of one credential; only what has a limit. */
interface Account {
  busy: number;
  /** Absent as long as nothing is counted: most credentials have no limits. */
  counts: Partial<Record<Window, SlidingCount>> | undefined;
}

/** Nothing is counted yet. */
export function createRateLimits(): RateLimits {
  const accounts = new Map<string, Account>();
  let latest = 0;

  const accountOf = (id: string): Account => {
    let account = accounts.get(id);
    if (!account) {
      account = { busy: 0, counts: undefined };
      accounts.set(id, account);
    }
    return account;
  };

  return {
    obstacle({ id, limits }, now) {
      latest = now;
      const account = accounts.get(id);
      return account && (busyObstacle(account, limits) ?? countObstacle(account, limits, now));
    },
    take({ id, limits }, now) {
      latest = now;
      const account = accountOf(id);
      account.busy += 1;
      count(account, limits, 'rpm', 1, now);
      count(account, limits, 'rpd', 1, now);
      let over = false;
      return (tokens = 0, at = latest) => {
        if (over) return;
        over = true;
        account.busy -= 1;
        if (tokens <= 0) return;
        count(account, limits, 'tpm', tokens, at);
        count(account, limits, 'tpd', tokens, at);
      };
    },
    busy: (id) => accounts.get(id)?.busy ?? 0,
    keep(ids) {
      for (const [id, { busy }] of accounts) if (busy === 0 && !ids.has(id)) accounts.delete(id);
    },
  };
}

function count(account: Account, limits: RateLimit, name: Window, amount: number, now: number): void {
  if (limits[name] === undefined) return;
  const { slots, width } = windows[name];
  account.counts ??= {};
  account.counts[name] ??= new SlidingCount(slots, width);
  account.counts[name].add(amount, now);
}

function busyObstacle({ busy }: Account, { concurrency }: RateLimit): { readonly because: string } | undefined {
  if (concurrency === undefined || busy < concurrency) return undefined;
  return { because: `at its limit of ${several(concurrency, 'request')} at a time` };
}

/** Of several limits that are reached, the one that lasts longest. */
function countObstacle(
  { counts }: Account,
  limits: RateLimit,
  now: number,
): { because: string; until: number } | undefined {
  if (!counts) return undefined;
  let longest: { because: string; until: number } | undefined;
  for (const name of names) {
    const [limit, counted] = [limits[name], counts[name]];
    if (limit === undefined || !counted || counted.total(now) < limit) continue;
    const until = counted.below(limit, now);
    if (longest && until <= longest.until) continue;
    const { what, within } = windows[name];
    longest = { because: `at its limit of ${several(limit, what)} ${within}`, until };
  }
  return longest;
}
