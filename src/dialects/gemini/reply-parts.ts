// The parts of a reply, IR → wire, for whole replies and streams alike; and what on this wire stands beside the content.

import { type Arguments, readArguments, tellFlaw } from '../../ir/arguments.ts';
import type { Reply } from '../../ir/reply.ts';
import type { Citation, ForeignPart, Meaning, Part, TextPart, TokenLogprob, ToolCallPart } from '../../ir/request.ts';
import type { Seal } from '../../ir/seal.ts';
import { asArray, type JsonObject, objects } from '../../json.ts';
import type { ReplyContext } from '../dialect.ts';
import { reportPause } from '../paused.ts';
import { encodeGrounding, isBesideContent, type PlacedCitation, type TextSpan, utf8Length } from './grounding.ts';
import { encodeLogprobs, logprobsWanted } from './logprobs.ts';
import { encodeFinish } from './outcome.ts';
import { writeSlot } from './slot.ts';
import { thoughtsWanted } from './thinking.ts';
import { dialectId, type WirePart } from './wire.ts';

/** One candidate being written. */
export class CandidateWriter {
  /** Thoughts are shown only to clients that asked for them. */
  readonly showsThoughts: boolean;
  readonly #context: ReplyContext;
  readonly #placed: PlacedCitation[] = [];
  readonly #searches: Meaning[] = [];
  #own: JsonObject = {};
  #before = 0;
  #declined = false;
  #calls = 0;

  constructor(context: ReplyContext) {
    this.#context = context;
    this.showsThoughts = thoughtsWanted(context.request);
  }

  /** A finished part. `truncated`: the reply ran into its limit, so that a half-written call is none. */
  part(part: Part, truncated: boolean): readonly (WirePart | JsonObject)[] {
    switch (part.type) {
      case 'text':
        this.cite(part, part.citations ?? []);
        return part.text === '' && !part.seal ? [] : [{ text: part.text, ...sealed(part.seal) }];
      case 'reasoning':
        return this.#reasoning(part.text, part.redacted === true, part.seal);
      case 'tool-call':
        return this.#call(part, truncated);
      case 'media':
        return this.#media(part);
      case 'foreign':
        return this.#foreign(part);
      case 'tool-result':
        return [];
    }
  }

  /** The end of a text that went out piece by piece: its signature, on an empty text as the vendor's streams have it. */
  tail(seal: Seal | undefined): readonly WirePart[] {
    return seal ? [{ text: '', ...sealed(seal) }] : [];
  }

  /** Remembers what a finished text rests on, and whether it declined. */
  cite({ text, refusal }: Pick<TextPart, 'text' | 'refusal'>, citations: readonly Citation[]): void {
    if (refusal && text !== '') this.#declined = true;
    const span: TextSpan = { text, before: this.#before };
    this.#before += utf8Length(text);
    for (const citation of citations) this.#placed.push({ citation, span });
    if (citations.some(({ quote }) => quote !== undefined))
      this.#context.report({ what: 'cited_text', why: 'Gemini names its sources and does not quote them.' });
  }

  /** How likely the tokens of its texts were, where the client asked. */
  logprobs(tokens: readonly TokenLogprob[]): JsonObject | undefined {
    return tokens.length > 0 && logprobsWanted(this.#context.request) ? encodeLogprobs(tokens) : undefined;
  }

  /** Why it ended. A refusal, which others tell as a text of its own, is here a reason. */
  finish(finish: Reply['finish']): string {
    reportPause(finish.reason, this.#context.report);
    const declined = this.#declined && (finish.reason === 'stop' || finish.reason === 'stop-sequence');
    return encodeFinish(declined ? { reason: 'filter' } : finish);
  }

  /** `groundingMetadata` and its like: as they came, else built from citations and searches. */
  beside(): JsonObject {
    if ('groundingMetadata' in this.#own) return this.#own;
    const groundingMetadata = encodeGrounding(this.#placed, this.#searches);
    return { ...this.#own, ...(groundingMetadata && { groundingMetadata }) };
  }

  #reasoning(text: string, redacted: boolean, seal: Seal | undefined): readonly WirePart[] {
    if (redacted) {
      this.#context.report({
        what: 'redacted_reasoning',
        why: 'Gemini has no form for reasoning that is only an encrypted block; it was left out.',
      });
      return [];
    }
    const shown = this.showsThoughts ? text : '';
    return shown === '' && !seal ? [] : [{ text: shown, thought: true, ...sealed(seal) }];
  }

  #call(part: ToolCallPart, truncated: boolean): readonly WirePart[] {
    const { args, flaw }: Arguments = part.freeform ? { args: { input: part.input } } : readArguments(part.input);
    if (flaw && truncated) {
      this.#context.report({
        what: 'partial_tool_call',
        why: 'The reply ran into its limit within a call, and Gemini has no half-written calls; it was left out.',
      });
      return [];
    }
    if (flaw) tellFlaw(flaw, this.#context.report);
    this.#calls++;
    const id = part.id || `call_${this.#calls}_${this.#context.id}`;
    const name = part.namespace === undefined ? part.name : `${part.namespace}__${part.name}`;
    return [{ functionCall: { id, name, args }, ...sealed(part.seal) }];
  }

  #media({ source, mediaType, seal }: Extract<Part, { type: 'media' }>): readonly WirePart[] {
    if ('data' in source) return [{ inlineData: { mimeType: mediaType, data: source.data }, ...sealed(seal) }];
    const fileUri = 'url' in source ? source.url : source.file;
    return [{ fileData: { mimeType: mediaType, fileUri }, ...sealed(seal) }];
  }

  #foreign({ origin, value, meaning }: ForeignPart): readonly (WirePart | JsonObject)[] {
    if (origin === dialectId)
      return objects(asArray(value) ?? [value]).filter((own) => {
        if (isBesideContent(own)) this.#own = { ...this.#own, ...own };
        return !isBesideContent(own);
      });
    if (meaning?.tool === 'web-search') {
      this.#searches.push(meaning);
      return [];
    }
    if (meaning?.tool === 'code-execution') return executed(meaning);
    this.#context.report({
      what: meaning ? `tool:${meaning.tool}` : 'foreign_part',
      why: 'Gemini has no form for what this vendor ran; its outcome is in the text.',
    });
    return [];
  }
}

/** This wire has a word for Python alone. */
function executed({ input, output, failed, language }: Meaning): readonly WirePart[] {
  const written = language === undefined ? 'PYTHON' : 'LANGUAGE_UNSPECIFIED';
  const code: WirePart[] = input === undefined ? [] : [{ executableCode: { language: written, code: input } }];
  if (output === undefined && !failed) return code;
  const outcome = failed ? 'OUTCOME_FAILED' : 'OUTCOME_OK';
  return [...code, { codeExecutionResult: { outcome, output: output ?? '' } }];
}

function sealed(seal: Seal | undefined): { thoughtSignature?: string } {
  return seal ? { thoughtSignature: writeSlot(seal) } : {};
}
