// A conversation without seals: for an account that cannot read those it carries.

import type { Report } from '../loss.ts';
import type { ChatRequest, Part } from './request.ts';

/** The request without any seal, and without thoughts that were nothing but one. */
export function withoutSeals(request: ChatRequest, report: Report): ChatRequest {
  if (!request.turns.some(({ parts }) => parts.some(isSealed))) return request;
  report({
    what: 'reasoning_history',
    why: 'Earlier reasoning is sealed for another account, which alone can read it; the seals were left out.',
  });
  return { ...request, turns: request.turns.map((turn) => ({ ...turn, parts: turn.parts.flatMap(bare) })) };
}

function isSealed(part: Part): boolean {
  return 'seal' in part && part.seal !== undefined;
}

function bare(part: Part): readonly Part[] {
  if (!('seal' in part) || part.seal === undefined) return [part];
  const { seal: _, ...rest } = part;
  return rest.type === 'reasoning' && (rest.redacted === true || rest.text === '') ? [] : [rest];
}
