// How each dialect's own clients send a reply back: as part of the next request.

import type { DialectId } from '../../src/envelope.ts';
import type { Part } from '../../src/ir/request.ts';
import { asArray, asObject, type JsonObject, objects } from '../../src/json.ts';

const model = 'demo';

/** A whole reply as the history of the next request, with a user's turn before and after it, as the vendors' SDKs advise. */
export const asHistory: Readonly<Record<Exclude<DialectId, 'openai-completions'>, (reply: JsonObject) => JsonObject>> =
  {
    'openai-chat': (reply) => ({
      model,
      messages: [
        { role: 'user', content: 'Go.' },
        messageOf(reply),
        ...answers(reply),
        { role: 'user', content: 'And?' },
      ],
    }),
    'openai-responses': (reply) => ({
      model,
      input: [{ role: 'user', content: 'Go.' }, ...(asArray(reply.output) ?? []), { role: 'user', content: 'And?' }],
    }),
    'anthropic-messages': (reply) => ({
      model,
      max_tokens: 100,
      messages: [
        { role: 'user', content: 'Go.' },
        { role: 'assistant', content: reply.content },
        { role: 'user', content: 'And?' },
      ],
    }),
    gemini: (reply) => ({
      contents: [
        { role: 'user', parts: [{ text: 'Go.' }] },
        objects(reply.candidates)[0]?.content ?? { role: 'model', parts: [] },
        { role: 'user', parts: [{ text: 'And?' }] },
      ],
    }),
  };

function messageOf(reply: JsonObject): JsonObject {
  return asObject(objects(reply.choices)[0]?.message) ?? {};
}

function answers(reply: JsonObject): readonly JsonObject[] {
  return objects(messageOf(reply).tool_calls).map(({ id }) => ({ role: 'tool', tool_call_id: id, content: 'done' }));
}

/** The wire form of a history's turns, in order; what a prompt cache keeps is a beginning of it. */
export const turnsOf: Readonly<
  Record<Exclude<DialectId, 'openai-completions'>, (body: JsonObject) => readonly JsonObject[]>
> = {
  'openai-chat': (body) => objects(body.messages),
  'openai-responses': (body) => objects(body.input),
  'anthropic-messages': (body) => objects(body.messages),
  gemini: (body) => objects(body.contents),
};

/** What stands before the turns in the prompt: system text and tools. */
export const preambleOf: Readonly<Record<Exclude<DialectId, 'openai-completions'>, (body: JsonObject) => unknown>> = {
  'openai-chat': ({ tools }) => [tools],
  'openai-responses': ({ instructions, tools }) => [instructions, tools],
  'anthropic-messages': ({ system, tools }) => [system, tools],
  gemini: ({ systemInstruction, tools }) => [systemInstruction, tools],
};

/** The dialects in which whole conversations are held. */
export const conversing = ['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini'] as const;
export type ConversingId = (typeof conversing)[number];

/** The parts whose seals survive a client's round trip; for Chat, a thought's needs a call behind it. */
export const carries: Readonly<Record<ConversingId, readonly Part['type'][]>> = {
  'openai-chat': ['tool-call'],
  'openai-responses': ['reasoning', 'text', 'tool-call'],
  'anthropic-messages': ['reasoning', 'tool-call'],
  gemini: ['reasoning', 'text', 'tool-call'],
};
