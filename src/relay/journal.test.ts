import { describe, expect, it } from 'vitest';
import { candidateOf } from '../../test/support/candidates.ts';
import { GatewayError } from '../errors.ts';
import type { Plan } from '../routing/plan.ts';
import { openJournal } from './journal.ts';

const all = Array.from({ length: 30 }, (_, place) => candidateOf(`account-${place}`));

function planOf(size: number): Plan {
  const candidates = all.slice(0, size);
  return {
    resolution: { name: 'm', steps: ['"m" is offered'], candidates },
    order: ['round-robin'],
    candidates,
    total: size,
    session: undefined,
    bound: undefined,
    soon: undefined,
    passedOver: () => candidates.slice(1, 2).map((candidate) => ({ candidate, because: 'resting', until: 5 })),
    now: () => 0,
  };
}

describe('openJournal', () => {
  it('keeps who was considered and why not, what was tried, and when', () => {
    let now = 1000;
    const journal = openJournal(1000, () => now);
    journal.planned(planOf(3));
    now += 2;
    const [first] = all;
    if (!first) throw new Error('no candidate');
    const failed = journal.attempt(first, 'gemini', 0);
    failed.prepared({ losses: [{ what: 'top_k', why: 'None.' }], edits: ['stream'] });
    now += 10;
    failed.headed(503);
    failed.ended();
    failed.failed(new GatewayError('overloaded', 'x'.repeat(600)), 'the next candidate is asked');
    const other = journal.attempt(first, 'gemini', 500);
    expect([failed.asked, other.asked]).toEqual([true, false]);
    now += 5;
    other.content();
    now += 1;
    other.ended();
    now += 100;
    other.ended();
    const { considered, attempts, ...rest } = journal.trace();
    expect(rest).toEqual({ resolution: ['"m" is offered'], order: ['round-robin'], unshown: 0, queued: 2 });
    expect(considered).toMatchObject([{ credential: 'account-0' }, { because: 'resting', until: 5 }, {}]);
    expect(considered[0]).not.toHaveProperty('because');
    expect(attempts).toMatchObject([
      {
        begun: 2,
        headersAt: 12,
        ended: 12,
        status: 503,
        kind: 'overloaded',
        next: 'the next candidate is asked',
        edits: ['stream'],
      },
      { begun: 12, waited: 500, contentAt: 17, ended: 18 },
    ]);
    expect(attempts[0]?.message).toBe(`${'x'.repeat(500)}… (100 more characters)`);
    expect(journal.timing()).toMatch(/^gateway;dur=0, upstream;dur=16, queue;dur=2, wait;dur=500, content;dur=5$/);
  });

  it('of a large pool shows those that were tried, and looks at no others', () => {
    const journal = openJournal(0, () => 0);
    journal.planned({
      ...planOf(30),
      passedOver: () => {
        throw new Error('looked at');
      },
    });
    for (const candidate of all.slice(0, 2)) journal.attempt(candidate, undefined, 0);
    const { considered, unshown } = journal.trace();
    expect([considered.map(({ credential }) => credential), unshown]).toEqual([['account-0', 'account-1'], 28]);
  });

  it('says nothing of what never began', () => {
    const journal = openJournal(0, () => 7);
    expect(journal.trace()).toEqual({ resolution: [], order: [], considered: [], unshown: 0, attempts: [], queued: 7 });
    expect(journal.timing()).toBe('gateway;dur=7, upstream;dur=0');
  });
});
