// Events as Chat's chunks. The grammar that the vendor's reader needs: the role first, calls counted from 0 with id, type and name in
// their first delta, one finish reason, the usage chunk only for those who asked, `[DONE]`.

import type { Frame } from '../../frame.ts';
import { writeDataUrl } from '../../ir/media.ts';
import { mergeUsage, type PartHead, type ReplyEvent, type Usage } from '../../ir/reply.ts';
import type { Citation, TokenLogprob } from '../../ir/request.ts';
import type { Seal } from '../../ir/seal.ts';
import type { Json, JsonObject } from '../../json.ts';
import type { ReplyContext, ReplyEncoder } from '../dialect.ts';
import { doneFrame, failureFrame } from '../openai-choices.ts';
import { encodeUsage } from '../openai-usage.ts';
import { reportPause } from '../paused.ts';
import { encodeCitation } from './annotations.ts';
import { encodeFinish } from './finish.ts';
import { encodeTold, logprobsWanted } from './logprobs.ts';
import { type Thought, thoughtOf, writeExtra } from './seals.ts';
import { dialectId } from './wire.ts';

/** The id to show: upstream's own where it looks like one of this dialect. */
export function replyId(id: string, context: ReplyContext): string {
  return id.startsWith('chatcmpl-') ? id : `chatcmpl-${context.id}`;
}

/** An encoder of one stream. */
export function encoder(context: ReplyContext): ReplyEncoder {
  const writer = new ChunkWriter(context);
  return (event) => writer.write(event);
}

class ChunkWriter {
  readonly #context: ReplyContext;
  #head = '';
  #open: PartHead | undefined;
  /** Characters of the open part. */
  #size = 0;
  /** Its text or base64, where the end needs it again. */
  #data: string[] = [];
  /** Characters of content before the open part, which annotations count from. */
  #before = 0;
  /** Sources of the open text, which stand for all of it where they name no place: its length is known at its end. */
  #sources: Citation[] = [];
  /** The annotations of all texts in a row, and all images in a row, told at once: of several lists the vendor's reader keeps the last. */
  #annotations: JsonObject[] = [];
  #images: Json[] = [];
  #calls = 0;
  /** The first fragment of a call: a call that comes whole leaves whole, with its seal where clients look for it. */
  #held: string | undefined;
  #told = false;
  #thoughts: Thought[] = [];
  #usage: Usage | undefined;

  constructor(context: ReplyContext) {
    this.#context = context;
  }

  write(event: ReplyEvent): Frame[] {
    switch (event.type) {
      case 'part-delta':
        return this.#delta(event.text, event.logprobs);
      case 'start':
        return this.#start(event.id);
      case 'part-start':
        this.#open = event.part;
        this.#size = 0;
        this.#held = undefined;
        this.#told = false;
        return this.#listed(event.part.type);
      case 'citation':
        this.#sources.push(event.citation);
        return [];
      case 'part-end':
        return this.#end(event.seal);
      case 'usage':
        this.#usage = mergeUsage(this.#usage, event.usage);
        return [];
      case 'finish':
        reportPause(event.reason, this.#context.report);
        return this.#finish(encodeFinish(event.reason, this.#calls > 0));
      case 'failure':
        return [...this.#flush(), ...this.#listed(), failureFrame(event.error)];
    }
  }

  #report(what: string, why: string): void {
    this.#context.report({ what, why });
  }

  #start(id: string): Frame[] {
    const { created, model } = this.#context;
    const head = { id: replyId(id, this.#context), object: 'chat.completion.chunk', created, model };
    this.#head = JSON.stringify(head).slice(0, -1);
    return [this.#chunk('{"role":"assistant","content":""}')];
  }

  #chunk(delta: string, finish = 'null', logprobs = 'null'): Frame {
    return {
      data: `${this.#head},"choices":[{"index":0,"delta":${delta},"logprobs":${logprobs},"finish_reason":${finish}}]}`,
    };
  }

  #delta(text: string, logprobs: readonly TokenLogprob[] | undefined): Frame[] {
    this.#size += text.length;
    switch (this.#open?.type) {
      case 'text':
        return [this.#words(text, this.#open.refusal === true, logprobs)];
      case 'reasoning':
        this.#data.push(text);
        return [this.#chunk(`{"reasoning_content":${JSON.stringify(text)}}`)];
      case 'tool-call':
        return this.#callDelta(text);
      case 'media':
        this.#data.push(text);
        return [];
      default:
        return [];
    }
  }

  #words(text: string, refusal: boolean, logprobs: readonly TokenLogprob[] | undefined): Frame {
    const delta = `{"${refusal ? 'refusal' : 'content'}":${JSON.stringify(text)}}`;
    if (!logprobs || !logprobsWanted(this.#context.request)) return this.#chunk(delta);
    return this.#chunk(delta, 'null', JSON.stringify(encodeTold([{ refusal, logprobs }])));
  }

  #callDelta(text: string): Frame[] {
    if (!this.#told && this.#held === undefined) {
      this.#held = text;
      return [];
    }
    return [...this.#flush(), this.#chunk(`{"tool_calls":[${this.#piece(text)}}]}`)];
  }

  /** More of the open call's arguments; its object is left open. */
  #piece(text: string): string {
    const member = this.#isFreeform() ? `"custom":{"input":` : `"function":{"arguments":`;
    return `{"index":${this.#calls},${member}${JSON.stringify(text)}}`;
  }

  #isFreeform(): boolean {
    return this.#open?.type === 'tool-call' && this.#open.freeform === true;
  }

  /** The beginning of the open call, if it was not told yet. */
  #flush(extra?: JsonObject): Frame[] {
    if (this.#open?.type !== 'tool-call' || this.#told) return [];
    const { id, name, freeform } = this.#open;
    const text = this.#held ?? '';
    this.#told = true;
    const call = {
      index: this.#calls,
      id,
      ...(freeform
        ? { type: 'custom', custom: { name, input: text } }
        : { type: 'function', function: { name, arguments: text } }),
      ...(extra && { extra_content: extra }),
    };
    return [this.#chunk(JSON.stringify({ tool_calls: [call] }))];
  }

  #end(seal: Seal | undefined): Frame[] {
    const head = this.#open;
    const frames = head ? this.#endOf(head, seal) : [];
    this.#open = undefined;
    return frames;
  }

  #endOf(head: PartHead, seal: Seal | undefined): Frame[] {
    switch (head.type) {
      case 'text':
        if (seal) reportTextSeal(this.#context);
        this.#endText(head.refusal === true);
        return [];
      case 'reasoning':
        this.#thoughts.push(thoughtOf(this.#takeData(), seal, head.redacted));
        return [];
      case 'tool-call':
        return this.#endCall(seal);
      case 'media':
        this.#image(head.mediaType);
        return [];
      case 'foreign':
        if (head.origin === dialectId) this.#images.push(head.value);
        else
          this.#report(
            `tool:${head.meaning?.tool ?? head.origin}`,
            'Chat Completions does not show what a vendor ran by itself.',
          );
        return [];
    }
  }

  #endText(refusal: boolean): void {
    for (const source of this.#sources) {
      const annotation = encodeCitation(source, this.#before, this.#size);
      if (annotation) this.#annotations.push(annotation);
      else this.#report('citations', 'A source without an address cannot be shown.');
    }
    this.#sources = [];
    if (!refusal) this.#before += this.#size;
  }

  /** The lists that nothing of the next part can be added to. */
  #listed(next?: PartHead['type']): Frame[] {
    if (next === 'foreign') return [];
    const frames: Frame[] = [];
    if (this.#annotations.length > 0 && next !== 'text') {
      frames.push(this.#chunk(JSON.stringify({ annotations: this.#annotations })));
      this.#annotations = [];
    }
    if (this.#images.length > 0 && next !== 'media') {
      frames.push(this.#chunk(JSON.stringify({ images: this.#images })));
      this.#images = [];
    }
    return frames;
  }

  #endCall(seal: Seal | undefined): Frame[] {
    const extra = writeExtra(seal, this.#thoughts);
    if (extra) this.#thoughts = [];
    const whole = this.#flush(extra);
    // Clients read a piece of a call without looking whether it has arguments, and some refuse one that has none.
    const late =
      whole.length === 0 && extra
        ? this.#chunk(`{"tool_calls":[${this.#piece('')},"extra_content":${JSON.stringify(extra)}}]}`)
        : undefined;
    this.#calls++;
    return late ? [late] : whole;
  }

  #takeData(): string {
    const data = this.#data.join('');
    this.#data = [];
    return data;
  }

  #image(mediaType: string): void {
    const url = writeDataUrl(mediaType, this.#takeData());
    if (mediaType.startsWith('image/')) this.#images.push({ type: 'image_url', image_url: { url } });
    else this.#report('media', `A reply of Chat Completions cannot show ${mediaType}.`);
  }

  #finish(reason: string): Frame[] {
    if (this.#thoughts.some((thought) => thought.seal)) reportLostSeals(this.#context);
    const frames = [...this.#listed(), this.#chunk('{}', JSON.stringify(reason))];
    if (this.#context.envelope.usageWanted && this.#usage)
      frames.push({ data: `${this.#head},"choices":[],"usage":${JSON.stringify(encodeUsage(this.#usage))}}` });
    frames.push(doneFrame);
    return frames;
  }
}

/** Gemini signs texts too, and recommends to give their signatures back. */
export function reportTextSeal({ report }: ReplyContext): void {
  report({
    what: 'thought_signature',
    why: 'Chat Completions has no slot for the signature of a text; it was left out.',
  });
}

/** A signature has a place only on a call, and only there upstream asks for it again. */
export function reportLostSeals({ report }: ReplyContext): void {
  report({
    what: 'reasoning_signature',
    why: 'Chat Completions has no place for the seal of a thought that no call follows.',
  });
}
