// The Gemini dialect: generateContent and its streams, as Google's own clients speak it.

import type { Dialect } from '../dialect.ts';
import { count } from './count.ts';
import { error } from './error.ts';
import { reply } from './reply.ts';
import { actions, request } from './request.ts';
import { stream } from './stream.ts';
import { dialectId, nativeMaker } from './wire.ts';

/** Models that go on with their own last turn. */
const goesOn = /gemini-(?:[12]\b|3(?:\.[01])?-|3\.5-flash(?!-lite))/i;

/** Gemini's generateContent; its limits are those of Google's own service. */
export const gemini: Dialect = {
  id: dialectId,
  title: 'Gemini generateContent',
  maker: nativeMaker,
  // The action at the end of the path says the true operation; the envelope reads it.
  routes: [
    { method: 'POST', path: '/v1beta/models/*', operation: 'generate', actions: [...actions.keys()] },
    { method: 'POST', path: '/v1/models/*', operation: 'generate', actions: [...actions.keys()] },
  ],
  greeting: { contents: [{ role: 'user', parts: [{ text: 'Hello' }] }] },
  request,
  reply,
  stream,
  error,
  count,
  limits: {
    toolId: { pattern: /^[\s\S]+$/, maxLength: 256 },
    toolName: { pattern: /^[A-Za-z_][A-Za-z0-9_.:-]*$/, maxLength: 64 },
    emptyText: false,
    adjacentRoles: false,
    startsWithUser: true,
    // Since 3.5 Flash-Lite: "Requests ending with a model turn are not supported unless the last part is a function response."
    prefill: ({ model }) => (goesOn.test(model) ? 'continued' : 'refused'),
    systemTurns: 'first',
    freeformTools: false,
    unboundHosted: true,
    namespaces: false,
    pairedTools: true,
    // Older models take media only behind the results; the encoder puts it where the model wants it.
    mediaInResults: true,
    unsealedReasoning: false,
  },
  // There is a place for seals, but Gemini CLI keeps no thoughts in its history.
  forgetsSeals: true,
};
