// The list of dialects. A new one is a folder and a line here; routes, laws and docs pick it up from the list.

import type { DialectId } from '../envelope.ts';
import { anthropicMessages } from './anthropic-messages/index.ts';
import type { Dialect } from './dialect.ts';
import { gemini } from './gemini/index.ts';
import { openaiChat } from './openai-chat/index.ts';
import { openaiCompletions } from './openai-completions/index.ts';
import { openaiResponses } from './openai-responses/index.ts';

const byId: Readonly<Record<DialectId, Dialect>> = {
  'openai-chat': openaiChat,
  'openai-responses': openaiResponses,
  'anthropic-messages': anthropicMessages,
  gemini,
  'openai-completions': openaiCompletions,
};

/** All dialects. A path belongs to the first that has a route for it. */
export const dialects: readonly Dialect[] = Object.values(byId);

/** The dialect of this id: each has one. */
export function dialectOf(id: DialectId): Dialect {
  return byId[id];
}
