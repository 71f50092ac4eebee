// Between a reply's events and the reply as a whole: `collect(replay(reply))` equals `reply`.

import { GatewayError } from '../errors.ts';
import { mergeUsage, type PartHead, type Reply, type ReplyEvent, type Usage } from './reply.ts';
import type { Citation, Part, TokenLogprob } from './request.ts';
import type { Seal } from './seal.ts';

/** A part being told. */
export interface OpenPart {
  readonly head: PartHead;
  readonly pieces: string[];
  readonly citations: Citation[];
  readonly logprobs: TokenLogprob[];
}

export function openedPart(head: PartHead): OpenPart {
  return { head, pieces: [], citations: [], logprobs: [] };
}

/** Takes in what a delta says. */
export function addDelta(open: OpenPart, { text, logprobs = [] }: ReplyEvent & { type: 'part-delta' }): void {
  open.pieces.push(text);
  for (const token of logprobs) open.logprobs.push(token);
}

/** What has been told of a reply so far. */
interface Told {
  id: string;
  model: string;
  usage?: Usage;
  open?: OpenPart | undefined;
  readonly parts: Part[];
}

/** The whole reply that the events tell. Throws the error of a `failure`, and `upstream` for events that end without a last word. */
export function collect(events: Iterable<ReplyEvent>): Reply {
  const told: Told = { id: '', model: '', parts: [] };
  for (const event of events) {
    if (event.type === 'failure') throw event.error;
    if (event.type === 'finish') {
      const { type: _, ...finish } = event;
      const { id, model, parts, usage } = told;
      return { id, model, parts, finish, ...(usage && { usage }) };
    }
    hear(told, event);
  }
  throw new GatewayError('upstream', 'The upstream reply ended before it was complete.');
}

function hear(told: Told, event: ReplyEvent): void {
  switch (event.type) {
    case 'start':
      told.id = event.id;
      told.model = event.model;
      return;
    case 'part-start':
      told.open = openedPart(event.part);
      return;
    case 'part-delta':
      if (told.open) addDelta(told.open, event);
      return;
    case 'citation':
      told.open?.citations.push(event.citation);
      return;
    case 'part-end':
      if (told.open) told.parts.push(wholePart(told.open, event.seal));
      told.open = undefined;
      return;
    case 'usage':
      told.usage = mergeUsage(told.usage, event.usage);
  }
}

/** The part that was told, at its end. */
export function wholePart({ head, pieces, citations, logprobs }: OpenPart, seal: Seal | undefined): Part {
  const text = pieces.join('');
  const sealed = seal && { seal };
  if (head.type === 'text') {
    const told = { ...(citations.length > 0 && { citations }), ...(logprobs.length > 0 && { logprobs }) };
    return { ...head, text, ...told, ...sealed };
  }
  if (head.type === 'reasoning') return { ...head, text, ...sealed };
  if (head.type === 'tool-call') return { ...head, input: text, ...sealed };
  if (head.type === 'media') return { ...head, source: { data: text }, ...sealed };
  return head;
}

/** The events that tell a whole reply: one delta a part. */
export function replay(reply: Reply): ReplyEvent[] {
  const events: ReplyEvent[] = [{ type: 'start', id: reply.id, model: reply.model }];
  let index = 0;
  for (const part of reply.parts) {
    const told = replayPart(part, index);
    if (told.length > 0) index++;
    events.push(...told);
  }
  if (reply.usage) events.push({ type: 'usage', usage: reply.usage });
  events.push({ type: 'finish', ...reply.finish });
  return events;
}

function replayPart(part: Part, index: number): ReplyEvent[] {
  const [head, text] = open(part);
  if (!head) return [];
  const events: ReplyEvent[] = [{ type: 'part-start', index, part: head }];
  const logprobs = part.type === 'text' ? part.logprobs : undefined;
  if (text !== '' || logprobs) events.push({ type: 'part-delta', index, text, ...(logprobs && { logprobs }) });
  if (part.type === 'text')
    for (const citation of part.citations ?? []) events.push({ type: 'citation', index, citation });
  const seal = 'seal' in part ? part.seal : undefined;
  events.push({ type: 'part-end', index, ...(seal && { seal }) });
  return events;
}

/** The head and the text of a part; a tool result is never part of a reply. */
function open(part: Part): [PartHead | undefined, string] {
  if (part.type === 'text') return [{ type: 'text', ...(part.refusal && { refusal: true }) }, part.text];
  if (part.type === 'reasoning') return [{ type: 'reasoning', ...(part.redacted && { redacted: true }) }, part.text];
  if (part.type === 'tool-call') {
    const { id, name, namespace, freeform } = part;
    return [
      { type: 'tool-call', id, name, ...(namespace !== undefined && { namespace }), ...(freeform && { freeform }) },
      part.input,
    ];
  }
  if (part.type === 'media')
    return [{ type: 'media', mediaType: part.mediaType }, 'data' in part.source ? part.source.data : ''];
  if (part.type === 'foreign') return [part, ''];
  return [undefined, ''];
}
