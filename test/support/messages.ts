// What the tests of the Messages dialect ask and answer with.

import { anthropicMessages } from '../../src/dialects/anthropic-messages/index.ts';
import type { ReplyContext } from '../../src/dialects/dialect.ts';
import type { Target } from '../../src/envelope.ts';
import type { Frame } from '../../src/frame.ts';
import type { ReplyEvent } from '../../src/ir/reply.ts';
import type { ChatRequest, Part, Turn } from '../../src/ir/request.ts';
import { asObject, type JsonObject, parseJson } from '../../src/json.ts';
import type { Loss } from '../../src/loss.ts';
import { contextFor, eventsOf, listener, targetFor } from './fixtures.ts';

const { request, stream } = anthropicMessages;

export function target(more: Partial<Target> = {}): Target {
  return targetFor(anthropicMessages, { model: 'claude-x', ...more });
}

export function user(...parts: Part[]): Turn {
  return { role: 'user', parts };
}

export const hello = user({ type: 'text', text: 'Hello' });

export function ask(more: Partial<ChatRequest> = {}): ChatRequest {
  return { turns: [hello], tools: [], sampling: {}, ...more };
}

/** The body that is sent, and the words of what was lost. */
export function encoded(chat: ChatRequest, to: Target = target()): { body: JsonObject; lost: string[] } {
  const { report, losses } = listener();
  const body = request.encode(chat, to, report);
  return { body: asObject(parseJson(JSON.stringify(body))) ?? {}, lost: losses.map(({ what }) => what) };
}

/** For a reply to this request; each loss is told as often as it occurs. */
export function context(request: JsonObject = {}, losses: Loss[] = []): ReplyContext {
  return {
    ...contextFor(anthropicMessages, (loss) => losses.push(loss)),
    model: 'claude-sonnet-4-5-20250929',
    request,
    created: 1_790_000_000,
    id: 'abc',
  };
}

export function decodeAll(frames: readonly Frame[], maker = 'anthropic'): readonly ReplyEvent[] {
  return eventsOf(stream.decoder({ maker }), frames);
}

export function encodeAll(events: readonly ReplyEvent[], to: ReplyContext = context()): Frame[] {
  return events.flatMap(stream.encoder(to));
}
