import { describe, expect, it } from 'vitest';
import { recordedRequest } from '../../../test/support/fixtures.ts';
import { ask, encoded, hello, target, user } from '../../../test/support/messages.ts';
import { refusal } from '../../../test/support/refusal.ts';
import { repair } from '../../ir/repair.ts';
import type { ChatRequest, Part, Turn } from '../../ir/request.ts';
import { asObject, type JsonObject } from '../../json.ts';
import type { Loss } from '../../loss.ts';
import { anthropicMessages } from './index.ts';

const { request } = anthropicMessages;

const fixture = (name: string): JsonObject => recordedRequest('anthropic-messages', name);

function decoded(body: JsonObject): { chat: ChatRequest; lost: string[] } {
  const losses: Loss[] = [];
  return { chat: request.decode(body, (loss) => losses.push(loss)), lost: losses.map(({ what }) => what) };
}

describe('encoding', () => {
  it.each(['text', 'tools', 'thinking'])('gives back what was decoded: %s', (name) => {
    const original = fixture(name);
    const { chat } = decoded(original);
    const { body, lost } = encoded(chat, target({ model: String(original.model), stream: true }));
    expect(lost).toEqual([]);
    expect(decoded(body).chat).toEqual(chat);
    expect(body.max_tokens).toBe(original.max_tokens);
    expect(body.tools).toEqual(original.tools);
    expect(body.thinking).toEqual(original.thinking);
  });

  it('leaves a history of its own alone in repair, and writes blocks as they came', () => {
    const { chat } = decoded(fixture('everything'));
    const { request: repaired } = repair(chat, anthropicMessages, target(), () => undefined);
    const { body, lost } = encoded(repaired, target({ limits: { reasoning: { levels: ['low', 'high'], off: true } } }));
    expect(lost.toSorted()).toEqual(['cache_control', 'citations', 'service_tier', 'top_k']);
    expect(JSON.stringify(body).match(/"cache_control"/g)).toHaveLength(4);
    expect(body.output_config).toMatchObject({ effort: 'high', format: { type: 'json_schema' } });
    const written = JSON.stringify(body.messages);
    expect(written).toContain('"encrypted_content":"EqgfCioIARgBIiQ3YTAwMjY1Mi1mZjM5"');
    expect(written).toContain('"line":9007199254740993');
  });

  it('keeps the last four cache marks, and shortens an hour after five minutes', () => {
    const marked = (ttl?: '1h'): Part => ({ type: 'text', text: 'x', cache: ttl ? { ttl } : {} });
    const chat = ask({
      tools: [{ type: 'function', name: 'f', cache: { ttl: '1h' } }],
      turns: [{ role: 'system', parts: [marked('1h')] }, user(marked(), marked('1h')), user(marked())],
    });
    const { body, lost } = encoded(chat);
    expect(lost).toEqual(['cache_control']);
    expect(body.tools).toEqual([{ name: 'f', input_schema: { type: 'object', properties: {} } }]);
    expect(JSON.stringify([body.system, body.messages]).match(/"cache_control":\{[^}]*\}/g)).toEqual([
      '"cache_control":{"type":"ephemeral","ttl":"1h"}',
      '"cache_control":{"type":"ephemeral"}',
      '"cache_control":{"type":"ephemeral"}',
      '"cache_control":{"type":"ephemeral"}',
    ]);
  });

  it('says which wishes Messages has no words for', () => {
    const sampling = { temperature: 1.4, topP: 0.5, seed: 1, presencePenalty: 0.5, stop: ['\n', 'END'] };
    const { body, lost } = encoded(
      ask({ sampling, verbosity: 'low', cacheKey: 'k', metadata: { a: 'b' }, output: { type: 'json' }, user: 'u1' }),
    );
    expect(lost.toSorted()).toEqual([
      'metadata',
      'presence_penalty',
      'prompt_cache_key',
      'response_format',
      'seed',
      'stop',
      'temperature',
      'top_p',
      'verbosity',
    ]);
    expect(body).toEqual({
      model: 'claude-x',
      max_tokens: 32_000,
      system: [{ type: 'text', text: 'Answer with one JSON object only.' }],
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }],
      temperature: 1,
      stop_sequences: ['END'],
      metadata: { user_id: 'u1' },
    });
  });

  it('closes the objects of an output schema, and merges the branches at the root of a tool schema', () => {
    const inner = { type: 'object', properties: { b: { type: 'string' } }, additionalProperties: true };
    const schema = { type: 'object', properties: { type: { type: 'string' }, list: { type: 'array', items: inner } } };
    const parameters = {
      description: 'either',
      anyOf: [
        { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
        { type: 'object', properties: { b: { type: 'number' } }, required: ['b'] },
      ],
    };
    const { body, lost } = encoded(
      ask({ output: { type: 'json', schema }, tools: [{ type: 'function', name: 'f', parameters }] }),
    );
    expect(lost).toEqual(['input_schema', 'additionalProperties']);
    expect(body.output_config).toEqual({
      format: {
        type: 'json_schema',
        schema: {
          ...schema,
          properties: {
            type: { type: 'string' },
            list: { type: 'array', items: { ...inner, additionalProperties: false } },
          },
          additionalProperties: false,
        },
      },
    });
    expect(body.tools).toEqual([
      {
        name: 'f',
        input_schema: {
          description: 'either',
          type: 'object',
          properties: { a: { type: 'string' }, b: { type: 'number' } },
        },
      },
    ]);
  });

  it('asks in words for a schema that nothing can be held to, and offers such a tool without strict', () => {
    const node = { type: 'object', properties: { next: { $ref: '#' } } };
    const tools: ChatRequest['tools'] = [
      { type: 'function', name: 'f', strict: true, parameters: node },
      {
        type: 'function',
        name: 'g',
        strict: true,
        parameters: { type: 'object', properties: { n: { type: 'integer', minimum: 1 } } },
      },
      { type: 'function', name: 'h', parameters: { type: 'object', properties: { n: { minimum: 1 } } } },
    ];
    const { body, lost } = encoded(ask({ output: { type: 'json', schema: node }, tools }));
    expect(lost.toSorted()).toEqual(['response_format', 'strict']);
    expect(body).not.toHaveProperty('output_config');
    expect(JSON.stringify(body.system)).toContain('JSON Schema');
    expect(body.tools).toEqual([
      { name: 'f', input_schema: node },
      {
        name: 'g',
        input_schema: {
          type: 'object',
          properties: { n: { type: 'integer', description: '(minimum 1)' } },
          additionalProperties: false,
        },
        strict: true,
      },
      { name: 'h', input_schema: { type: 'object', properties: { n: { minimum: 1 } } } },
    ]);
  });

  it('offers its own tools for those of others, and only the allowed ones', () => {
    const search = { allowedDomains: ['a.org'], blockedDomains: ['b.org'], maxUses: 2, location: { city: 'Bern' } };
    const hosted = { type: 'hosted', origin: 'openai-responses', value: {} } as const;
    const tools: ChatRequest['tools'] = [
      { ...hosted, kind: 'web-search', wireType: 'web_search', search },
      { ...hosted, kind: 'code-execution', wireType: 'code_interpreter' },
      { ...hosted, kind: 'maps', wireType: 'google_maps' },
      { type: 'function', name: 'f' },
    ];
    const { body, lost } = encoded(ask({ tools, toolChoice: { name: 'code_interpreter' }, parallelToolCalls: false }));
    expect(lost).toEqual(['blocked_domains', 'tool:google_maps']);
    expect(body.tools).toEqual([
      {
        type: 'web_search_20250305',
        name: 'web_search',
        max_uses: 2,
        allowed_domains: ['a.org'],
        user_location: { type: 'approximate', city: 'Bern' },
      },
      { type: 'code_execution_20250825', name: 'code_execution' },
      { name: 'f', input_schema: { type: 'object', properties: {} } },
    ]);
    expect(body.tool_choice).toEqual({ type: 'tool', name: 'code_execution', disable_parallel_tool_use: true });

    const few = encoded(ask({ tools, toolChoice: { allowed: ['f'], mode: 'required' } })).body;
    expect(few).toMatchObject({ tools: [{ name: 'f' }], tool_choice: { type: 'any' } });

    const maps = ask({ tools: tools.slice(2, 3), toolChoice: 'required' });
    expect(refusal(() => encoded(maps))).toMatchObject({ kind: 'bad-request', facts: { param: 'tools' } });
    expect(encoded(ask({ tools: tools.slice(2, 3), toolChoice: 'auto' })).body).not.toHaveProperty('tool_choice');
  });

  it('offers a built-in tool once, however many ask for it', () => {
    const hosted = { type: 'hosted', kind: 'web-search', origin: 'openai-responses', value: {} } as const;
    const tools = (location?: { city: string }): ChatRequest['tools'] => [
      { ...hosted, wireType: 'web_search' },
      { ...hosted, wireType: 'web_search_preview', ...(location && { search: { location } }) },
    ];
    const search = [{ type: 'web_search_20250305', name: 'web_search' }];
    expect(encoded(ask({ tools: tools() }))).toMatchObject({ body: { tools: search }, lost: [] });
    const told = encoded(ask({ tools: tools({ city: 'Bern' }) }));
    expect(told).toMatchObject({ body: { tools: search }, lost: ['tool:web_search_preview'] });
  });

  it('sends media as blocks that Anthropic takes, and refuses what it cannot see or hear', () => {
    const media = (mediaType: string, source: object): Part =>
      ({ type: 'media', mediaType, source, name: 'file' }) as unknown as Part;
    const { body } = encoded(
      ask({
        turns: [
          user(
            media('image/jpg', { data: 'AA==' }),
            media('application/pdf', { url: 'https://e.org/a.pdf' }),
            media('application/json', { data: btoa('{"a":1}') }),
            media('image/*', { file: 'file_1', origin: 'anthropic-messages' }),
          ),
        ],
      }),
    );
    expect(asObject((body.messages as JsonObject[])[0])?.content).toEqual([
      { type: 'image', source: { type: 'base64', media_type: 'image/jpeg', data: 'AA==' } },
      { type: 'document', source: { type: 'url', url: 'https://e.org/a.pdf' }, title: 'file' },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: '{"a":1}' }, title: 'file' },
      { type: 'image', source: { type: 'file', file_id: 'file_1' } },
    ]);
    for (const [mediaType, source] of [
      ['audio/wav', { data: 'AA==' }],
      ['video/mp4', { url: 'https://e.org/a.mp4' }],
      ['image/tiff', { data: 'AA==' }],
      ['application/zip', { data: 'AA==' }],
      ['image/*', { url: 'http://e.org/a.png' }],
      ['application/pdf', { url: 'http://e.org/a.pdf' }],
    ] as const)
      expect(refusal(() => encoded(ask({ turns: [user(media(mediaType, source))] }))).kind).toBe('bad-request');
    const system: Turn = { role: 'system', parts: [media('image/png', { data: 'AA==' })] };
    expect(refusal(() => encoded(ask({ turns: [system, hello] }))).message).toContain('image/png');
  });
});
