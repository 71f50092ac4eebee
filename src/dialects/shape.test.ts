import { describe, expect, it } from 'vitest';
import { type ErrorKind, GatewayError } from '../errors.ts';
import type { Json, JsonObject } from '../json.ts';
import { anthropicMessages } from './anthropic-messages/index.ts';
import type { Dialect } from './dialect.ts';
import { gemini } from './gemini/index.ts';
import { openaiChat } from './openai-chat/index.ts';
import { openaiCompletions } from './openai-completions/index.ts';
import { openaiResponses } from './openai-responses/index.ts';

type Place = readonly (string | number)[];

/** `messages[0].name` as the keys that lead there. */
function placeOf(path: string): Place {
  return path.split(/[.[\]]+/).flatMap((key) => (key === '' ? [] : [/^\d+$/.test(key) ? Number(key) : key]));
}

function withValue(at: Json | undefined, [key, ...rest]: Place, value: Json): Json {
  if (key === undefined) return value;
  if (typeof key === 'number') {
    const list = Array.isArray(at) ? [...at] : [];
    list[key] = withValue(list[key], rest, value);
    return list;
  }
  const object = (at ?? {}) as JsonObject;
  return { ...object, [key]: withValue(object[key], rest, value) };
}

const greetings: Record<string, JsonObject> = {
  'openai-chat': {
    model: 'm',
    messages: [
      { role: 'user', content: [{ type: 'text', text: 'Hi.' }] },
      { role: 'assistant', tool_calls: [{ id: 'c', type: 'function', function: { name: 'look', arguments: '{}' } }] },
    ],
    tools: [
      { type: 'function', function: { name: 'look' } },
      { type: 'custom', custom: { name: 'patch' } },
    ],
    response_format: { type: 'json_schema', json_schema: { name: 'n', schema: {} } },
    thinking: { type: 'enabled' },
  },
  'openai-completions': { model: 'm', prompt: 'Hi.' },
  'openai-responses': {
    model: 'm',
    input: [{ type: 'reasoning' }, { role: 'user', content: 'Hi.' }],
    tools: [
      { type: 'function', name: 'look' },
      { type: 'custom', name: 'patch' },
      { type: 'namespace', name: 'all' },
      { type: 'web_search' },
    ],
    text: { format: { type: 'json_schema', name: 'n', schema: {} } },
  },
  'anthropic-messages': {
    model: 'm',
    max_tokens: 9,
    messages: [
      { role: 'assistant', content: [{ type: 'thinking', thinking: 'Hm.' }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c', content: [{ type: 'text', text: 'Hi.' }] }] },
    ],
    tools: [{ name: 'look' }, { type: 'web_search_20250305', name: 'web_search' }],
    tool_choice: { type: 'auto' },
    thinking: { type: 'enabled', budget_tokens: 2000 },
    output_config: { format: { type: 'json_schema', schema: {} } },
  },
  gemini: {
    contents: [
      { role: 'user', parts: [{ text: 'Hi.' }] },
      { role: 'model', parts: [{ functionCall: { name: 'look' } }] },
      { role: 'user', parts: [{ functionResponse: { name: 'look' } }] },
      { role: 'user', parts: [{}] },
    ],
    tools: [{ functionDeclarations: [{ name: 'look' }] }],
  },
};

/** What each member must be, and where it stands. */
const expected: readonly (readonly [dialect: Dialect, kind: keyof typeof others, paths: string])[] = [
  [
    openaiChat,
    'a string',
    'user safety_identifier prompt_cache_key modalities[0] messages[0].name messages[1].refusal tools[0].type ' +
      'messages[1].reasoning_content messages[0].content[0].text tools[0].function.description thinking.type ' +
      'web_search_options.search_context_size response_format.json_schema.name',
  ],
  [
    openaiChat,
    'true or false',
    'parallel_tool_calls stream_options.include_usage response_format.json_schema.strict tools[0].function.strict ' +
      'include_reasoning enable_thinking reasoning.enabled reasoning.exclude chat_template_kwargs.enable_thinking',
  ],
  [openaiChat, 'a number', 'thinking_budget thinking.budget_tokens reasoning.max_tokens'],
  [
    openaiChat,
    'an object',
    'stream_options metadata response_format response_format.json_schema response_format.json_schema.schema thinking ' +
      'reasoning chat_template_kwargs web_search_options web_search_options.user_location cache_control ' +
      'messages[0].cache_control messages[1].tool_calls[0] messages[1].tool_calls[0].function messages[1].function_call ' +
      'messages[1].audio tools[0].function tools[0].function.parameters tools[1].custom tools[1].custom.format',
  ],
  [openaiChat, 'an array', 'modalities messages[1].tool_calls messages[1].annotations messages[1].reasoning_details'],
  [openaiCompletions, 'a string', 'suffix user'],
  [openaiCompletions, 'true or false', 'echo stream_options.include_usage'],
  [
    openaiResponses,
    'a string',
    'user safety_identifier prompt_cache_key reasoning.summary include[0] tools[0].description ' +
      'text.format.description input[0].encrypted_content tools[3].search_context_size',
  ],
  [
    openaiResponses,
    'true or false',
    'parallel_tool_calls store background text.format.strict tools[0].strict tools[3].external_web_access',
  ],
  [
    openaiResponses,
    'an object',
    'metadata reasoning text text.format text.format.schema tools[0].parameters tools[1].format tools[2].tools[0] ' +
      'tools[3].filters tools[3].user_location',
  ],
  [
    openaiResponses,
    'an array',
    'include input[0].summary input[0].content tools[2].tools tools[3].filters.allowed_domains',
  ],
  [
    anthropicMessages,
    'a string',
    'metadata.user_id thinking.display messages[0].clear_at messages[0].content[0].thinking tools[0].type ' +
      'messages[0].content[0].signature messages[1].content[0].content[0].text tools[0].description',
  ],
  [
    anthropicMessages,
    'true or false',
    'tools[0].strict tool_choice.disable_parallel_tool_use messages[1].content[0].is_error',
  ],
  [anthropicMessages, 'a number', 'thinking.budget_tokens tools[1].max_uses'],
  [
    anthropicMessages,
    'an object',
    'metadata thinking output_config output_config.format output_config.format.schema output_format cache_control ' +
      'messages[0].output_config tools[0].input_schema tools[0].cache_control tools[1].user_location ' +
      'messages[1].content[0].cache_control',
  ],
  [anthropicMessages, 'an array', 'tools[1].allowed_domains tools[1].blocked_domains'],
  [
    gemini,
    'a string',
    'serviceTier generationConfig.responseMimeType generationConfig.thinkingConfig.thinkingLevel ' +
      'toolConfig.functionCallingConfig.mode toolConfig.functionCallingConfig.allowedFunctionNames[0] ' +
      'contents[0].parts[0].text contents[0].parts[0].thoughtSignature contents[1].parts[0].functionCall.id ' +
      'contents[2].parts[0].functionResponse.name tools[0].functionDeclarations[0].description',
  ],
  [gemini, 'true or false', 'generationConfig.thinkingConfig.includeThoughts contents[0].parts[0].thought'],
  [gemini, 'a number', 'generationConfig.thinkingConfig.thinkingBudget'],
  [
    gemini,
    'an object',
    'generationConfig toolConfig toolConfig.functionCallingConfig generationConfig.responseSchema ' +
      'generationConfig.responseJsonSchema generationConfig.thinkingConfig contents[1].parts[0].functionCall ' +
      'contents[1].parts[0].functionCall.args contents[2].parts[0].functionResponse contents[3].parts[0].inlineData ' +
      'tools[0].functionDeclarations[0] tools[0].functionDeclarations[0].parameters',
  ],
  [
    gemini,
    'an array',
    'toolConfig.functionCallingConfig.allowedFunctionNames contents[2].parts[0].functionResponse.parts',
  ],
];

/** Values that are of another kind. */
const others = {
  'a string': [5, true, {}, []],
  'true or false': [5, 'true', {}, []],
  'a number': [true, 'much', {}, []],
  'an object': [5, 'x', true, []],
  'an array': [5, 'x', true, {}],
};

function refusal({ id, request }: Dialect, path: string, value: Json): { kind: ErrorKind; param?: string | undefined } {
  try {
    request.decode(withValue(greetings[id], placeOf(path), value) as JsonObject, () => undefined);
  } catch (thrown) {
    if (thrown instanceof GatewayError) return { kind: thrown.kind, param: thrown.facts.param };
    throw thrown;
  }
  throw new Error(`${id} takes ${JSON.stringify(value)} for ${path}`);
}

const cases = expected.flatMap(([dialect, kind, paths]) =>
  paths.split(' ').map((path) => ({ id: dialect.id, dialect, kind, path })),
);

describe('a member of a request that is not what it must be', () => {
  it.each(cases)('is refused with its place: $id, $path is $kind', ({ dialect, kind, path }) => {
    for (const value of others[kind])
      expect(refusal(dialect, path, value)).toEqual({ kind: 'bad-request', param: path });
  });

  it.each(cases)('is unsaid where it is null: $id, $path', ({ dialect, path }) => {
    // What nothing can be read without is missed where it is read.
    if (/(?:function|custom|functionCall|functionDeclarations\[0\]|schema)$/.test(path)) return;
    const body = withValue(greetings[dialect.id], placeOf(path), null) as JsonObject;
    expect(() => dialect.request.decode(body, () => undefined)).not.toThrow();
  });

  it.each(Object.values({ openaiChat, openaiCompletions, openaiResponses, anthropicMessages, gemini }))(
    'is taken as it should be: $id',
    (dialect) => expect(() => dialect.request.decode(greetings[dialect.id] ?? {}, () => undefined)).not.toThrow(),
  );
});
