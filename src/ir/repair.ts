// Makes a history acceptable to another dialect's service. One pass of small pure rules, each of which cites the vendor's rule
// that needs it; together they depend only on what came before a turn, so that prompt caches keep their prefixes.

import type { DialectId, Target } from '../envelope.ts';
import type { Report } from '../loss.ts';
import { dropForeign } from './foreign.ts';
import type { Limits } from './limits.ts';
import { pairTools } from './pairing.ts';
import { dropEmptyText, finishThoughts, mergeTurns, moveMedia, placeEnds, placeSystem } from './placement.ts';
import type { ChatRequest, Turn } from './request.ts';
import { nameSpeakers } from './speakers.ts';
import type { ToolNames } from './tool-names.ts';
import { repairTools } from './toolbox.ts';

/** The dialect that the request will be written in; a `Dialect` is one. */
export interface Speaker {
  readonly id: DialectId;
  readonly limits: Limits;
}

/**
 * The request as the target's service accepts it, and the way back to the client's tool names. After it every seal is of the
 * target's maker, every result follows its call, and every name and id fits the limits. Throws `bad-request` where the request
 * cannot be said there without changing what it means.
 */
export function repair(
  request: ChatRequest,
  speaker: Speaker,
  target: Target,
  report: Report,
): { request: ChatRequest; names: ToolNames } {
  const { id, limits } = speaker;
  const { unsealedReasoning } = limits;
  const { request: tooled, names } = repairTools(request, id, limits, report);
  const readable = dropForeign(tooled.turns, { dialect: id, maker: target.maker, unsealedReasoning }, report);
  const { prefill } = limits;
  const end = {
    prefill: typeof prefill === 'function' ? prefill(target) : prefill,
    begun: tooled.begun === true,
  };
  const filled = repairTurns(readable, limits, report);
  return { request: { ...tooled, turns: placeEnds(filled, limits, end, report) }, names };
}

function repairTurns(turns: readonly Turn[], limits: Limits, report: Report): readonly Turn[] {
  const placed = placeSystem(nameSpeakers(turns, limits, report), limits, report);
  const paired = pairTools(mergeTurns(placed, limits), limits, report);
  const filled = dropEmptyText(moveMedia(paired, limits), limits);
  return finishThoughts(mergeTurns(filled, limits), limits);
}
