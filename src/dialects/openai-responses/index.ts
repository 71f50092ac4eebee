// OpenAI Responses: the dialect of Codex and of OpenAI's newer SDKs.

import { asString } from '../../json.ts';
import type { Dialect } from '../dialect.ts';
import { count } from './count.ts';
import { error } from './error.ts';
import { reply } from './reply.ts';
import { request } from './request.ts';
import { stream } from './stream.ts';
import { dialectId, nativeMaker } from './wire.ts';

/** OpenAI Responses; its limits are those of OpenAI's own service. */
export const openaiResponses: Dialect = {
  id: dialectId,
  title: 'OpenAI Responses',
  maker: nativeMaker,
  routes: [
    { method: 'POST', path: '/v1/responses', operation: 'generate' },
    { method: 'POST', path: '/v1/responses/input_tokens', operation: 'count-tokens' },
  ],
  greeting: { input: 'Hello' },
  request,
  reply,
  stream,
  error,
  count,
  limits: {
    toolId: { pattern: /^[\x21-\x7e]+$/, maxLength: 64 },
    toolName: { pattern: /^[A-Za-z0-9_-]+$/, maxLength: 64 },
    emptyText: true,
    adjacentRoles: true,
    startsWithUser: false,
    prefill: 'left',
    systemTurns: 'anywhere',
    freeformTools: true,
    namespaces: true,
    pairedTools: true,
    mediaInResults: true,
    unsealedReasoning: false,
  },
  // Protocol switches, and what Codex sends so that a conversation stays on one machine and finds its prompt cache.
  forwards: [
    'openai-beta',
    'session_id',
    'session-id',
    'thread-id',
    'conversation_id',
    'x-client-request-id',
    'x-codex-window-id',
    'x-codex-turn-state',
    'x-codex-turn-metadata',
    'x-codex-beta-features',
  ],
  storesReplies: true,
  kept: { continued: (body) => asString(body.get('previous_response_id')), holds: () => true },
};
