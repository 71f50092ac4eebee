import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { candidateOf } from '../../test/support/candidates.ts';
import type { RateLimit } from './credential.ts';
import { createRateLimits, type RateLimits } from './rate-limits.ts';

const limited = (limits: RateLimit, id = 'a') => candidateOf(id, 'm', { limits }).credential;
const start = 1_795_000_000_000;
const day = 86_400_000;

describe('limits', () => {
  it('of requests at a time end with each request, once', () => {
    const limits = createRateLimits();
    const credential = limited({ concurrency: 2 });
    const first = limits.take(credential, start);
    limits.take(credential, start);
    expect(limits.busy('a')).toBe(2);
    expect(limits.obstacle(credential, start)).toEqual({ because: 'at its limit of 2 requests at a time' });
    first();
    first();
    expect([limits.busy('a'), limits.obstacle(credential, start)]).toEqual([1, undefined]);
  });

  it('count who is busy, limited or not, and forget who is gone', () => {
    const limits = createRateLimits();
    const free = limited({}, 'free');
    const done = limits.take(free, start);
    expect([limits.busy('free'), limits.busy('nobody'), limits.obstacle(free, start)]).toEqual([1, 0, undefined]);
    limits.keep(new Set());
    expect(limits.busy('free')).toBe(1);
    done();
    limits.keep(new Set());
    expect(limits.busy('free')).toBe(0);
    const credential = limited({ rpm: 1 }, 'gone');
    limits.take(credential, start)();
    limits.keep(new Set(['gone']));
    expect(limits.obstacle(credential, start)).toBeDefined();
    limits.keep(new Set());
    expect(limits.obstacle(credential, start)).toBeUndefined();
  });

  it('of requests in a minute say when they end', () => {
    const limits = createRateLimits();
    const credential = limited({ rpm: 3 });
    for (const at of [0, 10_000, 20_000]) limits.take(credential, start + at)();
    const obstacle = limits.obstacle(credential, start + 20_000);
    expect(obstacle?.because).toBe('at its limit of 3 requests in a minute');
    const until = obstacle?.until ?? 0;
    expect(until - start).toBeGreaterThanOrEqual(60_000);
    expect(until - start).toBeLessThanOrEqual(62_000);
    expect(limits.obstacle(credential, until - 1)).toBeDefined();
    expect(limits.obstacle(credential, until)).toBeUndefined();
  });

  it('of tokens count what was used, when it was used', () => {
    const limits = createRateLimits();
    const credential = limited({ tpm: 100, tpd: 1000 });
    const long = limits.take(credential, start);
    expect(limits.obstacle(credential, start + 300_000)).toBeUndefined();
    long(150, start + 300_000);
    long(150, start + 300_000);
    expect(limits.obstacle(credential, start + 330_000)?.because).toBe('at its limit of 100 tokens in a minute');
    expect(limits.obstacle(credential, start + 370_000)).toBeUndefined();
    limits.take(credential, start + 400_000)();
    limits.take(credential, start + 400_000)(850);
    const obstacle = limits.obstacle(credential, start + 400_000);
    expect(obstacle?.because).toBe('at its limit of 1000 tokens in a day');
    expect((obstacle?.until ?? 0) - start).toBeGreaterThan(day);
    expect(limits.obstacle(credential, obstacle?.until ?? 0)).toBeUndefined();
  });

  it('are never exceeded in any minute, and never hold longer than a day, whatever the clock does', () => {
    const action = fc.record({ wait: fc.integer({ min: -5000, max: 40_000 }), tokens: fc.nat(60) });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 80 }), fc.boolean(), (actions, backwards) => {
        const limits = createRateLimits();
        const { taken, now } = ask(limits, backwards ? actions : actions.map(({ wait }) => ({ wait: Math.abs(wait) })));
        const inMinute = taken.map((at) => taken.filter((other) => other > at - 60_000 && other <= at).length);
        if (!backwards) expect(Math.max(0, ...inMinute)).toBeLessThanOrEqual(5);
        expect(limits.busy('a')).toBe(0);
        expect(limits.obstacle(strict, now + day + slot)).toBeUndefined();
      }),
    );
  });
});

const strict = limited({ rpm: 5, rpd: 30, tpd: 500 });
/** What a day is counted in. */
const slot = 1_800_000;

/** Sends a request whenever nothing keeps it; says when. */
function ask(limits: RateLimits, actions: readonly { readonly wait: number; readonly tokens?: number }[]) {
  const taken: number[] = [];
  let now = start;
  for (const { wait, tokens } of actions) {
    now += wait;
    const obstacle = limits.obstacle(strict, now);
    expect((obstacle?.until ?? now) - now).toBeLessThanOrEqual(day + slot);
    if (obstacle) continue;
    limits.take(strict, now)(tokens);
    taken.push(now);
  }
  return { taken, now };
}
