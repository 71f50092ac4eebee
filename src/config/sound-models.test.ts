import { expect, it } from 'vitest';
import { loadConfig } from './load.ts';
import type { Notice } from './notice.ts';

/** One model of a service as it is read, and what is said of it. */
function read(model: string): { readonly models: readonly unknown[]; readonly said: readonly string[] } {
  const text = `openai-compatibility:\n- name: own\n  base-url: http://x/v1\n  models:\n  - {name: m, ${model}}\n`;
  const result = loadConfig(text, { env: {}, path: 'config.yaml' });
  if ('problems' in result) throw new Error(result.problems.map(({ message }) => message).join('\n'));
  const say = ({ line, column, level, message }: Notice) => `${line}:${column} ${level} ${message}`;
  return { models: result.config['openai-compatibility'][0]?.models ?? [], said: result.notices.map(say) };
}

it('goes by its alias where it has no name, and is left out where it has neither', () => {
  const text = 'groq:\n- api-key: k\n  models:\n  - alias: x\n  - {name: " ", display-name: y}\n';
  const result = loadConfig(text, { env: {}, path: 'config.yaml' });
  expect('config' in result && result.config.groq[0]?.models).toMatchObject([{ name: 'x', alias: 'x' }]);
  expect(result.notices.map(({ line, message }) => `${line} ${message}`)).toEqual([
    '5 groq[0].models[1] has no name; this model is left out',
  ]);
});

const here = 'openai-compatibility[0].models[0]';
const plain = { name: 'm', 'force-mapping': false };

it.each<[model: string, read: object, warnings: readonly string[]]>([
  ['thinking: {min: 1, max: 5}', { thinking: { min: 1, max: 5 } }, []],
  ['thinking: {max: 5, zero-allowed: true}', { thinking: { min: 0, max: 5, 'zero-allowed': true } }, []],
  [
    'thinking: {min: 10, max: 5}',
    {},
    [`5:40 warning ${here}.thinking.max is below min; nothing is known of its thinking`],
  ],
  ['thinking: {min: 10}', {}, [`5:31 warning ${here}.thinking.min has no effect without max`]],
  ['thinking: {min: 0, max: 0, levels: [Low, high]}', { thinking: { levels: ['low', 'high'] } }, []],
  [
    'thinking: {levels: [low, hihg]}',
    { thinking: { levels: ['low'] } },
    [`5:40 warning ${here}.thinking.levels[1] "hihg" is not known, and ignored`],
  ],
  ['thinking: {levels: [wild]}', {}, [`5:35 warning ${here}.thinking.levels[0] "wild" is not known, and ignored`]],
  ['thinking: {levels: []}', { thinking: {} }, []],
  ['input-modalities: [TEXT, image]', { 'input-modalities': ['text', 'image'] }, []],
  [
    'input-modalities: [text, smell]',
    { 'input-modalities': ['text'] },
    [`5:40 warning ${here}.input-modalities[1] "smell" is not known, and ignored`],
  ],
  ['input-modalities: [smell]', {}, [`5:34 warning ${here}.input-modalities[0] "smell" is not known, and ignored`]],
])('the model {%s} is read as what is known of it', (model, expected, warnings) => {
  const { models, said } = read(model);
  expect(models).toEqual([{ ...plain, ...expected }]);
  expect(said).toEqual(warnings);
});
