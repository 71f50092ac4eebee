import { describe, expect, it } from 'vitest';
import { type Fitted, fitted } from '../../../test/support/fitting.ts';
import { refusal } from '../../../test/support/refusal.ts';
import type { Operation, ReasoningLimits, Target, ThinkingWish } from '../../envelope.ts';
import { anthropicMessages } from './index.ts';

const budgets: ReasoningLimits = { budget: { min: 1024, max: 128_000 }, off: true, auto: false };
const levels: ReasoningLimits = { levels: ['low', 'medium', 'high', 'max'], off: true, auto: true };
const either: ReasoningLimits = { ...budgets, ...levels };

function target(reasoning?: ReasoningLimits, more: Partial<Target> = {}): Partial<Target> {
  return { model: 'claude-x', limits: { maxOutput: 64_000, ...(reasoning && { reasoning }) }, ...more };
}

function fitting(text: string, to: Partial<Target>, operation?: Operation): Fitted {
  return fitted(anthropicMessages, text, to, operation);
}

const refused = (text: string, to: Partial<Target>) => refusal(() => fitting(text, to));

describe('SEED-27: a budget stays below max_tokens', () => {
  it.each([
    [1600, 4000, '{"type":"enabled", "budget_tokens":1599,"display":"omitted"}', ['thinking']],
    [1600, 1600, '{"type":"enabled", "budget_tokens":1599,"display":"omitted"}', ['thinking']],
    [1600, 1500, '{"type":"enabled", "budget_tokens":1500,"display":"omitted"}', []],
    [1025, 4000, '{"type":"enabled", "budget_tokens":1024,"display":"omitted"}', ['thinking']],
    [1000, 4000, undefined, ['thinking']],
    [1024, 1024, undefined, ['thinking']],
  ])('max_tokens %i, budget %i', (max, budget, expected, lost) => {
    const asked = `{"max_tokens":${max} , "thinking":{"type":"enabled", "budget_tokens":${budget},"display":"omitted"}}`;
    for (const to of [target(budgets), target(either), target()]) {
      const fitted = fitting(asked, to);
      expect(fitted.text).toBe(
        expected === undefined ? `{"max_tokens":${max}}` : `{"max_tokens":${max} , "thinking":${expected}}`,
      );
      expect(fitted.lost).toEqual(lost);
      expect(fitted.same).toBe(max > budget);
    }
  });

  it('where max_tokens is absent, the answer may be as long as the model can write; a count takes no such member', () => {
    const asked = '{"thinking":{"type":"enabled","budget_tokens":70000}}';
    expect(fitting(asked, target(budgets))).toMatchObject({
      text: '{"thinking":{"type":"enabled","budget_tokens":63999},"max_tokens":64000}',
      lost: ['thinking'],
    });
    expect(fitting('{"max_tokens": null}', target(levels)).text).toBe('{"max_tokens": 64000}');
    expect(fitting(asked, target(budgets), 'count-tokens').same).toBe(true);
    expect(fitting(asked, target(undefined, { limits: {} })).same).toBe(true);
  });

  it('a forced tool choice goes before thinking', () => {
    const forced = (type: string, choice: string) =>
      fitting(`{"max_tokens":9,"tool_choice":{"type":"${choice}"},"thinking":{"type":"${type}"}}`, target(levels));
    expect(forced('adaptive', 'any').text).toContain('"thinking":{"type":"disabled"}');
    expect(forced('adaptive', 'tool').lost).toEqual(['thinking']);
    expect(forced('adaptive', 'auto').same).toBe(true);
    const manual =
      '{"max_tokens":3000,"tool_choice":{"type":"any"},"thinking":{"type":"enabled","budget_tokens":2000}}';
    expect(fitting(manual, target(budgets)).text).toBe('{"max_tokens":3000,"tool_choice":{"type":"any"}}');
  });

  it('sampling values that Anthropic refuses while thinking go, others stay', () => {
    const asked = (top: number) =>
      `{"max_tokens":9,"top_p":${top},"top_k":3,"temperature":0.2,"thinking":{"type":"adaptive"}}`;
    expect(fitting(asked(0.5), target(levels))).toMatchObject({
      text: '{"max_tokens":9,"thinking":{"type":"adaptive"}}',
      lost: ['temperature', 'top_p', 'top_k'],
    });
    expect(fitting(asked(0.95), target()).text).toContain('"top_p":0.95');
    const quiet = '{"max_tokens":9,"top_p":0.5,"temperature":0.2,"top_k":3,"thinking":{"type":"disabled"}}';
    expect(fitting(quiet, target(levels)).same).toBe(true);
  });
});

describe('SEED-13: what a body asks for is held against what the model has', () => {
  it('levels and budgets that it does not have are refused by name', () => {
    const wrong = refused('{"max_tokens":9,"output_config":{"effort":"ultra"}}', target(levels));
    expect(wrong.status).toBe(400);
    expect(wrong.message).toContain('level "ultra" not supported, valid levels: low, medium, high, max');
    expect(wrong.message).toContain('claude-x');
    expect(wrong.facts).toMatchObject({ param: 'output_config.effort', code: 'level_not_supported' });
    refused('{"max_tokens":9,"output_config":{"effort":["low"]}}', target(budgets));
    const range = refused('{"max_tokens":9000,"thinking":{"type":"enabled","budget_tokens":1000}}', target(either));
    expect(range.message).toContain('budget 1000 out of range [1024,128000]');
    refused('{"max_tokens":9000,"thinking":{"type":"enabled","budget_tokens":128001}}', target(budgets));
  });

  it.each<[string, string, ReasoningLimits, string]>([
    [
      'a budget where only levels are known',
      '"thinking":{"type":"enabled","budget_tokens":9000,"display":"omitted"}',
      levels,
      '"thinking":{"type":"adaptive","display":"omitted"},"output_config":{"effort":"high"}',
    ],
    [
      'an effort beside it',
      '"output_config":{"format":{ },"effort":"low"},"thinking":{"type":"enabled","budget_tokens":9000}',
      levels,
      '"output_config":{"format":{ },"effort":"low"},"thinking":{"type":"adaptive"}',
    ],
    [
      'adaptive where only budgets are known',
      '"thinking":{"type":"adaptive","display":"omitted"},"output_config":{"effort":"medium"}',
      budgets,
      '"thinking":{"type":"enabled","display":"omitted","budget_tokens":8192}',
    ],
    [
      'as it likes, where it cannot choose',
      '"thinking":{"type":"adaptive"}',
      budgets,
      '"thinking":{"type":"enabled","budget_tokens":24576}',
    ],
    ['auto', '"output_config":{"effort":"auto"}', levels, ''],
    ['none', '"output_config":{"effort":"none"}', levels, '"thinking":{"type":"disabled"}'],
    ['a budget of 0', '"thinking":{"type":"enabled","budget_tokens":0}', budgets, '"thinking":{"type":"disabled"}'],
  ])('%s is said as the model takes it', (_what, asked, limits, expected) => {
    const tail = expected === '' ? '' : `,${expected}`;
    expect(fitting(`{"max_tokens":50000,${asked}}`, target(limits)).text).toBe(`{"max_tokens":50000${tail}}`);
  });

  it.each<[string, ReasoningLimits | undefined]>([
    ['"thinking":{"type":"enabled","budget_tokens":1024}', budgets],
    ['"thinking":{"type":"enabled","budget_tokens":1024},"output_config":{"effort":"low"}', either],
    ['"thinking":{"type":"adaptive"},"output_config":{"effort":"max"}', levels],
    ['"thinking":{"type":"between_tools"}', levels],
    ['"output_config":{"effort":"medium"}', budgets],
    ['"output_config":{"effort":"ultra"},"thinking":{"type":"strange"}', undefined],
    ['"thinking":"on","output_config":3', levels],
    ['"thinking":null', levels],
  ])('%s stays as it is', (asked, limits) => {
    expect(fitting(`{"max_tokens":50000,${asked}}`, target(limits)).same).toBe(true);
  });

  it('a model without thinking gets none, and it is told', () => {
    const asked = '{"max_tokens":9,"thinking":{"type":"adaptive"},"output_config":{"format":1,"effort":"ultra"}}';
    const plain = { text: '{"max_tokens":9,"output_config":{"format":1}}', lost: ['reasoning_effort'] };
    expect(fitting(asked, target({}))).toMatchObject(plain);
    expect(fitting(asked, target({}, { maker: 'kimi' }))).toMatchObject(plain);
    expect(fitting('{"max_tokens":9,"thinking":{"type":"disabled"}}', target({}))).toMatchObject({ lost: [] });
    expect(fitting('{"max_tokens":9,"output_config":{"effort":"low"}}', target({}))).toMatchObject({
      text: '{"max_tokens":9}',
      lost: ['reasoning_effort'],
    });
  });

  it('services of other makers are left to read it as they do', () => {
    const asked =
      '{"max_tokens":9,"thinking":{"type":"enabled","budget_tokens":4000},"output_config":{"effort":"xhigh"}}';
    expect(fitting(asked, target(levels, { maker: 'kimi' })).same).toBe(true);
  });
});

describe('the wish of a name beats the body', () => {
  const wishes = (thinking: ThinkingWish, reasoning?: ReasoningLimits, maker = 'anthropic') =>
    target(reasoning, { thinking, maker });

  it.each<[string, ThinkingWish, ReasoningLimits | undefined, string, string]>([
    [
      'over a budget',
      { effort: 'high' },
      either,
      '"thinking":{"type":"enabled","budget_tokens":5000,"display":"omitted"}',
      '"thinking":{"type":"adaptive","display":"omitted"},"output_config":{"effort":"high"}',
    ],
    [
      'over an effort',
      { budget: 8192 },
      levels,
      '"thinking":{"type":"adaptive"},"output_config":{"effort":"max","format":1}',
      '"thinking":{"type":"adaptive"},"output_config":{"effort":"medium","format":1}',
    ],
    ['clamped', { effort: 'xhigh' }, levels, '', '"output_config":{"effort":"high"},"thinking":{"type":"adaptive"}'],
    [
      'as a budget, with room for the answer',
      { effort: 'max' },
      budgets,
      '',
      '"thinking":{"type":"enabled","budget_tokens":33616}',
    ],
    ['below the least', { budget: 5 }, budgets, '', '"thinking":{"type":"enabled","budget_tokens":1024}'],
    [
      'off',
      { effort: 'none' },
      levels,
      '"thinking":{"type":"adaptive","display":"omitted"},"output_config":{"effort":"max"}',
      '"thinking":{"type":"disabled"}',
    ],
    [
      'auto',
      { auto: true },
      levels,
      '"thinking":{"type":"disabled"},"output_config":{"effort":"max"}',
      '"thinking":{"type":"adaptive"}',
    ],
    [
      'for a model of unknown limits',
      { budget: 3000 },
      undefined,
      '',
      '"thinking":{"type":"enabled","budget_tokens":3000}',
    ],
  ])('%s', (_what, wish, limits, asked, expected) => {
    const fitted = fitting(`{"max_tokens":50000${asked === '' ? '' : ','}${asked}}`, wishes(wish, limits));
    expect(fitted).toMatchObject({ text: `{"max_tokens":50000,${expected}}`, lost: [] });
  });

  it('also that of a message, and what the thinking forbids goes', () => {
    const asked =
      '{"max_tokens":9,"temperature":0,"messages":[{"role":"user", "content":"a","output_config":{"effort":"low"}},{ "role":"user","content":"b"}]}';
    expect(fitting(asked, wishes({ effort: 'high' }, levels))).toEqual({
      text: '{"max_tokens":9,"messages":[{"role":"user","content":"a"},{ "role":"user","content":"b"}],"output_config":{"effort":"high"},"thinking":{"type":"adaptive"}}',
      lost: ['temperature'],
      same: false,
    });
  });

  it('but not a tool loop that began without a thought, nor an answer without room', () => {
    const loop =
      '{"max_tokens":9000,"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{}}]}]}';
    expect(fitting(loop, wishes({ budget: 2000 }, budgets))).toMatchObject({ text: loop, lost: ['thinking'] });
    expect(fitting('{"max_tokens":900}', wishes({ budget: 2000 }, budgets))).toMatchObject({
      text: '{"max_tokens":900}',
      lost: ['thinking'],
    });
  });

  it('at services of other makers in the older form', () => {
    expect(fitting('{"max_tokens":9000}', wishes({ effort: 'low' }, levels, 'kimi')).text).toBe(
      '{"max_tokens":9000,"thinking":{"type":"enabled","budget_tokens":1024}}',
    );
  });
});
