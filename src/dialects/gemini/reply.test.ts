import { GoogleGenAI } from '@google/genai';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { contextFor, eventsOf, framesOf, recorded } from '../../../test/support/fixtures.ts';
import { checkGrammar } from '../../../test/support/grammar.ts';
import { Body } from '../../body.ts';
import { GatewayError } from '../../errors.ts';
import type { Frame } from '../../frame.ts';
import { collect, replay } from '../../ir/fold.ts';
import type { Reply, ReplyEvent } from '../../ir/reply.ts';
import type { Part } from '../../ir/request.ts';
import { type JsonObject, parseObject } from '../../json.ts';
import type { ReplyContext } from '../dialect.ts';
import { gemini } from './index.ts';

const { reply, stream } = gemini;
const google = { maker: 'google' };
const fixtures = ['text', 'tools', 'thinking', 'search', 'everything'];

const read = (name: string, file: 'reply.json' | 'reply.sse'): string => recorded('gemini', name, file);
const frames = (name: string): readonly Frame[] => framesOf(read(name, 'reply.sse'));
const events = (given: readonly Frame[], maker = 'google') => eventsOf(stream.decoder({ maker }), given);

function chunks(...given: JsonObject[]): Frame[] {
  return given.map((chunk) => ({ data: JSON.stringify(chunk) }));
}

function candidate(parts: JsonObject[], more: JsonObject = {}): JsonObject {
  return {
    candidates: [{ content: { parts, role: 'model' }, index: 0, ...more }],
    responseId: 'r1',
    modelVersion: 'm',
  };
}

function context(more: Partial<ReplyContext> = {}): ReplyContext {
  return {
    ...contextFor(gemini),
    model: 'm',
    request: { generation_config: { thinkingConfig: { include_thoughts: true } } },
    created: 0,
    id: 'ID24',
    report: () => {},
    ...more,
  };
}

function encoded(given: readonly ReplyEvent[], to = context()): Frame[] {
  const encode = stream.encoder(to);
  return given.flatMap((event) => encode(event));
}

function expectGrammar(given: readonly ReplyEvent[]): void {
  expect(checkGrammar(given)).toEqual([]);
}

describe('fixtures', () => {
  it.each(fixtures)('%s: stream and whole tell the same', (name) => {
    const whole = reply.decode(JSON.parse(read(name, 'reply.json')) as JsonObject, google);
    const streamed = events(frames(name));
    expectGrammar(streamed);
    expect(collect(streamed)).toEqual(whole);
  });

  it.each(fixtures)('%s: what is written reads the same, whole and streamed', (name) => {
    const whole = reply.decode(JSON.parse(read(name, 'reply.json')) as JsonObject, google);
    const again = reply.decode(reply.encode(whole, context({ model: whole.model })), google);
    expect(again).toMatchObject(whole);
    expect(again.parts).toEqual(whole.parts);
    const streamed = collect(events(encoded(replay(whole))));
    expect(streamed.parts).toEqual(whole.parts);
    expect(streamed).toMatchObject({ id: whole.id, finish: whole.finish, usage: whole.usage });
  });

  it.each(fixtures)('%s: the meter agrees with the decoder', (name) => {
    const { id, usage, finish } = collect(events(frames(name)));
    const meter = stream.meter();
    for (const frame of frames(name)) if (meter.marks.some((mark) => frame.data.includes(mark))) meter.read(frame);
    expect(meter.reading).toMatchObject({ id, usage, finish, ended: true, closed: true });
    expect(reply.meter(Body.read(Buffer.from(read(name, 'reply.json'))))).toMatchObject({
      id,
      usage,
      finish,
      ended: true,
    });
  });
});

describe('decoder', () => {
  it('gives calls without ids stable ones that no other reply has', () => {
    const parts = [{ functionCall: { name: 'f' } }, { functionCall: { name: 'f', args: { a: 1 } } }];
    const frame = candidate(parts, { finishReason: 'STOP' });
    const { parts: made, finish } = collect(events(chunks(frame)));
    expect(made).toEqual([
      { type: 'tool-call', id: 'call_1_r1', name: 'f', input: '{}' },
      { type: 'tool-call', id: 'call_2_r1', name: 'f', input: '{"a":1}' },
    ]);
    expect(finish).toEqual({ reason: 'tool-calls', raw: 'STOP' });
    const { responseId: _, ...anonymous } = frame;
    const ids = collect(events(chunks(anonymous))).parts.map((part) => part.type === 'tool-call' && part.id);
    expect(new Set(ids).size).toBe(2);
  });

  it('hangs a signature on the part it belongs to', () => {
    const seal = (token: string) => ({ seal: { maker: 'google', token } });
    const told = events(
      chunks(
        candidate([{ text: 'hm', thought: true }]),
        candidate([{ text: 'a' }]),
        candidate([{ text: 'b' }, { text: '', thoughtSignature: 'S1' }]),
        candidate([
          { text: 'c' },
          { text: 'd', thought: true, thoughtSignature: 'S2' },
          { text: '', thoughtSignature: 'S3' },
        ]),
        candidate([], { finishReason: 'STOP' }),
      ),
    );
    expectGrammar(told);
    expect(collect(told).parts).toEqual([
      { type: 'reasoning', text: 'hm' },
      { type: 'text', text: 'ab', ...seal('S1') },
      { type: 'text', text: 'c' },
      { type: 'reasoning', text: 'd', ...seal('S2') },
      { type: 'text', text: '', ...seal('S3') },
    ]);
    const [claude] = collect(
      events(chunks(candidate([{ thought: true, thoughtSignature: 'E' }], { finishReason: 'STOP' })), 'anthropic'),
    ).parts;
    expect(claude).toEqual({ type: 'reasoning', text: '', seal: { maker: 'anthropic', token: 'E' } });
  });

  it('ends well whatever the service leaves out', () => {
    const usage = { usageMetadata: { promptTokenCount: 5, totalTokenCount: 5 } };
    const image = { inlineData: { mimeType: 'image/png', data: 'AA==' }, thought: true };
    const cases: [JsonObject[], Reply['finish'], number | readonly Part[]][] = [
      [
        [candidate([{ text: 'only a thought', thought: true }], { finishReason: 'STOP' })],
        { reason: 'stop', raw: 'STOP' },
        1,
      ],
      [[candidate([image], { finishReason: 'NO_IMAGE' })], { reason: 'other', raw: 'NO_IMAGE' }, 1],
      [[{ candidates: [{ finishReason: 'STOP' }] }], { reason: 'stop', raw: 'STOP' }, 0],
      [[{ candidates: [{ content: null, finishReason: 'MAX_TOKENS' }] }], { reason: 'length', raw: 'MAX_TOKENS' }, 0],
      [[{ candidates: [], ...usage }], { reason: 'stop' }, 0],
      [[candidate([{ text: 'x' }]), { candidates: [{ content: { role: 'model' } }], ...usage }], { reason: 'stop' }, 1],
      [
        [{ promptFeedback: { blockReason: 'PROHIBITED_CONTENT' }, ...usage }],
        { reason: 'filter', raw: 'PROHIBITED_CONTENT' },
        0,
      ],
      [[{ candidates: [{ finishReason: 'SPII' }] }, usage], { reason: 'filter', raw: 'SPII' }, 0],
      // Why it declined is a refusal; of any other end it is a remark.
      [
        [{ candidates: [{ finishReason: 'SAFETY', finishMessage: 'Why.' }] }],
        { reason: 'filter', raw: 'SAFETY' },
        [{ type: 'text', text: 'Why.', refusal: true }],
      ],
      [[{ candidates: [{ finishReason: 'STOP', finishMessage: 'Done.' }] }], { reason: 'stop', raw: 'STOP' }, 0],
      [[{ candidates: [{ finish_reason: 'TOMORROWS_WORD' }] }], { reason: 'other', raw: 'TOMORROWS_WORD' }, 0],
    ];
    for (const [given, finish, parts] of cases) {
      const told = events(chunks(...given));
      expectGrammar(told);
      expect(collect(told)).toMatchObject({ finish });
      const { parts: read } = collect(told);
      if (typeof parts === 'number') expect(read).toHaveLength(parts);
      else expect(read).toEqual(parts);
      const meter = stream.meter();
      for (const frame of chunks(...given)) meter.read(frame);
      expect(meter.reading).toMatchObject({ finish, ended: true });
    }
  });

  it('keeps what came after the finish reason, as older models send it', () => {
    const told = events(
      chunks(
        candidate([{ text: 'a' }], { finishReason: 'STOP' }),
        candidate([{ text: 'b' }], { finishReason: 'MAX_TOKENS' }),
      ),
    );
    expectGrammar(told);
    expect(collect(told)).toMatchObject({ parts: [{ text: 'ab' }], finish: { reason: 'length' } });
  });

  it('fails in words, once, and then hears nothing more', () => {
    const refusal = { error: { code: 503, status: 'UNAVAILABLE', message: 'The model is overloaded.' } };
    const cases: [Frame[], string][] = [
      [[], 'ended before it was complete'],
      [chunks(candidate([{ text: 'half' }])), 'ended before it was complete'],
      [[{ data: '{"candidates":[{' }], 'not JSON'],
      [[...chunks(candidate([{ text: 'a' }]), refusal), { data: 'more' }], 'overloaded'],
      [[{ data: JSON.stringify([refusal]) }], 'overloaded'],
    ];
    for (const [given, message] of cases) {
      const told = events(given);
      expectGrammar(told);
      expect(() => collect(told)).toThrow(message);
    }
    const meter = stream.meter();
    for (const frame of chunks(candidate([{ text: 'a' }]), refusal)) meter.read(frame);
    expect(meter.reading).toMatchObject({ failure: { kind: 'overloaded' }, ended: false });
    for (const junk of ['', '[DONE]', 'null', '7', '[]', '{"candidates":[7]}', '{"candidates":{"a":1}}'])
      expectGrammar(events([{ data: junk }]));
  });

  it('refuses whole bodies that are errors or no replies', () => {
    expect(() => reply.decode({ error: { code: 429, message: 'slow down' } }, google)).toThrow('slow down');
    expect(() => reply.decode({ hello: 1 }, google)).toThrow('no reply');
    expect(reply.decode({ candidates: [{ content: { parts: [{ text: 'a' }] } }] }, google)).toMatchObject({
      parts: [{ text: 'a' }],
      finish: { reason: 'stop' },
    });
  });
});

describe('encoder', () => {
  const foreign: Reply = {
    id: 'msg_1',
    model: 'claude',
    parts: [
      { type: 'reasoning', text: 'Hm.', seal: { maker: 'anthropic', token: 'E' } },
      {
        type: 'foreign',
        origin: 'anthropic-messages',
        value: {},
        meaning: { tool: 'web-search', input: 'cats', links: [{ url: 'https://b.example', title: 'B' }] },
      },
      { type: 'text', text: 'Größe' },
      {
        type: 'text',
        text: 'Über 3 m',
        citations: [
          { url: 'https://a.example', title: 'A', start: 0, end: 4, quote: 'Über' },
          { url: 'https://b.example', title: 'B', start: 0, end: 4, quote: 'Über' },
        ],
      },
      { type: 'tool-call', id: 'toolu_1', name: 'f', input: '{"a":1}' },
    ],
    usage: { input: 10, output: 7, reasoning: 4, cacheRead: 2 },
    finish: { reason: 'tool-calls', raw: 'tool_use' },
  };
  const signature = btoa('cliproxy.seal.anthropic:E');
  const grounding = {
    webSearchQueries: ['cats'],
    groundingChunks: [
      { web: { uri: 'https://a.example', title: 'A' } },
      { web: { uri: 'https://b.example', title: 'B' } },
    ],
    groundingSupports: [{ segment: { startIndex: 7, endIndex: 12, text: 'Über' }, groundingChunkIndices: [0, 1] }],
  };

  it('says a whole foreign reply', () => {
    expect(reply.encode(foreign, context())).toEqual({
      candidates: [
        {
          content: {
            parts: [
              { text: 'Hm.', thought: true, thoughtSignature: signature },
              { text: 'Größe' },
              { text: 'Über 3 m' },
              { functionCall: { id: 'toolu_1', name: 'f', args: { a: 1 } } },
            ],
            role: 'model',
          },
          finishReason: 'STOP',
          index: 0,
          groundingMetadata: grounding,
        },
      ],
      usageMetadata: {
        promptTokenCount: 10,
        cachedContentTokenCount: 2,
        candidatesTokenCount: 3,
        thoughtsTokenCount: 4,
        totalTokenCount: 17,
      },
      modelVersion: 'm',
      responseId: 'msg_1',
    });
  });

  it('streams it with the last call, usage and grounding in the last chunk', () => {
    const told = encoded(replay(foreign)).map((frame) => parseObject(frame.data) ?? {});
    expect(told.map((chunk) => JSON.stringify((chunk.candidates as JsonObject[])[0]?.content))).toEqual([
      `{"parts":[{"text":"Hm.","thought":true,"thoughtSignature":"${signature}"}],"role":"model"}`,
      '{"parts":[{"text":"Größe"}],"role":"model"}',
      '{"parts":[{"text":"Über 3 m"}],"role":"model"}',
      '{"parts":[{"functionCall":{"id":"toolu_1","name":"f","args":{"a":1}}}],"role":"model"}',
    ]);
    expect(told.every((chunk) => chunk.responseId === 'msg_1' && chunk.modelVersion === 'm')).toBe(true);
    expect(told.at(-1)).toMatchObject({
      candidates: [{ finishReason: 'STOP', groundingMetadata: grounding }],
      usageMetadata: { totalTokenCount: 17 },
    });
  });

  it('hides thoughts that nobody asked for, but not their seals', () => {
    const hidden = context({ request: {} });
    const parts = (reply.encode(foreign, hidden).candidates as { content: { parts: JsonObject[] } }[])[0]?.content
      .parts;
    expect(parts?.[0]).toEqual({ text: '', thought: true, thoughtSignature: signature });
    expect(encoded(replay(foreign), hidden).some(({ data }) => data.includes('Hm.'))).toBe(false);
  });

  it('writes no half call, but mends one that was only ill-written', () => {
    const cut = (reason: 'length' | 'stop'): Reply => ({
      id: '',
      model: '',
      parts: [{ type: 'tool-call', id: 'c', name: 'f', input: '{"path":"a","text":"hel' }],
      finish: { reason },
    });
    const losses: string[] = [];
    const to = context({ report: ({ what }) => losses.push(what) });
    for (const told of [
      reply.encode(cut('length'), to),
      parseObject(encoded(replay(cut('length')), to)[0]?.data ?? ''),
    ])
      expect(told).toMatchObject({
        candidates: [{ content: { parts: [{ text: '' }] }, finishReason: 'MAX_TOKENS' }],
        responseId: 'ID24',
      });
    expect(losses).toEqual(['partial_tool_call', 'partial_tool_call']);
    expect(encoded(replay(cut('stop')))[0]?.data).toContain('"args":{"path":"a","text":"hel"}');
  });

  it('ends a broken stream with a numeric code', () => {
    const error = new GatewayError('overloaded', 'Busy.', { retryAfter: 3 });
    const [start, ...rest] = replay(foreign);
    const told = encoded([...(start ? [start] : []), ...rest.slice(0, 3), { type: 'failure', error }]);
    expect(parseObject(told.at(-1)?.data ?? '')).toMatchObject({
      error: { code: 503, status: 'UNAVAILABLE', message: 'Busy.', details: [{ retryDelay: '3s' }] },
    });
    const odd = stream.failure(new GatewayError('internal', 'x', { status: 600 }), context(), {
      ended: false,
      closed: true,
    });
    expect(parseObject(odd[0]?.data ?? '')).toMatchObject({ error: { code: 500 } });
    expect(stream.closing({ ended: true, closed: true })).toEqual([]);
  });
});

describe('relabel', () => {
  it('changes the model name and no other byte', () => {
    const data =
      '{"candidates":[{"content":{"parts":[{"text":"\\"modelVersion\\":\\u0041"}]}}], "modelVersion" : "a","x":1.0}';
    expect(stream.relabel({ data }, 'b').data).toBe(data.replace(': "a"', ': "b"'));
    for (const other of ['{"error":{}}', 'junk "modelVersion"', '{"a":{"modelVersion":"x"}}'])
      expect(stream.relabel({ data: other }, 'b').data).toBe(other);
  });
});

describe("the vendor's own client", () => {
  afterEach(() => vi.unstubAllGlobals());

  function answering(given: readonly Frame[]): GoogleGenAI {
    const text = `${stream.keepAlive}${given.map((frame) => `data: ${frame.data}\n\n`).join(stream.keepAlive)}`;
    vi.stubGlobal('fetch', async () => new Response(text, { headers: { 'content-type': 'text/event-stream' } }));
    return new GoogleGenAI({ apiKey: 'k' });
  }

  it('reads our streams, and keeps the turn in its history', async () => {
    const told = events(frames('thinking'));
    const chat = answering(encoded(told)).chats.create({ model: 'm' });
    const seen = [];
    for await (const chunk of await chat.sendMessageStream({ message: 'go' })) seen.push(chunk);
    const parts = seen.flatMap((chunk) => chunk.candidates?.[0]?.content?.parts ?? []);
    expect(parts.map((part) => (part.thought ? '' : (part.text ?? ''))).join('')).toBe('Let me look.');
    expect(seen.flatMap((chunk) => chunk.functionCalls ?? [])).toEqual([
      { id: 'q81zx0', name: 'read_file', args: { path: 'src/main.ts' } },
    ]);
    expect(seen.at(-1)?.candidates?.[0]?.finishReason).toBe('STOP');
    const history = chat.getHistory(true).slice(1);
    expect(history.flatMap((content) => content.parts ?? []).some((part) => part.thoughtSignature)).toBe(true);
    const text: ReplyEvent[] = [
      { type: 'start', id: '', model: '' },
      { type: 'finish', reason: 'stop' },
    ];
    const empty = answering(encoded(text)).chats.create({ model: 'm' });
    for await (const chunk of await empty.sendMessageStream({ message: 'go' })) expect(chunk.text).toBe('');
    expect(empty.getHistory(true)).toHaveLength(2);
  });

  it('throws on our failures', async () => {
    const error = new GatewayError('rate-limited', 'Slow down.');
    const given = encoded([
      { type: 'start', id: 'r', model: 'm' },
      { type: 'failure', error },
    ]);
    const read = async () => {
      for await (const _ of await answering(given).models.generateContentStream({ model: 'm', contents: 'x' }));
    };
    await expect(read()).rejects.toMatchObject({ status: 429 });
  });
});
