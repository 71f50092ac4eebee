import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../json.ts';
import { type Case, verdict } from './testing.ts';

describe('Messages refuses', () => {
  const user = { role: 'user', content: 'hi' };
  const note = { role: 'system', content: 'The user opened a file.' };
  const use = { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'f', input: {} }] };
  const result = { type: 'tool_result', tool_use_id: 't1', content: 'ok' };
  const schema = { type: 'object', properties: {} };
  const shut = (properties: JsonObject) => ({ type: 'object', properties, additionalProperties: false });
  const mark = { cache_control: { type: 'ephemeral' } };
  const text = (value: string, more: JsonObject = {}) => ({ type: 'text', text: value, ...more });
  const cases: readonly Case[] = [
    ['an unknown member', { frequency_penalty: 1 }, 'frequency_penalty: Extra inputs are not permitted'],
    ['no limit', { max_tokens: undefined }, 'max_tokens: Field required'],
    ['a hot temperature', { temperature: 1.5 }, 'temperature: range: 0..1'],
    [
      'a first turn of the model',
      { messages: [{ role: 'assistant', content: 'x' }, user] },
      'first message must use the "user" role',
    ],
    [
      'a prefill',
      { messages: [user, { role: 'assistant', content: 'x' }] },
      'does not support assistant message prefill',
    ],
    ['a system message that begins', { messages: [note, user] }, "use the top-level 'system' parameter"],
    [
      'a system message to an older model',
      { model: 'claude-opus-4-7', messages: [user, note] },
      'not supported on this',
    ],
    [
      'a system message after an answer',
      { messages: [user, { ...note, role: 'assistant' }, note] },
      "must follow a 'user'",
    ],
    ['an effort of a message', { messages: [user, { ...note, output_config: {} }] }, 'messages.1.output_config: Extra'],
    ['a system message before a question', { messages: [user, note, user] }, 'must be last'],
    ['half a character', { messages: [{ role: 'user', content: 'a\ud83d b' }] }, 'no low surrogate in string'],
    ['empty text', { messages: [{ role: 'user', content: [text('')] }] }, 'text content blocks must be non-empty'],
    ['blank text', { messages: [{ role: 'user', content: [text(' ')] }] }, 'non-whitespace text'],
    ['empty content', { messages: [{ role: 'user', content: [] }, user] }, 'all messages must have non-empty content'],
    ['an unanswered use', { messages: [user, use, user] }, 'without `tool_result` blocks immediately after: t1'],
    [
      'a result after text',
      { messages: [user, use, { role: 'user', content: [text('a'), result] }] },
      'without `tool_result` blocks immediately after',
    ],
    ['an orphan result', { messages: [{ role: 'user', content: [result] }] }, 'unexpected `tool_use_id` found'],
    [
      'two results for one use',
      { messages: [user, use, { role: 'user', content: [result, result] }] },
      'must have a single result',
    ],
    [
      'a bad id',
      { messages: [user, { role: 'assistant', content: [{ type: 'tool_use', id: 'a.b', name: 'f', input: {} }] }] },
      'String should match pattern',
    ],
    [
      'a foreign block member',
      { messages: [{ role: 'user', content: [text('a', { id: '1' })] }] },
      'text.id: Extra inputs',
    ],
    ['a Chat tool', { tools: [{ type: 'function', function: { name: 'f' } }] }, "Input tag 'function'"],
    ['a tool without schema', { tools: [{ name: 'f' }] }, 'input_schema: Field required'],
    [
      'a branching root',
      { tools: [{ name: 'f', input_schema: { ...schema, anyOf: [] } }] },
      'does not support oneOf, allOf, or anyOf',
    ],
    ['a choice without tools', { tool_choice: { type: 'auto' } }, 'only be specified while providing tools'],
    ['a thread', { thread: { type: 'create' } }, 'thread: not supported'],
    ['five marks', { system: [1, 2, 3, 4, 5].map((n) => text(`${n}`, mark)) }, 'Found 5'],
    [
      'a mark on empty text',
      { messages: [{ role: 'user', content: [text('', mark)] }] },
      'cache_control cannot be set for empty',
    ],
    ['a small budget', { thinking: { type: 'enabled', budget_tokens: 100 } }, 'greater than or equal to 1024'],
    [
      'a budget over the limit',
      { thinking: { type: 'enabled', budget_tokens: 5000 } },
      '`max_tokens` must be greater than',
    ],
    [
      'a forced tool while thinking',
      { thinking: { type: 'adaptive' }, tools: [{ name: 'f', input_schema: schema }], tool_choice: { type: 'any' } },
      'Thinking may not be enabled',
    ],
    [
      'manual thinking on new models',
      { model: 'claude-opus-4-7', thinking: { type: 'enabled', budget_tokens: 2000 } },
      'thinking.type.enabled is not supported',
    ],
    [
      'an unsigned thought',
      { messages: [user, { role: 'assistant', content: [{ type: 'thinking', thinking: 'x' }] }, user] },
      'signature: Field required',
    ],
    [
      'a foreign image type',
      {
        messages: [
          {
            role: 'user',
            content: [{ type: 'image', source: { type: 'base64', media_type: 'image/bmp', data: 'AA==' } }],
          },
        ],
      },
      "Input should be 'image/jpeg'",
    ],
    [
      'an image that is not fetched by https',
      {
        messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'url', url: 'http://e.org/a.png' } }] }],
      },
      'Only HTTPS URLs are supported',
    ],
    [
      'an open answer schema',
      { output_config: { format: { type: 'json_schema', schema } } },
      "'additionalProperties' must be explicitly set to false",
    ],
    [
      'a bound in an answer schema',
      { output_config: { format: { type: 'json_schema', schema: { type: 'integer', minimum: 1 } } } },
      "For 'integer' type, properties minimum are not supported",
    ],
    [
      'oneOf in the schema of a strict tool',
      { tools: [{ name: 'f', strict: true, input_schema: shut({ a: { oneOf: [] } }) }] },
      'properties oneOf are not supported',
    ],
    [
      'an answer schema that contains itself',
      {
        output_config: {
          format: {
            type: 'json_schema',
            schema: { $ref: '#/$defs/A', $defs: { A: shut({ next: { $ref: '#/$defs/A' } }) } },
          },
        },
      },
      'Circular reference detected',
    ],
    [
      'a search result that no one sealed',
      {
        messages: [
          user,
          {
            role: 'assistant',
            content: [
              { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'q' } },
              {
                type: 'web_search_tool_result',
                tool_use_id: 'srvtoolu_1',
                content: [{ type: 'web_search_result', url: 'https://a.example', title: 'A', encrypted_content: '' }],
              },
            ],
          },
          user,
        ],
      },
      'Invalid `encrypted_content`',
    ],
    [
      'a citation without its index',
      {
        messages: [
          user,
          {
            role: 'assistant',
            content: [text('a', { citations: [{ type: 'web_search_result_location', encrypted_index: '' }] })],
          },
          user,
        ],
      },
      'Invalid `encrypted_index`',
    ],
    ['metadata but for the user', { metadata: { trace: 'x' } }, 'metadata.trace: Extra inputs'],
  ];
  it.each(cases)('%s', (_what, change, message) => {
    const body = { model: 'm', max_tokens: 4000, messages: [user], ...change };
    expect(verdict('/v1/messages', body)).toContain(message);
    expect(verdict('/v1/messages', body)).toMatch(/^400 /);
    expect(verdict('/v1/messages', body, {}, false)).toBe('200');
  });
  it('what only a beta allows, and generation members when counting', () => {
    const body = {
      model: 'm',
      max_tokens: 9,
      messages: [user],
      context_management: { edits: [] },
    };
    expect(verdict('/v1/messages', body)).toContain('context_management: Extra inputs');
    const betas = { 'anthropic-beta': 'context-management-2025-06-27' };
    expect(verdict('/v1/messages', body, betas)).toBe('200');
    expect(verdict('/v1/messages/count_tokens', { model: 'm', max_tokens: 9, messages: [user] })).toContain(
      'max_tokens: Extra inputs',
    );
    expect(verdict('/v1/messages/count_tokens', { model: 'm', messages: [user] })).toBe('200');
  });
  it('nothing that the service takes', () => {
    const answer = { role: 'user', content: [result, text('and now?', mark)] };
    expect(
      verdict('/v1/messages', {
        model: 'm',
        max_tokens: 9,
        top_k: 4,
        system: [text('s', mark)],
        messages: [user, user, use, answer],
      }),
    ).toBe('200');
    const said = { role: 'assistant', content: 'Yes.' };
    const noted = { model: 'claude-opus-4-8', max_tokens: 9, messages: [user, note, said, user, note] };
    expect(verdict('/v1/messages', noted)).toBe('200');
    const beta = { 'anthropic-beta': 'mid-conversation-system-2026-04-07' };
    expect(verdict('/v1/messages', { ...noted, model: 'claude-opus-4-7' }, beta)).toBe('200');
    const effort = { role: 'system', content: [], output_config: { effort: 'low' } };
    const turned = { ...noted, messages: [effort, user, said, effort, user] };
    expect(verdict('/v1/messages', turned, { 'anthropic-beta': 'per-turn-control-2026-07-01' })).toBe('200');
    expect(
      verdict('/v1/messages', {
        model: 'claude-sonnet-4-5-20250929',
        max_tokens: 9,
        messages: [user, { role: 'assistant', content: 'I' }],
      }),
    ).toBe('200');
    expect(verdict('/v1/messages', { model: 'claude-opus-4-8', max_tokens: 9, temperature: 1, messages: [user] })).toBe(
      '200',
    );
    const answerSchema = { ...shut({ a: { type: 'string' } }), $schema: 'http://json-schema.org/draft-07/schema#' };
    expect(
      verdict('/v1/messages', {
        model: 'm',
        max_tokens: 9,
        tools: [{ name: 'f', strict: true, input_schema: answerSchema }],
        output_config: { format: { type: 'json_schema', schema: { ...answerSchema, $id: 'https://example.com/a' } } },
        messages: [user],
      }),
    ).toBe('200');
  });
});

describe('Gemini refuses', () => {
  const user = { role: 'user', parts: [{ text: 'hi' }] };
  const call = {
    role: 'model',
    parts: [{ functionCall: { name: 'f', args: {} }, thoughtSignature: 'skip_thought_signature_validator' }],
  };
  const response = (name: string) => ({
    role: 'user',
    parts: [{ functionResponse: { name, response: { result: 1 } } }],
  });
  const tool = (parameters: JsonObject) => ({ tools: [{ functionDeclarations: [{ name: 'f', parameters }] }] });
  const property = (schema: JsonObject) => tool({ type: 'OBJECT', properties: { a: schema } });
  const cases: readonly Case[] = [
    ['an unknown member', { session_id: 'x' }, 'Unknown name "session_id": Cannot find field.'],
    ['an unknown setting', { generationConfig: { maxTokens: 5 } }, `Unknown name "maxTokens" at 'generation_config'`],
    ['no contents', { contents: [] }, 'contents is not specified'],
    [
      'a strange role',
      { contents: [{ role: 'assistant', parts: [{ text: 'x' }] }] },
      'Please use a valid role: user, model.',
    ],
    ['no parts', { contents: [{ role: 'user', parts: [] }] }, 'contents.parts must not be empty'],
    ['empty text', { contents: [{ role: 'user', parts: [{ text: '' }] }] }, 'must have one initialized field'],
    [
      'two kinds in a part',
      { contents: [{ role: 'user', parts: [{ text: 'a', inlineData: { mimeType: 'image/png', data: 'AA==' } }] }] },
      'already set',
    ],
    [
      'a first turn of the model',
      { contents: [{ role: 'model', parts: [{ text: 'x' }] }, user] },
      'start with a user turn',
    ],
    ['an orphan response', { contents: [response('f')] }, 'immediately after a function call turn'],
    ['an unanswered call', { contents: [user, call, user] }, 'equal to the number of function call parts'],
    ['a trailing call', { contents: [user, call] }, 'followed by a function response turn'],
    ['a response of another name', { contents: [user, call, response('g')] }, 'matches no function call'],
    [
      'text as a response',
      { contents: [user, call, { role: 'user', parts: [{ functionResponse: { name: 'f', response: 'x' } }] }] },
      'protobuf.Struct',
    ],
    [
      'a closed schema',
      tool({ type: 'object', additionalProperties: false }),
      `Unknown name "additionalProperties" at 'tools[0].function_declarations[0].parameters'`,
    ],
    ['a reference', property({ $ref: '#/x' }), 'Unknown name "$ref"'],
    ['a constant', property({ const: 'a' }), 'Unknown name "const"'],
    ['a list of types', property({ type: ['string', 'null'] }), 'Proto field is not repeating'],
    ['a format', property({ type: 'string', format: 'uri' }), "only 'enum' and 'date-time' are supported"],
    ['a list without items', property({ type: 'array' }), 'items: missing field'],
    ['a required stranger', tool({ type: 'object', properties: {}, required: ['b'] }), 'property is not defined'],
    [
      'both schemas',
      {
        tools: [
          {
            functionDeclarations: [
              { name: 'f', parameters: { type: 'object' }, parametersJsonSchema: { type: 'object' } },
            ],
          },
        ],
      },
      'only one of parameters',
    ],
    ['a bad name', { tools: [{ functionDeclarations: [{ name: '1f' }] }] }, 'Invalid function name'],
    [
      'two of a name',
      { tools: [{ functionDeclarations: [{ name: 'f' }, { name: 'f' }] }] },
      'Duplicate function declaration found: f',
    ],
    [
      'a level and a budget',
      { generationConfig: { thinkingConfig: { thinkingBudget: 1, thinkingLevel: 'LOW' } } },
      'only one of thinking budget',
    ],
    ['six stops', { generationConfig: { stopSequences: [...'abcdef'] } }, 'at most 5'],
    [
      'a forced stranger',
      {
        ...tool({ type: 'object' }),
        toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['g'] } },
      },
      'not declared: g',
    ],
  ];
  const path = '/v1beta/models/demo-gemini:generateContent';
  it.each(cases)('%s', (_what, change, message) => {
    const body = { contents: [user], ...change };
    expect(verdict(path, body)).toContain(message);
    expect(verdict(path, body)).toMatch(/^400 /);
    expect(verdict(path, body, {}, false)).toBe('200');
  });
  it('ids on Vertex paths, and nothing that the service takes in either spelling', () => {
    const withId = {
      role: 'model',
      parts: [
        { functionCall: { id: '1', name: 'f', args: {} }, thought_signature: 'skip_thought_signature_validator' },
      ],
    };
    const contents = [user, withId, response('f')];
    expect(verdict('/v1/publishers/google/models/m:generateContent', { contents })).toContain('Unknown name "id"');
    const body = {
      contents,
      system_instruction: { parts: [{ text: 's' }] },
      generation_config: { max_output_tokens: 50 },
    };
    expect(verdict(path, body)).toBe('200');
    const prefill = { contents: [user, { role: 'model', parts: [{ text: 'x' }] }] };
    expect(verdict('/v1beta/models/gemini-3.6-flash:generateContent', prefill)).toContain('ending with a model turn');
    expect(verdict('/v1beta/models/gemini-3.5-flash:generateContent', prefill)).toBe('200');
    const unsigned = { role: 'model', parts: [{ functionCall: { name: 'f' } }] };
    expect(
      verdict('/v1beta/models/gemini-2.5-pro:generateContent', { contents: [user, unsigned, response('f')] }),
    ).toBe('200');
  });
});
