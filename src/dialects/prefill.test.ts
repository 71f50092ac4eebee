import { describe, expect, it } from 'vitest';
import { listener } from '../../test/support/fixtures.ts';
import type { Accent, Target } from '../envelope.ts';
import { repair } from '../ir/repair.ts';
import type { JsonObject } from '../json.ts';
import { anthropicMessages } from './anthropic-messages/index.ts';
import type { Dialect } from './dialect.ts';
import { gemini } from './gemini/index.ts';
import { openaiChat } from './openai-chat/index.ts';
import { openaiResponses } from './openai-responses/index.ts';

const user = { role: 'user', content: 'Is it?' };
const call = { type: 'tool_use', id: 'toolu_1', name: 'look', input: {} };

/** Histories that end with the assistant, as clients of each dialect send them. */
const histories = {
  messages: [anthropicMessages, { messages: [user, { role: 'assistant', content: 'It is' }], max_tokens: 9 }],
  gemini: [gemini, { contents: [{ parts: [{ text: 'Is it?' }] }, { role: 'model', parts: [{ text: 'It is' }] }] }],
  'chat with a prefix': [openaiChat, { messages: [user, { role: 'assistant', content: 'It is', prefix: true }] }],
  chat: [openaiChat, { messages: [user, { role: 'assistant', content: 'It is' }] }],
  responses: [openaiResponses, { input: [user, { role: 'assistant', content: 'It is' }] }],
  'messages with a call': [
    anthropicMessages,
    { messages: [user, { role: 'assistant', content: [{ type: 'text', text: 'So:' }, call] }], max_tokens: 9 },
  ],
  'messages with nothing said': [
    anthropicMessages,
    { messages: [user, { role: 'assistant', content: [{ type: 'text', text: ' ' }] }], max_tokens: 9 },
  ],
  'messages with a note behind': [
    anthropicMessages,
    { messages: [user, { role: 'assistant', content: 'It is' }, { role: 'system', content: 'Hush.' }], max_tokens: 9 },
  ],
} satisfies Record<string, readonly [Dialect, JsonObject]>;

/** Whether the end is told of, and how the history ends then. */
function ending([from, body]: readonly [Dialect, JsonObject], to: Dialect, model: string, accent: Accent = {}): string {
  const { report, losses } = listener();
  const target: Target = { model, stream: false, limits: {}, maker: to.maker, accent };
  const { request } = repair(from.request.decode(body, report), to, target, report);
  const told = losses.some(({ what }) => what === 'last_turn') ? 'told' : 'silent';
  const marked = JSON.stringify(to.request.encode(request, target, report)).includes('"prefix":true');
  return `${told}, ${request.turns.at(-1)?.role}${marked ? ', marked' : ''}`;
}

describe('a history that ends with the words of the assistant', () => {
  it.each(['messages', 'gemini', 'chat with a prefix'] as const)('is an answer begun: %s', (history) => {
    expect(ending(histories[history], openaiResponses, 'gpt')).toBe('told, assistant');
    expect(ending(histories[history], openaiChat, 'gpt')).toBe('told, assistant');
    expect(ending(histories[history], gemini, 'gemini-2.5-pro')).toBe('silent, assistant');
    expect(ending(histories[history], gemini, 'gemini-3.6-flash')).toBe('told, user');
    expect(ending(histories[history], anthropicMessages, 'claude')).toBe('told, user');
  });

  it.each(['chat', 'responses'] as const)('is left behind where OpenAI’s words are: %s', (history) => {
    expect(ending(histories[history], openaiResponses, 'gpt')).toBe('silent, assistant');
    expect(ending(histories[history], openaiChat, 'gpt')).toBe('silent, assistant');
    expect(ending(histories[history], gemini, 'gemini-3.6-flash')).toBe('told, user');
  });

  it.each(['chat', 'responses'] as const)('is told of where a model would go on with it unasked: %s', (history) => {
    expect(ending(histories[history], gemini, 'gemini-2.5-pro')).toBe('told, assistant');
  });

  it('is marked for a service that refuses it otherwise', () => {
    const at = (history: keyof typeof histories) => ending(histories[history], openaiChat, 'mistral', { prefix: true });
    expect(at('messages')).toBe('silent, assistant, marked');
    expect(at('gemini')).toBe('silent, assistant, marked');
    expect(at('responses')).toBe('told, user');
    expect(at('messages with a call')).toBe('silent, user');
  });

  it.each(['messages with a call', 'messages with nothing said', 'messages with a note behind'] as const)(
    'is none: %s',
    (history) => expect(ending(histories[history], openaiChat, 'gpt')).toMatch(/^silent/),
  );

  it.each([
    ['gemini-1.5-pro', true],
    ['gemini-2.0-flash', true],
    ['gemini-3-pro-preview', true],
    ['gemini-3.1-flash-lite', true],
    ['gemini-3.5-flash', true],
    ['gemini-3.5-flash-lite', false],
    ['gemini-3.7-flash', false],
    ['gemini-10-pro', false],
    ['gemini-pro-latest', false],
  ])('is taken by %s: %s', (model, taken) => {
    expect(ending(histories.gemini, gemini, model)).toBe(taken ? 'silent, assistant' : 'told, user');
  });
});
