// The order of turns: where system text may stand, which turns may be neighbours, how a history begins and ends, and that no
// part is empty where that is refused.

import type { Report } from '../loss.ts';
import type { Limits, Prefill } from './limits.ts';
import type { MediaPart, Part, ToolResultPart, Turn } from './request.ts';

/** Messages and Gemini take system text only at the head: what comes later stays at its place as tagged user text. */
export function placeSystem(
  turns: readonly Turn[],
  limits: Pick<Limits, 'systemTurns'>,
  report: Report,
): readonly Turn[] {
  if (limits.systemTurns === 'anywhere') return turns;
  const head = turns.findIndex((turn) => turn.role !== 'system');
  if (head < 0 || turns.findLastIndex((turn) => turn.role === 'system') < head) return turns;
  report({
    what: 'system_position',
    why: 'This dialect takes system text only at the beginning; later system text was sent as tagged user text at its place.',
  });
  return turns.map((turn, position) =>
    turn.role === 'system' && position > head ? { role: 'user', parts: turn.parts.map(tag) } : turn,
  );
}

function tag(part: Part): Part {
  if (part.type !== 'text' || part.text.trim() === '') return part;
  return { ...part, text: `<system-reminder>\n${part.text}\n</system-reminder>` };
}

/** OpenAI Chat takes only text in a tool message: media follows the results in a user turn, and each says where it is. */
export function moveMedia(turns: readonly Turn[], limits: Pick<Limits, 'mediaInResults'>): readonly Turn[] {
  if (limits.mediaInResults) return turns;
  return turns.flatMap((turn): readonly Turn[] => {
    const moved: Part[] = [];
    const parts = turn.parts.map((part) => (part.type === 'tool-result' ? withoutMedia(part, moved) : part));
    return moved.length === 0
      ? [turn]
      : [
          { ...turn, parts },
          { role: 'user', parts: moved },
        ];
  });
}

function withoutMedia(result: ToolResultPart, moved: Part[]): ToolResultPart {
  const media = result.content.filter((part) => part.type === 'media');
  if (media.length === 0) return result;
  moved.push({ type: 'text', text: `From tool result ${result.id}:` }, ...media);
  return { ...result, content: result.content.map((part) => (part.type === 'media' ? marker(part) : part)) };
}

function marker({ mediaType, cache }: MediaPart): Part {
  const [family = ''] = mediaType.split('/');
  const kind = ['image', 'audio', 'video'].includes(family) ? family : 'document';
  return { type: 'text', text: `[${kind}: see the next user message]`, ...(cache && { cache }) };
}

/** Anthropic: "text content blocks must be non-empty" and not white space alone; Gemini refuses an empty `text` as well. */
export function dropEmptyText(turns: readonly Turn[], limits: Pick<Limits, 'emptyText'>): readonly Turn[] {
  if (limits.emptyText) return turns;
  return turns.map((turn) => ({ ...turn, parts: turn.parts.filter(hasSubstance).map(withoutEmptyText) }));
}

/** Gemini may hang a seal on an empty text: that part must go back as it came. */
function hasSubstance(part: Part): boolean {
  return part.type !== 'text' || part.text.trim() !== '' || part.seal !== undefined;
}

function withoutEmptyText(part: Part): Part {
  return part.type === 'tool-result' ? { ...part, content: part.content.filter(hasSubstance) } : part;
}

/** Anthropic and Gemini want roles to alternate: neighbours become one turn. System turns stay apart, for their cache marks. */
export function mergeTurns(turns: readonly Turn[], limits: Pick<Limits, 'adjacentRoles'>): readonly Turn[] {
  const filled = turns.filter((turn) => turn.parts.length > 0);
  if (limits.adjacentRoles) return filled;
  const merged: { readonly turn: Turn; readonly parts: Part[] }[] = [];
  for (const turn of filled) {
    const last = merged.at(-1);
    if (last && last.turn.role === turn.role && turn.role !== 'system') last.parts.push(...turn.parts);
    else merged.push({ turn, parts: [...turn.parts] });
  }
  return merged.map(({ turn, parts }) => ({ ...turn, parts }));
}

/**
 * A turn that only thinks: Anthropic refuses a message whose last block is thinking, OpenAI a reasoning item without the item
 * it led to.
 */
export function finishThoughts(turns: readonly Turn[], limits: Pick<Limits, 'unsealedReasoning'>): readonly Turn[] {
  if (limits.unsealedReasoning) return turns;
  return turns.map((turn) =>
    turn.role === 'assistant' && turn.parts.every((part) => part.type === 'reasoning')
      ? { ...turn, parts: [...turn.parts, { type: 'text', text: '.' }] }
      : turn,
  );
}

/** Whether the last turn is the assistant's and ends in words: calls await results, and what is empty begins nothing. */
export function endsInWords(turns: readonly Turn[]): boolean {
  const last = turns.at(-1);
  const part = last?.role === 'assistant' ? last.parts.at(-1) : undefined;
  return part?.type === 'text' && part.text.trim() !== '';
}

/** What is known of the end: what becomes of a last turn of the assistant there, and whether the client meant to be gone on with it. */
interface End {
  readonly prefill: Prefill;
  readonly begun: boolean;
}

/** Anthropic and Gemini want a first user turn, and their newer models refuse a last one of the assistant. */
export function placeEnds(
  turns: readonly Turn[],
  limits: Pick<Limits, 'startsWithUser'>,
  { prefill, begun }: End,
  report: Report,
): readonly Turn[] {
  const placed = [...turns];
  const first = turns.findIndex((turn) => turn.role !== 'system');
  const startsWrong = first < 0 || turns[first]?.role === 'assistant';
  if (limits.startsWithUser && startsWrong) {
    report({ what: 'first_turn', why: 'This dialect begins with a turn of the user: “Begin.” was put there.' });
    placed.splice(first < 0 ? turns.length : first, 0, userSays('Begin.'));
  }
  const last = placed.findLast((turn) => turn.role !== 'system');
  if (prefill === 'left' && begun)
    report({
      what: 'last_turn',
      why: 'This dialect begins a new message behind the answer begun; only some of its services go on with it.',
    });
  if (prefill === 'continued' && !begun && endsInWords(placed))
    report({
      what: 'last_turn',
      why: 'This dialect goes on with the last words of the assistant, where a new message was meant to follow them.',
    });
  if ((prefill === 'refused' || (prefill === 'marked' && !begun)) && last?.role === 'assistant') {
    report({
      what: 'last_turn',
      why: 'This dialect ends with a turn of the user: “Continue.” was put behind the answer begun.',
    });
    placed.push(userSays('Continue.'));
  }
  return placed;
}

function userSays(text: string): Turn {
  return { role: 'user', parts: [{ type: 'text', text }] };
}
