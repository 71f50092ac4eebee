import { describe, expect, it } from 'vitest';
import { recordedRequest } from '../../../test/support/fixtures.ts';
import { Body } from '../../body.ts';
import type { Target } from '../../envelope.ts';
import { writeSeal } from '../../ir/seal.ts';
import type { JsonObject } from '../../json.ts';
import type { InboundCall } from '../dialect.ts';
import { gemini } from './index.ts';

const { request, count } = gemini;

const fixture = (name: string): JsonObject => recordedRequest('gemini', name);

function call(path: string, query = '', body: JsonObject = {}, headers: Record<string, string> = {}): InboundCall {
  return {
    operation: 'generate',
    path,
    query: new URLSearchParams(query),
    header: (name) => headers[name],
    body: Body.of(body),
  };
}

function target(model: string, more: Partial<Target> = {}): Target {
  return { model, stream: false, limits: {}, maker: 'google', accent: {}, ...more };
}

const flash = target('gemini-2.5-flash');
const pro3 = target('gemini-3-pro-preview');

describe('envelope', () => {
  it('reads model, action and framing from path and query', () => {
    expect(request.envelope(call('/v1beta/models/gemini-2.5-pro:generateContent'))).toEqual({
      dialect: 'gemini',
      operation: 'generate',
      model: 'gemini-2.5-pro',
      stream: false,
      framing: 'json-array',
      usageWanted: true,
    });
    const path = '/v1/models/models%2Fgemini/3-pro%20x(high):streamGenerateContent';
    const streamed = request.envelope(call(path, 'alt=sse', {}, { 'x-session-id': 's1' }));
    expect(streamed).toMatchObject({ model: 'gemini/3-pro x(high)', stream: true, framing: 'sse', session: 's1' });
    expect(request.envelope(call('/v1/models/a:streamGenerateContent', '$alt=sse')).framing).toBe('sse');
    expect(request.envelope(call('/v1/models/llama3:8b:countTokens'))).toMatchObject({
      model: 'llama3:8b',
      operation: 'count-tokens',
    });
    const embed = request.envelope(call('/v1beta/models/e:batchEmbedContents', '', { sessionId: 's2' }));
    expect(embed).toMatchObject({ operation: 'embed', action: 'batchEmbedContents', session: 's2' });
  });

  it('names the known actions where the path has none of them', () => {
    for (const path of ['/v1/models/x', '/v1/models/x:predict', '/v1/models/x:', '/v1/models/x:toString'])
      expect(() => request.envelope(call(path))).toThrow(/generateContent, streamGenerateContent, countTokens/);
    expect(() => request.envelope(call('/v1/models/%E0%A4%A:generateContent'))).toThrow('percent');
    expect(() => request.envelope(call('/v1/models/:generateContent'))).toThrow('no model');
  });
});

describe('a body that stays in this dialect', () => {
  it('keeps its bytes but for what would be refused', () => {
    const text = '{ "contents":[{"parts":[{"text":"a\\u0041"}]}],  "session_id":"s", "x": 1.0 }';
    const body = request.retarget(Body.read(Buffer.from(text)), flash);
    expect(body.bytes.toString()).toBe('{ "contents":[{"parts":[{"text":"a\\u0041"}]}], "x": 1.0 }');
    expect(request.retarget(body, flash).bytes.equals(body.bytes)).toBe(true);
  });

  it('names the model where the body names one', () => {
    const wrapped = Body.of({ generateContentRequest: { model: 'models/a', contents: [] } });
    expect(request.retarget(wrapped, flash).json).toEqual({
      generateContentRequest: { model: 'models/gemini-2.5-flash', contents: [] },
    });
    const batch = Body.of({ requests: [{ model: 'models/a', content: {} }] });
    expect(request.retarget(batch, target('e')).json).toEqual({ requests: [{ model: 'models/e', content: {} }] });
  });

  it('takes call ids out where the service refuses them, and adds signatures where it demands them', () => {
    const contents = [
      { role: 'user', parts: [{ text: 'go' }] },
      { role: 'model', parts: [{ functionCall: { id: '1', name: 'f', args: { id: 'keep' } } }] },
      { role: 'user', parts: [{ function_response: { id: '1', name: 'f', response: {} } }] },
    ];
    const bare = request.retarget(Body.of({ contents }), target('gemini-2.5-pro', { accent: { noCallIds: true } }));
    expect(bare.json.contents).toEqual([
      contents[0],
      { role: 'model', parts: [{ functionCall: { name: 'f', args: { id: 'keep' } } }] },
      { role: 'user', parts: [{ function_response: { name: 'f', response: {} } }] },
    ]);
    const vouched = request.retarget(Body.of({ contents }), pro3).json.contents as { parts: JsonObject[] }[];
    expect(vouched[1]?.parts[0]?.thoughtSignature).toBe('skip_thought_signature_validator');
    expect(request.retarget(Body.of({ contents }), target('claude', { maker: 'anthropic' })).edits).toEqual([]);
    const own = { role: 'model', parts: [{ functionCall: { name: 'f' }, thoughtSignature: 'OWN' }] };
    const mixed = request.retarget(Body.of({ contents: [...contents, own] }), pro3);
    const seals = (mixed.json.contents as { parts: JsonObject[] }[]).map(({ parts }) => parts[0]?.thoughtSignature);
    expect(seals).toEqual([undefined, 'skip_thought_signature_validator', undefined, 'OWN']);
    const sealed = Body.of({ contents: [contents[0] ?? {}, own, contents[2] ?? {}, own] });
    expect(request.retarget(sealed, pro3)).toBe(sealed);
  });

  it('takes back what the SDK keeps of a stream, chunk by chunk: calls each in a content of its own, and empty texts', () => {
    const user = { role: 'user', parts: [{ text: '' }] };
    const model = (...parts: JsonObject[]) => ({ role: 'model', parts });
    const first = model({ functionCall: { name: 'f' }, thoughtSignature: 'OWN' });
    const second = model({ functionCall: { name: 'g' } });
    const asked = [user, model({ text: 'a' }), model({ text: '' }), user, first, second];
    expect(request.retarget(Body.of({ contents: asked }), pro3).json.contents).toEqual([
      user,
      model({ text: 'a' }),
      user,
      first,
      model({ functionCall: { name: 'g' }, thoughtSignature: 'skip_thought_signature_validator' }),
    ]);
    const sealed = [user, model({ text: '', thoughtSignature: 'S' }), first, model({ text: 'b' })];
    const body = Body.of({ contents: sealed });
    expect(request.retarget(body, pro3)).toBe(body);
  });

  it('opens our seals for their maker and drops the reasoning of others', () => {
    const ours = (maker: string) => writeSeal({ maker, token: `T-${maker}` });
    const body = Body.of({
      contents: [
        { role: 'user', parts: [{ text: 'go' }] },
        {
          role: 'model',
          parts: [
            { text: 'hm', thought: true, thoughtSignature: ours('anthropic') },
            { text: 'b', thought_signature: ours('google') },
            { text: '', thoughtSignature: ours('openai') },
            { functionCall: { name: 'f' } },
          ],
        },
        { role: 'model', parts: [{ thought: true, text: 'x', thoughtSignature: ours('openai') }] },
      ],
      other: 1,
    });
    const losses: string[] = [];
    const google = request.unseal(body, 'google', ({ what }) => losses.push(what));
    expect(google.json).toEqual({
      contents: [
        { role: 'user', parts: [{ text: 'go' }] },
        {
          role: 'model',
          parts: [
            { text: 'b', thought_signature: 'T-google' },
            { functionCall: { name: 'f' }, thoughtSignature: 'skip_thought_signature_validator' },
          ],
        },
      ],
      other: 1,
    });
    expect(new Set(losses)).toEqual(new Set(['reasoning_history']));
    const claude = request.unseal(body, 'anthropic', () => {}).json.contents as { parts: JsonObject[] }[];
    expect(claude[1]?.parts[0]).toEqual({ text: 'hm', thought: true, thoughtSignature: 'T-anthropic' });
    const plain = Body.of({ contents: [] });
    expect(request.unseal(plain, 'google', () => {})).toBe(plain);
  });
});

describe('count', () => {
  it('wraps a whole request, so that system and tools are counted', () => {
    const body = fixture('tools');
    const wrapped = count?.wrap(body, flash) ?? {};
    expect(wrapped.generateContentRequest).toMatchObject({ model: 'models/gemini-2.5-flash', tools: body.tools });
    expect(count?.unwrap(wrapped)).toMatchObject(body);
    expect(count?.unwrap({ contents: [] })).toEqual({ contents: [] });
    expect(Object.keys(count?.wrap(fixture('text'), target('g', { accent: { noCallIds: true } })) ?? {})).toEqual([
      'contents',
      'systemInstruction',
    ]);
    expect(count?.decode({ totalTokens: 31 })).toBe(31);
    expect(() => count?.decode({})).toThrow('counted no tokens');
    const exhausted = { error: { code: 429, message: 'Quota exceeded.', status: 'RESOURCE_EXHAUSTED' } };
    expect(() => count?.decode(exhausted)).toThrow(expect.objectContaining({ kind: 'rate-limited' }));
    expect(count?.encode(7)).toEqual({ totalTokens: 7 });
  });
});
