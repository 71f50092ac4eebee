import { describe, expect, it } from 'vitest';
import { Body } from '../body.ts';
import type { Carried, DialectId } from '../envelope.ts';
import { writeSeal } from '../ir/seal.ts';
import type { Json, JsonObject } from '../json.ts';
import { dialectOf } from './index.ts';

function carried(dialect: DialectId, json: JsonObject, space?: number): readonly Carried[] {
  const body = Body.read(Buffer.from(JSON.stringify(json, undefined, space)));
  return [...dialectOf(dialect).request.carried(body)].toSorted();
}
const says = (part: Json) => ({ messages: [{ role: 'user', content: [part] }] });
const quoting = 'Write {"type":"image_url"}, {"type": "image"}, "encrypted_content" and "thoughtSignature", please.';

describe('what a request brings', () => {
  it.each([
    ['openai-chat', says({ type: 'image_url', image_url: { url: 'data:' } }), ['images']],
    ['openai-chat', says({ type: 'file', file: {} }), ['documents']],
    ['openai-chat', says({ type: 'input_audio' }), ['audio']],
    ['openai-chat', says({ type: 'video_url' }), ['video']],
    ['openai-chat', { tools: [{ type: 'function' }], reasoning_effort: 'low' }, ['reasoning', 'tools']],
    ['openai-chat', { tools: [], functions: null, reasoning_effort: 'none' }, []],
    ['openai-chat', { messages: [{ role: 'assistant', reasoning_details: [] }] }, ['sealed-reasoning']],
    ['openai-responses', { input: [{ type: 'input_image' }, { type: 'input_file' }] }, ['documents', 'images']],
    ['openai-responses', { input: [{ type: 'reasoning', encrypted_content: 'x' }] }, ['sealed-reasoning']],
    ['openai-responses', { include: ['reasoning.encrypted_content'], reasoning: { effort: 'high' } }, ['reasoning']],
    ['anthropic-messages', says({ type: 'image', source: { type: 'url' } }), ['images']],
    ['anthropic-messages', says({ type: 'document' }), ['documents']],
    ['anthropic-messages', says({ type: 'thinking', signature: 'x' }), ['sealed-reasoning']],
    ['anthropic-messages', { thinking: { type: 'adaptive' } }, ['reasoning']],
    ['anthropic-messages', { thinking: { type: 'disabled' } }, []],
    ['anthropic-messages', { tools: [{ input_schema: { properties: { image: {}, thinking: {} } } }] }, ['tools']],
    ['gemini', { contents: [{ parts: [{ inlineData: { mimeType: 'image/png' } }] }] }, ['images']],
    ['gemini', { contents: [{ parts: [{ file_data: { mime_type: 'application/pdf' } }] }] }, ['documents']],
    ['gemini', { contents: [{ parts: [{ text: 'image/png' }] }] }, []],
    ['gemini', { contents: [{ parts: [{ thought_signature: 'x' }] }] }, ['sealed-reasoning']],
    ['gemini', { generationConfig: { thinkingConfig: { thinkingBudget: 100 } } }, ['reasoning']],
    ['gemini', { generationConfig: { thinkingConfig: { thinkingBudget: 0 } } }, []],
    ['openai-completions', { prompt: 'x' }, []],
  ] as const)('%s %j', (dialect, body, expected) => {
    expect(carried(dialect, body)).toEqual(expected);
    expect(carried(dialect, body, 2)).toEqual(expected);
  });

  it('is never taken from words that a text quotes', () => {
    expect(carried('openai-chat', says({ type: 'text', text: quoting }))).toEqual([]);
    expect(carried('openai-responses', { input: quoting })).toEqual([]);
    expect(carried('anthropic-messages', says({ type: 'text', text: quoting }))).toEqual([]);
    expect(carried('gemini', { contents: [{ parts: [{ text: quoting }, { inlineData: {} }] }] })).toEqual([]);
  });

  it('shows a seal that another dialect’s client carries', () => {
    const seal = writeSeal({ maker: 'openai', token: 'x' });
    expect(carried('openai-chat', { messages: [{ tool_calls: [{ extra_content: { cliproxy: { seal } } }] }] })).toEqual(
      ['sealed-reasoning'],
    );
  });
});
