// Requests as they are written, and bodies that stay in their dialect: edited by their bytes, seals opened, counted.

import { describe, expect, it } from 'vitest';
import { recordedRequest } from '../../../test/support/fixtures.ts';
import { Body } from '../../body.ts';
import type { Target } from '../../envelope.ts';
import type { ChatRequest, MediaSource, Part, TextPart } from '../../ir/request.ts';
import { writeSeal } from '../../ir/seal.ts';
import { asArray, type JsonObject } from '../../json.ts';
import type { InboundCall } from '../dialect.ts';
import { openaiResponses } from './index.ts';

const { request, count } = openaiResponses;
const target: Target = { model: 'gpt-5.5', stream: true, limits: {}, maker: 'openai', accent: {} };

const fixture = (name: string): JsonObject => recordedRequest('openai-responses', name);

function encode(asked: ChatRequest, to: Partial<Target> = {}): { body: JsonObject; losses: string[] } {
  const losses: string[] = [];
  const body = request.encode(asked, { ...target, ...to }, ({ what }) => losses.push(what));
  return { body, losses };
}
const ask = (...parts: Part[]): ChatRequest => ({ turns: [{ role: 'user', parts }], tools: [], sampling: {} });
const hello = ask({ type: 'text', text: 'Hello' });

describe('encode', () => {
  it('writes what another dialect asked for', () => {
    const { body, losses } = encode({
      turns: [
        {
          role: 'system',
          parts: [
            { type: 'text', text: 'One.', cache: {} },
            { type: 'text', text: 'Two.' },
          ],
        },
        { role: 'user', parts: [{ type: 'text', text: 'Look it up' }] },
        {
          role: 'assistant',
          parts: [
            { type: 'reasoning', text: 'hm', seal: { maker: 'openai', token: 'gAAAA1' } },
            { type: 'text', text: 'Sure.' },
            { type: 'tool-call', id: 'c1', name: 'find', input: '' },
          ],
        },
        {
          role: 'user',
          parts: [
            { type: 'tool-result', id: 'c1', failed: true, content: [{ type: 'text', text: 'no network' }] },
            { type: 'text', text: 'Again' },
          ],
        },
      ],
      tools: [
        { type: 'function', name: 'find' },
        {
          type: 'hosted',
          kind: 'web-search',
          wireType: 'web_search_20250305',
          name: 'web_search',
          origin: 'anthropic-messages',
          value: {},
          search: {
            allowedDomains: ['a.example'],
            blockedDomains: ['b.example'],
            maxUses: 2,
            location: { city: 'Thun' },
          },
        },
      ],
      toolChoice: { name: 'web_search' },
      sampling: { maxTokens: 100, topK: 5, stop: ['x'], seed: 1 },
      reasoning: { budget: 5000 },
    });
    expect(body).toEqual({
      model: 'gpt-5.5',
      instructions: 'One.\n\nTwo.',
      input: [
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Look it up' }] },
        { type: 'reasoning', summary: [{ type: 'summary_text', text: 'hm' }], encrypted_content: 'gAAAA1' },
        {
          type: 'message',
          role: 'assistant',
          content: [{ type: 'output_text', text: 'Sure.', annotations: [], logprobs: [] }],
        },
        { type: 'function_call', call_id: 'c1', name: 'find', arguments: '{}' },
        { type: 'function_call_output', call_id: 'c1', output: 'Error: no network' },
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Again' }] },
      ],
      tools: [
        {
          type: 'function',
          name: 'find',
          parameters: { type: 'object', properties: {}, additionalProperties: false },
          strict: false,
        },
        {
          type: 'web_search',
          filters: { allowed_domains: ['a.example'] },
          user_location: { type: 'approximate', city: 'Thun' },
        },
      ],
      tool_choice: { type: 'web_search' },
      max_output_tokens: 100,
      reasoning: { effort: 'medium', summary: 'auto' },
      include: ['reasoning.encrypted_content'],
      store: false,
      stream: true,
    });
    expect(losses.toSorted()).toEqual(
      ['blocked_domains', 'cache_control', 'max_uses', 'seed', 'stop', 'thinking_budget', 'top_k'].toSorted(),
    );
  });

  it('tells of cache marks within the results of tools', () => {
    const content: Part[] = [{ type: 'text', text: 'long', cache: {} }];
    expect(encode(ask({ type: 'tool-result', id: 'a', content })).losses).toEqual(['cache_control']);
  });

  it('names a file only where it is sent itself', () => {
    const named = (source: MediaSource): Part => ({
      type: 'media',
      mediaType: 'application/pdf',
      name: 'Letter',
      source,
    });
    const linked = encode(ask(named({ url: 'https://a.example/b.pdf' })));
    expect(linked.body.input).toMatchObject([
      { content: [{ type: 'input_file', file_url: 'https://a.example/b.pdf' }] },
    ]);
    expect(JSON.stringify(linked.body)).not.toContain('Letter');
    expect(linked.losses).toEqual(['filename']);
    expect(encode(ask(named({ data: 'AAAA' })))).toMatchObject({
      body: { input: [{ content: [{ filename: 'Letter.pdf' }] }] },
      losses: [],
    });
  });

  it('heeds what the model allows', () => {
    const sampled = {
      ...hello,
      sampling: { temperature: 0.4, topP: 0.5, frequencyPenalty: 1 },
      reasoning: { effort: 'max' } as const,
    };
    const limits = { context: 1000, sampling: false, reasoning: { levels: ['low', 'high'] } } as const;
    const { body, losses } = encode(sampled, { limits });
    expect(body).toMatchObject({ reasoning: { effort: 'high' } });
    expect(losses).toEqual(['frequency_penalty', 'temperature', 'top_p']);
    const neutral = { temperature: 1, topP: 1, presencePenalty: 0, frequencyPenalty: 0 };
    expect(encode({ ...hello, sampling: neutral }, { limits }).losses).toEqual([]);
    expect(encode(hello, { limits: { context: 1000 } }).body).not.toHaveProperty('include');
    expect(encode({ ...hello, reasoning: { effort: 'none' } }).body.reasoning).toEqual({ effort: 'none' });
  });

  it('asks for JSON in the words the service demands', () => {
    const json = (text: string) => encode({ ...ask({ type: 'text', text }), output: { type: 'json' } }).body.input;
    expect(asArray(json('Give me data'))).toHaveLength(2);
    expect(asArray(json('Give me json'))).toHaveLength(1);
  });

  it('asks in words for an answer whose schema the service refuses', () => {
    const schema = { type: 'string', enum: ['yes', 'no'] };
    const { body, losses } = encode({ ...hello, output: { type: 'json', schema } });
    expect(body.text).toBeUndefined();
    expect(asArray(body.input)?.[0]).toEqual({
      type: 'message',
      role: 'developer',
      content: [
        {
          type: 'input_text',
          text: 'Answer with one JSON value only, following this JSON Schema: {"type":"string","enum":["yes","no"]}',
        },
      ],
    });
    expect(losses).toEqual(['response_format']);
  });

  it('is never without input, which the service would refuse', () => {
    const text = (said: string): TextPart => ({ type: 'text', text: said });
    const item = (role: string, said: string) => ({
      type: 'message',
      role,
      content: [{ type: 'input_text', text: said }],
    });
    const only = encode({ ...hello, turns: [{ role: 'system', parts: [text('Be'), text('brief.')] }] }).body;
    expect(only.instructions).toBeUndefined();
    expect(only.input).toEqual([item('system', 'Be\n\nbrief.')]);
    expect(encode({ ...hello, turns: [{ role: 'user', parts: [] }] }).body.input).toEqual([item('user', '')]);
  });

  it('shortens ids that would be refused, always alike', () => {
    const long = { ...hello, user: 'u'.repeat(65), cacheKey: 'k'.repeat(65) };
    const { body } = encode(long);
    expect(body).toEqual(encode(long).body);
    expect(String(body.safety_identifier).length).toBeLessThan(65);
    expect(encode({ ...hello, cacheKey: 'k' }).body.prompt_cache_key).toBe('k');
  });

  it('refuses what would be another request', () => {
    const video = ask({ type: 'media', mediaType: 'video/mp4', source: { data: 'AA==' } });
    const audio = ask({ type: 'media', mediaType: 'audio/wav', source: { data: 'UklGRg==' } });
    const forced: ChatRequest = {
      ...hello,
      tools: [{ type: 'hosted', kind: 'maps', wireType: 'googleMaps', origin: 'gemini', value: {} }],
      toolChoice: { name: 'googleMaps' },
    };
    for (const asked of [video, audio, forced])
      expect(() => encode(asked)).toThrow(expect.objectContaining({ kind: 'bad-request' }));
  });
});

describe('a body that stays in its dialect', () => {
  const call = (body: JsonObject, headers: Record<string, string> = {}): InboundCall => ({
    operation: 'generate',
    path: '/v1/responses',
    query: new URLSearchParams(),
    header: (name) => headers[name],
    body: Body.of(body),
  });

  it('shows routing its envelope', () => {
    const body = { model: 'fast', stream: true, prompt_cache_key: 'k', input: 'x' };
    expect(request.envelope(call(body))).toMatchObject({
      dialect: 'openai-responses',
      operation: 'generate',
      model: 'fast',
      stream: true,
      framing: 'sse',
      usageWanted: true,
      session: 'k',
    });
    expect(request.envelope(call(body, { session_id: 's' })).session).toBe('s');
    expect(request.envelope(call({ model: 'm', conversation: { id: 'c' } }))).toMatchObject({
      stream: false,
      session: 'c',
    });
    expect(() => request.envelope(call({ input: 'x' }))).toThrow('model');
  });

  it('is retargeted by its model and stream alone, and once', () => {
    const bytes = Buffer.from('{ "input" : "1.0", "seed":1.00, "model":"fast" , "stream":true}');
    const body = request.retarget(Body.read(bytes), target);
    expect(body.bytes.toString()).toBe('{ "input" : "1.0", "seed":1.00, "model":"gpt-5.5" , "stream":true}');
    expect(request.retarget(body, target)).toBe(body);
    expect(request.retarget(Body.of({ model: 'gpt-5.5' }), { ...target, stream: false }).edits).toEqual([]);
  });

  it('has its seals opened for their maker and taken away for others', () => {
    const native = { type: 'reasoning', summary: [], encrypted_content: 'gAAAA' };
    const marked = (maker: string, token: string) => ({
      ...native,
      id: 'rs',
      encrypted_content: writeSeal({ maker, token }),
    });
    const items = [native, marked('xai', 'X'), marked('google', 'part:G'), { role: 'user', content: 'hi' }];
    const body = Body.read(Buffer.from(`{"input":${JSON.stringify(items)} ,"big":12345678901234567890}`));
    const losses: string[] = [];
    const opened = request.unseal(body, 'xai', ({ what }) => losses.push(what));
    expect(opened.get('input')).toEqual([native, { ...native, id: 'rs', encrypted_content: 'X' }, items[3]]);
    expect(opened.bytes.toString()).toContain('12345678901234567890');
    expect(losses).toEqual(['reasoning_history']);
    const clean = Body.of({ input: [native] });
    expect(request.unseal(clean, 'xai', () => {})).toBe(clean);
  });

  it('tells as text what code another vendor ran, since no container of this one holds it', () => {
    const run = { type: 'code_interpreter_call', id: 'ci_1', status: 'completed', code: '1+1' };
    const made = { ...run, container_id: '', outputs: [{ type: 'logs', logs: '2' }] };
    const own = { ...run, container_id: 'cntr_1', outputs: null };
    const losses: string[] = [];
    const body = Body.of({ input: [made, own, { role: 'user', content: 'hi' }] });
    const told = request.unseal(body, 'openai', ({ what }) => losses.push(what));
    const content = [{ type: 'output_text', text: 'Ran code: 1+1\nResult: 2', annotations: [] }];
    expect(told.get('input')).toEqual([
      { type: 'message', role: 'assistant', content },
      own,
      { role: 'user', content: 'hi' },
    ]);
    expect(losses).toEqual(['hosted_history']);
    const clean = Body.of({ input: [own, { role: 'user', content: '"container_id":""' }] });
    expect(request.unseal(clean, 'openai', () => {})).toBe(clean);
  });

  it('is counted without what the counter refuses', () => {
    const wrapped = count?.wrap(fixture('thinking'), target);
    expect(Object.keys(wrapped ?? {}).toSorted()).toEqual(['input', 'instructions', 'model', 'reasoning', 'tools']);
    expect(count?.decode({ object: 'response.input_tokens', input_tokens: 12 })).toBe(12);
    expect(count?.encode(7)).toEqual({ object: 'response.input_tokens', input_tokens: 7 });
    expect(() => count?.decode({})).toThrow('input_tokens');
  });
});
