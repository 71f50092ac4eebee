import { describe, expect, it } from 'vitest';
import { fitted } from '../../../test/support/fitting.ts';
import type { ReasoningLimits, Target, ThinkingWish } from '../../envelope.ts';
import { openaiResponses } from './index.ts';

const { request } = openaiResponses;
const levels: ReasoningLimits = { levels: ['low', 'medium', 'high', 'xhigh'], off: false, auto: true };

function fitting(text: string, limits: ReasoningLimits | undefined, thinking?: ThinkingWish) {
  return fitted(openaiResponses, text, { model: 'gpt-x', limits: limits ? { reasoning: limits } : {}, thinking });
}

describe('SEED-13: reasoning.effort', () => {
  it('is refused where the model does not have it', () => {
    expect(() => fitting('{"reasoning":{"effort":"ultra"}}', levels)).toThrow(
      'reasoning.effort: level "ultra" not supported, valid levels: low, medium, high, xhigh (model gpt-x)',
    );
    expect(() => fitting('{"reasoning":{"effort":"minimal"}}', levels)).toThrow('minimal');
  });

  it.each([
    '{"reasoning":{"effort":"xhigh" , "summary":"auto"}}',
    '{"reasoning":null}',
    '{"reasoning":{"summary":"auto"}}',
    '{}',
  ])('stays as it is where the model takes it: %s', (text) => {
    expect(fitting(text, levels).same).toBe(true);
  });

  it('of auto is left out, of none the least there is, of a model without reasoning nothing', () => {
    expect(fitting('{"reasoning":{"effort":"auto","summary":"auto"}}', levels).text).toBe(
      '{"reasoning":{"summary":"auto"}}',
    );
    expect(fitting('{"reasoning":{"effort":"auto"},"n":1}', levels).text).toBe('{"n":1}');
    expect(fitting('{"reasoning":{ "effort":"none"}}', levels).text).toBe('{"reasoning":{ "effort":"low"}}');
    expect(fitting('{"reasoning":{"effort":"ultra"}}', {})).toMatchObject({ text: '{}', lost: ['reasoning_effort'] });
    expect(fitting('{"reasoning":{"effort":"ultra"}}', undefined).same).toBe(true);
  });

  it('is what the name of the model says', () => {
    const asked = '{"reasoning":{ "summary":"auto", "effort":"low"},"input":[ ]}';
    const wished = (wish: ThinkingWish) => fitting(asked, levels, wish).text;
    expect(wished({ effort: 'max' })).toBe('{"reasoning":{ "summary":"auto", "effort":"xhigh"},"input":[ ]}');
    expect(wished({ budget: 20_000 })).toContain('"effort":"high"');
    expect(wished({ auto: true })).toBe('{"reasoning":{"summary":"auto"},"input":[ ]}');
    expect(fitting(asked, levels, { effort: 'low' }).same).toBe(true);
    expect(fitting('{}', {}, { effort: 'low' })).toMatchObject({ text: '{}', lost: ['reasoning_effort'] });
  });

  it('is not translated for a model without reasoning', () => {
    const losses: string[] = [];
    const target: Target = {
      model: 'm',
      stream: false,
      limits: { context: 1, reasoning: {} },
      maker: 'xai',
      accent: {},
    };
    const chat = { turns: [], tools: [], sampling: {}, reasoning: { effort: 'high' } } as const;
    expect(request.encode(chat, target, ({ what }) => losses.push(what))).not.toHaveProperty('reasoning');
    expect(losses).toEqual(['reasoning_effort']);
  });
});
