// What the laws must know of each wire format that no dialect tells, in one row for each: how its own clients ask and send a reply
// back, and how its streams end, read without our decoders.

import type fc from 'fast-check';
import type { DialectId } from '../../src/envelope.ts';
import type { Frame } from '../../src/frame.ts';
import type { Reply } from '../../src/ir/reply.ts';
import type { Part } from '../../src/ir/request.ts';
import { asArray, asObject, type JsonObject, objects } from '../../src/json.ts';
import { plainReply, textReply } from './replies.ts';

export interface Manners {
  /** A present model of its home: encoders know what its vendor's older ones refuse. */
  readonly model: string;
  /** A request that asks to see everything it can show. */
  readonly curious: JsonObject;
  /** What its replies can say. */
  readonly replies: fc.Arbitrary<Reply>;
  /** Whether this frame makes the end of a stream legal. */
  lastWord(frame: Frame): boolean;
  /** Absent: no conversation is held in it. */
  readonly conversation?: Conversation;
}

export interface Conversation {
  /** A whole reply as the history of the next request, with a user's turn before and after it, as the vendors' SDKs advise. */
  asHistory(reply: JsonObject): JsonObject;
  /** The wire form of a history's turns, in order; what a prompt cache keeps is a beginning of it. */
  turns(body: JsonObject): readonly JsonObject[];
  /** What stands before the turns in the prompt: system text and tools. */
  preamble(body: JsonObject): unknown;
  /** The parts whose seals survive a client's round trip. */
  readonly carries: readonly Part['type'][];
  /** Its clients bring a thought's seal back only with a call behind the thought. */
  readonly sealsNeedCalls?: boolean;
  /** It takes a PDF of no kind that others write. */
  readonly refusesDocuments?: boolean;
}

const model = 'demo';
const closesChoices = ({ data }: Frame): boolean => data === '[DONE]' || /"finish_reason":\s*"/.test(data);

const manners: Readonly<Record<DialectId, Manners>> = {
  'openai-chat': {
    model: 'gpt-5.4',
    curious: { model, stream_options: { include_usage: true } },
    replies: plainReply,
    lastWord: closesChoices,
    conversation: {
      asHistory: (reply) => ({
        model,
        messages: [
          { role: 'user', content: 'Go.' },
          messageOf(reply),
          ...answers(reply),
          { role: 'user', content: 'And?' },
        ],
      }),
      turns: (body) => objects(body.messages),
      preamble: ({ tools }) => [tools],
      carries: ['tool-call'],
      sealsNeedCalls: true,
      refusesDocuments: true,
    },
  },
  'openai-responses': {
    model: 'gpt-5.4',
    curious: { model, reasoning: { summary: 'auto' }, include: ['reasoning.encrypted_content'] },
    replies: plainReply,
    lastWord: ({ data }) => /"type":\s*"response\.(?:completed|incomplete)"/.test(data),
    conversation: {
      asHistory: (reply) => ({
        model,
        input: [{ role: 'user', content: 'Go.' }, ...(asArray(reply.output) ?? []), { role: 'user', content: 'And?' }],
      }),
      turns: (body) => objects(body.input),
      preamble: ({ instructions, tools }) => [instructions, tools],
      carries: ['reasoning', 'text', 'tool-call'],
    },
  },
  'anthropic-messages': {
    model: 'claude-sonnet-4-5',
    curious: { model, max_tokens: 100, thinking: { type: 'adaptive', display: 'summarized' } },
    replies: plainReply,
    lastWord: ({ data }) => /"type":\s*"message_stop"/.test(data),
    conversation: {
      asHistory: (reply) => ({
        model,
        max_tokens: 100,
        messages: [
          { role: 'user', content: 'Go.' },
          { role: 'assistant', content: reply.content },
          { role: 'user', content: 'And?' },
        ],
      }),
      turns: (body) => objects(body.messages),
      preamble: ({ system, tools }) => [system, tools],
      carries: ['reasoning', 'tool-call'],
    },
  },
  gemini: {
    model: 'gemini-3.1-pro-preview',
    curious: { generationConfig: { thinkingConfig: { includeThoughts: true } } },
    replies: plainReply,
    lastWord: ({ data }) => /"finishReason":/.test(data),
    conversation: {
      asHistory: (reply) => ({
        contents: [
          { role: 'user', parts: [{ text: 'Go.' }] },
          objects(reply.candidates)[0]?.content ?? { role: 'model', parts: [] },
          { role: 'user', parts: [{ text: 'And?' }] },
        ],
      }),
      turns: (body) => objects(body.contents),
      preamble: ({ systemInstruction, tools }) => [systemInstruction, tools],
      carries: ['reasoning', 'text', 'tool-call'],
    },
  },
  'openai-completions': {
    model: 'gpt-3.5-turbo-instruct',
    curious: { model, prompt: 'x', stream_options: { include_usage: true } },
    replies: textReply,
    lastWord: closesChoices,
  },
};

function messageOf(reply: JsonObject): JsonObject {
  return asObject(objects(reply.choices)[0]?.message) ?? {};
}

function answers(reply: JsonObject): readonly JsonObject[] {
  return objects(messageOf(reply).tool_calls).map(({ id }) => ({ role: 'tool', tool_call_id: id, content: 'done' }));
}

export function mannersOf(id: DialectId): Manners {
  return manners[id];
}

/** How conversations are held in a dialect. Throws where none are. */
export function conversationOf(id: DialectId): Conversation {
  const { conversation } = manners[id];
  if (!conversation) throw new Error(`No conversation is held in ${id}.`);
  return conversation;
}

/** The dialects in which whole conversations are held. */
export const conversing = (Object.keys(manners) as DialectId[]).filter((id) => manners[id].conversation !== undefined);
