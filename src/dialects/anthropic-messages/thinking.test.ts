import { describe, expect, it } from 'vitest';
import { ask, encoded, hello, target, user } from '../../../test/support/messages.ts';
import type { ReasoningLimits, Target } from '../../envelope.ts';
import type { ChatRequest, Part, Reasoning, Turn } from '../../ir/request.ts';
import { asObject, type JsonObject } from '../../json.ts';

function thinker(reasoning: ReasoningLimits, maxOutput = 64_000): Target {
  return target({ limits: { reasoning, maxOutput } });
}

describe('thinking', () => {
  const budget: ReasoningLimits = { budget: { min: 1024, max: 128_000 }, off: true, auto: false };
  const levels: ReasoningLimits = { levels: ['low', 'medium', 'high', 'xhigh', 'max'], off: true, auto: true };
  const alwaysOn: ReasoningLimits = { levels: ['low', 'high'], off: false };

  it.each<[string, Reasoning, ReasoningLimits | undefined, JsonObject]>([
    ['a budget', { budget: 4000 }, budget, { thinking: { type: 'enabled', budget_tokens: 4000 } }],
    ['an effort as budget', { effort: 'medium' }, budget, { thinking: { type: 'enabled', budget_tokens: 8192 } }],
    ['the least budget', { effort: 'minimal' }, budget, { thinking: { type: 'enabled', budget_tokens: 1024 } }],
    ['off', { effort: 'none' }, budget, { thinking: { type: 'disabled' } }],
    ['an effort', { effort: 'xhigh' }, levels, { thinking: { type: 'adaptive' }, output_config: { effort: 'xhigh' } }],
    [
      'minimal as low',
      { effort: 'minimal' },
      levels,
      { thinking: { type: 'adaptive' }, output_config: { effort: 'low' } },
    ],
    [
      'a budget as effort',
      { budget: 8192 },
      levels,
      { thinking: { type: 'adaptive' }, output_config: { effort: 'medium' } },
    ],
    [
      'as it likes',
      { auto: true, display: 'summary' },
      levels,
      { thinking: { type: 'adaptive', display: 'summarized' } },
    ],
    [
      'off where it cannot be',
      { budget: 0 },
      alwaysOn,
      { thinking: { type: 'adaptive' }, output_config: { effort: 'low' } },
    ],
    [
      'an effort, model unknown',
      { effort: 'high' },
      undefined,
      { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } },
    ],
    ['a budget, model unknown', { budget: 2000 }, undefined, { thinking: { type: 'enabled', budget_tokens: 2000 } }],
    ['nothing, model cannot', { effort: 'high' }, {}, {}],
  ])('%s', (_name, reasoning, limits, expected) => {
    const { thinking, output_config } = encoded(
      ask({ reasoning }),
      target({ limits: { ...(limits && { reasoning: limits }) } }),
    ).body;
    expect({
      ...(thinking !== undefined && { thinking }),
      ...(output_config !== undefined && { output_config }),
    }).toEqual(expected);
  });

  it('leaves room for the answer, or does not think', () => {
    const with_ = (maxTokens: number, tokens: number) =>
      encoded(ask({ reasoning: { budget: tokens }, sampling: { maxTokens } }), thinker(budget));
    expect(with_(1600, 4000)).toMatchObject({
      body: { thinking: { type: 'enabled', budget_tokens: 1599 } },
      lost: ['thinking'],
    });
    expect(with_(1600, 1500)).toMatchObject({
      body: { thinking: { type: 'enabled', budget_tokens: 1500 } },
      lost: [],
    });
    expect(with_(1000, 4000)).toMatchObject({ body: { max_tokens: 1000 }, lost: ['thinking'] });
    expect(with_(1000, 4000).body).not.toHaveProperty('thinking');
  });

  it.each<[string, Reasoning, number, number | undefined]>([
    ['as it likes', { auto: true }, 64_000, 24_576],
    ['as it likes, in the client’s words', { budget: -1 }, 64_000, 24_576],
    ['with only a wish to see it', { display: 'summary' }, 64_000, 24_576],
    ['an effort with little room', { effort: 'medium' }, 4096, 2048],
    ['the most', { effort: 'max' }, 64_000, 47_616],
    ['an effort with just enough room', { effort: 'high' }, 2048, 1024],
    ['an effort without room', { effort: 'high' }, 2047, undefined],
  ])('a budget nobody named leaves a part for the answer: %s', (_name, reasoning, maxTokens, expected) => {
    const { body, lost } = encoded(ask({ reasoning, sampling: { maxTokens } }), thinker(budget));
    expect(asObject(body.thinking)?.budget_tokens).toBe(expected);
    expect(lost).toEqual(expected === undefined ? ['thinking'] : []);
  });

  it('gives way to a forced tool choice, and to calls that came without their thinking', () => {
    const tools: ChatRequest['tools'] = [{ type: 'function', name: 'f' }];
    const forced = encoded(ask({ tools, toolChoice: 'required', reasoning: { effort: 'high' } }), thinker(levels));
    expect(forced).toMatchObject({
      body: { thinking: { type: 'disabled' }, tool_choice: { type: 'any' } },
      lost: ['thinking'],
    });
    expect(forced.body).not.toHaveProperty('output_config');

    const seal = { maker: 'anthropic', token: 'sig' };
    const history = (...thought: Part[]): Turn[] => [
      hello,
      { role: 'assistant', parts: [...thought, { type: 'tool-call', id: 'a', name: 'f', input: '{}' }] },
      user({ type: 'tool-result', id: 'a', content: [] }),
    ];
    const next = (turns: Turn[]) => encoded(ask({ tools, turns, reasoning: { budget: 2000 } }), thinker(budget));
    expect(next(history()).body).not.toHaveProperty('thinking');
    expect(next(history()).lost).toEqual(['thinking']);
    expect(next(history({ type: 'reasoning', text: '', seal })).body.thinking).toMatchObject({ type: 'enabled' });

    const adaptive = encoded(ask({ tools, turns: history(), reasoning: { effort: 'high' } }), thinker(levels));
    expect(adaptive).toMatchObject({
      body: { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } },
      lost: [],
    });
  });

  it('bends the sampling values to what the model takes', () => {
    const sampling = { temperature: 0.5, topP: 0.9, topK: 4 };
    const thinking = encoded(ask({ sampling, reasoning: { effort: 'high' } }), thinker(levels));
    expect(thinking.lost).toEqual(['temperature', 'top_p', 'top_k']);
    const fixed = encoded(ask({ sampling: { temperature: 1, topP: 1 } }), target({ limits: { sampling: false } }));
    expect(fixed).toMatchObject({ lost: [] });
    expect(fixed.body).not.toHaveProperty('temperature');
    expect(encoded(ask({ sampling: { maxTokens: 99_000 } }), thinker(budget))).toMatchObject({
      body: { max_tokens: 64_000 },
      lost: ['max_tokens'],
    });
  });
});
