// OpenAI Chat Completions: the format that most services and clients speak, each with an accent.

import type { Dialect } from '../dialect.ts';
import { error } from './error.ts';
import { reply } from './reply.ts';
import { request } from './request.ts';
import { stream } from './stream.ts';
import { dialectId, nativeMaker } from './wire.ts';

/** OpenAI Chat Completions. Its limits are OpenAI's, but for what next to no compatible service takes. */
export const openaiChat: Dialect = {
  id: dialectId,
  title: 'OpenAI Chat Completions',
  maker: nativeMaker,
  routes: [
    { method: 'POST', path: '/v1/chat/completions', operation: 'generate' },
    { method: 'POST', path: '/v1/embeddings', operation: 'embed' },
  ],
  greeting: { messages: [{ role: 'user', content: 'Hello' }] },
  request,
  reply,
  stream,
  error,
  limits: {
    namesSpeakers: true,
    // OpenAI: at most 64 characters, any of them.
    toolId: { pattern: /^[\s\S]+$/, maxLength: 64 },
    // OpenAI: "must be a-z, A-Z, 0-9, or contain underscores and dashes, with a maximum length of 64".
    toolName: { pattern: /^[A-Za-z0-9_-]+$/, maxLength: 64 },
    emptyText: true,
    adjacentRoles: true,
    startsWithUser: false,
    prefill: ({ accent }) => (accent.prefix ? 'marked' : 'left'),
    systemTurns: 'anywhere',
    // OpenAI knows `custom` tools; next to no compatible service does, and a function does the same work everywhere.
    freeformTools: false,
    unboundHosted: true,
    namespaces: false,
    // Every `tool` message must follow the message with its `tool_call_id`, and every call must be answered.
    pairedTools: true,
    // A `tool` message holds text only.
    mediaInResults: false,
    unsealedReasoning: true,
  },
  forwards: ['openai-beta', 'x-client-request-id', 'session_id', 'x-session-affinity'],
  // There is no standard place for a seal.
  forgetsSeals: true,
};
