import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Effort, ReasoningLimits, Target } from '../envelope.ts';
import { GatewayError } from '../errors.ts';
import {
  admitBudget,
  admitLevel,
  asBudget,
  asEffort,
  budgetOfEffort,
  effortOfBudget,
  efforts,
  isEffort,
  suitsBudget,
  thinks,
  withWish,
} from './reasoning.ts';

fc.configureGlobal({ seed: 20_261_122 });

const effort = fc.constantFrom(...efforts);
const offerable: Effort[] = ['low', 'medium', 'high', 'xhigh', 'max'];
const levels = fc.subarray(offerable, { minLength: 1 });
const rank = (level: Effort): number => efforts.indexOf(level);

describe('effort and budget', () => {
  it.each<[number, Effort]>([
    [0, 'none'],
    [1, 'minimal'],
    [512, 'minimal'],
    [513, 'low'],
    [1024, 'low'],
    [8192, 'medium'],
    [8193, 'high'],
    [24_576, 'high'],
    [24_577, 'xhigh'],
    [1_000_000, 'xhigh'],
  ])('a budget of %i amounts to %s', (budget, level) => {
    expect(effortOfBudget(budget)).toBe(level);
  });

  it('go back and forth up to xhigh, and more effort never means a smaller budget', () => {
    for (const level of efforts) if (level !== 'max') expect(effortOfBudget(budgetOfEffort(level))).toBe(level);
    for (const [index, level] of efforts.entries()) {
      const next = efforts[index + 1];
      if (next) expect(budgetOfEffort(next)).toBeGreaterThan(budgetOfEffort(level));
    }
  });

  it('isEffort takes only the words of the table', () => {
    expect(efforts.every(isEffort)).toBe(true);
    for (const other of ['auto', '', 'HIGH', 1, null, undefined, ['low']]) expect(isEffort(other)).toBe(false);
  });
});

describe('asEffort', () => {
  it('gives a level the model takes: the nearest one, ties to the lower', () => {
    fc.assert(
      fc.property(effort, levels, (wanted, offered) => {
        const given = asEffort({ effort: wanted }, { levels: offered, off: false });
        expect(offered).toContain(given);
        const distance = Math.min(...offered.map((level) => Math.abs(rank(level) - rank(wanted))));
        expect(Math.abs(rank(given as Effort) - rank(wanted))).toBe(distance);
      }),
    );
    expect(asEffort({ effort: 'high' }, { levels: ['medium', 'xhigh'] })).toBe('medium');
  });

  it('switches off where that is possible, and thinks least where it is not', () => {
    expect(asEffort({ effort: 'none' }, { levels: ['low', 'high'] })).toBe('none');
    expect(asEffort({ budget: 0 }, { levels: ['low', 'high'], off: true })).toBe('none');
    expect(asEffort({ budget: 0 }, { levels: ['low', 'high'], off: false })).toBe('low');
  });

  it('clamps nothing for an unknown model and leaves the choice to it where none was made', () => {
    expect(asEffort({ effort: 'max' }, undefined)).toBe('max');
    expect(asEffort({ budget: 9000 }, {})).toBe('high');
    expect(asEffort({ auto: true }, { levels: ['low'] })).toBe('auto');
  });
});

describe('asBudget', () => {
  const range = { min: 1024, max: 32_000 };

  it('stays within the range of the model, whatever is asked', () => {
    const asked = fc.oneof(
      effort.map((level) => ({ effort: level })),
      fc.integer({ min: 1, max: 1_000_000 }).map((budget) => ({ budget })),
    );
    fc.assert(
      fc.property(asked, (reasoning) => {
        const budget = asBudget(reasoning, { budget: range, off: false });
        expect(budget).toBeGreaterThanOrEqual(range.min);
        expect(budget).toBeLessThanOrEqual(range.max);
      }),
    );
  });

  it('says off as 0 where the model can, and -1 for its own choice', () => {
    expect(asBudget({ effort: 'none' }, { budget: range })).toBe(0);
    expect(asBudget({ effort: 'none' }, { budget: range, off: false })).toBe(1024);
    expect(asBudget({ auto: true }, { budget: range, auto: true })).toBe(-1);
    expect(asBudget({ budget: -1 }, undefined)).toBe(-1);
  });

  it('takes the middle where the model cannot choose itself', () => {
    expect(asBudget({ auto: true }, { budget: range, auto: false })).toBe(16_512);
  });
});

describe('what a client may ask of a model in its own dialect', () => {
  const limits: fc.Arbitrary<ReasoningLimits> = fc.record(
    {
      levels,
      budget: fc.tuple(fc.nat(2000), fc.nat(100_000)).map(([min, more]) => ({ min, max: min + more })),
      off: fc.boolean(),
      auto: fc.boolean(),
    },
    { requiredKeys: [] },
  );
  const targetOf = (reasoning: ReasoningLimits): Target => ({
    model: 'm-1',
    stream: false,
    limits: { reasoning },
    maker: 'x',
    accent: {},
  });
  const refusal = (run: () => unknown): GatewayError | undefined => {
    try {
      run();
      return undefined;
    } catch (error) {
      if (error instanceof GatewayError) return error;
      throw error;
    }
  };

  it('is a level of the list, or auto, none and low, which never fail; all others are refused by name', () => {
    fc.assert(
      fc.property(
        limits,
        fc.oneof(effort, fc.constantFrom('auto', 'ultra', 'LOW ', ''), fc.jsonValue()),
        (known, word) => {
          const target = targetOf(known);
          const error = refusal(() => admitLevel(word as string, 'a.b', target));
          if (!error) {
            const level = admitLevel(word as string, 'a.b', target);
            expect([...efforts, 'auto']).toContain(level);
            if (known.levels && level !== 'auto')
              expect([...known.levels, 'none']).toContain(
                asEffort({ effort: level }, { ...known, levels: known.levels }),
              );
          } else {
            expect(['auto', 'none', 'low']).not.toContain(word);
            expect(error.status).toBe(400);
            expect(error.message).toContain(`valid levels: ${(known.levels ?? efforts).join(', ')}`);
            expect(error.message).toContain('m-1');
          }
        },
      ),
    );
  });

  it('is a budget of the range, 0 or -1; what is admitted and does not suit is clamped to what does', () => {
    fc.assert(
      fc.property(limits, fc.integer({ min: -3, max: 120_000 }), (known, budget) => {
        const error = refusal(() => admitBudget(budget, 'a.b', targetOf(known)));
        const { min = 0, max = 0 } = known.budget ?? {};
        const outside = known.budget !== undefined && budget !== 0 && budget !== -1 && (budget < min || budget > max);
        expect(error !== undefined).toBe(outside);
        if (error) expect(error.message).toContain(`budget ${budget} out of range [${min},${max}] (model m-1)`);
        else if (known.budget) expect(suitsBudget(asBudget({ budget }, known), known)).toBe(true);
      }),
    );
  });

  it('is nothing of a model that takes neither, and a wish of its name keeps what is to be shown', () => {
    expect([thinks(undefined), thinks({ levels: ['low'] }), thinks({ budget: { min: 1, max: 2 } })]).toEqual([
      true,
      true,
      true,
    ]);
    expect([thinks({}), thinks({ levels: [], off: true })]).toEqual([false, false]);
    const request = { turns: [], tools: [], sampling: {}, reasoning: { budget: 5, display: 'summary' } } as const;
    expect(withWish(request, { effort: 'low' }).reasoning).toEqual({ effort: 'low', display: 'summary' });
    expect(withWish({ turns: [], tools: [], sampling: {} }, { auto: true }).reasoning).toEqual({ auto: true });
    expect(withWish(request, undefined)).toBe(request);
  });

  it('is the middle where the model shall decide and cannot', () => {
    expect(asEffort({ auto: true }, { levels: ['low', 'medium', 'high'], auto: false })).toBe('medium');
    expect(asEffort({ budget: -1 }, { levels: ['low', 'high'], auto: false })).toBe('low');
    expect(asEffort({ budget: -1 }, { levels: ['low', 'high'] })).toBe('auto');
  });
});
