import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../json.ts';
import { type Case, verdict } from './testing.ts';

describe('Chat refuses', () => {
  const user = { role: 'user', content: 'hi' };
  const calling = {
    role: 'assistant',
    tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }],
  };
  const tool = (parameters: JsonObject, more: JsonObject = {}) => ({
    tools: [{ type: 'function', function: { name: 'f', parameters, ...more } }],
  });
  const answer = (schema: JsonObject) => ({
    response_format: { type: 'json_schema', json_schema: { name: 'a', schema } },
  });
  const cases: readonly Case[] = [
    ['a branching root', tool({ type: 'object', anyOf: [{ type: 'object' }] }), "not have 'oneOf'/'anyOf'/'allOf'"],
    ['an unknown member', { top_k: 1 }, 'Unrecognized request argument supplied: top_k'],
    ['both limits', { max_tokens: 1, max_completion_tokens: 1 }, "Setting 'max_tokens' and"],
    ['a wrong type', { temperature: 'hot' }, "Invalid type for 'temperature'"],
    ['a number out of range', { temperature: 3 }, 'decimal above maximum value'],
    ['a long id', { safety_identifier: 'u'.repeat(65) }, "Invalid 'safety_identifier': string too long"],
    ['an unknown effort', { reasoning_effort: 'huge' }, "Invalid value: 'huge'"],
    ['no messages', { messages: [] }, "Invalid 'messages': empty array"],
    ['a strange role', { messages: [{ role: 'model', content: 'x' }] }, "Invalid value: 'model'"],
    ['a foreign part', { messages: [{ role: 'user', content: [{ type: 'input_text', text: 'x' }] }] }, "'input_text'"],
    [
      'a film',
      { messages: [{ role: 'user', content: [{ type: 'video_url', video_url: { url: 'x' } }] }] },
      "'video_url'",
    ],
    ['no content', { messages: [{ role: 'user', content: null }] }, 'expected a string, got null'],
    [
      'an orphan result',
      { messages: [user, { role: 'tool', tool_call_id: 'c1', content: 'x' }] },
      'must be a response to a preceeding message',
    ],
    ['an unanswered call', { messages: [user, calling, user] }, 'did not have response messages: c1'],
    [
      'arguments that are no JSON',
      {
        messages: [
          user,
          { role: 'assistant', tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{' } }] },
        ],
      },
      'valid JSON',
    ],
    ['a choice without tools', { tool_choice: 'auto' }, "only allowed when 'tools' are specified"],
    [
      'a choice of no tool',
      { ...tool({ type: 'object' }), tool_choice: { type: 'function', function: { name: 'g' } } },
      "'g' was not found",
    ],
    ['a bad name', { tools: [{ type: 'function', function: { name: 'a.b' } }] }, 'does not match pattern'],
    ['a long name', { tools: [{ type: 'function', function: { name: 'a'.repeat(65) } }] }, 'maximum length 64'],
    [
      'a list without items',
      tool({ type: 'object', properties: { a: { type: 'array' } } }),
      "('properties', 'a'), array schema missing items",
    ],
    [
      'a loose strict schema',
      tool({ type: 'object', properties: {} }, { strict: true }),
      "'additionalProperties' is required",
    ],
    ['a usage report without a stream', { stream_options: { include_usage: true } }, "'stream_options'"],
    ['JSON mode without the word', { response_format: { type: 'json_object' } }, "must contain the word 'json'"],
    ['an answer that is a list', answer({ type: 'array', items: {} }), `got 'type: "array"'`],
    ['an answer that branches', answer({ type: 'object', anyOf: [{ type: 'object' }] }), "'anyOf' is not permitted"],
    [
      'an image that is none',
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:x' } }] }] },
      'valid URL',
    ],
  ];
  it.each(cases)('%s', (_what, change, message) => {
    const body = { model: 'm', messages: [user], ...change };
    expect(verdict('/v1/chat/completions', body)).toContain(`400 `);
    expect(verdict('/v1/chat/completions', body)).toContain(message);
    expect(verdict('/v1/chat/completions', body, {}, false)).toBe('200');
  });
  it('nothing that the service takes', () => {
    const answered = { role: 'tool', tool_call_id: 'c1', content: [{ type: 'text', text: 'ok' }] };
    const rich = {
      model: 'm',
      seed: 1,
      stop: ['a'],
      n: 2,
      user: 'u',
      logit_bias: {},
      messages: [{ role: 'developer', content: 'd' }, user, calling, answered],
    };
    expect(verdict('/v1/chat/completions', rich)).toBe('200');
  });
});

describe('Responses refuses', () => {
  const call = { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' };
  const output = { type: 'function_call_output', call_id: 'c1', output: 'ok' };
  const cases: readonly Case[] = [
    ['an unknown member', { stop: 'x' }, "Unknown parameter: 'stop'."],
    ['a Chat member', { max_tokens: 5 }, "Unknown parameter: 'max_tokens'."],
    [
      'sound',
      { input: [{ role: 'user', content: [{ type: 'input_audio', input_audio: { data: 'AA', format: 'wav' } }] }] },
      "'input_audio'",
    ],
    [
      'an answer that is a text',
      { text: { format: { type: 'json_schema', name: 'a', schema: { type: 'string' } } } },
      `got 'type: "string"'`,
    ],
    ['a small limit', { max_output_tokens: 5 }, 'Expected a value >= 16'],
    ['a call it cannot make', { tool_choice: 'required', tools: [] }, "'required' must be specified with 'tools'"],
    [
      'a Chat tool',
      { tools: [{ type: 'function', function: { name: 'f' } }] },
      "Unknown parameter: 'tools[0].function'",
    ],
    ['a strange item', { input: [{ type: 'tool_use' }] }, "Invalid value: 'tool_use'"],
    [
      'user text as output',
      { input: [{ role: 'user', content: [{ type: 'output_text', text: 'x' }] }] },
      "'output_text'",
    ],
    [
      'assistant text as input',
      { input: [{ role: 'assistant', content: [{ type: 'input_text', text: 'x' }] }] },
      "'input_text'",
    ],
    ['an unanswered call', { input: [call] }, 'No tool output found for function call c1'],
    ['an orphan output', { input: [output] }, 'No tool call found for function call output with call_id c1'],
    ['a long call id', { input: [{ ...call, call_id: 'c'.repeat(65) }] }, 'maximum length 64'],
    ['an id of another kind', { input: [{ ...call, id: 'call_1' }, output] }, "begins with 'fc'"],
    [
      'reasoning that leads nowhere',
      { input: [{ type: 'reasoning', id: 'rs_1', summary: [] }] },
      'without its required following item',
    ],
    [
      'a run of code in no container',
      { input: [{ type: 'code_interpreter_call', id: 'ci_1', code: '1', container_id: '', outputs: [] }] },
      "Invalid 'input[0].container_id'",
    ],
    ['an unknown inclusion', { include: ['everything'] }, "'everything'"],
    ['an empty input', { input: [], instructions: 'Be brief.' }, "One of 'input' or 'previous_response_id'"],
    ['no input', { input: null }, "Missing required parameter: 'input'"],
    [
      'a name for a file that is not sent itself',
      {
        input: [{ role: 'user', content: [{ type: 'input_file', file_url: 'https://a.b/c.pdf', filename: 'c.pdf' }] }],
      },
      "Mutually exclusive parameters: 'input[0].content[0]'",
    ],
  ];
  it.each(cases)('%s', (_what, change, message) => {
    const body = { model: 'm', input: 'hi', ...change };
    expect(verdict('/v1/responses', body)).toContain(message);
    expect(verdict('/v1/responses', body, {}, false)).toBe('200');
  });
  it('reasoning it did not keep, and none of what it takes', () => {
    const thought = { type: 'reasoning', id: 'rs_1', summary: [] };
    const input = [{ role: 'user', content: 'x' }, thought, call, output];
    expect(verdict('/v1/responses', { model: 'm', input, store: false })).toContain(
      "404 Item with id 'rs_1' not found",
    );
    expect(verdict('/v1/responses', { model: 'm', input })).toBe('200');
    const compacting = { tools: [], tool_choice: 'auto', parallel_tool_calls: false };
    expect(verdict('/v1/responses', { model: 'm', input: 'x', ...compacting })).toBe('200');
  });
});
