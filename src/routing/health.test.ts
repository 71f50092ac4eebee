import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { candidateOf } from '../../test/support/candidates.ts';
import { type ErrorFacts, type ErrorKind, errorKinds, GatewayError } from '../errors.ts';
import { verdictOf } from './error-rules.ts';
import { covers, createHealth, type Failure, type Health } from './health.ts';
import { verdicts } from './verdicts.ts';

const cooling = { transientSeconds: 60, longestTold: 6 * 3600 };
const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
/** A day in 2026. */
const start = 1_795_000_000_000;

const a = candidateOf('a');
const a2 = candidateOf('a', 'other');
const b = candidateOf('b');
const elsewhere = candidateOf('c', 'm', { baseUrl: 'http://127.0.0.1:2/v1' });
const wire = { status: 429, body: '', headers: {} };

function failure(kind: ErrorKind, now: number, facts: ErrorFacts = {}, more: Partial<Failure> = {}): Failure {
  const error = new GatewayError(kind, `${kind} it is`, facts);
  return { error, verdict: verdictOf(error, a), now, begun: now, alone: false, cooling, ...more };
}

function fails(health: Health, kind: ErrorKind, now: number, facts: ErrorFacts = {}, more: Partial<Failure> = {}) {
  return health.failed(a, failure(kind, now, facts, more));
}

const resting = (health: Health, now: number) =>
  [a, a2, b, elsewhere].map((candidate) => health.cooldownOf(candidate, now) !== undefined);

describe('a failure rests', () => {
  it('the model, the credential, or all that go the same way', () => {
    const scopes = { model: [true, false, false, false], credential: [true, true, false, false] };
    for (const [kind, { cool }] of Object.entries(verdicts)) {
      const health = createHealth();
      const cooldown = fails(health, kind as ErrorKind, start);
      if (!cool) {
        expect([kind, cooldown, resting(health, start)]).toEqual([kind, undefined, [false, false, false, false]]);
        continue;
      }
      expect(cooldown).toMatchObject({ scope: cool.scope, cause: `${kind} it is`, since: start, failures: 1 });
      expect(resting(health, start)).toEqual(
        cool.scope === 'provider' ? [true, true, true, false] : scopes[cool.scope],
      );
      for (const [index, other] of [a, a2, b, elsewhere].entries())
        expect(covers(cool.scope, a, other)).toBe(resting(health, start)[index]);
    }
  });

  it.each<[ErrorKind, number, string, ErrorFacts?]>([
    ['unauthorized', 30 * minute, 'unauthorized'],
    ['quota-exhausted', 30 * minute, 'payment_required'],
    ['quota-exhausted', 30 * minute, 'quota', { status: 429 }],
    ['forbidden', 30 * minute, 'forbidden'],
    ['not-found', 12 * hour, 'not_found'],
    ['model-not-found', 12 * hour, 'model_not_supported'],
    ['rate-limited', second, 'quota'],
    ['rate-limited', 7 * second, 'quota', { retryAfter: 7 }],
    ['timeout', minute, 'transient'],
    ['upstream', minute, 'transient', { status: 500 }],
    ['overloaded', minute, 'transient'],
    ['unavailable', minute, 'transient'],
    ['unreachable', second, 'unreachable'],
  ])('%s as long as the seed says: %i ms', (kind, length, label, facts) => {
    const cooldown = fails(createHealth(), kind, start, facts);
    const told = cooldown ? cooldown.until - start : 0;
    expect(cooldown?.label).toBe(label);
    expect(told).toBeGreaterThanOrEqual(length);
    // Staggered from a minute up, by a tenth and half a minute at most.
    expect(told).toBeLessThanOrEqual(length < minute ? length : length + Math.min(length / 10, 30 * second));
  });

  it('by stagger: accounts do not come back together, and each always at the same moment', () => {
    const ends = Array.from({ length: 40 }, (_, index) => {
      const health = createHealth();
      return health.failed(candidateOf(`key-${index}`), failure('unauthorized', start))?.until;
    });
    expect(new Set(ends).size).toBeGreaterThan(30);
    expect(fails(createHealth(), 'unauthorized', start)).toEqual(fails(createHealth(), 'unauthorized', start));
  });

  it('what the upstream told goes before the table, within the operator’s bound, and may say whose limit it is', () => {
    const told = (kind: ErrorKind, facts: ErrorFacts) => fails(createHealth(), kind, start, facts);
    expect(told('overloaded', { retryAfter: 20 })?.until).toBe(start + 20 * second);
    expect(told('rate-limited', { retryAfter: 0.85 })?.until).toBe(start + 850);
    const clamped = told('quota-exhausted', { retryAfter: 18 * 24 * 3600 });
    expect(clamped?.until).toBeGreaterThanOrEqual(start + 6 * hour);
    expect(clamped?.until).toBeLessThanOrEqual(start + 6 * hour + 30 * second);
    for (const retryAfter of [0, -5, Number.NaN])
      expect(told('rate-limited', { retryAfter })?.until).toBe(start + second);
    expect(told('rate-limited', { retryAfter: Number.POSITIVE_INFINITY })?.until).toBe(clamped?.until);
    expect(told('rate-limited', { scope: 'credential' })?.scope).toBe('credential');
    expect(told('quota-exhausted', { scope: 'model', status: 429 })?.scope).toBe('model');
    expect(told('model-not-found', { scope: 'credential', retryAfter: 5 })).toMatchObject({ scope: 'model' });
  });

  it('nothing where the operator says so', () => {
    const own = candidateOf('a', 'm', { cooling: false });
    expect(createHealth().failed(own, failure('unauthorized', start))).toBeUndefined();
    const none = { cooling: { ...cooling, transientSeconds: 0 } };
    expect(fails(createHealth(), 'upstream', start, {}, none)).toBeUndefined();
    expect(fails(createHealth(), 'upstream', start, { retryAfter: 9 }, none)?.until).toBe(start + 9 * second);
  });

  it('never the last that is ready, where it passes by itself', () => {
    const alone = { alone: true };
    for (const kind of ['upstream', 'overloaded', 'unavailable', 'timeout', 'unreachable'] as const)
      expect(fails(createHealth(), kind, start, {}, alone)).toBeUndefined();
    expect(fails(createHealth(), 'rate-limited', start, {}, alone)).toBeDefined();
    expect(fails(createHealth(), 'unauthorized', start, {}, alone)).toBeDefined();
  });
});

describe('where nobody else is ready', () => {
  it('what passes by itself may be spared, and nothing else', () => {
    for (const [kind, { cool, passing }] of Object.entries(verdicts)) {
      if (!cool) continue;
      const health = createHealth();
      fails(health, kind as ErrorKind, start);
      expect([kind, health.spare(a, start)]).toEqual([kind, passing === true]);
      expect([kind, health.cooldownOf(a, start) === undefined]).toEqual([kind, passing === true]);
    }
    const health = createHealth();
    expect(health.spare(a, start)).toBe(false);
    fails(health, 'upstream', start);
    fails(health, 'unauthorized', start);
    expect(health.spare(a, start)).toBe(false);
  });
});

describe('a limit without a time', () => {
  it('doubles from a second to half an hour, and begins anew after a success', () => {
    const health = createHealth();
    const lengths: number[] = [];
    let now = start;
    for (let round = 0; round < 14; round++) {
      const cooldown = fails(health, 'rate-limited', now);
      expect(cooldown?.failures).toBe(round + 1);
      lengths.push(Math.floor(((cooldown?.until ?? 0) - now) / second));
      now = cooldown?.until ?? 0;
    }
    expect(lengths.slice(0, 6)).toEqual([1, 2, 4, 8, 16, 32]);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(30 * 60 + 30);
    expect(lengths.at(-1)).toBeGreaterThanOrEqual(30 * 60);
    health.succeeded(a, now);
    expect(fails(health, 'rate-limited', now)).toMatchObject({ failures: 1, until: now + second });
  });

  it('takes one step for all that was under way already', () => {
    const health = createHealth();
    const first = fails(health, 'rate-limited', start);
    for (const late of [10, 500, 5000]) {
      const cooldown = fails(health, 'rate-limited', start + late, {}, { begun: start - 100 });
      expect(cooldown).toEqual(late < second ? first : undefined);
    }
    expect(health.cooldownOf(a, start + second)).toBeUndefined();
    const begun = start + 6000;
    expect(fails(health, 'rate-limited', begun + 1, {}, { begun })).toMatchObject({ failures: 2, until: begun + 2001 });
  });

  it('keeps the later of two ends', () => {
    const health = createHealth();
    const long = fails(health, 'rate-limited', start, { retryAfter: 50 });
    expect(fails(health, 'rate-limited', start + 1, { retryAfter: 5 }, { begun: start - 1 })).toEqual(long);
    expect(fails(health, 'rate-limited', start + 1, { retryAfter: 55 }, { begun: start - 1 })).toMatchObject({
      failures: 1,
      until: start + 1 + 55 * second,
    });
  });
});

describe('a rest ends', () => {
  it('for one request at first: while that one is under way, others go elsewhere', () => {
    const health = createHealth();
    fails(health, 'unauthorized', start);
    const over = start + hour;
    expect([health.cooldownOf(a2, over), health.probing(a2)]).toEqual([undefined, false]);
    const before = health.version;
    const done = health.begun(a);
    expect([health.probing(a), health.probing(a2), health.probing(b)]).toEqual([true, true, false]);
    expect(health.version).toBeGreaterThan(before);
    // Given up: its place is free, however often that is said.
    done();
    done();
    expect(health.probing(a)).toBe(false);
    const second = health.begun(a2);
    expect(health.probing(a)).toBe(true);
    health.succeeded(a2, over);
    expect([health.probing(a), health.cooldownOf(a, over)]).toEqual([false, undefined]);
    second();
    expect(health.probing(a)).toBe(false);
  });

  it('again where the trial fails, and its late end takes nobody’s place', () => {
    const health = createHealth();
    fails(health, 'unauthorized', start);
    const over = start + hour;
    const done = health.begun(a);
    expect(fails(health, 'unauthorized', over)).toMatchObject({ failures: 2, since: over });
    const next = health.begun(a);
    done();
    expect(health.probing(a)).toBe(true);
    next();
    expect(health.probing(a)).toBe(false);
  });

  it('with a success, in every scope; but for a limit that was reached since', () => {
    const health = createHealth();
    fails(health, 'upstream', start);
    fails(health, 'unauthorized', start);
    fails(health, 'unreachable', start);
    expect(health.list(start)).toHaveLength(3);
    health.succeeded(a, start - 10);
    expect(health.list(start)).toEqual([]);
    fails(health, 'rate-limited', start, { retryAfter: 30 });
    health.succeeded(a, start - 10);
    expect(health.cooldownOf(a, start)).toBeDefined();
    health.succeeded(a, start + 10);
    expect(health.cooldownOf(a, start)).toBeUndefined();
  });

  it('of an address as soon as anybody is answered there', () => {
    const health = createHealth();
    fails(health, 'unreachable', start);
    health.failed(b, failure('bad-request', start, { wire }));
    expect(resting(health, start)).toEqual([false, false, false, false]);
  });

  it('when the operator clears it', () => {
    const full = () => {
      const health = createHealth();
      fails(health, 'upstream', start);
      health.failed(a2, failure('upstream', start));
      health.failed(b, failure('upstream', start));
      fails(health, 'unauthorized', start);
      return health;
    };
    const model = full();
    expect(model.clear('a', 'm')).toBe(1);
    expect(model.list(start).map(({ credential, model: id }) => [credential, id])).toEqual([
      ['a', undefined],
      ['a', 'other'],
      ['b', 'm'],
    ]);
    const own = full();
    expect(own.clear('a')).toBe(3);
    expect(resting(own, start)).toEqual([false, false, true, false]);
    expect(full().clear(undefined, undefined, start + 61 * minute)).toBe(0);
    const all = full();
    const { version } = all;
    expect(all.clear()).toBe(4);
    expect([all.list(start), all.version > version]).toEqual([[], true]);
    const way = full();
    fails(way, 'unreachable', start);
    way.cooldownOf(b, start);
    expect(way.clear('b')).toBe(2);
  });

  it('when its credential is gone', () => {
    const health = createHealth();
    fails(health, 'upstream', start);
    fails(health, 'unreachable', start);
    health.failed(b, failure('unauthorized', start));
    health.keep(new Set(['b']));
    expect(health.list(start).map(({ credential }) => credential)).toEqual(['b']);
  });
});

type Step =
  | {
      readonly do: 'fail';
      readonly kind: ErrorKind;
      readonly retryAfter: number;
      readonly ago: number;
      readonly of: number;
    }
  | { readonly do: 'begin' | 'end' | 'succeed'; readonly of: number }
  | { readonly do: 'wait'; readonly milliseconds: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('fail' as const),
    kind: fc.constantFrom(...(Object.keys(errorKinds) as ErrorKind[])),
    retryAfter: fc.oneof(fc.double(), fc.integer({ min: 0, max: 1_000_000 })),
    ago: fc.integer({ min: 0, max: 10 * minute }),
    of: fc.nat(3),
  }),
  fc.record({ do: fc.constantFrom('begin' as const, 'end' as const, 'succeed' as const), of: fc.nat(3) }),
  // Clocks are put back, too.
  fc.record({ do: fc.constant('wait' as const), milliseconds: fc.integer({ min: -20 * hour, max: 20 * hour }) }),
);

const everyone = [a, a2, b, elsewhere];

/** Plays the steps to a health of its own; `look` is called after each with the time it is then. Returns the last. */
function play(health: Health, steps: readonly Step[], look: (now: number) => void): number {
  const trials: (() => void)[] = [];
  let now = start;
  const act = (one: Step): void => {
    if (one.do === 'wait') {
      now += one.milliseconds;
      return;
    }
    const candidate = everyone[one.of] ?? a;
    if (one.do === 'fail')
      health.failed(candidate, failure(one.kind, now, { retryAfter: one.retryAfter }, { begun: now - one.ago }));
    else if (one.do === 'begin') trials.push(health.begun(candidate));
    else if (one.do === 'end') trials.splice(one.of, 1)[0]?.();
    else health.succeeded(candidate, now);
  };
  for (const one of steps) {
    act(one);
    look(now);
  }
  for (const end of trials) end();
  return now;
}

describe('whatever happens', () => {
  it('no rest is longer than its row allows, none is stuck, and no trial either', () => {
    const longest = 12 * hour + 30 * second;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const health = createHealth();
        const now = play(health, steps, (at) => {
          for (const candidate of everyone) {
            const left = (health.cooldownOf(candidate, at)?.until ?? at) - at;
            expect([left, left >= 0 && left <= longest]).toEqual([left, true]);
          }
        });
        expect(everyone.map((candidate) => health.probing(candidate))).toEqual([false, false, false, false]);
        expect(resting(health, now + longest)).toEqual([false, false, false, false]);
        expect(health.list(now + longest)).toEqual([]);
        for (const candidate of everyone) health.succeeded(candidate, now + longest);
        expect(health.clear()).toBe(0);
      }),
      { numRuns: 300 },
    );
  });
});
