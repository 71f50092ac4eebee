import { describe, expect, it } from 'vitest';
import { listener } from '../../../test/support/fixtures.ts';
import { refusal } from '../../../test/support/refusal.ts';
import type { Accent, Target } from '../../envelope.ts';
import type { ChatRequest, Part, Reasoning, Turn } from '../../ir/request.ts';
import { asArray, asObject, type JsonObject } from '../../json.ts';
import { openaiChat } from './index.ts';

const { request } = openaiChat;

function targetOf(accent: Accent = {}, more: Partial<Target> = {}): Target {
  return { model: 'up', stream: false, limits: {}, maker: 'deepseek', accent, ...more };
}
const user: Turn = { role: 'user', parts: [{ type: 'text', text: 'hi' }] };
function encode(
  asked: Partial<ChatRequest>,
  target: Target = targetOf(),
): { readonly body: JsonObject; readonly losses: readonly string[] } {
  const { report, losses } = listener();
  const whole: ChatRequest = { turns: [user], tools: [], sampling: {}, ...asked };
  const body = request.encode(whole, target, report);
  return { body, losses: losses.map(({ what }) => what) };
}
describe('encode', () => {
  it('merges branches at the root of parameters for OpenAI, which refuses them there, and for nobody else', () => {
    const branch = (name: string): JsonObject => ({ properties: { [name]: {} }, required: [name, 'both'] });
    const parameters = { type: 'object', properties: { both: {} }, anyOf: [branch('a'), branch('b')], not: {} };
    const tools = [{ type: 'function', name: 'f', parameters }] as const;
    const sent = (target: Target) => {
      const { body, losses } = encode({ tools }, target);
      return [asObject(asObject(asArray(body.tools)?.[0])?.function)?.parameters, losses];
    };
    expect(sent(targetOf())).toEqual([parameters, []]);
    const merged = { type: 'object', properties: { a: {}, b: {}, both: {} }, required: ['both'] };
    expect(sent(targetOf({}, { maker: 'openai' }))).toEqual([merged, ['parameters']]);
    expect(sent(targetOf({ plainRoots: true }))).toEqual([merged, ['parameters']]);
  });

  it('asks in words for an answer whose schema OpenAI refuses, which has an object alone at its root', () => {
    const sent = (schema: JsonObject, maker = 'openai') => {
      const { body, losses } = encode({ output: { type: 'json', schema } }, targetOf({}, { maker }));
      return [asArray(body.messages)?.length, asObject(asObject(body.response_format)?.json_schema)?.schema, losses];
    };
    const list = { type: 'array', items: { type: 'string' } };
    expect(sent(list)).toEqual([2, undefined, ['response_format']]);
    expect(sent({ anyOf: [list] })).toEqual([2, undefined, ['response_format']]);
    expect(sent(list, 'deepseek')).toEqual([1, list, []]);
    expect(sent({ properties: {} })).toEqual([1, { type: 'object', properties: {} }, []]);
  });

  it('misses no settings that change nothing', () => {
    const sampling = { temperature: 1, topP: 1, presencePenalty: 0, frequencyPenalty: 0 };
    const told = encode({ sampling }, targetOf({}, { maker: 'openai', limits: { sampling: false } }));
    expect(told.body).not.toHaveProperty('temperature');
    expect(told.losses).toEqual([]);
  });

  it('says settings in the words of the service', () => {
    const asked: Partial<ChatRequest> = {
      sampling: { maxTokens: 9000, temperature: 0.4, topK: 5, seed: 1, stop: ['a', 'b', 'c', 'd', 'e'] },
      user: 'u',
      cacheKey: 'k',
      tier: 'priority',
      cacheRetention: '24h',
      verbosity: 'low',
      metadata: { a: 'b' },
    };
    const home = encode(asked, targetOf({}, { maker: 'openai', limits: { sampling: false, maxOutput: 8000 } }));
    expect(home.body).toEqual({
      model: 'up',
      messages: [{ role: 'user', content: 'hi' }],
      max_completion_tokens: 8000,
      stop: ['a', 'b', 'c', 'd'],
      seed: 1,
      prompt_cache_key: 'k',
      safety_identifier: 'u',
      verbosity: 'low',
      metadata: { a: 'b' },
      service_tier: 'priority',
      prompt_cache_retention: '24h',
      stream: false,
    });
    expect(home.losses.toSorted()).toEqual(['max_tokens', 'stop', 'temperature', 'top_k']);
    const away = encode({ ...asked, user: 'u'.repeat(65) }, targetOf({}, { stream: true }));
    expect(away.body).toMatchObject({
      max_tokens: 9000,
      temperature: 0.4,
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(away.losses.toSorted()).toEqual([
      'prompt_cache_key',
      'prompt_cache_retention',
      'service_tier',
      'stop',
      'top_k',
    ]);
    const long = encode(
      { ...asked, user: 'u'.repeat(65), cacheKey: 'k'.repeat(65) },
      targetOf({ cacheKey: true }),
    ).body;
    for (const id of [long.user, long.prompt_cache_key]) expect(String(id)).toMatch(/^[a-z0-9]{8,14}$/);
    const accent = { outputLimit: 'max_completion_tokens', cacheKey: true, streamOptions: false } as const;
    const odd = encode(asked, targetOf(accent, { stream: true })).body;
    expect(odd).toMatchObject({ max_completion_tokens: 9000, prompt_cache_key: 'k' });
    expect(odd.stream_options).toBeUndefined();
  });

  const effort: Reasoning = { effort: 'high' };
  const levels = { reasoning: { levels: ['low', 'high', 'max'] } } as const;
  const switches: readonly (readonly [Accent['thinking'], Reasoning, Target['limits'], JsonObject])[] = [
    [undefined, effort, {}, { reasoning_effort: 'high' }],
    [undefined, { effort: 'xhigh' }, levels, { reasoning_effort: 'high' }],
    [undefined, { auto: true }, {}, {}],
    [undefined, { budget: 3000 }, {}, { reasoning_effort: 'medium' }],
    [undefined, { effort: 'none' }, {}, { reasoning_effort: 'none' }],
    ['thinking-type', effort, {}, { thinking: { type: 'enabled' } }],
    ['thinking-type', effort, levels, { thinking: { type: 'enabled', effort: 'high' } }],
    ['thinking-type', { effort: 'none' }, levels, { thinking: { type: 'disabled' } }],
    [
      'thinking-type',
      { effort: 'none' },
      { reasoning: { ...levels.reasoning, off: false } },
      { thinking: { type: 'enabled', effort: 'low' } },
    ],
    ['enable_thinking', effort, {}, { enable_thinking: true }],
    ['enable_thinking', { budget: 99 }, {}, { enable_thinking: true, thinking_budget: 99 }],
    [
      'enable_thinking',
      { effort: 'low' },
      { reasoning: { budget: { min: 1, max: 500 } } },
      { enable_thinking: true, thinking_budget: 500 },
    ],
    ['enable_thinking', { effort: 'none' }, {}, { enable_thinking: false }],
    ['openrouter', effort, {}, { reasoning: { effort: 'high' } }],
    ['openrouter', { budget: 2000 }, {}, { reasoning: { max_tokens: 2000 } }],
    ['openrouter', { auto: true }, {}, { reasoning: { enabled: true } }],
    ['openrouter', { display: 'omitted' }, {}, { reasoning: { exclude: true } }],
  ];
  it.each(switches)('%s: says %j', (thinking, reasoning, limits, expected) => {
    const { body } = encode({ reasoning }, targetOf(thinking ? { thinking } : {}, { limits }));
    const { model: _, messages: __, stream: ___, ...rest } = body;
    expect(rest).toEqual(expected);
  });

  it('reports a level that the model does not take', () => {
    const { body, losses } = encode({ reasoning: effort }, targetOf({}, { limits: { reasoning: {} } }));
    expect(body.reasoning_effort).toBeUndefined();
    expect(losses).toEqual(['reasoning_effort']);
  });

  const loop: readonly Turn[] = [
    user,
    {
      role: 'assistant',
      parts: [
        { type: 'reasoning', text: 'old' },
        { type: 'text', text: 'done' },
      ],
    },
    user,
    {
      role: 'assistant',
      parts: [
        { type: 'reasoning', text: 'new' },
        { type: 'tool-call', id: 'c', name: 'f', input: '' },
      ],
    },
    {
      role: 'user',
      parts: [
        {
          type: 'tool-result',
          id: 'c',
          content: [
            { type: 'text', text: 'a' },
            { type: 'text', text: 'b' },
          ],
          failed: true,
        },
      ],
    },
  ];

  it('replays the thoughts of the current tool loop where the service needs them, and no others', () => {
    const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } };
    const told = encode({ turns: loop }, targetOf({ replayReasoning: 'reasoning_content' }));
    expect(told.body.messages).toEqual([
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: 'done' },
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: null, reasoning_content: 'new', tool_calls: [call] },
      { role: 'tool', tool_call_id: 'c', content: 'Error: a\n\nb' },
    ]);
    expect(told.losses).toEqual([]);
    const silent = encode({ turns: loop });
    expect(JSON.stringify(silent.body)).not.toContain('new');
    expect(silent.losses).toEqual(['reasoning_history']);
  });

  it('leaves out a turn of which nothing can be said, as of a reply that broke off in its thoughts', () => {
    const thinking: Turn = { role: 'assistant', name: 'a', parts: [{ type: 'reasoning', text: 'hm' }] };
    const asked = { role: 'user', content: 'hi' };
    const { body, losses } = encode({ turns: [user, thinking] });
    expect(body.messages).toEqual([asked]);
    expect(losses).toEqual(['reasoning_history']);
    const shown = encode({ turns: [user, thinking] }, targetOf({ replayReasoning: 'reasoning_content' }));
    expect(shown.body.messages).toEqual([
      asked,
      { role: 'assistant', name: 'a', content: '', reasoning_content: 'hm' },
    ]);
    const empty: Turn = { role: 'assistant', parts: [{ type: 'text', text: '' }] };
    expect(encode({ turns: [user, empty] }).body.messages).toEqual([asked, { role: 'assistant', content: '' }]);
  });

  it('keeps texts apart at OpenAI and joins them elsewhere; developers only where they are known', () => {
    const turns: Turn[] = [
      {
        role: 'system',
        developer: true,
        parts: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b', cache: {} },
        ],
      },
      user,
    ];
    const first = (target: Target): unknown => (encode({ turns }, target).body.messages as JsonObject[])[0];
    const apart = [
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ];
    expect(first(targetOf())).toEqual({ role: 'system', content: 'a\n\nb' });
    expect(first(targetOf({}, { maker: 'openai' }))).toEqual({ role: 'developer', content: apart });
    expect(first(targetOf({ developerRole: true }))).toMatchObject({ role: 'developer' });
    expect(first(targetOf({ cacheMarks: true }))).toEqual({
      role: 'system',
      content: [
        { type: 'text', text: 'a' },
        { type: 'text', text: 'b', cache_control: { type: 'ephemeral' } },
      ],
    });
    expect(encode({ turns }).losses).toEqual(['cache_control']);
  });

  it('marks a call for services that take marks', () => {
    const marked: Part = { type: 'tool-call', id: 'a', name: 'f', input: '{}', cache: {} };
    const turns: Turn[] = [user, { role: 'assistant', parts: [marked] }];
    expect(encode({ turns }, targetOf({ cacheMarks: true })).body).toMatchObject({
      messages: [{}, { tool_calls: [{ id: 'a', cache_control: { type: 'ephemeral' } }] }],
    });
    expect(encode({ turns }).losses).toEqual(['cache_control']);
  });

  it('writes media, or says why not', () => {
    const part = (media: Partial<Part & { type: 'media' }>): Turn[] => [
      { role: 'user', parts: [{ type: 'media', mediaType: 'image/png', source: { data: 'AA' }, ...media }] },
    ];
    const content = (turns: Turn[], target = targetOf()): unknown =>
      (encode({ turns }, target).body.messages as JsonObject[])[0]?.content;
    const pdf = { mediaType: 'application/pdf', name: 'a.pdf' };
    expect(content(part({ detail: 'low' }))).toEqual([
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AA', detail: 'low' } },
    ]);
    expect(content(part(pdf))).toEqual([
      { type: 'file', file: { file_data: 'data:application/pdf;base64,AA', filename: 'a.pdf' } },
    ]);
    expect(content(part({ ...pdf, context: 'From Ann.' }))).toMatchObject([
      { type: 'text', text: 'From Ann.' },
      { type: 'file', file: { filename: 'a.pdf' } },
    ]);
    expect(content(part({ mediaType: 'audio/mpeg' }))).toEqual([
      { type: 'input_audio', input_audio: { data: 'AA', format: 'mp3' } },
    ]);
    const flac = part({ mediaType: 'audio/x-flac' });
    expect(content(flac, { ...targetOf(), maker: 'openrouter' })).toEqual([
      { type: 'input_audio', input_audio: { data: 'AA', format: 'flac' } },
    ]);
    expect(refusal(() => content(flac, { ...targetOf(), maker: 'openai' })).message).toContain('wav or mp3');
    const video = part({ mediaType: 'video/mp4' });
    expect(content(video)).toMatchObject([{ type: 'video_url' }]);
    expect(refusal(() => content(video, { ...targetOf(), maker: 'openai' })).message).toContain('reads no video');
    const deaf = targetOf({}, { limits: { input: ['text'] } });
    expect(refusal(() => content(part({ mediaType: 'audio/mpeg' }), deaf)).message).toContain('reads no audio');
    const words = Buffer.from('hello').toString('base64');
    expect(content(part({ mediaType: 'text/plain', name: 'n', source: { data: words } }))).toEqual([
      { type: 'text', text: 'n\n\nhello' },
    ]);
    expect(content(part({ mediaType: 'text/plain', context: 'From Ann.', source: { data: words } }))).toEqual([
      { type: 'text', text: 'From Ann.\n\nhello' },
    ]);
    expect(content(part({}), targetOf({}, { limits: { input: ['text'] } }))).toEqual([
      { type: 'text', text: '[image omitted]' },
    ]);
    expect(refusal(() => content(part({ ...pdf, source: { url: 'https://x.ch/a.pdf' } }))).kind).toBe('bad-request');
    expect(refusal(() => content(part({ source: { file: 'f', origin: 'anthropic-messages' } }))).kind).toBe(
      'bad-request',
    );
  });

  it('says tools and choices as the service knows them', () => {
    const asked: Partial<ChatRequest> = {
      tools: [
        { type: 'function', name: 'f', parameters: { type: 'object' }, strict: true },
        {
          type: 'hosted',
          kind: 'web-search',
          wireType: 'web_search_20250305',
          name: 'web_search',
          origin: 'anthropic-messages',
          value: {},
          search: { maxUses: 3, location: { city: 'Bern' } },
        },
        { type: 'hosted', kind: 'code-execution', wireType: 'code_execution', origin: 'gemini', value: {} },
      ],
      toolChoice: { allowed: ['f'], mode: 'auto' },
      parallelToolCalls: false,
    };
    const home = encode(asked, targetOf({}, { maker: 'openai' }));
    expect(home.body).toMatchObject({
      tools: [
        { type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} }, strict: true } },
      ],
      tool_choice: {
        type: 'allowed_tools',
        allowed_tools: {
          mode: 'auto',
          tools: [{ type: 'function', function: { name: 'f' } }],
        },
      },
      parallel_tool_calls: false,
      web_search_options: { user_location: { type: 'approximate', approximate: { city: 'Bern' } } },
    });
    expect(home.losses.toSorted()).toEqual(['tool:code_execution', 'web_search']);
    const away = encode({ ...asked, toolChoice: { allowed: ['f'], mode: 'required' } }, targetOf({ webSearch: false }));
    expect(away.body).toMatchObject({ tool_choice: 'required', tools: [{ function: { name: 'f' } }] });
    expect(away.body.web_search_options).toBeUndefined();
    expect(refusal(() => encode({ ...asked, toolChoice: { name: 'code_execution' } })).kind).toBe('bad-request');
    const searching = { ...asked, toolChoice: { name: 'web_search' } };
    expect(refusal(() => encode(searching, targetOf({ webSearch: false }))).message).toContain('web_search_20250305');
    expect(encode(searching, targetOf({}, { maker: 'openai' })).body.web_search_options).toBeDefined();
    expect(encode({ parallelToolCalls: false, toolChoice: 'auto' }).body).not.toHaveProperty('parallel_tool_calls');
  });

  it('gives upstream back what it wanted back', () => {
    const details = [{ type: 'reasoning.encrypted', data: 'xyz', index: 0 }];
    const seal = { maker: 'openrouter', token: JSON.stringify({ reasoning_details: details }) };
    const turns: Turn[] = [
      user,
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', text: 't', seal },
          { type: 'tool-call', id: 'c', name: 'f', input: '{}', seal: { maker: 'google', token: 'sig' } },
        ],
      },
    ];
    expect((encode({ turns }).body.messages as JsonObject[])[1]).toMatchObject({
      reasoning_details: details,
      tool_calls: [{ extra_content: { google: { thought_signature: 'sig' } } }],
    });
  });
});
