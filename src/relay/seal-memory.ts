// Sealed reasoning for clients that do not carry it. OpenAI Chat has no standard place for signatures, Gemini CLI drops its thoughts,
// yet upstreams want them back within a tool loop: they are kept here by the id of the turn's first tool call, which clients return.

import { LRUCache } from 'lru-cache';
import type { PartHead, ReplyEvent } from '../ir/reply.ts';
import type { ChatRequest, Part, ReasoningPart, ToolCallPart, Turn } from '../ir/request.ts';
import type { Seal } from '../ir/seal.ts';

/** What stood sealed in one assistant turn. */
interface SealedTurn {
  /** Sealed reasoning before the first call, in order. */
  readonly reasoning: readonly ReasoningPart[];
  /** Seals on the calls themselves, by call id. */
  readonly calls: ReadonlyMap<string, Seal>;
}

/** Seals by the tool calls that they came with. */
export interface SealMemory {
  /** The request, in which turns whose first call is known have their seals again. Turns that bring sealed reasoning stay as they are. */
  recall(request: ChatRequest): ChatRequest;
  /** Hears one reply. */
  listener(): (event: ReplyEvent) => void;
}

/** `maxBytes` bounds the text and tokens held; `lifetime` is in milliseconds since last use. */
export function createSealMemory(maxBytes: number, lifetime: number): SealMemory {
  const turns = new LRUCache<string, SealedTurn>({
    maxSize: maxBytes,
    ttl: lifetime,
    updateAgeOnGet: true,
    sizeCalculation: sizeOf,
  });
  return {
    recall(request) {
      if (turns.size === 0) return request;
      return { ...request, turns: request.turns.map((turn) => recallTurn(turn, (id) => turns.get(id))) };
    },
    listener: () => listenTurn((id, sealed) => turns.set(id, sealed)),
  };
}

function recallTurn(turn: Turn, find: (id: string) => SealedTurn | undefined): Turn {
  if (turn.role !== 'assistant') return turn;
  const first = turn.parts.find((part): part is ToolCallPart => part.type === 'tool-call');
  const sealed = first && find(first.id);
  if (!sealed || turn.parts.some((part) => part.type === 'reasoning' && part.seal)) return turn;
  const kept = sealed.reasoning.length > 0 ? turn.parts.filter((part) => part.type !== 'reasoning') : turn.parts;
  return { ...turn, parts: [...sealed.reasoning, ...kept.map((part) => resealed(part, sealed.calls))] };
}

function resealed(part: Part, calls: ReadonlyMap<string, Seal>): Part {
  if (part.type !== 'tool-call' || part.seal) return part;
  const seal = calls.get(part.id);
  return seal ? { ...part, seal } : part;
}

function listenTurn(keep: (id: string, sealed: SealedTurn) => void): (event: ReplyEvent) => void {
  const reasoning: ReasoningPart[] = [];
  const calls = new Map<string, Seal>();
  let firstCall: string | undefined;
  let open: PartHead | undefined;
  let text = '';
  const close = (seal: Seal): void => {
    if (open?.type === 'tool-call') calls.set(open.id, seal);
    else if (open?.type === 'reasoning' && firstCall === undefined)
      reasoning.push({ type: 'reasoning', text, seal, ...(open.redacted && { redacted: true }) });
  };
  return (event) => {
    if (event.type === 'part-start') {
      open = event.part;
      text = '';
      if (open.type === 'tool-call') firstCall ??= open.id;
    } else if (event.type === 'part-delta') text += event.text;
    else if (event.type === 'part-end' && event.seal) close(event.seal);
    else if (event.type === 'finish' && firstCall !== undefined && reasoning.length + calls.size > 0)
      keep(firstCall, { reasoning, calls });
  };
}

function sizeOf({ reasoning, calls }: SealedTurn, id: string): number {
  let size = id.length + 64;
  for (const part of reasoning) size += part.text.length + (part.seal?.token.length ?? 0);
  for (const seal of calls.values()) size += seal.token.length;
  return size;
}
