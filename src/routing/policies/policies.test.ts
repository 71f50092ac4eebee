import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { credential, model } from '../../../test/support/routing.ts';
import type { Candidate } from '../catalogue.ts';
import type { PolicyName } from '../settings.ts';
import { policies } from './index.ts';

function candidates(weights: readonly number[]): readonly Candidate[] {
  return weights.map((weight, index) => ({
    name: 'm',
    credential: credential(String(index), { weight }),
    model: model('m'),
  }));
}
function ids(order: Iterable<Candidate>): string {
  return Array.from(order, ({ credential: { id } }) => id).join('');
}
function turns(policy: PolicyName, weights: readonly number[], count: number, busy: Record<string, number> = {}) {
  const order = policies[policy].prepare(candidates(weights));
  return Array.from({ length: count }, (_, turn) => ids(order({ turn, busy: (id) => busy[id] ?? 0 })));
}

describe('every policy', () => {
  it('yields each candidate once, always the same for the same question', () => {
    const weights = fc.array(
      fc.oneof(fc.integer({ min: 1, max: 500 }), fc.double({ min: 0.01, max: 9, noNaN: true })),
      {
        minLength: 1,
        maxLength: 40,
      },
    );
    const busy = fc.array(fc.nat(5), { minLength: 40, maxLength: 40 });
    const name = fc.constantFrom(...(Object.keys(policies) as PolicyName[]));
    fc.assert(
      fc.property(weights, busy, fc.nat(), name, (list, load, turn, policy) => {
        const all = candidates(list);
        const ask = () => [...policies[policy].prepare(all)({ turn, busy: (id) => load[Number(id)] ?? 0 })];
        const order = ask();
        expect(order.length).toBe(all.length);
        expect(new Set(order)).toEqual(new Set(all));
        expect(ask()).toEqual(order);
      }),
    );
  });
});

it('round-robin begins one further each time', () => {
  expect(turns('round-robin', [1, 1, 1], 4)).toEqual(['012', '120', '201', '012']);
});

it('fill-first stays with the first', () => {
  expect(turns('fill-first', [1, 9, 1], 2)).toEqual(['012', '012']);
});

it('least-busy goes by what is under way, and takes turns among equals', () => {
  expect(turns('least-busy', [1, 1, 1, 1], 3, { 0: 2, 1: 1 })).toEqual(['2310', '2310', '2310']);
  expect(turns('least-busy', [1, 1, 1], 3)).toEqual(['012', '120', '201']);
  expect(turns('least-busy', [1, 1, 1], 2, { 0: 3, 1: 2, 2: 1 })).toEqual(['210', '210']);
});

describe('weighted', () => {
  it('shares out exactly by weight, over as many requests as the weights sum up to', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 12 }),
        fc.nat(1_000_000),
        (weights, from) => {
          const total = weights.reduce((sum, weight) => sum + weight, 0);
          const order = policies.weighted.prepare(candidates(weights));
          const counts = weights.map(() => 0);
          for (let turn = from; turn < from + total; turn++) {
            const [first] = order({ turn, busy: () => 0 });
            const index = Number(first?.credential.id);
            counts[index] = (counts[index] ?? 0) + 1;
          }
          expect(counts).toEqual(weights);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('spreads evenly: no long runs, and the light one is not last', () => {
    const firsts = turns('weighted', [8, 1, 1], 10).map((order) => order[0]);
    expect(firsts.filter((id) => id === '0').length).toBe(8);
    expect(firsts.join('')).not.toMatch(/0{6}/);
  });

  it('takes fractions, very large weights, and thousands of candidates', () => {
    const share = turns('weighted', [0.5, 1.5], 4).map((order) => order[0]);
    expect(share.toSorted()).toEqual(['0', '1', '1', '1']);
    expect(turns('weighted', [1e12, 1], 3).every((order) => order === '01')).toBe(true);
    const [first] = policies.weighted.prepare(candidates(Array.from({ length: 5000 }, () => 3)))({
      turn: 12_345_678,
      busy: () => 0,
    });
    expect(first).toBeDefined();
  });

  it('never chooses a weight of 0 or less', () => {
    const [none, one] = candidates([0, 1]);
    expect(none && policies.weighted.refuses?.(none)).toContain('weight is 0');
    expect(one && policies.weighted.refuses?.(one)).toBeUndefined();
    expect(none && policies['round-robin'].refuses?.(none)).toBeUndefined();
  });
});
