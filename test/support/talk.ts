// One conversation as each dialect's own clients say it, so that a test can be told once and held against every pair. Shares nothing
// with the gateway's dialects.

import { asObject, type JsonObject, objects, parseObject } from '../../src/json.ts';
import type { Gateway } from './gateway.ts';
import { call } from './gateway.ts';
import { type Answer, answerOf, folded } from './hearing.ts';
import type { UpstreamName } from './upstreams.ts';

export type ClientName = UpstreamName;

export interface Call {
  readonly id: string;
  readonly name: string;
  /** JSON text. */
  readonly input: string;
}
export interface Result {
  readonly id: string;
  readonly name: string;
  readonly text: string;
}
/** What one side said, in one message (or run of items). */
export type Said =
  | { readonly user: string }
  | { readonly answer: string }
  | { readonly calls: readonly Call[] }
  | { readonly results: readonly Result[] };

export interface OfferedTool {
  readonly name: string;
  readonly description?: string;
  readonly schema?: JsonObject;
}
export interface Talk {
  readonly system?: string;
  readonly tools?: readonly OfferedTool[];
  readonly said: readonly Said[];
}

const emptySchema: JsonObject = { type: 'object', properties: {} };

/** The talk as a request body of the client's dialect, without model and stream switch. */
export const bodyOf: Readonly<Record<ClientName, (talk: Talk) => JsonObject>> = {
  'openai-chat': ({ system, tools, said }) => ({
    messages: [...(system ? [{ role: 'system', content: system }] : []), ...said.flatMap(chatMessages)],
    ...(tools && {
      tools: tools.map(({ name, description, schema }) => ({
        type: 'function',
        function: { name, ...(description && { description }), parameters: schema ?? emptySchema },
      })),
    }),
  }),
  'openai-responses': ({ system, tools, said }) => ({
    ...(system && { instructions: system }),
    input: said.flatMap(responsesItems),
    store: false,
    ...(tools && {
      tools: tools.map(({ name, description, schema }) => ({
        type: 'function',
        name,
        ...(description && { description }),
        parameters: schema ?? emptySchema,
        strict: false,
      })),
    }),
  }),
  'anthropic-messages': ({ system, tools, said }) => ({
    max_tokens: 4096,
    ...(system && { system: [{ type: 'text', text: system }] }),
    messages: said.map(anthropicMessage),
    ...(tools && {
      tools: tools.map(({ name, description, schema }) => ({
        name,
        ...(description && { description }),
        input_schema: schema ?? emptySchema,
      })),
    }),
  }),
  gemini: ({ system, tools, said }) => ({
    ...(system && { systemInstruction: { parts: [{ text: system }] } }),
    contents: said.map(geminiContent),
    ...(tools && {
      tools: [
        {
          functionDeclarations: tools.map(({ name, description, schema }) => ({
            name,
            description: description ?? name,
            ...(schema && { parametersJsonSchema: schema }),
          })),
        },
      ],
    }),
  }),
};

function chatMessages(said: Said): JsonObject[] {
  if ('user' in said) return [{ role: 'user', content: said.user }];
  if ('answer' in said) return [{ role: 'assistant', content: said.answer }];
  if ('results' in said) return said.results.map(({ id, text }) => ({ role: 'tool', tool_call_id: id, content: text }));
  const calls = said.calls.map(({ id, name, input }) => ({
    id,
    type: 'function',
    function: { name, arguments: input },
  }));
  return [{ role: 'assistant', content: null, tool_calls: calls }];
}

function responsesItems(said: Said): JsonObject[] {
  if ('user' in said) return [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: said.user }] }];
  if ('answer' in said)
    return [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: said.answer }] }];
  if ('results' in said)
    return said.results.map(({ id, text }) => ({ type: 'function_call_output', call_id: id, output: text }));
  return said.calls.map(({ id, name, input }) => ({ type: 'function_call', call_id: id, name, arguments: input }));
}

function anthropicMessage(said: Said): JsonObject {
  if ('user' in said) return { role: 'user', content: said.user };
  if ('answer' in said) return { role: 'assistant', content: [{ type: 'text', text: said.answer }] };
  if ('results' in said)
    return {
      role: 'user',
      content: said.results.map(({ id, text }) => ({ type: 'tool_result', tool_use_id: id, content: text })),
    };
  return {
    role: 'assistant',
    content: said.calls.map(({ id, name, input }) => ({ type: 'tool_use', id, name, input: parseObject(input) ?? {} })),
  };
}

function geminiContent(said: Said): JsonObject {
  if ('user' in said) return { role: 'user', parts: [{ text: said.user }] };
  if ('answer' in said) return { role: 'model', parts: [{ text: said.answer }] };
  if ('results' in said)
    return {
      role: 'user',
      parts: said.results.map(({ id, name, text }) => ({ functionResponse: { id, name, response: { output: text } } })),
    };
  return {
    role: 'model',
    parts: said.calls.map(({ id, name, input }) => ({ functionCall: { id, name, args: parseObject(input) ?? {} } })),
  };
}

/** Adds to a body what its client would send next: its own reply as it came, and what is said then. */
export function followUp(client: ClientName, body: JsonObject, reply: JsonObject, said: readonly Said[]): JsonObject {
  switch (client) {
    case 'openai-chat':
      return {
        ...body,
        messages: [
          ...objects(body.messages),
          objects(reply.choices)[0]?.message ?? null,
          ...said.flatMap(chatMessages),
        ],
      };
    case 'openai-responses':
      return { ...body, input: [...objects(body.input), ...objects(reply.output), ...said.flatMap(responsesItems)] };
    case 'anthropic-messages':
      return {
        ...body,
        messages: [
          ...objects(body.messages),
          { role: 'assistant', content: reply.content ?? [] },
          ...said.map(anthropicMessage),
        ],
      };
    case 'gemini':
      return {
        ...body,
        contents: [
          ...objects(body.contents),
          objects(reply.candidates)[0]?.content ?? null,
          ...said.map(geminiContent),
        ],
      };
  }
}

/** What a client got for one request, and what the upstream saw of it. */
export interface Exchanged {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The whole reply; of a stream, what its client folds it into. */
  readonly reply: JsonObject;
  readonly answer: Answer;
  /** The request as the upstream got it: its JSON and its bytes. */
  readonly sent: JsonObject;
  readonly raw: string;
}

export interface Asked {
  readonly stream?: boolean;
  readonly headers?: Record<string, string>;
}

/** Sends the body to the client's own route and reads what comes. */
export async function ask(
  gateway: Gateway,
  client: ClientName,
  model: string,
  body: JsonObject,
  { stream = false, headers = {} }: Asked = {},
): Promise<Exchanged> {
  const paths: Readonly<Record<ClientName, string>> = {
    'openai-chat': '/v1/chat/completions',
    'openai-responses': '/v1/responses',
    'anthropic-messages': '/v1/messages',
    gemini: `/v1beta/models/${model}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
  };
  const whole = client === 'gemini' ? body : { model, ...body, ...(stream && { stream }) };
  const response = await call(gateway, paths[client], whole, headers);
  const text = await response.text();
  const reply = stream && response.ok ? folded(client, text) : (parseObject(text) ?? {});
  const seen = gateway.simulator.recorded().at(-1);
  return {
    status: response.status,
    headers: response.headers,
    text,
    reply,
    answer: answerOf(client, reply),
    sent: asObject(seen?.body) ?? {},
    raw: seen?.raw ?? '',
  };
}

/** The words of `x-cliproxy-loss`. */
export function lossesOf({ headers }: Exchanged): readonly string[] {
  return (headers.get('x-cliproxy-loss') ?? '').split(', ').filter((word) => word !== '');
}

/** The pairs of two different dialects. */
export function pairsOf(names: readonly UpstreamName[]): readonly (readonly [ClientName, UpstreamName])[] {
  return names.flatMap((client) =>
    names.filter((name) => name !== client).map((upstream) => [client, upstream] as const),
  );
}
