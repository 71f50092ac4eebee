import { describe, expect, it } from 'vitest';
import { recordedRequest } from '../../../test/support/fixtures.ts';
import type { ChatRequest } from '../../ir/request.ts';
import { writeSeal } from '../../ir/seal.ts';
import type { JsonObject } from '../../json.ts';
import type { Loss } from '../../loss.ts';
import { decode } from './request-decode.ts';

const fixture = (name: string): JsonObject => recordedRequest('gemini', name);

function decoded(body: JsonObject): { request: ChatRequest; losses: Loss[] } {
  const losses: Loss[] = [];
  return { request: decode(body, (loss) => losses.push(loss)), losses };
}

describe('decode', () => {
  it('reads both spellings alike', () => {
    const snake = {
      system_instruction: { parts: { text: 'be brief' } },
      contents: { role: 'user', parts: [{ inline_data: { mime_type: 'image/png', data: 'AAAA' } }] },
      tools: [
        { function_declarations: [{ name: 'f', parameters_json_schema: { type: 'object' } }] },
        { google_search: {} },
      ],
      tool_config: { function_calling_config: { mode: 'ANY', allowed_function_names: ['f'] } },
      generation_config: { max_output_tokens: '12', thinking_config: { thinking_budget: 0 } },
    };
    const { request: asked, losses } = decoded(snake);
    expect(losses).toEqual([]);
    expect(asked).toEqual({
      turns: [
        { role: 'system', parts: [{ type: 'text', text: 'be brief' }] },
        { role: 'user', parts: [{ type: 'media', mediaType: 'image/png', source: { data: 'AAAA' } }] },
      ],
      tools: [
        { type: 'function', name: 'f', parameters: { type: 'object' } },
        {
          type: 'hosted',
          kind: 'web-search',
          wireType: 'googleSearch',
          origin: 'gemini',
          value: { google_search: {} },
        },
      ],
      toolChoice: { name: 'f' },
      sampling: { maxTokens: 12 },
      reasoning: { budget: 0, display: 'omitted' },
    });
  });

  it('joins a thought that a client kept in the pieces of its stream, up to the signed one', () => {
    const thoughts = [{ text: 'H' }, { text: 'm', thoughtSignature: 'S' }, { text: 'A' }, { text: 'h' }];
    const parts = [...thoughts.map((part) => ({ ...part, thought: true })), { text: 'Hello' }];
    const { request: asked } = decoded({ contents: [{ role: 'model', parts }] });
    expect(asked.turns[0]?.parts).toEqual([
      { type: 'reasoning', text: 'Hm', seal: { maker: 'google', token: 'S' } },
      { type: 'reasoning', text: 'Ah' },
      { type: 'text', text: 'Hello' },
    ]);
  });

  it('reports all that it cannot hold, and nothing else', () => {
    const { request: asked, losses } = decoded(fixture('everything'));
    expect(losses.map(({ what }) => what).toSorted()).toEqual(
      [
        'audio_timestamp',
        'behavior',
        'enable_enhanced_civic_answers',
        'image_config',
        'include_server_side_tool_invocations',
        'labels',
        'n',
        'response',
        'retrieval_config',
        'safety_settings',
        'speech_config',
        'store',
        'video_metadata',
      ].toSorted(),
    );
    expect(asked.tier).toBe('priority');
    expect(asked.reasoning).toEqual({ effort: 'low', display: 'summary' });
    expect(asked.toolChoice).toEqual({ allowed: ['measure', 'photograph'], mode: 'required' });
    expect(asked.tools.find((tool) => tool.type === 'function')).toMatchObject({
      parameters: {
        type: 'object',
        properties: {
          what: { type: ['string', 'null'] },
          points: { maxItems: 8, items: { type: 'number', minimum: 0 } },
        },
      },
    });
    const parts = asked.turns.flatMap((turn) => turn.parts);
    expect(parts.filter((part) => part.type === 'media').map((part) => part.detail)).toEqual([
      'high',
      'low',
      'low',
      'low',
    ]);
    expect(parts.filter((part) => part.type === 'tool-result')).toMatchObject([
      { id: 'm1', failed: true, content: [{ text: 'tape is stuck' }] },
      { id: 'm2', content: [{ text: 'taken' }, { type: 'media' }] },
    ]);
    expect(parts.filter((part) => part.type === 'foreign').map((part) => part.meaning)).toEqual([
      { tool: 'code-execution', input: 'print(1 + 1)', output: '2\n' },
    ]);
  });

  it('reads the chunks of a stream, which the SDK keeps as contents of their own, as one turn', () => {
    const model = (...parts: JsonObject[]) => ({ role: 'model', parts });
    const user = { role: 'user', parts: [{ text: 'go' }] };
    const call = (name: string) => ({ functionCall: { id: name, name, args: {} } });
    const contents = [
      user,
      model({ text: 'I ', thought: true }),
      model({ text: 'see', thought: true }),
      model({ text: '', thought: true, thoughtSignature: 'S' }),
      model({ text: 'Hel' }),
      model({ text: 'lo' }),
      model(call('f')),
      model(call('g')),
      model({ text: '' }),
    ];
    expect(decoded({ contents }).request.turns).toMatchObject([
      { role: 'user' },
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', text: 'I see', seal: { token: 'S' } },
          { type: 'text', text: 'Hello' },
          { type: 'tool-call', name: 'f' },
          { type: 'tool-call', name: 'g' },
        ],
      },
    ]);
    const apart = [user, model({ text: 'a' }, { text: 'b', thoughtSignature: 'S' }), model({ text: 'c' })];
    expect(decoded({ contents: apart }).request.turns[1]?.parts).toHaveLength(3);
  });

  it('asks in words for one of some bare values, which no other dialect can bind an answer to', () => {
    const asked = (responseSchema: JsonObject) =>
      decoded({
        contents: 'Is it?',
        systemInstruction: 'Judge.',
        generationConfig: { responseMimeType: 'text/x.enum', responseSchema },
      });
    const { request, losses } = asked({ type: 'STRING', enum: ['good', 'not good'] });
    expect(request.output).toBeUndefined();
    expect(request.turns.map(({ role }) => role)).toEqual(['system', 'system', 'user']);
    expect(request.turns[1]?.parts).toMatchObject([
      { text: expect.stringMatching(/^Answer with.*:\ngood\nnot good$/) },
    ]);
    expect(losses.map(({ where }) => where)).toEqual(['generationConfig.responseMimeType']);
    expect(asked({ type: 'STRING' }).request.output).toEqual({ type: 'json', schema: { type: 'string' } });
  });

  it('says what is wrong with a body, and where', () => {
    const bad: [JsonObject, string][] = [
      [{}, 'contents must hold'],
      [{ contents: [7] }, 'contents[0] must be an object'],
      [{ contents: [{ role: 'wizard', parts: [] }] }, 'contents[0].role'],
      [{ contents: [{ parts: [null] }] }, 'contents[0].parts[0]'],
      [{ contents: [{ parts: [{ functionCall: {} }] }] }, 'contents[0].parts[0].functionCall.name'],
      [{ contents: [{ parts: [{ fileData: {} }] }] }, 'fileUri'],
      [{ contents: [{ parts: [] }], tools: [1] }, 'tools[0]'],
      [
        { contents: [{ parts: [] }], generationConfig: { stopSequences: ['a', 5] } },
        'generationConfig.stopSequences must be strings',
      ],
      [{ contents: [{ parts: [] }], generationConfig: { topP: 'x' } }, 'generationConfig.topP must be a number'],
      [{ contents: [{ parts: [] }], cachedContent: 'cachedContents/1' }, 'cachedContent'],
    ];
    for (const [body, message] of bad) expect(() => decoded(body)).toThrow(message);
  });

  it('tells native signatures, ours and placeholders apart', () => {
    const ours = writeSeal({ maker: 'anthropic', token: 'E1' });
    const { request: asked } = decoded({
      contents: [
        {
          role: 'model',
          parts: [
            { thought: true, text: '', thoughtSignature: ours },
            { text: 'a', thought_signature: 'N1' },
            { functionCall: { name: 'f' }, thoughtSignature: 'skip_thought_signature_validator' },
            { thoughtSignature: 'N2' },
            {},
          ],
        },
      ],
    });
    expect(asked.turns[0]?.parts).toEqual([
      { type: 'reasoning', text: '', seal: { maker: 'anthropic', token: 'E1' } },
      { type: 'text', text: 'a', seal: { maker: 'google', token: 'N1' } },
      { type: 'tool-call', id: '', name: 'f', input: '{}' },
      { type: 'text', text: '', seal: { maker: 'google', token: 'N2' } },
    ]);
  });
});
