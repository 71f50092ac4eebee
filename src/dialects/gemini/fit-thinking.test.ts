import { describe, expect, it } from 'vitest';
import { fitted } from '../../../test/support/fitting.ts';
import type { ReasoningLimits, ThinkingWish } from '../../envelope.ts';
import { gemini } from './index.ts';

const pro25: ReasoningLimits = { budget: { min: 128, max: 32_768 }, off: false, auto: true };
const flash25: ReasoningLimits = { budget: { min: 0, max: 24_576 }, off: true, auto: true };
const pro3: ReasoningLimits = { levels: ['low', 'high'], budget: { min: 128, max: 32_768 }, off: false, auto: true };

function fitting(text: string, limits: ReasoningLimits | undefined, thinking?: ThinkingWish, model = 'gemini-x') {
  return fitted(gemini, text, { model, limits: limits ? { reasoning: limits } : {}, thinking });
}
const config = (inner: string) => `{"generationConfig":{ "temperature":1.0 , "thinkingConfig":{${inner}}}}`;

describe('SEED-13: thinkingConfig', () => {
  it('is refused where the model does not have the level or the budget', () => {
    expect(() => fitting(config('"thinkingLevel":"MEDIUM"'), pro3)).toThrow(
      'generationConfig.thinkingConfig.thinkingLevel: level "MEDIUM" not supported, valid levels: low, high (model gemini-x)',
    );
    expect(() => fitting(config('"thinkingBudget":40000'), pro3)).toThrow('budget 40000 out of range [128,32768]');
    expect(() => fitting('{"generation_config":{"thinking_config":{"thinking_budget":"30000"}}}', flash25)).toThrow(
      '30000',
    );
  });

  it.each<[string, ReasoningLimits | undefined]>([
    [config('"thinkingLevel": "HIGH"'), pro3],
    [config('"thinkingBudget":2000'), pro3],
    [config('"thinkingBudget":"2000"'), pro25],
    [config('"thinkingBudget":0'), flash25],
    [config('"thinkingBudget":-1,"includeThoughts":true'), pro25],
    [config('"thinkingLevel":"THINKING_LEVEL_UNSPECIFIED"'), pro3],
    [config('"thinkingLevel":"ULTRA"'), undefined],
    ['{"generationConfig":[],"contents":[]}', pro3],
    ['{}', pro3],
  ])('stays as it is where the model takes it: %s', (text, limits) => {
    expect(fitting(text, limits).same).toBe(true);
  });

  it.each<[string, string, ReasoningLimits, string]>([
    ['off, of one that must think', '"thinkingBudget":0', pro25, '"thinkingBudget":128'],
    [
      'off, by level',
      '"includeThoughts":true,"thinkingBudget":0',
      pro3,
      '"includeThoughts":true,"thinkingLevel":"LOW"',
    ],
    [
      'a level where budgets are',
      '"thinkingLevel":"high","includeThoughts":false',
      flash25,
      '"includeThoughts":false,"thinkingBudget":24576',
    ],
    [
      'low, of every model',
      '"thinkingLevel":"LOW"',
      { ...pro3, levels: ['minimal', 'high'] },
      '"thinkingLevel":"MINIMAL"',
    ],
  ])('%s is brought to what the model takes', (_what, inner, limits, expected) => {
    expect(fitting(config(inner), limits)).toMatchObject({ text: config(expected), lost: [] });
  });

  it('goes where the model does not think, and it is told', () => {
    expect(fitting(config('"thinkingLevel":"HIGH"'), {})).toMatchObject({
      text: '{"generationConfig":{"temperature":1.0}}',
      lost: ['reasoning'],
    });
    expect(fitting('{"generationConfig":{"thinkingConfig":{"thinkingBudget":0}}}', {})).toMatchObject({
      text: '{}',
      lost: [],
    });
  });
});

describe('the wish of a name', () => {
  it('is written in the spelling that is there, and what to show stays', () => {
    expect(fitting(config('"includeThoughts":true, "thinkingLevel":"LOW"'), pro3, { effort: 'xhigh' }).text).toBe(
      config('"includeThoughts":true, "thinkingLevel":"HIGH"'),
    );
    const snake = '{"generation_config":{"thinking_config":{"thinking_budget":5,"include_thoughts":true}}}';
    expect(fitting(snake, flash25, { effort: 'low' }).text).toBe(
      '{"generation_config":{"thinking_config":{"include_thoughts":true,"thinkingBudget":1024}}}',
    );
    expect(fitting('{"contents":[ ]}', flash25, { effort: 'none' }).text).toBe(
      '{"contents":[ ],"generationConfig":{"thinkingConfig":{"thinkingBudget":0}}}',
    );
    expect(fitting(config('"thinkingBudget":5'), pro3, { auto: true }).text).toBe(
      '{"generationConfig":{"temperature":1.0}}',
    );
  });

  it('goes by the name of a model of unknown limits', () => {
    expect(fitting('{}', undefined, { budget: 99_999 }, 'gemini-2.5-new').text).toContain('"thinkingBudget":99999');
    expect(fitting('{}', undefined, { budget: 9000 }, 'gemini-4-new').text).toContain('"thinkingLevel":"HIGH"');
  });

  it('leaves counts alone', () => {
    expect(fitted(gemini, '{"contents":[]}', { thinking: { effort: 'low' } }, 'count-tokens').same).toBe(true);
  });
});
