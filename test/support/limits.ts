// Limits as strict as any vendor's, for tests that state what repair does about each.

import type { Limits } from '../../src/ir/limits.ts';

/** Messages with Gemini's habits. */
export const strictLimits: Limits = {
  toolId: { pattern: /^[a-zA-Z0-9_-]+$/, maxLength: 64 },
  toolName: { pattern: /^[a-zA-Z0-9_-]+$/, maxLength: 64 },
  emptyText: false,
  adjacentRoles: false,
  startsWithUser: true,
  prefill: 'refused',
  systemTurns: 'first',
  freeformTools: false,
  namespaces: false,
  pairedTools: true,
  mediaInResults: false,
  unsealedReasoning: false,
};
