// Anthropic Messages: Claude Code and the Anthropic SDKs on the client side; Anthropic and services that speak like it upstream.

import type { Dialect } from '../dialect.ts';
import { count } from './count.ts';
import { error } from './error.ts';
import { reply } from './reply.ts';
import { request } from './request.ts';
import { stream } from './stream.ts';
import { threads } from './threads.ts';
import { hostedNames } from './tools.ts';
import { dialectId, nativeMaker } from './wire.ts';

/** Anthropic Messages; its limits are those of Anthropic's own service. */
export const anthropicMessages: Dialect = {
  id: dialectId,
  title: 'Anthropic Messages',
  maker: nativeMaker,
  routes: [
    { method: 'POST', path: '/v1/messages', operation: 'generate' },
    { method: 'POST', path: '/v1/messages/count_tokens', operation: 'count-tokens' },
  ],
  greeting: { messages: [{ role: 'user', content: 'Hello' }], max_tokens: 4096 },
  request,
  reply,
  stream,
  error,
  count,
  limits: {
    toolId: { pattern: /^[a-zA-Z0-9_-]+$/, maxLength: 256 },
    toolName: { pattern: /^[a-zA-Z0-9_-]+$/, maxLength: 64 },
    hostedNames,
    emptyText: false,
    adjacentRoles: false,
    startsWithUser: true,
    // A last assistant turn is refused from Claude 4.6 on, and while thinking.
    prefill: 'refused',
    // A system turn in mid-conversation needs a beta flag and a recent model.
    systemTurns: 'first',
    freeformTools: false,
    namespaces: false,
    pairedTools: true,
    mediaInResults: true,
    unsealedReasoning: false,
  },
  forwards: ['anthropic-version', 'anthropic-beta', 'anthropic-workspace-id'],
  kept: threads,
};
