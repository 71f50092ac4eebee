// IR events → chunks of a reply. Text leaves at once, a thought's one piece later; what is finished in one piece (calls, media,
// signatures) waits for the next event, so that the last chunk can carry it together with the finish reason, as the vendor's own
// streams do.

import type { Frame } from '../../frame.ts';
import { addDelta, type OpenPart, openedPart, wholePart } from '../../ir/fold.ts';
import { mergeUsage, type ReplyEvent, type Usage } from '../../ir/reply.ts';
import type { Part, TokenLogprob } from '../../ir/request.ts';
import type { Seal } from '../../ir/seal.ts';
import { compact, type JsonObject } from '../../json.ts';
import type { ReplyContext, ReplyEncoder } from '../dialect.ts';
import { encodeFailure } from './error.ts';
import { encodeUsage } from './outcome.ts';
import { CandidateWriter } from './reply-parts.ts';
import type { WirePart } from './wire.ts';

/** `StreamCodec.encoder`: chunks without names; the last one holds the finish reason and the usage. */
export function encoder(context: ReplyContext): ReplyEncoder {
  const writer = new ChunkWriter(context);
  return (event) => writer.event(event);
}

class ChunkWriter {
  readonly #candidate: CandidateWriter;
  readonly #context: ReplyContext;
  #responseId: string;
  #open: OpenPart | undefined;
  /** The latest piece of the open thought, held for its signature: the AI SDK drops a thought that is nothing but one. */
  #thought = '';
  /** Finished parts that wait for company. */
  #held: (WirePart | JsonObject)[] = [];
  /** The last call, until it is known whether the reply broke off within it. */
  #call: Part | undefined;
  #usage: Usage | undefined;
  /** What every text chunk has in common, printed once. */
  #afterText = '';

  constructor(context: ReplyContext) {
    this.#context = context;
    this.#candidate = new CandidateWriter(context);
    this.#responseId = context.id;
  }

  event(event: ReplyEvent): Frame[] {
    switch (event.type) {
      case 'start':
        this.#responseId = event.id || this.#context.id;
        return [];
      case 'part-start':
        this.#settle(false);
        this.#open = openedPart(event.part);
        return this.#flush();
      case 'part-delta':
        return this.#delta(event);
      case 'citation':
        this.#open?.citations.push(event.citation);
        return [];
      case 'part-end':
        this.#end(event.seal);
        return [];
      case 'usage':
        this.#usage = mergeUsage(this.#usage, event.usage);
        return [];
      case 'finish':
        this.#settle(event.reason === 'length');
        return [this.#last(this.#candidate.finish(event))];
      case 'failure':
        return [...this.#think(''), ...this.#flush(), encodeFailure(event.error)];
    }
  }

  #delta(event: ReplyEvent & { type: 'part-delta' }): Frame[] {
    if (!this.#open) return [];
    addDelta(this.#open, event);
    const { text, logprobs } = event;
    const { type } = this.#open.head;
    if (type === 'text') return [logprobs ? this.#tokens(text, logprobs) : this.#words(text, '')];
    if (type === 'reasoning' && this.#candidate.showsThoughts) return this.#think(text);
    return [];
  }

  /** Tells the piece that was held, and holds this one. */
  #think(text: string): Frame[] {
    const before = this.#thought;
    this.#thought = text;
    return before === '' ? [] : [this.#words(before, ',"thought":true')];
  }

  #words(text: string, thought: string): Frame {
    this.#afterText ||= `}],"role":"model"},"index":0}],${JSON.stringify(this.#signature()).slice(1)}`;
    return {
      data: `{"candidates":[{"content":{"parts":[{"text":${JSON.stringify(text)}${thought}${this.#afterText}`,
    };
  }

  #tokens(text: string, logprobs: readonly TokenLogprob[]): Frame {
    const content = { parts: [{ text }], role: 'model' };
    const candidate = compact({ content, index: 0, logprobsResult: this.#candidate.logprobs(logprobs) });
    return print({ candidates: [candidate], ...this.#signature() });
  }

  #end(seal: Seal | undefined): void {
    const open = this.#open;
    this.#open = undefined;
    if (!open) return;
    const part = wholePart(open, seal);
    if (part.type === 'text') {
      this.#candidate.cite(part, open.citations);
      this.#held.push(...this.#candidate.tail(seal));
    } else if (part.type === 'reasoning') {
      this.#held.push(...this.#candidate.part({ ...part, text: this.#thought }, false));
      this.#thought = '';
    } else if (part.type === 'tool-call') this.#call = part;
    else this.#held.push(...this.#candidate.part(part, false));
  }

  #settle(truncated: boolean): void {
    if (this.#call) this.#held.push(...this.#candidate.part(this.#call, truncated));
    this.#call = undefined;
  }

  #flush(): Frame[] {
    if (this.#held.length === 0) return [];
    const parts = this.#held;
    this.#held = [];
    return [print({ candidates: [{ content: { parts, role: 'model' }, index: 0 }], ...this.#signature() })];
  }

  /** A chunk without parts would make the vendor's client throw the whole turn away: an empty text stands in. */
  #last(finishReason: string): Frame {
    const parts = this.#held.length > 0 ? this.#held : [{ text: '' }];
    const candidate = { content: { parts, role: 'model' }, finishReason, index: 0, ...this.#candidate.beside() };
    const usageMetadata = this.#usage && encodeUsage(this.#usage);
    return print(compact({ candidates: [candidate], usageMetadata, ...this.#signature() }));
  }

  #signature(): { readonly modelVersion: string; readonly responseId: string } {
    return { modelVersion: this.#context.model, responseId: this.#responseId };
  }
}

function print(chunk: JsonObject): Frame {
  return { data: JSON.stringify(chunk) };
}
