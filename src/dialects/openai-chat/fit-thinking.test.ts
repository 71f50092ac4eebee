import { describe, expect, it } from 'vitest';
import { fitted } from '../../../test/support/fitting.ts';
import type { Accent, ReasoningLimits, ThinkingWish } from '../../envelope.ts';
import { openaiChat } from './index.ts';

const levels: ReasoningLimits = { levels: ['low', 'medium', 'high'], off: false, auto: true };
const coarse: ReasoningLimits = { levels: ['minimal', 'high'], off: true };
const budgets: ReasoningLimits = { budget: { min: 100, max: 9000 }, off: false, auto: false };

interface Asked {
  readonly limits?: ReasoningLimits;
  readonly wish?: ThinkingWish;
  readonly accent?: Accent['thinking'];
}

function fitting(text: string, { limits, wish, accent }: Asked) {
  return fitted(openaiChat, text, {
    model: 'gpt-x',
    limits: limits ? { reasoning: limits } : {},
    maker: 'someone',
    accent: accent ? { thinking: accent } : {},
    thinking: wish,
  });
}

describe('SEED-13: a level in the body', () => {
  it('that the model does not have is refused, with those it has', () => {
    for (const word of ['ultra', 'xhigh', 'minimal', ''])
      expect(() => fitting(`{"reasoning_effort":"${word}"}`, { limits: levels })).toThrow(
        `level "${word}" not supported, valid levels: low, medium, high (model gpt-x)`,
      );
    expect(() => fitting('{"reasoning_effort":7}', { limits: levels })).toThrow('level "7" not supported');
    expect(() => fitting('{"reasoning":{"effort":"ultra"}}', { limits: levels, accent: 'openrouter' })).toThrow(
      'ultra',
    );
    expect(() => fitting('{"thinking":{"type":"enabled","effort":"max"}}', { limits: levels })).toThrow('level "max"');
    expect(() => fitting('{"thinking_budget":50}', { limits: budgets, accent: 'enable_thinking' })).toThrow(
      'budget 50 out of range [100,9000] (model gpt-x)',
    );
  });

  it('that the model has stays as it is written, and what is unknown too', () => {
    for (const text of [
      '{ "reasoning_effort" : "low" }',
      '{"reasoning_effort":null,"messages":[]}',
      '{"reasoning":{"exclude":true}}',
      '{"model":"m"}',
    ])
      expect(fitting(text, { limits: levels }).same).toBe(true);
    expect(fitting('{"reasoning_effort":"ultra"}', {}).same).toBe(true);
    expect(
      fitting('{"enable_thinking":true,"thinking_budget":500}', { limits: budgets, accent: 'enable_thinking' }).same,
    ).toBe(true);
  });

  it.each<[string, string, Asked, string]>([
    ['low, of every model', '{"reasoning_effort":"low"}', { limits: coarse }, '{"reasoning_effort":"minimal"}'],
    ['auto', '{"a":1 , "reasoning_effort":"auto"}', { limits: levels }, '{"a":1}'],
    ['none, of one that must think', '{"reasoning_effort":"none"}', { limits: levels }, '{"reasoning_effort":"low"}'],
    ['capitals', '{"reasoning_effort":"HIGH"}', { limits: levels }, '{"reasoning_effort":"high"}'],
    [
      "a word that is not the service's",
      '{"reasoning_effort":"high"}',
      { limits: levels, accent: 'thinking-type' },
      '{"thinking":{"type":"enabled","effort":"high"}}',
    ],
    [
      'a level where budgets are',
      '{"reasoning_effort":"high"}',
      { limits: budgets, accent: 'enable_thinking' },
      '{"enable_thinking":true,"thinking_budget":9000}',
    ],
    [
      'a budget where levels are',
      '{"reasoning":{"max_tokens":500,"exclude":true}}',
      { limits: levels, accent: 'openrouter' },
      '{"reasoning":{"exclude":true,"effort":"low"}}',
    ],
  ])('%s: is brought to what it takes', (_what, text, asked, expected) => {
    expect(fitting(text, asked)).toEqual({ text: expected, lost: [], same: false });
  });

  it('is left out for a model that does not think, and told', () => {
    expect(fitting('{"reasoning_effort":"ultra","n":1}', { limits: {} })).toMatchObject({ text: '{"n":1}' });
    expect(fitting('{"reasoning_effort":"high","n":1}', { limits: {} })).toMatchObject({ lost: ['reasoning_effort'] });
    expect(fitting('{"thinking":{"type":"disabled"}}', { limits: {} })).toMatchObject({ text: '{}', lost: [] });
  });
});

describe('the wish of a name', () => {
  it.each<[Accent['thinking'], ThinkingWish, string]>([
    [undefined, { effort: 'xhigh' }, '"reasoning_effort":"high"'],
    [undefined, { budget: 8192 }, '"reasoning_effort":"medium"'],
    ['thinking-type', { effort: 'none' }, '"thinking":{"keep":"all","type":"enabled","effort":"low"}'],
    ['enable_thinking', { budget: 500 }, '"enable_thinking":true,"thinking_budget":500'],
    ['openrouter', { effort: 'high' }, '"reasoning":{"exclude":true,"effort":"high"}'],
    ['openrouter', { auto: true }, '"reasoning":{"exclude":true,"enabled":true}'],
  ])('is written as the service says it (%s, %j), and nothing beside it contradicts', (accent, wish, expected) => {
    const text =
      '{"n":12345678901234567890,"reasoning_effort":"low","reasoning":{"max_tokens":5,"exclude":true},"thinking":{"keep":"all","type":"disabled"},"chat_template_kwargs":{"enable_thinking":false}}';
    const fitted = fitting(text, { limits: levels, wish, ...(accent && { accent }) }).text;
    expect(fitted).toContain(expected);
    expect(fitted).toContain('"n":12345678901234567890');
    expect(fitted).not.toContain('chat_template_kwargs');
    expect(fitted).not.toMatch(/"disabled"|"max_tokens"|"reasoning_effort":"low"/);
    const again = fitting(fitted, { limits: levels, wish, ...(accent && { accent }) });
    expect(again.same).toBe(true);
  });

  it('is clamped to nothing for a model of unknown limits', () => {
    expect(fitting('{}', { wish: { effort: 'max' } }).text).toBe('{"reasoning_effort":"max"}');
  });
});
