// Nothing is dropped in silence: a member that nobody knows, and a value that is none of its member's, are told wherever they stand.

import { describe, expect, it } from 'vitest';
import { dialectOf } from '../../src/dialects/index.ts';
import type { DialectId } from '../../src/envelope.ts';
import type { JsonObject } from '../../src/json.ts';
import { listener } from '../support/fixtures.ts';

const asking: Readonly<Partial<Record<DialectId, JsonObject>>> = {
  'openai-chat': { model: 'm', messages: [{ role: 'user', content: 'x' }] },
  'openai-responses': { model: 'm', input: 'x' },
  'anthropic-messages': { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'x' }] },
  gemini: { contents: [{ role: 'user', parts: [{ text: 'x' }] }] },
};

function lossesOf(id: DialectId, more: JsonObject): readonly { what: string; where?: string }[] {
  const { report, losses } = listener();
  dialectOf(id).request.decode({ ...asking[id], ...more }, report);
  return losses.map(({ what, where }) => ({ what, ...(where !== undefined && { where }) }));
}

/** The object at a path, and what of it is needed for it to be read. */
const places: readonly (readonly [DialectId, string, JsonObject])[] = [
  ['openai-chat', 'reasoning', { effort: 'low' }],
  ['openai-chat', 'thinking', { type: 'enabled' }],
  ['openai-chat', 'chat_template_kwargs', {}],
  ['openai-chat', 'response_format', { type: 'json_object' }],
  ['openai-chat', 'stream_options', { include_usage: true, include_obfuscation: false }],
  ['openai-responses', 'text', { verbosity: 'low' }],
  ['openai-responses', 'text.format', { type: 'json_object' }],
  ['openai-responses', 'reasoning', { effort: 'low' }],
  ['anthropic-messages', 'output_config', { effort: 'low' }],
  ['anthropic-messages', 'output_config.format', { type: 'json_schema', schema: { type: 'object' } }],
  ['anthropic-messages', 'output_format', { type: 'json_schema', schema: { type: 'object' } }],
  ['anthropic-messages', 'thinking', { type: 'adaptive' }],
  ['gemini', 'generationConfig', { topP: 1 }],
  ['gemini', 'generationConfig.thinkingConfig', { thinkingBudget: 0 }],
];

describe.each(places)('%s: %s', (id, path, needed) => {
  const at = (value: JsonObject): JsonObject =>
    path.split('.').reduceRight<JsonObject>((inner, key) => ({ [key]: inner }), value);

  it('tells of a member that nobody knows', () => {
    expect(lossesOf(id, at({ ...needed, surprise: 1 }))).toEqual([{ what: 'surprise', where: `${path}.surprise` }]);
  });

  it('tells of nothing else', () => {
    expect(lossesOf(id, at({ ...needed, surprise: null }))).toEqual([]);
  });
});

it.each<readonly [DialectId, JsonObject, string]>([
  ['openai-chat', { verbosity: 'shouting' }, 'verbosity'],
  ['openai-chat', { reasoning_effort: 'odd' }, 'reasoning_effort'],
  ['openai-chat', { reasoning: { effort: 'odd' } }, 'reasoning_effort'],
  ['openai-responses', { text: { verbosity: 'shouting' } }, 'verbosity'],
  ['openai-responses', { reasoning: { effort: 'odd' } }, 'reasoning_effort'],
  ['openai-responses', { metadata: { a: 'b', c: 1 } }, 'metadata'],
  ['openai-responses', { user: 'a', safety_identifier: 'b' }, 'user'],
  ['anthropic-messages', { speed: 'odd' }, 'speed'],
  ['anthropic-messages', { output_config: { effort: 'odd' } }, 'effort'],
  ['anthropic-messages', { output_config: { format: { type: 'odd' } } }, 'output_format'],
  ['anthropic-messages', { thinking: { type: 'odd' } }, 'thinking'],
  ['gemini', { generationConfig: { responseModalities: ['VIDEO'] } }, 'modalities'],
  ['gemini', { generationConfig: { thinkingConfig: { thinkingLevel: 'odd' } } }, 'thinking_level'],
])('%s tells of a value that it does not know: %j', (id, more, what) => {
  expect(lossesOf(id, more).map((loss) => loss.what)).toEqual([what]);
});

it('reads a member in either spelling of Gemini', () => {
  const config = { thinking_config: { thinking_budget: 0, surprise: 1 } };
  expect(lossesOf('gemini', { generation_config: config }).map(({ what }) => what)).toEqual(['surprise']);
});
