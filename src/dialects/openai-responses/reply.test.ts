// Whole replies: read, written with the request's echo, and metered without parsing more than needed.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Body } from '../../body.ts';
import { GatewayError } from '../../errors.ts';
import { collect } from '../../ir/fold.ts';
import type { Reply } from '../../ir/reply.ts';
import { writeSeal } from '../../ir/seal.ts';
import { type JsonObject, objects, parseObject } from '../../json.ts';
import type { ReplyContext } from '../dialect.ts';
import { openaiResponses } from './index.ts';

const { reply, request, stream } = openaiResponses;
const openai = { maker: 'openai' };
const names = ['text', 'tools', 'thinking', 'codex', 'web-search', 'everything'];

function read(name: string, file = 'reply.json'): string {
  return readFileSync(new URL(`../../../fixtures/openai-responses/${name}/${file}`, import.meta.url), 'utf8');
}
function context(asked: JsonObject = {}): ReplyContext {
  return {
    envelope: {
      dialect: 'openai-responses',
      operation: 'generate',
      model: 'demo',
      stream: false,
      framing: 'sse',
      usageWanted: true,
    },
    model: 'demo',
    request: asked,
    created: 1_785_500_000,
    id: 'abc',
    report: () => {},
  };
}
const said = (parts: Reply['parts'], reason: Reply['finish']['reason'] = 'stop'): Reply => ({
  id: 'x',
  model: 'y',
  parts,
  finish: { reason },
});

describe('decode', () => {
  it('reads every kind of item', () => {
    const codex = reply.decode(parseObject(read('codex')) ?? {}, openai);
    expect(codex.parts).toMatchObject([
      { type: 'reasoning', text: '', seal: { maker: 'openai' } },
      { type: 'text', text: 'Patching and closing.' },
      { type: 'tool-call', id: 'call_pa1', name: 'apply_patch', freeform: true },
      { type: 'tool-call', id: 'call_ns2', name: 'close_issue', namespace: 'mcp__tracker', input: '{"number":17}' },
    ]);
    expect(codex.finish).toEqual({ reason: 'tool-calls', raw: 'completed' });
    expect(codex.usage).toMatchObject({ input: 5230, output: 140, cacheRead: 4864, reasoning: 64, total: 5370 });
    const search = reply.decode(parseObject(read('web-search')) ?? {}, openai);
    expect(search.parts[0]).toMatchObject({
      type: 'foreign',
      meaning: {
        tool: 'web-search',
        input: 'lake regatta 2026 winner',
        links: [{}, { url: 'https://regatta.example/crews' }],
      },
    });
    expect(search.parts[1]).toMatchObject({ citations: [{ url: 'https://regatta.example/2026', start: 42, end: 59 }] });
    expect(search.usage?.searches).toBe(1);
  });

  it.each([
    [{ type: 'function_call', arguments: '', status: 'completed' }, '{}'],
    [{ type: 'function_call', arguments: '' }, '{}'],
    [{ type: 'function_call', arguments: '', status: 'incomplete' }, ''],
    [{ type: 'custom_tool_call', input: '', status: 'completed' }, ''],
  ])('takes a call without arguments for one that takes none, whole and streamed: %j', (call, input) => {
    const item = { id: 'fc_1', call_id: 'c', name: 'f', ...call };
    const response = { object: 'response', id: 'resp_1', model: 'm', status: 'completed', output: [item] };
    expect(reply.decode(response, openai).parts).toMatchObject([{ type: 'tool-call', input }]);
    const decoder = stream.decoder(openai);
    const events = [
      { type: 'response.created', response: { ...response, output: [] } },
      { type: 'response.output_item.added', output_index: 0, item: { ...item, status: 'in_progress' } },
      { type: 'response.output_item.done', output_index: 0, item },
      { type: 'response.completed', response },
    ].flatMap((event) => decoder.push({ event: event.type, data: JSON.stringify(event) }));
    expect(collect([...events, ...decoder.end()]).parts).toMatchObject([{ type: 'tool-call', input }]);
  });

  it('tells apart how a response ended', () => {
    const body = (more: JsonObject): JsonObject => ({ object: 'response', output: [], ...more });
    const ended = (more: JsonObject): string => reply.decode(body(more), openai).finish.reason;
    expect(ended({ status: 'completed' })).toBe('stop');
    expect(ended({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } })).toBe('length');
    expect(ended({ status: 'incomplete', incomplete_details: { reason: 'content_filter' } })).toBe('filter');
    expect(ended({ output: [{ type: 'message', content: [{ type: 'refusal', refusal: 'No.' }] }] })).toBe('filter');
    for (const wrong of [
      { status: 'failed', error: { code: 'server_error', message: 'x' } },
      { status: 'in_progress' },
    ])
      expect(() => reply.decode(body(wrong), openai)).toThrow(GatewayError);
    for (const wrong of [{}, { error: { message: 'Bad key', code: 'invalid_api_key' } }, { choices: [] }])
      expect(() => reply.decode(wrong, openai)).toThrow(GatewayError);
  });
});

describe('encode', () => {
  it('echoes what was asked for', () => {
    const asked = parseObject(read('everything', 'request.json')) ?? {};
    const body = reply.encode(said([{ type: 'text', text: 'Hi' }]), context(asked));
    for (const key of [
      'instructions',
      'tools',
      'tool_choice',
      'parallel_tool_calls',
      'temperature',
      'top_p',
      'reasoning',
      'text',
    ])
      expect([key, body[key]]).toEqual([key, asked[key]]);
    for (const key of ['metadata', 'max_output_tokens', 'store', 'prompt_cache_key', 'safety_identifier', 'truncation'])
      expect([key, body[key]]).toEqual([key, asked[key]]);
    expect(reply.encode(said([]), context({ service_tier: 'flex' }))).not.toHaveProperty('service_tier');
    expect(reply.encode(said([]), context())).toMatchObject({
      output: [],
      tools: [],
      tool_choice: 'auto',
      store: false,
      previous_response_id: null,
      usage: null,
    });
  });

  it('keeps a reply through encode and decode, but for ids', () => {
    for (const name of names) {
      const { id: _, model: __, usage, ...once } = reply.decode(parseObject(read(name)) ?? {}, openai);
      const asked = parseObject(read(name, 'request.json')) ?? {};
      const body = reply.encode({ id: 'x', model: 'y', ...once, ...(usage && { usage }) }, context(asked));
      const again = reply.decode(body, openai);
      expect([name, again.parts, again.finish]).toEqual([name, once.parts, once.finish]);
      expect(again.usage).toMatchObject({ input: usage?.input, output: usage?.output, total: usage?.total });
    }
  });

  it('hands out seals of other makers so that they come home', () => {
    const parts: Reply['parts'] = [
      { type: 'reasoning', text: '', redacted: true, seal: { maker: 'anthropic', token: 'R' } },
      { type: 'reasoning', text: 'hm', seal: { maker: 'openai', token: 'O' } },
      { type: 'text', text: 'Hi', seal: { maker: 'google', token: 'T' } },
      { type: 'tool-call', id: 'c', name: 'f', input: '{}', seal: { maker: 'google', token: 'C' } },
    ];
    const body = reply.encode(said(parts, 'tool-calls'), context());
    const slots = objects(body.output).flatMap(({ encrypted_content: slot }) => slot ?? []);
    expect(slots).toEqual([
      writeSeal({ maker: 'anthropic', token: 'redacted:R' }),
      'O',
      writeSeal({ maker: 'google', token: 'part:T' }),
      writeSeal({ maker: 'google', token: 'part:C' }),
    ]);
    const back = request.decode({ model: 'm', input: body.output ?? [] }, () => {});
    expect(back.turns).toEqual([{ role: 'assistant', parts }]);
  });
});

describe('meter', () => {
  it('reads of a body what decode reads', () => {
    for (const name of names) {
      const { id, model, usage, finish } = reply.decode(parseObject(read(name)) ?? {}, openai);
      const reading = reply.meter(Body.read(Buffer.from(read(name))));
      expect(reading, name).toEqual({ id, model, usage, finish, ended: true, closed: true });
    }
    const failed = reply.meter(
      Body.of({ object: 'response', status: 'failed', error: { code: 'slow_down', message: 'x' } }),
    );
    expect(failed.failure?.kind).toBe('overloaded');
  });
});
