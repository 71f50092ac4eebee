// The parts of a reply in the order in which they began, one at a time: Chat may interleave its deltas, the IR may not, so what belongs
// to a later part waits until the earlier one is over.

import type { PartHead, ReplyEvent } from '../../ir/reply.ts';
import type { Citation, TokenLogprob } from '../../ir/request.ts';
import type { Seal } from '../../ir/seal.ts';
import { parseObject } from '../../json.ts';

/** A part that has begun and is not over. */
export interface QueuedPart {
  /** Undefined while the name of a call is not known: it cannot start before. */
  head: PartHead | undefined;
  /** Its number once it is being told. */
  index: number | undefined;
  /** What waits to be told. */
  waiting: string;
  /** All arguments of a call so far: when they are whole JSON, the call is over. */
  input: string;
  citations: Citation[];
  logprobs: TokenLogprob[];
  /** No more of it will come. */
  over: boolean;
  /** Its end was told, or will never be. */
  ended: boolean;
  /** Asked when the part ends. */
  seal: (() => Seal | undefined) | undefined;
}

/** The queue of one reply. What is told of its parts comes out of `take`, in the grammar of `ir/reply.ts`. */
export class PartQueue {
  readonly #parts: QueuedPart[] = [];
  #nextIndex = 0;
  #out: ReplyEvent[] = [];

  /** The part that began last, while it is not over. */
  get last(): QueuedPart | undefined {
    return this.#parts.at(-1);
  }

  /** A new part begins; those before it are over, except calls whose arguments are not whole yet. */
  open(head: PartHead | undefined): QueuedPart {
    for (const part of this.#parts) part.over ||= part.head !== undefined && isWhole(part);
    const part: QueuedPart = {
      head,
      index: undefined,
      waiting: '',
      input: '',
      citations: [],
      logprobs: [],
      over: false,
      ended: false,
      seal: undefined,
    };
    this.#parts.push(part);
    this.advance();
    return part;
  }

  /**
   * More of a part's text, perhaps with the tokens that it is: told at once where the part is being told, else kept until it is. Dropped
   * once the part has ended.
   */
  append(part: QueuedPart, text: string, logprobs?: readonly TokenLogprob[]): void {
    if (text === '' && !logprobs) return;
    if (part.head === undefined || part.head.type === 'tool-call') part.input += text;
    if (part.index === undefined) {
      part.waiting += text;
      for (const token of logprobs ?? []) part.logprobs.push(token);
    } else if (!part.ended) this.#tell(part.index, text, logprobs);
  }

  /** A source of a part's text; the same holds for it. */
  cite(part: QueuedPart, citation: Citation): void {
    if (part.index === undefined) part.citations.push(citation);
    else if (!part.ended) this.#out.push({ type: 'citation', index: part.index, citation });
  }

  /** Tells what may be told: the first part, and each next one when the one before is over. */
  advance(): void {
    for (;;) {
      const part = this.#parts[0];
      if (!part) return;
      if (part.index === undefined && part.head) this.#start(part, part.head);
      if (!part.over) return;
      this.#end(part);
      this.#parts.shift();
    }
  }

  /** Everything is over. A call that never got a name is dropped. */
  close(): void {
    for (const part of this.#parts) part.over = true;
    this.advance();
  }

  /** The stream broke: the part being told ends, those that wait are dropped. */
  abandon(): void {
    const part = this.#parts[0];
    if (part) this.#end(part);
    this.#parts.length = 0;
  }

  /** The events since the last call. */
  take(): ReplyEvent[] {
    const out = this.#out;
    this.#out = [];
    return out;
  }

  #start(part: QueuedPart, head: PartHead): void {
    const index = this.#nextIndex++;
    part.index = index;
    this.#out.push({ type: 'part-start', index, part: head });
    const { waiting, logprobs } = part;
    if (waiting !== '' || logprobs.length > 0) this.#tell(index, waiting, logprobs.length > 0 ? logprobs : undefined);
    for (const citation of part.citations) this.#out.push({ type: 'citation', index, citation });
    part.waiting = '';
    part.logprobs = [];
  }

  #tell(index: number, text: string, logprobs: readonly TokenLogprob[] | undefined): void {
    this.#out.push(logprobs ? { type: 'part-delta', index, text, logprobs } : { type: 'part-delta', index, text });
  }

  #end(part: QueuedPart): void {
    part.ended = true;
    if (part.index === undefined) return;
    const seal = part.seal?.();
    this.#out.push({ type: 'part-end', index: part.index, ...(seal && { seal }) });
  }
}

function isWhole({ head, input }: QueuedPart): boolean {
  if (head?.type !== 'tool-call') return true;
  return !head.freeform && parseObject(input) !== undefined;
}
