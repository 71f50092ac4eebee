import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { contextFor } from '../../../test/support/fixtures.ts';
import { GatewayError } from '../../errors.ts';
import type { Frame } from '../../frame.ts';
import { collect, replay } from '../../ir/fold.ts';
import type { Reply, ReplyEvent } from '../../ir/reply.ts';
import type { JsonObject } from '../../json.ts';
import type { ReplyContext } from '../dialect.ts';
import { openaiChat } from './index.ts';

const { stream, reply, request } = openaiChat;
const { envelope } = contextFor(openaiChat);
function contextWith(losses: string[] = []): ReplyContext {
  return {
    envelope,
    model: 'shown',
    request: {},
    created: 1_785_500_000,
    id: 'abcdefghijklmnopqrstuvwx',
    report: ({ what }) => losses.push(what),
  };
}

/** What the vendor's own reader makes of our frames. */
async function readBySdk(frames: readonly Frame[]): Promise<OpenAI.ChatCompletion> {
  const body = frames.map(({ data }) => `data: ${data}\n\n`).join(stream.keepAlive);
  const headers = { 'content-type': 'text/event-stream' };
  const client = new OpenAI({ apiKey: 'k', maxRetries: 0, fetch: async () => new Response(body, { headers }) });
  return client.chat.completions
    .stream({ model: 'm', messages: [], stream_options: { include_usage: true } })
    .finalChatCompletion();
}

const rich: Reply = {
  id: 'msg_1',
  model: 'claude',
  parts: [
    { type: 'reasoning', text: 'I think.', seal: { maker: 'anthropic', token: 'SIG' } },
    { type: 'text', text: 'Hello', citations: [{ url: 'https://x.ch', title: 'X', start: 0, end: 5 }] },
    { type: 'text', text: ' world', citations: [{ url: 'https://y.ch' }, { quote: 'no address' }] },
    { type: 'media', mediaType: 'image/png', source: { data: 'AAAA' } },
    { type: 'tool-call', id: 'toolu_1', name: 'f', input: '{"a":1}', seal: { maker: 'google', token: 'G' } },
    { type: 'tool-call', id: 'toolu_2', name: 'g', input: 'raw', freeform: true },
  ],
  usage: { input: 10, output: 5, cacheRead: 4, reasoning: 2 },
  finish: { reason: 'stop' },
};

describe('encoder', () => {
  it('writes what the vendor reads', async () => {
    const losses: string[] = [];
    const frames = replay(rich).flatMap(stream.encoder(contextWith(losses)));
    const told = await readBySdk(frames);
    expect(told).toMatchObject({
      id: 'chatcmpl-abcdefghijklmnopqrstuvwx',
      model: 'shown',
      created: 1_785_500_000,
      usage: {
        prompt_tokens: 10,
        completion_tokens: 5,
        total_tokens: 15,
        prompt_tokens_details: { cached_tokens: 4 },
        completion_tokens_details: { reasoning_tokens: 2 },
      },
    });
    const [choice] = told.choices;
    expect(choice?.finish_reason).toBe('tool_calls');
    expect(choice?.message).toMatchObject({
      role: 'assistant',
      content: 'Hello world',
      tool_calls: [
        {
          id: 'toolu_1',
          type: 'function',
          function: { name: 'f', arguments: '{"a":1}' },
          extra_content: { google: { thought_signature: 'G' } },
        },
        { id: 'toolu_2', type: 'custom', custom: { name: 'g', input: 'raw' } },
      ],
    });
    expect(losses).toEqual(['citations']);
  });

  it('says the same as the whole reply does', () => {
    const frames = replay(rich).flatMap(stream.encoder(contextWith()));
    const decoder = stream.decoder({ maker: 'openai' });
    const streamed = collect([...frames.flatMap((frame) => decoder.push(frame)), ...decoder.end()]);
    const whole = reply.encode(rich, contextWith());
    const decoded = reply.decode(JSON.parse(JSON.stringify(whole)) as JsonObject, { maker: 'openai' });
    const joined = (told: Reply): string => told.parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
    expect(joined(streamed)).toBe(joined(decoded));
    expect(streamed.finish).toEqual(decoded.finish);
    expect(streamed.usage).toEqual(decoded.usage);
    expect(streamed.parts.filter(({ type }) => type === 'tool-call')).toEqual(
      decoded.parts.filter(({ type }) => type === 'tool-call'),
    );
  });

  it('says which words a source stands for, also where it comes before them; and lists at once, since the vendor keeps the last', async () => {
    const encode = stream.encoder(contextWith());
    const cited = (index: number, text: string, url: string): ReplyEvent[] => [
      { type: 'part-start', index, part: { type: 'text' } },
      { type: 'citation', index, citation: { url } },
      { type: 'part-delta', index, text },
      { type: 'part-end', index },
    ];
    const call = { type: 'tool-call', id: 'c', name: 'f' } as const;
    const image = (index: number, text: string): ReplyEvent[] => [
      { type: 'part-start', index, part: { type: 'media', mediaType: 'image/png' } },
      { type: 'part-delta', index, text },
      { type: 'part-end', index },
    ];
    const events: ReplyEvent[] = [
      { type: 'start', id: 'r', model: 'm' },
      ...cited(0, 'Hello', 'https://x.ch'),
      ...cited(1, ' you', 'https://y.ch'),
      { type: 'part-start', index: 2, part: call },
      { type: 'part-end', index: 2 },
      ...image(3, 'AAAA'),
      ...image(4, 'BBBB'),
      { type: 'finish', reason: 'tool-calls' },
    ];
    const frames = events.flatMap(encode);
    const told = frames.findIndex(({ data }) => data.includes('annotations'));
    expect(told).toBeLessThan(frames.findIndex(({ data }) => data.includes('tool_calls')));
    expect((await readBySdk(frames)).choices[0]?.message).toMatchObject({
      annotations: [
        { url_citation: { url: 'https://x.ch', start_index: 0, end_index: 5 } },
        { url_citation: { url: 'https://y.ch', start_index: 5, end_index: 9 } },
      ],
      images: [
        { image_url: { url: 'data:image/png;base64,AAAA' } },
        { image_url: { url: 'data:image/png;base64,BBBB' } },
      ],
    });
  });

  it('keeps usage to those who asked', () => {
    const silent = { ...contextWith(), envelope: { ...envelope, usageWanted: false } };
    const frames = replay(rich).flatMap(stream.encoder(silent));
    expect(frames.some(({ data }) => data.includes('usage'))).toBe(false);
    expect(frames.at(-1)?.data).toBe('[DONE]');
  });

  it('sends a call that comes in pieces piecewise, and one that comes whole with its seal at once', () => {
    const encode = stream.encoder(contextWith());
    encode({ type: 'start', id: '', model: '' });
    encode({ type: 'part-start', index: 0, part: { type: 'tool-call', id: 'c', name: 'f' } });
    expect(encode({ type: 'part-delta', index: 0, text: '{"a"' })).toEqual([]);
    const two = encode({ type: 'part-delta', index: 0, text: ':1}' });
    expect(two).toHaveLength(2);
    const end = encode({ type: 'part-end', index: 0, seal: { maker: 'x', token: 't' } });
    expect(end[0]?.data).toContain('cliproxy.seal.x:t');
    expect(end[0]?.data).toContain('{"index":0,"function":{"arguments":""},"extra_content":');
    encode({ type: 'part-start', index: 1, part: { type: 'tool-call', id: 'd', name: 'f' } });
    encode({ type: 'part-delta', index: 1, text: '{}' });
    const whole = encode({ type: 'part-end', index: 1, seal: { maker: 'google', token: 't' } });
    expect(whole).toHaveLength(1);
    expect(whole[0]?.data).toMatch(/"index":1,"id":"d".*"arguments":"\{\}".*"thought_signature":"t"/);
  });

  it('says a failure where it happens, and nothing after', () => {
    const encode = stream.encoder(contextWith());
    encode({ type: 'start', id: '', model: '' });
    encode({ type: 'part-start', index: 0, part: { type: 'tool-call', id: 'c', name: 'f' } });
    const frames = encode({ type: 'failure', error: new GatewayError('overloaded', 'full') });
    expect(frames).toHaveLength(2);
    expect(JSON.parse(frames[1]?.data ?? '')).toMatchObject({
      error: { message: 'full', code: 'server_is_overloaded' },
    });
  });
});

describe('the seals of thoughts', () => {
  function returned(change: (message: JsonObject) => JsonObject) {
    const parts: Reply['parts'] = [
      { type: 'reasoning', text: 'one', seal: { maker: 'anthropic', token: 'S1' } },
      { type: 'reasoning', text: '', redacted: true, seal: { maker: 'anthropic', token: 'R' } },
      { type: 'text', text: 'words' },
      { type: 'tool-call', id: 'a', name: 'f', input: '{}' },
      { type: 'reasoning', text: 'two', seal: { maker: 'anthropic', token: 'S2' } },
      { type: 'tool-call', id: 'b', name: 'f', input: '{}' },
      { type: 'reasoning', text: 'three' },
    ];
    const body = reply.encode({ ...rich, parts }, contextWith()) as { choices: readonly { message: JsonObject }[] };
    const message = JSON.parse(JSON.stringify(body.choices[0]?.message ?? {})) as JsonObject;
    const [turn] = request.decode({ model: 'm', messages: [change(message)] }, () => undefined).turns;
    return turn?.parts.map((part) =>
      'seal' in part && part.seal ? part.seal.token : 'text' in part ? part.text : part.type,
    );
  }

  it('come back with the calls they led to', () => {
    expect(returned((message) => message)).toEqual(['S1', 'R', 'three', 'words', 'tool-call', 'S2', 'tool-call']);
  });

  it('are dropped where the client changed a word, or left the thoughts out', () => {
    expect(returned((message) => ({ ...message, reasoning_content: 'onetwx' }))).toEqual([
      'onetwx',
      'words',
      'tool-call',
      'tool-call',
    ]);
    expect(returned(({ reasoning_content: _, ...message }) => message)).toEqual(['words', 'tool-call', 'tool-call']);
  });
});
