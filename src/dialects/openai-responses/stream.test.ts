// Streams: what we write, the vendor's own reader accepts; what upstreams send out of order, half or broken becomes grammar.

import { ResponseStream } from 'openai/lib/responses/ResponseStream';
import { describe, expect, it } from 'vitest';
import { contextFor, eventsOf, framesOf, recorded } from '../../../test/support/fixtures.ts';
import { GatewayError } from '../../errors.ts';
import type { Frame } from '../../frame.ts';
import { collect } from '../../ir/fold.ts';
import type { Reply, ReplyEvent } from '../../ir/reply.ts';
import { readSeal, sealMark } from '../../ir/seal.ts';
import { asObject, type JsonObject, objects, parseObject } from '../../json.ts';
import type { ReplyContext } from '../dialect.ts';
import { openaiResponses } from './index.ts';

const { stream, reply: whole } = openaiResponses;
const openai = { maker: 'openai' };

const read = (name: string, file: 'reply.json' | 'reply.sse'): string => recorded('openai-responses', name, file);
const fixture = (name: string): readonly Frame[] => framesOf(read(name, 'reply.sse'));
const decode = (frames: readonly Frame[]): readonly ReplyEvent[] => eventsOf(stream.decoder(openai), frames);
function context(request: JsonObject = {}, losses: string[] = []): ReplyContext {
  return {
    ...contextFor(openaiResponses),
    model: 'demo',
    request,
    created: 1_785_500_000,
    id: 'abc',
    report: ({ what }) => losses.push(what),
  };
}
function encode(events: readonly ReplyEvent[], request: JsonObject = {}, losses: string[] = []): Frame[] {
  return events.flatMap(stream.encoder(context(request, losses)));
}
const parsed = (frames: readonly Frame[]): JsonObject[] => frames.map(({ data }) => parseObject(data) ?? {});
const frame = (event: JsonObject): Frame => ({ data: JSON.stringify(event) });
const types = (frames: readonly Frame[]): unknown[] => frames.map(({ event }) => event?.replace('response.', ''));
const lastResponse = (frames: readonly Frame[]): JsonObject => asObject(parsed(frames).at(-1)?.response) ?? {};

/** The vendor's accumulator over our frames: throws where the order or an id is wrong. */
async function readBySdk(frames: readonly Frame[]): Promise<JsonObject> {
  const lines = frames.map(({ data }) => `${data}\n`);
  const body = new ReadableStream({
    start(controller) {
      for (const line of lines) controller.enqueue(new TextEncoder().encode(line));
      controller.close();
    },
  });
  return (await ResponseStream.fromReadableStream(body).finalResponse()) as unknown as JsonObject;
}

const start: ReplyEvent = { type: 'start', id: 'msg_x', model: 'other' };
const finish: ReplyEvent = { type: 'finish', reason: 'stop' };
/** One part, from head to end. */
function part(
  index: number,
  head: Extract<ReplyEvent, { type: 'part-start' }>['part'],
  text = '',
  seal?: Reply['parts'][number],
): ReplyEvent[] {
  const hung = seal && 'seal' in seal && seal.seal ? { seal: seal.seal } : {};
  return [
    { type: 'part-start', index, part: head },
    ...(text ? [{ type: 'part-delta', index, text } as const] : []),
    { type: 'part-end', index, ...hung },
  ];
}

describe('the encoder', () => {
  const everything: ReplyEvent[] = [
    start,
    ...part(0, { type: 'reasoning' }, 'hm', { type: 'reasoning', text: '', seal: { maker: 'anthropic', token: 'S' } }),
    ...part(1, { type: 'text' }, 'One. '),
    { type: 'part-start', index: 2, part: { type: 'text' } },
    { type: 'part-delta', index: 2, text: 'Two' },
    { type: 'citation', index: 2, citation: { url: 'https://a.example', title: 'A' } },
    { type: 'citation', index: 2, citation: { quote: 'nowhere' } },
    { type: 'part-delta', index: 2, text: '.' },
    { type: 'part-end', index: 2 },
    ...part(3, {
      type: 'foreign',
      origin: 'anthropic-messages',
      value: {},
      meaning: { tool: 'web-search', input: 'q', links: [{ url: 'https://a.example' }] },
    }),
    ...part(4, { type: 'tool-call', id: 'toolu_1', name: 'f', namespace: 'ns' }, '{"a":1}'),
    ...part(5, { type: 'tool-call', id: 'toolu_1', name: 'g' }, '', {
      type: 'text',
      text: '',
      seal: { maker: 'google', token: 'G' },
    }),
    ...part(6, { type: 'tool-call', id: 'toolu_3', name: 'patch', freeform: true }, '*** Begin'),
    ...part(7, { type: 'media', mediaType: 'image/png' }, 'iVBORw0KGgo='),
    ...part(8, { type: 'media', mediaType: 'audio/wav' }, 'UklGRg=='),
    ...part(9, { type: 'text', refusal: true }, 'No.'),
    { type: 'usage', usage: { input: 10, output: 5, cacheRead: 4 } },
    { type: 'finish', reason: 'tool-calls' },
  ];

  it('writes streams that the vendor reads to the end, ending with all that was said', async () => {
    const losses: string[] = [];
    const frames = encode(everything, { tools: [{ type: 'function', name: 'f' }], instructions: 'Hi' }, losses);
    const response = lastResponse(frames);
    expect(parsed(frames).map((event) => event.sequence_number)).toEqual(frames.map((_, index) => index));
    expect(objects(response.output).map(({ type, id, call_id }) => [type, id, call_id])).toEqual([
      ['reasoning', 'rs_gateway_abc', undefined],
      ['message', 'msg_abc', undefined],
      ['web_search_call', 'ws_abc', undefined],
      ['function_call', 'fc_abc', 'toolu_1'],
      ['function_call', 'fc_abc_1', 'toolu_1_1'],
      ['reasoning', 'rs_gateway_abc_1', undefined],
      ['custom_tool_call', 'ctc_abc', 'toolu_3'],
      ['image_generation_call', 'ig_abc', undefined],
      ['message', 'msg_abc_1', undefined],
    ]);
    expect(response).toMatchObject({ id: 'resp_abc', model: 'demo', status: 'completed', instructions: 'Hi' });
    expect(response.usage).toEqual({
      input_tokens: 10,
      input_tokens_details: { cached_tokens: 4, cache_write_tokens: 0 },
      output_tokens: 5,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 15,
    });
    expect(objects(response.output)[1]?.content).toEqual([
      { type: 'output_text', text: 'One. ', annotations: [], logprobs: [] },
      {
        type: 'output_text',
        text: 'Two.',
        annotations: [{ type: 'url_citation', url: 'https://a.example', title: 'A', start_index: 0, end_index: 4 }],
        logprobs: [],
      },
    ]);
    expect(objects(response.output)[3]).toMatchObject({ namespace: 'ns', arguments: '{"a":1}' });
    expect(objects(response.output)[4]).toMatchObject({ arguments: '{}' });
    expect(losses).toEqual(['citations', 'media']);
    const sdk = await readBySdk(frames);
    expect(sdk.output_text).toBe('One. Two.');
    expect(sdk.output).toMatchObject(objects(response.output));
  });

  it('says each kind of ending', async () => {
    const text = [start, ...part(0, { type: 'text' }, 'Hi')];
    const cut = encode([...text, { type: 'finish', reason: 'length' }]);
    expect(types(cut).at(-1)).toBe('incomplete');
    expect(lastResponse(cut).incomplete_details).toEqual({ reason: 'max_output_tokens' });
    expect(lastResponse(encode([...text, { type: 'finish', reason: 'filter' }])).incomplete_details).toEqual({
      reason: 'content_filter',
    });
    expect(await readBySdk(cut)).toMatchObject({ status: 'incomplete', output_text: 'Hi' });
  });

  it('never declares a call done in which the stream broke off', async () => {
    const error = new GatewayError('rate-limited', 'Slow down.', { retryAfter: 7 });
    const frames = encode([
      start,
      ...part(0, { type: 'text' }, 'Half'),
      ...part(1, { type: 'tool-call', id: 'c', name: 'rm', freeform: true }, '/tmp/a'),
      { type: 'failure', error },
      finish,
    ]);
    expect(types(frames).slice(-3)).toEqual(['output_item.added', 'custom_tool_call_input.delta', 'failed']);
    const response = lastResponse(frames);
    expect(response.error).toEqual({ code: 'rate_limit_exceeded', message: 'Slow down. Please try again in 7s.' });
    expect(objects(response.output).map(({ type, status }) => [type, status])).toEqual([['message', 'completed']]);
    await expect(readBySdk(frames)).resolves.toMatchObject({ status: 'failed' });
    const early = encode([{ type: 'failure', error: new GatewayError('upstream', 'Gone.') }]);
    expect(types(early)).toEqual(['created', 'in_progress', 'failed']);
    await expect(readBySdk(early)).resolves.toMatchObject({ error: { code: 'server_error', message: 'Gone.' } });
  });

  it('calls a built-in tool as the client declared it', async () => {
    const events = [
      start,
      ...part(0, { type: 'tool-call', id: 'c', name: 'local_shell' }, '{"command":["ls"]}'),
      finish,
    ];
    const declared = encode(events, { tools: [{ type: 'local_shell' }] });
    expect(objects(lastResponse(declared).output)).toEqual([
      {
        type: 'local_shell_call',
        id: 'lsh_abc',
        call_id: 'c',
        status: 'completed',
        action: { type: 'exec', command: ['ls'], env: {} },
      },
    ]);
    await readBySdk(declared);
    expect(objects(lastResponse(encode(events)).output)[0]).toMatchObject({
      type: 'function_call',
      name: 'local_shell',
    });
  });

  it('says in a stream what it says as a whole', () => {
    const reply = collect(everything);
    expect(whole.encode(reply, context())).toEqual(lastResponse(encode(everything)));
  });
});

describe('the decoder', () => {
  const added = (place: number, item: JsonObject): Frame =>
    frame({ type: 'response.output_item.added', output_index: place, item });
  const done = (place: number, item: JsonObject): Frame =>
    frame({ type: 'response.output_item.done', output_index: place, item });
  const completed = (output: readonly JsonObject[] = []): Frame =>
    frame({ type: 'response.completed', response: { id: 'resp_1', status: 'completed', output } });
  const call = (name: string, args = ''): JsonObject => ({
    type: 'function_call',
    id: `fc_${name}`,
    call_id: `call_${name}`,
    name,
    arguments: args,
  });
  const args = (place: number, delta: string): Frame =>
    frame({ type: 'response.function_call_arguments.delta', output_index: place, delta });
  const word = (event: ReplyEvent): string => {
    if (event.type === 'part-start') return event.part.type === 'tool-call' ? `(${event.part.name}` : '(';
    if (event.type === 'part-delta') return event.text;
    if (event.type === 'finish') return event.reason;
    return event.type === 'part-end' ? ')' : event.type;
  };
  const told = (frames: readonly Frame[]): string => decode(frames).map(word).join(' ');

  it('reads every recording as its whole reply', () => {
    for (const name of ['text', 'tools', 'thinking', 'codex', 'web-search', 'everything']) {
      const body = parseObject(read(name, 'reply.json')) ?? {};
      expect(collect(decode(fixture(name))), name).toEqual(whole.decode(body, openai));
    }
  });

  it('puts interleaved calls one after the other, telling the first as it comes', () => {
    const frames = [added(0, call('a')), args(0, '1'), added(1, call('b')), args(1, '2'), args(0, '3')];
    const decoder = stream.decoder(openai);
    const live = frames.flatMap((each) => decoder.push(each));
    expect(live.filter(({ type }) => type === 'part-delta')).toHaveLength(2);
    const end = [done(1, call('b', '24')), args(0, '5'), done(0, call('a', '135')), completed()];
    expect(told([...frames, ...end])).toBe('start (a 1 3 5 ) (b 2 4 ) tool-calls');
  });

  it('fills in what deltas left out, and reads what comes only in the end', () => {
    expect(told([added(0, call('a')), done(0, call('a', '{"x":1}')), completed()])).toBe(
      'start (a {"x":1} ) tool-calls',
    );
    expect(
      told([completed([call('a', '{}'), { type: 'message', content: [{ type: 'output_text', text: 'Hi' }] }])]),
    ).toBe('start (a {} ) ( Hi ) tool-calls');
    // No skeletons, no indices, other ids each time: as some services stream.
    const text = (type: string, more: JsonObject) =>
      frame({ type: `response.${type}`, item_id: Math.PI.toString(), ...more });
    expect(
      told([text('output_text.delta', { delta: 'Hel' }), text('output_text.done', { text: 'Hello' }), completed()]),
    ).toBe('start ( Hel lo ) stop');
  });

  it('reads raw thoughts and summaries alike, with a line between their sections', () => {
    const thought = { type: 'reasoning', id: 'rs_1', summary: [] };
    const raw = (delta: string, index: number): Frame =>
      frame({ type: 'response.reasoning_text.delta', output_index: 0, content_index: index, delta });
    const summary = frame({
      type: 'response.reasoning_summary_text.delta',
      output_index: 0,
      summary_index: 0,
      delta: 's',
    });
    const sealed = done(0, { ...thought, encrypted_content: 'gAAAA', summary: [{ type: 'summary_text', text: 's' }] });
    const events = decode([added(0, thought), raw('a', 0), raw('b', 0), raw('c', 1), summary, sealed, completed()]);
    expect(events.slice(1, -1)).toEqual([
      { type: 'part-start', index: 0, part: { type: 'reasoning' } },
      { type: 'part-delta', index: 0, text: 'a' },
      { type: 'part-delta', index: 0, text: 'b' },
      { type: 'part-delta', index: 0, text: '\n\n' },
      { type: 'part-delta', index: 0, text: 'c' },
      { type: 'part-end', index: 0, seal: { maker: 'openai', token: 'gAAAA' } },
    ]);
  });

  it('hides the inner calls of a search that upstream ran itself', () => {
    const inner = { ...call('x_keyword_search', '{"q":1}'), call_id: 'xs_call-1' };
    const events = decode([added(0, inner), args(0, '{"q":1}'), done(0, inner), completed()]);
    expect(events).toMatchObject([
      { type: 'start' },
      { type: 'part-start', part: { type: 'foreign', meaning: { tool: 'web-search', input: '{"q":1}' } } },
      { type: 'part-end' },
      { type: 'finish', reason: 'stop' },
    ]);
    expect(objects(lastResponse(encode(events)).output)).toMatchObject([
      { type: 'web_search_call', status: 'completed' },
    ]);
  });

  it.each<[string, JsonObject | string, Partial<GatewayError>]>([
    [
      'response.failed',
      { type: 'response.failed', response: { error: { code: 'server_is_overloaded', message: 'Full.' } } },
      { kind: 'overloaded', message: 'Full.' },
    ],
    [
      'a flat error',
      { type: 'error', code: 'context_length_exceeded', message: 'Too long.', param: null, sequence_number: 3 },
      { kind: 'context-overflow', message: 'Too long.' },
    ],
    [
      'a websocket error',
      { type: 'error', status: 429, error: { code: 'usage_limit_reached', message: 'Spent.', resets_in_seconds: 60 } },
      { kind: 'quota-exhausted' },
    ],
    ['a bare error', { error: 'It broke.' }, { kind: 'upstream', message: 'It broke.' }],
    ['no JSON', '<html>', { kind: 'upstream' }],
  ])('ends with a classified failure after %s, closing what was open', (_what, last, expected) => {
    const data = typeof last === 'string' ? last : JSON.stringify(last);
    const events = decode([added(0, call('a')), args(0, '1'), { data }, completed()]);
    expect(events.map(({ type }) => type)).toEqual(['start', 'part-start', 'part-delta', 'part-end', 'failure']);
    expect(events.at(-1)).toMatchObject({ error: expected });
  });

  it('takes an end without a last word for a failure', () => {
    const events = decode(fixture('tools').slice(0, -1));
    expect(events.at(-1)).toMatchObject({ type: 'failure', error: { kind: 'upstream' } });
    expect(decode([])).toMatchObject([{ type: 'start' }, { type: 'failure' }]);
  });
});

describe('a stream that is passed through', () => {
  it('is metered from its marked frames as it is decoded', () => {
    for (const name of ['text', 'tools', 'thinking', 'codex', 'web-search', 'everything']) {
      const meter = stream.meter();
      const marked = fixture(name).filter(({ data }) => meter.marks.some((mark) => data.includes(mark)));
      for (const each of marked) meter.read(each);
      const { finish: end, usage, id, model } = collect(decode(fixture(name)));
      expect(meter.reading, name).toMatchObject({ finish: end, usage, id, model, ended: true, closed: true });
      const body = { bytes: read(name, 'reply.json') };
      expect(body.bytes).toContain(id);
    }
  });

  it('has its failures metered in the sense of the decoder', () => {
    const failed = frame({
      type: 'response.failed',
      response: { id: 'resp_1', error: { code: 'slow_down', message: 'No.' } },
    });
    const meter = stream.meter();
    meter.read(failed);
    expect(meter.reading.failure).toMatchObject({ kind: 'overloaded', message: 'No.' });
    expect(decode([failed]).at(-1)).toMatchObject({ error: { kind: 'overloaded', message: 'No.' } });
  });

  it('is ended, where it broke off, under its own id and with the next number', async () => {
    const some = fixture('text').slice(0, 7);
    const meter = stream.meter();
    for (const each of some) meter.read(each);
    const tail = stream.failure(new GatewayError('upstream', 'It broke off.'), context(), meter.reading);
    expect(parsed(tail)).toMatchObject([
      { type: 'response.failed', sequence_number: 7, response: { id: 'resp_0a51f2c3d4e5f60718293a4b', output: [] } },
    ]);
    expect(await readBySdk([...some, ...tail])).toMatchObject({ status: 'failed', error: { code: 'server_error' } });
    const nothing = stream.failure(new GatewayError('timeout', 'Silence.'), context(), stream.meter().reading);
    expect(parsed(nothing)).toMatchObject([
      { type: 'response.created', sequence_number: 0, response: { id: 'resp_abc', error: null } },
      { type: 'response.failed', sequence_number: 1, response: { id: 'resp_abc', error: { message: 'Silence.' } } },
    ]);
    expect(await readBySdk(nothing)).toMatchObject({ status: 'failed', error: { code: 'server_error' }, output: [] });
  });

  it('is relabelled by one edit, and only where it names a model', () => {
    const frames = fixture('text');
    const relabelled = frames.map((each) => stream.relabel(each, 'alias'));
    relabelled.forEach((each, index) => {
      const before = frames[index];
      expect(each.data.replace('"model":"alias"', '"model":"gpt-5.5"')).toBe(before?.data);
    });
    expect(parsed(relabelled).filter(({ response }) => asObject(response)?.model === 'alias')).toHaveLength(3);
    const body = { data: '{"object": "response", "model": "m", "big": 12345678901234567890}' };
    expect(stream.relabel(body, 'alias').data).toBe(
      '{"object": "response", "model": "alias", "big": 12345678901234567890}',
    );
  });

  it('carries no seal of ours towards its own vendor', () => {
    const [seal] = decode(fixture('thinking')).flatMap((event) => (event.type === 'part-end' && event.seal) || []);
    expect(seal?.token.startsWith(sealMark)).toBe(false);
    expect(seal && readSeal(seal.token, 'openai')).toEqual(seal);
  });
});
