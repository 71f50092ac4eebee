import { describe, expect, it } from 'vitest';
import type { Frame } from '../../frame.ts';
import { collect } from '../../ir/fold.ts';
import type { Reply, ReplyEvent } from '../../ir/reply.ts';
import type { JsonObject } from '../../json.ts';
import { openaiChat } from './index.ts';

const { stream } = openaiChat;
const origin = { maker: 'upstream' };

const frameOf = (value: unknown): Frame => ({ data: typeof value === 'string' ? value : JSON.stringify(value) });
const delta = (delta: JsonObject, finish: string | null = null): JsonObject => ({
  id: 'chatcmpl-1',
  model: 'up',
  choices: [{ index: 0, delta, finish_reason: finish }],
});
function events(values: readonly unknown[]): readonly ReplyEvent[] {
  const decoder = stream.decoder(origin);
  return [...values.flatMap((value) => decoder.push(frameOf(value))), ...decoder.end()];
}
const read = (values: readonly unknown[]): Reply => collect(events(values));
const fn = (index: number | undefined, id: string | undefined, name: string | undefined, args: unknown): JsonObject =>
  ({ ...(index !== undefined && { index }), id, function: { name, arguments: args } }) as JsonObject;
const calls = (...entries: JsonObject[]): JsonObject => delta({ tool_calls: entries });
const stop = (reason: string): JsonObject => delta({}, reason);

describe('decoder', () => {
  const oddities: readonly (readonly [
    title: string,
    chunks: readonly unknown[],
    parts: readonly unknown[],
    finish: string,
  ])[] = [
    [
      'an empty id, a reason at every delta',
      [delta({ content: 'a' }, ''), delta({ content: 'b' }, ''), '[DONE]'],
      [{ type: 'text', text: 'ab' }],
      'stop',
    ],
    [
      'thoughts named twice',
      [delta({ reasoning: 'x', reasoning_content: 'x', content: '' }), delta({ content: 'y' }), stop('eos')],
      [
        { type: 'reasoning', text: 'x' },
        { type: 'text', text: 'y' },
      ],
      'stop',
    ],
    [
      'thoughts in details alone',
      [delta({ reasoning_details: [{ type: 'reasoning.text', text: 'x' }] }), stop('stop')],
      [{ type: 'reasoning', text: 'x' }],
      'stop',
    ],
    [
      'think tags, which stay',
      [delta({ content: '<think>x</think>y' }), stop('end_turn')],
      [{ type: 'text', text: '<think>x</think>y' }],
      'stop',
    ],
    [
      'content as parts',
      [
        delta({
          content: [
            { type: 'thinking', thinking: [{ type: 'text', text: 'x' }] },
            { type: 'text', text: 'y' },
          ],
        }),
        stop('max_tokens'),
      ],
      [
        { type: 'reasoning', text: 'x' },
        { type: 'text', text: 'y' },
      ],
      'length',
    ],
    [
      'calls without index',
      [
        calls(fn(undefined, 'a', 'f', '{"x"')),
        calls(fn(undefined, undefined, undefined, ':1}')),
        calls(fn(undefined, 'b', 'g', '{}')),
        stop('stop'),
      ],
      [
        { type: 'tool-call', id: 'a', name: 'f', input: '{"x":1}' },
        { type: 'tool-call', id: 'b', name: 'g', input: '{}' },
      ],
      'tool-calls',
    ],
    [
      'calls without index or id',
      [
        calls(fn(undefined, undefined, 'f', '{"x":1}')),
        calls(fn(undefined, undefined, 'f', '{"x":2}')),
        stop('tool_calls'),
      ],
      [
        { type: 'tool-call', id: 'call_1_0', name: 'f', input: '{"x":1}' },
        { type: 'tool-call', id: 'call_1_1', name: 'f', input: '{"x":2}' },
      ],
      'tool-calls',
    ],
    [
      'id and name repeated or empty',
      [calls(fn(0, 'a', 'f', '')), calls(fn(0, 'a', 'f', '{"x"')), calls(fn(0, '', '', ':1}')), stop('tool_calls')],
      [{ type: 'tool-call', id: 'a', name: 'f', input: '{"x":1}' }],
      'tool-calls',
    ],
    [
      'every call at index 0',
      [calls(fn(0, 'a', 'f', '{}')), calls(fn(0, 'b', 'g', '{}')), stop('tool_calls')],
      [
        { type: 'tool-call', id: 'a', name: 'f', input: '{}' },
        { type: 'tool-call', id: 'b', name: 'g', input: '{}' },
      ],
      'tool-calls',
    ],
    [
      'one id for two calls',
      [calls(fn(0, 'a', 'f', '{}')), calls(fn(1, 'a', 'g', '{}')), stop('tool_calls')],
      [
        { type: 'tool-call', id: 'a', name: 'f', input: '{}' },
        { type: 'tool-call', id: 'call_1_1', name: 'g', input: '{}' },
      ],
      'tool-calls',
    ],
    [
      'arguments as an object, or null',
      [calls(fn(0, 'a', 'f', { x: 1 })), calls(fn(1, 'b', 'g', null)), stop('tool_calls')],
      [
        { type: 'tool-call', id: 'a', name: 'f', input: '{"x":1}' },
        { type: 'tool-call', id: 'b', name: 'g', input: '{}' },
      ],
      'tool-calls',
    ],
    [
      'a name that comes late',
      [calls(fn(0, 'a', '', '{"x"')), calls(fn(0, '', 'f', ':1}')), stop('tool_calls')],
      [{ type: 'tool-call', id: 'a', name: 'f', input: '{"x":1}' }],
      'tool-calls',
    ],
    [
      'a call that never gets a name',
      [delta({ content: 'a' }), calls(fn(0, 'a', '', '{}')), stop('stop')],
      [{ type: 'text', text: 'a' }],
      'stop',
    ],
    [
      'interleaved calls',
      [
        calls(fn(0, 'a', 'f', '{"x"')),
        calls(fn(1, 'b', 'g', '{"y"')),
        calls(fn(0, undefined, undefined, ':1}')),
        calls(fn(1, undefined, undefined, ':2}')),
        stop('tool_calls'),
      ],
      [
        { type: 'tool-call', id: 'a', name: 'f', input: '{"x":1}' },
        { type: 'tool-call', id: 'b', name: 'g', input: '{"y":2}' },
      ],
      'tool-calls',
    ],
    [
      'the legacy function call',
      [
        delta({ function_call: { name: 'f', arguments: '{"x"' } }),
        delta({ function_call: { arguments: ':1}' } }),
        stop('function_call'),
      ],
      [{ type: 'tool-call', id: 'call_1_0', name: 'f', input: '{"x":1}' }],
      'tool-calls',
    ],
    [
      'a whole reply as its only frame',
      [
        {
          id: 'chatcmpl-1',
          model: 'up',
          choices: [{ message: { role: 'assistant', content: 'a' }, finish_reason: 'stop' }],
        },
      ],
      [{ type: 'text', text: 'a' }],
      'stop',
    ],
    [
      'a second choice',
      [{ choices: [{ index: 1, delta: { content: 'no' } }] }, delta({ content: 'a' }), stop('stop')],
      [{ type: 'text', text: 'a' }],
      'stop',
    ],
    [
      'frames of anything',
      ['', 'ping', '7', '[]', { choices: null }, delta({ content: 'a' }), stop('odd')],
      [{ type: 'text', text: 'a' }],
      'other',
    ],
    [
      'a call cut by the limit',
      [calls(fn(0, 'a', 'f', '{"x":')), stop('length')],
      [{ type: 'tool-call', id: 'a', name: 'f', input: '{"x":' }],
      'length',
    ],
    [
      'a refusal',
      [delta({ refusal: 'no' }), stop('content_filter')],
      [{ type: 'text', text: 'no', refusal: true }],
      'filter',
    ],
  ];
  it.each(oddities)('reads %s', (_title, chunks, parts, finish) => {
    const told = read(chunks);
    expect(told.parts).toEqual(parts);
    expect(told.finish.reason).toBe(finish);
  });

  it('closes the first of two calls as soon as its arguments are whole', () => {
    const decoder = stream.decoder(origin);
    decoder.push(frameOf(calls(fn(0, 'a', 'f', '{"x":1}'))));
    const second = decoder.push(frameOf(calls(fn(1, 'b', 'g', '{"y"'))));
    expect(second.map(({ type }) => type)).toEqual(['part-end', 'part-start', 'part-delta']);
  });

  it('reads usage wherever it stands, and never forgets what was told', () => {
    const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
    const counts = { input: 10, output: 5, total: 15 };
    expect(read([delta({ content: 'a' }), { ...stop('stop'), usage }]).usage).toMatchObject(counts);
    expect(read([stop('stop'), { choices: [], usage }, '[DONE]']).usage).toMatchObject(counts);
    expect(read([{ choices: [{ delta: {}, finish_reason: 'stop', usage }] }]).usage).toMatchObject(counts);
    expect(read([{ ...stop('stop'), x_groq: { usage } }]).usage).toMatchObject(counts);
    expect(
      read([
        { ...stop('stop'), usage },
        { choices: [], usage: { completion_tokens: 6 } },
      ]).usage,
    ).toMatchObject({
      input: 10,
      output: 6,
    });
  });

  it('counts cached and reasoning tokens as every service means them', () => {
    const told = (usage: JsonObject): unknown => read([{ ...stop('stop'), usage }]).usage;
    expect(told({ prompt_tokens: 9, prompt_cache_hit_tokens: 4 })).toMatchObject({ input: 9, cacheRead: 4 });
    expect(told({ prompt_tokens: 9, cached_tokens: 4 })).toMatchObject({ input: 9, cacheRead: 4 });
    expect(told({ prompt_tokens: 9, cache_read_input_tokens: 50, cache_creation_input_tokens: 1 })).toMatchObject({
      input: 60,
      cacheRead: 50,
      cacheWrite: 1,
    });
    const apart = {
      prompt_tokens: 9,
      completion_tokens: 2,
      total_tokens: 18,
      completion_tokens_details: { reasoning_tokens: 7 },
    };
    expect(told(apart)).toMatchObject({ output: 9, reasoning: 7 });
    expect(told({ ...apart, total_tokens: 11 })).toMatchObject({ output: 2 });
  });

  it('makes seals of what upstream wants back', () => {
    const piece = (detail: JsonObject): JsonObject =>
      delta({ reasoning_details: [{ type: 'reasoning.text', index: 0, ...detail }] });
    const told = read([
      piece({ text: 'a' }),
      piece({ text: 'b' }),
      piece({ signature: 's' }),
      calls({ ...fn(0, 'c', 'f', '{}'), extra_content: { google: { thought_signature: 'g' } } }),
      delta({ reasoning_opaque: 'o' }),
      stop('stop'),
    ]);
    const details = [{ type: 'reasoning.text', index: 0, text: 'ab', signature: 's' }];
    expect(told.parts).toEqual([
      {
        type: 'reasoning',
        text: 'ab',
        seal: { maker: 'upstream', token: JSON.stringify({ reasoning_details: details }) },
      },
      { type: 'tool-call', id: 'c', name: 'f', input: '{}', seal: { maker: 'upstream', token: 'g' } },
      { type: 'reasoning', text: '', seal: { maker: 'upstream', token: JSON.stringify({ reasoning_opaque: 'o' }) } },
    ]);
  });

  it('reads images and sources', () => {
    const annotation = {
      type: 'url_citation',
      url_citation: { start_index: 2, end_index: 4, url: 'https://x.ch', title: 'X' },
    };
    const told = read([
      delta({ content: 'abcd', annotations: [annotation] }),
      delta({
        images: [
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AA' } },
          { type: 'image_url', image_url: { url: 'https://x.ch/i' } },
        ],
      }),
      stop('stop'),
    ]);
    expect(told.parts).toEqual([
      { type: 'text', text: 'abcd', citations: [{ url: 'https://x.ch', title: 'X', start: 2, end: 4 }] },
      { type: 'media', mediaType: 'image/png', source: { data: 'AA' } },
      { type: 'foreign', origin: 'openai-chat', value: { type: 'image_url', image_url: { url: 'https://x.ch/i' } } },
    ]);
  });

  it('keeps a source that comes before its text', () => {
    const annotation = { type: 'url_citation', url_citation: { start_index: 0, end_index: 2, url: 'https://x.ch' } };
    const told = read([delta({ annotations: [annotation] }), delta({ content: 'ab' }), stop('stop')]);
    expect(told.parts).toEqual([{ type: 'text', text: 'ab', citations: [{ url: 'https://x.ch', start: 0, end: 2 }] }]);
  });

  const failures: readonly (readonly [title: string, chunks: readonly unknown[], kind: string])[] = [
    ['cut', [delta({ content: 'a' })], 'upstream'],
    ['empty', ['[DONE]'], 'upstream'],
    ['nothing', [], 'upstream'],
    ['an error object', [delta({ content: 'a' }), { error: { message: 'slow down', code: 429 } }], 'rate-limited'],
    ['an error text', [{ error: 'boom' }], 'upstream'],
    [
      'an error within the choice',
      [{ choices: [{ delta: {}, finish_reason: 'error', error: { message: 'x', code: 503 } }] }],
      'overloaded',
    ],
    ['a reason that is a failure', [delta({ content: 'a' }), stop('insufficient_system_resource')], 'overloaded'],
    ['MiniMax', [{ base_resp: { status_code: 1008, status_msg: 'no balance' }, choices: null }], 'quota-exhausted'],
  ];
  it.each(failures)('fails on %s, after closing what was open, and says no more', (_title, chunks, kind) => {
    const told = [...events(chunks)];
    const last = told.at(-1);
    expect(last?.type === 'failure' && last.error.kind).toBe(kind);
    expect(told.filter(({ type }) => type === 'part-start')).toHaveLength(
      told.filter(({ type }) => type === 'part-end').length,
    );
    expect(events([...chunks, { error: 'again' }, delta({ content: 'late' }), '[DONE]'])).toHaveLength(told.length);
  });

  it('is not fooled by words that every object knows', () => {
    expect(read([delta({ content: 'a' }), stop('constructor')]).finish).toEqual({
      reason: 'other',
      raw: 'constructor',
    });
    const [, last] = events([{ error: { message: 'x', code: 'constructor', type: 'toString' } }]);
    expect(last?.type === 'failure' && last.error.kind).toBe('upstream');
  });

  it('takes an error event for a failure whatever it holds', () => {
    const decoder = stream.decoder(origin);
    expect(decoder.push({ event: 'error', data: 'connection reset' }).at(-1)).toMatchObject({ type: 'failure' });
  });
});
