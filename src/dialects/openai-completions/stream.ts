// Streams of the legacy completions format: `text_completion` chunks with text, then a reason, then `[DONE]`.

import { GatewayError } from '../../errors.ts';
import type { Frame } from '../../frame.ts';
import { mergeUsage, type PartHead, type ReplyEvent, type Usage } from '../../ir/reply.ts';
import { asString, type JsonObject, parseObject } from '../../json.ts';
import { lookupIn } from '../../lookup.ts';
import type { ReplyContext, ReplyDecoder, ReplyEncoder, StreamCodec } from '../dialect.ts';
import { doneFrame, failureFrame, firstChoice } from '../openai-choices.ts';
import { findOpenAiError } from '../openai-error.ts';
import { decodeFinish, failureOfFinish } from '../openai-finish.ts';
import { passingStream } from '../openai-meter.ts';
import { decodeUsage, encodeUsage, findUsage } from '../openai-usage.ts';
import { reportPause } from '../paused.ts';
import { encodeFinish, replyId, reportPart } from './reply.ts';

/** `text_completion` chunks without names, and `[DONE]` behind them. */
export const stream: StreamCodec = { decoder: () => new TextReader(), encoder, ...passingStream };

/** Reads a stream of one text. */
class TextReader implements ReplyDecoder {
  #state: 'new' | 'begun' | 'open' | 'over' = 'new';
  #finish: string | undefined;
  #usage: Usage | undefined;

  push(frame: Frame): ReplyEvent[] {
    if (this.#state === 'over') return [];
    if (frame.data.trim() !== '[DONE]') return this.#read(frame);
    if (this.#state === 'new') return this.#broken('The upstream stream ended without a reply.');
    return this.#last({ type: 'finish', ...decodeFinish(this.#finish ?? '', false) });
  }

  end(): ReplyEvent[] {
    if (this.#state === 'over') return [];
    if (this.#finish === undefined) return this.#broken('The upstream stream ended before it was complete.');
    return this.#last({ type: 'finish', ...decodeFinish(this.#finish, false) });
  }

  #read(frame: Frame): ReplyEvent[] {
    const chunk = parseObject(frame.data);
    if (!chunk) return [];
    const error = findOpenAiError(chunk, frame.event === 'error');
    if (error) return this.#last({ type: 'failure', error });
    const choice = firstChoice(chunk);
    const usage = findUsage(chunk, choice);
    if (usage) this.#usage = mergeUsage(this.#usage, decodeUsage(lookupIn(usage)));
    if (!choice) return [];
    const word = asString(choice.finish_reason) ?? '';
    const broken = findOpenAiError(choice) ?? failureOfFinish(word);
    if (broken) return this.#last({ type: 'failure', error: broken });
    this.#finish = word || this.#finish;
    return [...this.#begin(chunk), ...this.#say(asString(choice.text) ?? '')];
  }

  #begin(chunk: JsonObject): ReplyEvent[] {
    if (this.#state !== 'new') return [];
    this.#state = 'begun';
    return [{ type: 'start', id: asString(chunk.id) ?? '', model: asString(chunk.model) ?? '' }];
  }

  #say(text: string): ReplyEvent[] {
    if (text === '') return [];
    const delta: ReplyEvent = { type: 'part-delta', index: 0, text };
    if (this.#state === 'open') return [delta];
    this.#state = 'open';
    return [{ type: 'part-start', index: 0, part: { type: 'text' } }, delta];
  }

  #broken(message: string): ReplyEvent[] {
    return this.#last({ type: 'failure', error: new GatewayError('upstream', message) });
  }

  #last(word: ReplyEvent): ReplyEvent[] {
    const events = this.#begin({});
    if (this.#state === 'open') events.push({ type: 'part-end', index: 0 });
    this.#state = 'over';
    if (this.#usage) events.push({ type: 'usage', usage: this.#usage });
    return [...events, word];
  }
}

function encoder(context: ReplyContext): ReplyEncoder {
  let head = '';
  let open: PartHead | undefined;
  let usage: Usage | undefined;
  const chunk = (text: string, finish = 'null'): Frame => ({
    data: `${head},"choices":[{"text":${JSON.stringify(text)},"index":0,"logprobs":null,"finish_reason":${finish}}]}`,
  });
  return (event) => {
    switch (event.type) {
      case 'start':
        head = JSON.stringify({
          id: replyId(event.id, context),
          object: 'text_completion',
          created: context.created,
          model: context.model,
        }).slice(0, -1);
        return [];
      case 'part-start':
        open = event.part;
        if (open.type !== 'text') reportPart(open.type, context);
        return [];
      case 'part-delta':
        return open?.type === 'text' ? [chunk(event.text)] : [];
      case 'usage':
        usage = mergeUsage(usage, event.usage);
        return [];
      case 'finish': {
        reportPause(event.reason, context.report);
        const frames = [chunk('', JSON.stringify(encodeFinish(event.reason)))];
        if (context.envelope.usageWanted && usage)
          frames.push({ data: `${head},"choices":[],"usage":${JSON.stringify(encodeUsage(usage))}}` });
        return [...frames, doneFrame];
      }
      case 'failure':
        return [failureFrame(event.error)];
      default:
        return [];
    }
  };
}
