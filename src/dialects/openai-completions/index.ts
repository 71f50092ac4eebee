// OpenAI's legacy completions: offered to old clients, answered by chat models, or as they are by the services that still have them.

import type { Dialect } from '../dialect.ts';
import { error } from './error.ts';
import { reply } from './reply.ts';
import { request } from './request.ts';
import { stream } from './stream.ts';
import { dialectId, nativeMaker } from './wire.ts';

/** OpenAI's legacy completions. No service is spoken to in it on behalf of another dialect's client. */
export const openaiCompletions: Dialect = {
  id: dialectId,
  title: 'OpenAI Completions (legacy)',
  maker: nativeMaker,
  routes: [{ method: 'POST', path: '/v1/completions', operation: 'generate' }],
  greeting: { prompt: 'Hello' },
  request,
  reply,
  stream,
  error,
  limits: {
    toolId: { pattern: /^[\s\S]+$/, maxLength: 64 },
    toolName: { pattern: /^[A-Za-z0-9_-]+$/, maxLength: 64 },
    emptyText: true,
    adjacentRoles: true,
    startsWithUser: false,
    prefill: 'continued',
    systemTurns: 'anywhere',
    freeformTools: false,
    namespaces: false,
    pairedTools: true,
    mediaInResults: false,
    unsealedReasoning: false,
  },
};
