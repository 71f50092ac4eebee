import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Effort } from '../envelope.ts';
import { asBudget, asEffort, budgetOfEffort, effortOfBudget, efforts, isEffort } from './reasoning.ts';

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
