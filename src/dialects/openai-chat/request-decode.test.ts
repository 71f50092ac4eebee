import { describe, expect, it } from 'vitest';
import { refusal } from '../../../test/support/refusal.ts';
import type { ChatRequest, Reasoning } from '../../ir/request.ts';
import type { Json, JsonObject } from '../../json.ts';
import { openaiChat } from './index.ts';

const { request } = openaiChat;

function decode(body: JsonObject): { readonly asked: ChatRequest; readonly losses: readonly string[] } {
  const losses: string[] = [];
  const asked = request.decode({ model: 'm', ...body }, ({ what }) => losses.push(what));
  return { asked, losses };
}
const messages: JsonObject[] = [{ role: 'user', content: 'hi' }];

describe('decode', () => {
  it('reads messages as they are: roles, results grouped, thoughts, refusals, odd content', () => {
    const { asked, losses } = decode({
      messages: [
        { role: 'developer', content: 'rules' },
        { role: 'user', content: [{ type: 'text', text: 'a' }, 'b', { type: 'input_text', text: 'c' }] },
        {
          role: 'assistant',
          content: null,
          reasoning_content: 'hm',
          tool_calls: [
            { id: 'c1', type: 'function', function: { name: 'f', arguments: { a: 1 } } },
            { id: 'c2', type: 'custom', custom: { name: 'g', input: 'raw' } },
          ],
        },
        { role: 'tool', tool_call_id: 'c1', content: [{ type: 'text', text: '1' }] },
        { role: 'tool', tool_call_id: 'c2', content: null },
        { role: 'assistant', content: '', refusal: 'no' },
        { role: 'user', content: 'bye', name: 'Reto' },
      ],
    });
    expect(losses).toEqual([]);
    expect(asked.turns).toEqual([
      { role: 'system', developer: true, parts: [{ type: 'text', text: 'rules' }] },
      { role: 'user', parts: ['a', 'b', 'c'].map((text) => ({ type: 'text', text })) },
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', text: 'hm' },
          { type: 'tool-call', id: 'c1', name: 'f', input: '{"a":1}' },
          { type: 'tool-call', id: 'c2', name: 'g', input: 'raw', freeform: true },
        ],
      },
      {
        role: 'user',
        parts: [
          { type: 'tool-result', id: 'c1', content: [{ type: 'text', text: '1' }] },
          { type: 'tool-result', id: 'c2', content: [], freeform: true },
        ],
      },
      { role: 'assistant', parts: [{ type: 'text', text: 'no', refusal: true }] },
      { role: 'user', name: 'Reto', parts: [{ type: 'text', text: 'bye' }] },
    ]);
  });

  it('reads the legacy functions in the modern way, pairing calls and results by made-up ids', () => {
    const { asked } = decode({
      messages: [
        ...messages,
        { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{}' } },
        { role: 'function', name: 'f', content: 'ok' },
      ],
      functions: [{ name: 'f', parameters: { type: 'object' } }],
      function_call: { name: 'f' },
    });
    const [, call, result] = asked.turns;
    expect(call?.parts).toEqual([{ type: 'tool-call', id: 'call_1', name: 'f', input: '{}' }]);
    expect(result?.parts).toMatchObject([{ type: 'tool-result', id: 'call_1', name: 'f' }]);
    expect(asked.tools).toMatchObject([{ type: 'function', name: 'f' }]);
    expect(asked.toolChoice).toEqual({ name: 'f' });
  });

  it('reads media however it is spelled', () => {
    const png = 'iVBORw0KGgoAAA';
    const { asked } = decode({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image_url', image_url: { url: `data:;base64,${png}`, detail: 'high' } },
            { type: 'image_url', image_url: 'https://x.ch/a.png' },
            { type: 'image_url', image_url: { url: png } },
            { type: 'input_audio', input_audio: { data: 'AAAA', format: 'mp3' } },
            { type: 'file', file: { file_data: 'JVBERi0xLjQ', filename: 'a.pdf' } },
            { type: 'file', file: { file_id: 'file-1' } },
            { type: 'video_url', video_url: { url: 'https://x.ch/a.mp4' } },
            { type: 'odd', value: 1 },
          ],
        },
      ],
    });
    expect(asked.turns[0]?.parts).toEqual([
      { type: 'media', mediaType: 'image/png', source: { data: png }, detail: 'high' },
      { type: 'media', mediaType: 'image/*', source: { url: 'https://x.ch/a.png' } },
      { type: 'media', mediaType: 'image/png', source: { data: png } },
      { type: 'media', mediaType: 'audio/mpeg', source: { data: 'AAAA' } },
      { type: 'media', mediaType: 'application/pdf', source: { data: 'JVBERi0xLjQ' }, name: 'a.pdf' },
      { type: 'media', mediaType: 'application/*', source: { file: 'file-1', origin: 'openai-chat' } },
      { type: 'media', mediaType: 'video/*', source: { url: 'https://x.ch/a.mp4' } },
      { type: 'foreign', origin: 'openai-chat', value: { type: 'odd', value: 1 } },
    ]);
  });

  // The AI SDK writes a mark on a turn that ends in calls on these.
  it('reads cache marks of parts, messages, calls and tools', () => {
    const { asked } = decode({
      messages: [
        { role: 'system', content: [{ type: 'text', text: 's', cache_control: { type: 'ephemeral', ttl: '1h' } }] },
        { role: 'user', content: 'u', cache_control: { type: 'ephemeral' } },
        { role: 'user', content: [{ type: 'text', text: 'v', prompt_cache_breakpoint: { mode: 'explicit' } }] },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            { id: 'c', function: { name: 'f', arguments: '{}' }, cache_control: { type: 'ephemeral' } },
            { id: 'd', function: { name: 'f', arguments: '{}' } },
          ],
        },
      ],
      tools: [{ type: 'function', function: { name: 'f' }, cache_control: { type: 'ephemeral' } }],
    });
    expect(asked.turns.map(({ parts }) => parts[0])).toMatchObject([
      { cache: { ttl: '1h' } },
      { cache: {} },
      { cache: {} },
      { cache: {} },
    ]);
    expect(asked.turns.at(-1)?.parts[1]).not.toHaveProperty('cache');
    expect(asked.tools[0]).toMatchObject({ cache: {} });
  });

  it('reads tools and choices of every kind', () => {
    const grammar = { syntax: 'lark', definition: 'start: "a"' };
    const { asked } = decode({
      messages,
      tools: [
        { type: 'function', function: { name: 'f', parameters: { type: 'object' }, strict: true } },
        { type: 'function', name: 'flat' },
        { type: 'custom', custom: { name: 'c', format: { type: 'grammar', grammar } } },
        { type: 'builtin_function', function: { name: '$web_search' } },
      ],
      tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [{ function: { name: 'f' } }] } },
      web_search_options: { user_location: { type: 'approximate', approximate: { city: 'Bern' } } },
    });
    expect(asked.tools).toMatchObject([
      { type: 'function', name: 'f', strict: true },
      { type: 'function', name: 'flat' },
      { type: 'freeform', name: 'c', format: { type: 'grammar', ...grammar } },
      { type: 'hosted', kind: 'web-search', wireType: 'builtin_function', name: '$web_search' },
      { type: 'hosted', kind: 'web-search', wireType: 'web_search_options', search: { location: { city: 'Bern' } } },
    ]);
    expect(asked.toolChoice).toEqual({ allowed: ['f'], mode: 'required' });
    expect(decode({ messages, tool_choice: 'any' }).asked.toolChoice).toBe('required');
    expect(decode({ messages, tool_choice: { type: 'odd' } }).losses).toEqual(['tool_choice']);
  });

  const thoughts: readonly (readonly [JsonObject, Reasoning | undefined])[] = [
    [{ reasoning_effort: 'xhigh' }, { effort: 'xhigh' }],
    [{ reasoning_effort: null }, undefined],
    [{ reasoning: { effort: 'low', exclude: true } }, { effort: 'low', display: 'omitted' }],
    [{ reasoning: { max_tokens: 900 } }, { budget: 900 }],
    [{ reasoning: { enabled: true } }, { auto: true }],
    [{ thinking: { type: 'disabled' } }, { effort: 'none' }],
    [{ thinking: { type: 'enabled', budget_tokens: 5 } }, { budget: 5 }],
    [{ thinking: { type: 'enabled', effort: 'max' } }, { effort: 'max' }],
    [{ enable_thinking: true, thinking_budget: 77 }, { budget: 77 }],
    [{ enable_thinking: false }, { effort: 'none' }],
    [{ chat_template_kwargs: { enable_thinking: false } }, { effort: 'none' }],
    [{ include_reasoning: false }, { display: 'omitted' }],
  ];
  it.each(thoughts)('reads the thinking of %j', (body, reasoning) => {
    expect(decode({ messages, ...body }).asked.reasoning).toEqual(reasoning);
  });

  it('reports a member of messages that it does not know, once, and none that a client sends back', () => {
    const messages = [
      { role: 'user', content: 'a', when: null },
      { role: 'user', content: 'b', when: 'today', weight: 0 },
      {
        role: 'assistant',
        content: 'c',
        when: 'now',
        refusal: null,
        annotations: [],
        reasoning_content: 'd',
        reasoning_opaque: 'e',
        tool_calls: [],
      },
      { role: 'tool', tool_call_id: 'f', content: 'g', name: 'h' },
    ];
    expect(decode({ messages }).losses).toEqual(['when', 'weight']);
  });

  it('reports what the IR cannot hold, and only where it asks for something', () => {
    const quiet = decode({
      messages,
      logit_bias: {},
      logprobs: false,
      top_logprobs: 0,
      store: false,
      service_tier: 'auto',
      modalities: ['text'],
      audio: null,
      n: 1,
      response_format: { type: 'text' },
      user: 'u',
    });
    expect(quiet.losses).toEqual([]);
    expect(quiet.asked.user).toBe('u');
    const loud = decode({
      messages,
      logit_bias: { 1: 2 },
      logprobs: true,
      top_logprobs: 3,
      store: true,
      service_tier: 'odd',
      modalities: ['audio'],
      audio: { voice: 'alloy' },
      prediction: { type: 'content' },
      min_p: 0.1,
      response_format: { type: 'regex' },
      metadata: { a: 'b', c: 1 },
    });
    expect(loud.losses.toSorted()).toEqual(
      [
        ...['logit_bias', 'store', 'service_tier', 'modalities', 'audio', 'prediction'],
        ...['min_p', 'response_format', 'metadata'],
      ].toSorted(),
    );
    expect(loud.asked.metadata).toEqual({ a: 'b' });
  });

  it('takes nothing for something', () => {
    const { asked, losses } = decode({ messages, user: '', safety_identifier: '', stop: '', service_tier: 'auto' });
    expect(asked).toMatchObject({ sampling: {} });
    expect(asked).not.toHaveProperty('user');
    expect(decode({ messages, user: 'u', safety_identifier: '' }).asked.user).toBe('u');
    expect(losses).toEqual([]);
  });

  it('reads what a tool answered in JSON that is no content', () => {
    const answers: readonly (readonly [Json, string])[] = [
      [{ temperature: 3 }, '{"temperature":3}'],
      [[{ id: 1 }, { id: 2 }], '[{"id":1},{"id":2}]'],
      [[1, 2], '[1,2]'],
      [42, '42'],
      [false, 'false'],
    ];
    for (const [content, text] of answers) {
      const call = { id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } };
      const { turns } = decode({
        messages: [
          { role: 'assistant', tool_calls: [call] },
          { role: 'tool', tool_call_id: 'a', content },
        ],
      }).asked;
      expect(turns[1]?.parts).toEqual([{ type: 'tool-result', id: 'a', content: [{ type: 'text', text }] }]);
    }
  });

  it('names the field at fault', () => {
    const saying = (content: Json): JsonObject => ({ messages: [{ role: 'user', content }] });
    const bad: readonly (readonly [JsonObject, string])[] = [
      [{}, 'messages'],
      [{ messages: [] }, 'messages'],
      [{ messages: [7] }, 'messages[0]'],
      [{ messages: [{ role: 'king', content: '' }] }, 'messages[0].role'],
      [{ messages: [{ role: 'assistant', tool_calls: [{ function: {} }] }] }, 'messages[0].tool_calls[0]'],
      [{ messages, tools: {} }, 'tools'],
      [{ messages, tools: [{ type: 'function', function: {} }] }, 'tools[0].function.name'],
      [{ messages, n: 2 }, 'n'],
      [{ messages, n: '2' }, 'n'],
      [{ messages, temperature: 'hot' }, 'temperature'],
      [{ messages, stop: 5 }, 'stop'],
      [{ messages, stop: ['a', 5] }, 'stop'],
      ...[
        { type: 'image_url', image_url: null },
        { type: 'image_url', image_url: { url: 'picture.png' } },
        { type: 'input_audio', input_audio: { format: 'wav' } },
        { type: 'file', file: {} },
      ].map((part) => [saying([{ type: 'text', text: 'Look:' }, part]), 'messages[0].content[1]'] as const),
    ];
    for (const [body, param] of bad) {
      const error = refusal(() => decode(body));
      expect([param, error.kind, error.facts.param]).toEqual([param, 'bad-request', param]);
    }
  });
});
