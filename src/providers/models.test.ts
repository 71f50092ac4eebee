import { describe, expect, it } from 'vitest';
import type { ReasoningLimits } from '../envelope.ts';
import { admitLevel, asBudget, asEffort, thinks } from '../ir/reasoning.ts';
import { providers } from './index.ts';

const known = providers.flatMap((provider) =>
  provider.models.flatMap(({ id, limits }) =>
    limits.reasoning ? [{ title: `${provider.id} ${id}`, id, limits, reasoning: limits.reasoning }] : [],
  ),
);
const limitsOf = (title: string): ReasoningLimits | undefined => known.find((one) => one.title === title)?.reasoning;

describe('the table of limits', () => {
  it.each<[string, ReasoningLimits]>([
    ['claude claude-opus-4-1-20250805', { budget: { min: 1024, max: 128_000 }, auto: false }],
    ['claude claude-haiku-4-5-20251001', { budget: { min: 1024, max: 128_000 }, off: true, auto: false }],
    [
      'claude claude-opus-4-6',
      { budget: { min: 1024, max: 128_000 }, off: true, levels: ['low', 'medium', 'high', 'max'] },
    ],
    ['claude claude-opus-5', { off: true, auto: true, levels: ['low', 'medium', 'high', 'xhigh', 'max'] }],
    ['gemini gemini-2.5-pro', { budget: { min: 128, max: 32_768 }, off: false, auto: true }],
    ['gemini gemini-2.5-flash-lite', { budget: { min: 0, max: 24_576 }, off: true, auto: true }],
    [
      'gemini gemini-3-pro-preview',
      { budget: { min: 128, max: 32_768 }, off: false, auto: true, levels: ['low', 'high'] },
    ],
    ['gemini gemini-3-flash-preview', { off: false, levels: ['minimal', 'low', 'medium', 'high'] }],
    ['vertex gemini-3.1-flash-lite', { off: false, levels: ['minimal', 'low', 'medium', 'high'] }],
    ['codex gpt-5.6-sol', { levels: ['low', 'medium', 'high', 'xhigh', 'max'] }],
    ['xai grok-4.3', { levels: ['low', 'medium', 'high'], off: true }],
    ['kimi kimi-k2-thinking', { levels: ['low', 'high'], off: true }],
    ['kimi kimi-k3', { levels: ['low', 'high', 'max'], off: false }],
  ])('%s', (title, expected) => {
    expect(limitsOf(title)).toMatchObject(expected);
  });

  const thinkers = known.filter(({ reasoning }) => thinks(reasoning));

  it.each(['low', 'none', 'auto'])('SEED-13: %s is fit for every model that thinks', (word) => {
    for (const { id, limits, reasoning } of thinkers) {
      const level = admitLevel(word, 'effort', { model: id, stream: false, limits, maker: 'x', accent: {} });
      const wish = level === 'auto' ? { auto: true } : { effort: level };
      if (reasoning.levels) expect([...reasoning.levels, 'none', 'auto']).toContain(asEffort(wish, reasoning));
      const { min, max } = reasoning.budget ?? { min: -1, max: Number.POSITIVE_INFINITY };
      const budget = asBudget(wish, reasoning);
      expect(budget <= 0 || (budget >= min && budget <= max)).toBe(true);
    }
  });

  it('is in order: levels from least to most, ranges that are some, output within the context', () => {
    const order = ['minimal', 'low', 'medium', 'high', 'xhigh', 'max'];
    expect(known.length).toBeGreaterThan(50);
    for (const { title, limits, reasoning } of known) {
      const levels = reasoning.levels ?? [];
      expect([title, levels]).toEqual([title, order.filter((level) => levels.includes(level as 'low'))]);
      if (reasoning.budget) expect(reasoning.budget.min).toBeLessThan(reasoning.budget.max);
      expect(limits.maxOutput ?? 0).toBeLessThanOrEqual(limits.context ?? 0);
    }
  });
});
