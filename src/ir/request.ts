// A conversation and what is asked of it, in nobody's wire format. What the IR cannot say is reported by the decoder that met
// it; between speakers of one dialect it passes untouched, since no decoding happens there.

import type { DialectId, Effort } from '../envelope.ts';
import type { Json, JsonObject } from '../json.ts';
import type { Seal } from './seal.ts';

/** A prompt-cache breakpoint: everything up to and including the marked thing may be cached. */
export interface CacheMark {
  readonly ttl?: '5m' | '1h';
}

/** Words: what was said to the model, what it answered, or what it declined with (`refusal`). */
export interface TextPart {
  readonly type: 'text';
  readonly text: string;
  /** The model declined: shown as a refusal where the dialect has one. */
  readonly refusal?: boolean;
  readonly citations?: readonly Citation[];
  /** Of a reply whose client asked for them: its tokens in order. */
  readonly logprobs?: readonly TokenLogprob[];
  /** A token that Gemini hung on this text. */
  readonly seal?: Seal;
  readonly cache?: CacheMark;
}
/** An image, document, audio or video. */
export interface MediaPart {
  readonly type: 'media';
  /** `image/png`, `application/pdf`; a URL of unknown kind may be a family with a star: `image/*`. */
  readonly mediaType: string;
  readonly source: MediaSource;
  /** What the file is called. */
  readonly name?: string;
  /** Context or title text that a document carries. */
  readonly context?: string;
  readonly detail?: 'auto' | 'low' | 'high' | 'original';
  /** Whether Anthropic was asked to cite this document. */
  readonly cite?: boolean;
  readonly seal?: Seal;
  readonly cache?: CacheMark;
}
/** Where the bytes are. */
export type MediaSource =
  /** Base64, never decoded. */
  | { readonly data: string }
  | { readonly url: string }
  /** An id in a vendor's file store: only that vendor can read it. */
  | { readonly file: string; readonly origin: DialectId };
/** A thought of the model. Makers that seal their thoughts take one back by its seal alone. */
export interface ReasoningPart {
  readonly type: 'reasoning';
  /** May be empty: a sealed thought whose text is withheld. */
  readonly text: string;
  readonly seal?: Seal;
  /** Anthropic `redacted_thinking`: the seal is all there is. */
  readonly redacted?: boolean;
}
/** A call that the client answers with a `ToolResultPart` of the same id in a later turn. */
export interface ToolCallPart {
  readonly type: 'tool-call';
  /** Empty where the dialect gives none (old Gemini): repair makes one. */
  readonly id: string;
  readonly name: string;
  /** Responses groups tools in namespaces; others see `namespace__name`. */
  readonly namespace?: string;
  /** JSON text of the arguments; for a freeform tool the text itself. Never parsed twice, nothing lost. */
  readonly input: string;
  /** A freeform (`custom`) tool's call. */
  readonly freeform?: boolean;
  readonly seal?: Seal;
  readonly cache?: CacheMark;
}
/** What a tool gave, for the model to read. */
export interface ToolResultPart {
  readonly type: 'tool-result';
  /** The call's id. Empty where the dialect gives none (old Gemini): repair pairs it by name and order. */
  readonly id: string;
  /** The tool's name, where the dialect repeats it (Gemini). */
  readonly name?: string;
  readonly content: readonly Part[];
  /** The tool ended in an error, which the content tells. */
  readonly failed?: boolean;
  /** It answers a freeform (`custom`) tool's call. */
  readonly freeform?: boolean;
  readonly cache?: CacheMark;
}
/** Something only its own dialect can say; others use `meaning`, or drop it with a report. */
export interface ForeignPart {
  readonly type: 'foreign';
  readonly origin: DialectId;
  readonly value: Json;
  readonly meaning?: Meaning;
}
/** What a foreign part means, as far as other dialects can say it too: a tool the vendor ran itself. */
export interface Meaning {
  readonly tool: HostedKind;
  /** The vendor's id of the call. */
  readonly id?: string;
  /** What was searched for, or the code that ran. */
  readonly input?: string;
  /** Plain text of the outcome, where it can be shown as text. */
  readonly output?: string;
  /** What ran ended in an error, which `output` tells. */
  readonly failed?: true;
  /** What the code is written in, where it is not Python. */
  readonly language?: string;
  /** A picture of the outcome. */
  readonly shown?: MediaPart;
  /** What was found. */
  readonly links?: readonly { readonly url: string; readonly title?: string }[];
}
/** One piece of a turn, or of a tool's result. */
export type Part = TextPart | MediaPart | ReasoningPart | ToolCallPart | ToolResultPart | ForeignPart;

/** A source that a text rests on. Offsets are UTF-16 code units within the text part. */
export interface Citation {
  readonly url?: string;
  readonly title?: string;
  /** Words of the source. */
  readonly quote?: string;
  readonly start?: number;
  readonly end?: number;
}

/** How likely the model found a token: the natural logarithm of its probability. */
export interface TokenLogprob {
  readonly token: string;
  readonly logprob: number;
  /** Its bytes, where they are known: a token may be less than a character. */
  readonly bytes?: readonly number[];
  /** The likeliest tokens in its place, the likeliest first; itself may be among them. */
  readonly top?: readonly TokenLogprob[];
}

/** Who spoke, and what was said. */
export interface Turn {
  /** `system` turns stay where they were said. Tool results are parts of user turns. */
  readonly role: 'system' | 'user' | 'assistant';
  /** A `developer` message, for the dialects that tell it from `system`. */
  readonly developer?: boolean;
  /** Who of several speaks in this role, where the dialect tells. */
  readonly name?: string;
  readonly parts: readonly Part[];
}

/** A tool that the client runs, called with arguments in JSON. */
export interface FunctionTool {
  readonly type: 'function';
  readonly name: string;
  readonly namespace?: string;
  readonly description?: string;
  /** JSON Schema. Absent: the tool takes no arguments. */
  readonly parameters?: JsonObject;
  /** Whether the vendor shall hold calls to the schema. Absent: nothing was said of it. */
  readonly strict?: boolean;
  readonly cache?: CacheMark;
}
/** A tool whose input is plain text, perhaps under a grammar (Responses and Chat `custom`). */
export interface FreeformTool {
  readonly type: 'freeform';
  readonly name: string;
  readonly namespace?: string;
  readonly description?: string;
  /** As Responses writes it, flat: `{type: 'grammar', syntax, definition}` or `{type: 'text'}`. */
  readonly format?: JsonObject;
  readonly cache?: CacheMark;
}
/** What a hosted tool is for, whoever's it is: `hostedWays` says what becomes of each kind at another vendor. */
export type HostedKind =
  | 'web-search'
  | 'web-fetch'
  | 'code-execution'
  | 'file-search'
  | 'image-generation'
  | 'computer'
  | 'shell'
  | 'text-editor'
  | 'apply-patch'
  | 'memory'
  | 'mcp'
  | 'tool-search'
  | 'maps'
  | 'other';
/** A tool with a meaning of its own at the vendor: run by the vendor (web search), or by the client to the vendor's schema (bash). */
export interface HostedTool {
  readonly type: 'hosted';
  readonly kind: HostedKind;
  /** The wire `type` (or key) as the client wrote it. */
  readonly wireType: string;
  /** The name calls carry, where it has one. */
  readonly name?: string;
  readonly origin: DialectId;
  /** The tool as its client wrote it: what its own dialect gets. */
  readonly value: JsonObject;
  /** How a web search is bound, as far as others can bind theirs. */
  readonly search?: SearchOptions;
  /** What else binds the tool, by the names its vendor gives that: nobody else's tool heeds it. */
  readonly bounds?: readonly string[];
}
/** What binds a web search. Absent members bind nothing. */
export interface SearchOptions {
  readonly allowedDomains?: readonly string[];
  readonly blockedDomains?: readonly string[];
  /** How much of the context a search may fill, in OpenAI's words. */
  readonly contextSize?: 'low' | 'medium' | 'high';
  /** The most searches of one request. */
  readonly maxUses?: number;
  /** Only what the vendor has stored may be searched, not the live web. */
  readonly live?: false;
  /** Where to search from: `country` in two letters, `timezone` by its IANA name. */
  readonly location?: {
    readonly city?: string;
    readonly country?: string;
    readonly region?: string;
    readonly timezone?: string;
  };
}
/** A tool that is offered: the client's own (function, freeform), or one that a vendor gave its meaning (hosted). */
export type Tool = FunctionTool | FreeformTool | HostedTool;

/** Whether the model may, must or must not call a tool. Absent: the vendor's default, which is `auto` where there are tools. */
export type ToolChoice =
  | 'auto'
  | 'none'
  | 'required'
  /** One tool must be called. */
  | { readonly name: string; readonly namespace?: string }
  /** Only these may be called. */
  | { readonly allowed: readonly string[]; readonly mode: 'auto' | 'required' };

/** How an answer is drawn. A member that is absent was not said: the vendor's default holds. */
export interface Sampling {
  /** The most tokens of the answer, thinking included. */
  readonly maxTokens?: number;
  /** From 0 to 2, as most count it; Anthropic takes up to 1. */
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  /** Texts at which the answer ends; they are no part of it. */
  readonly stop?: readonly string[];
  readonly seed?: number;
  readonly presencePenalty?: number;
  readonly frequencyPenalty?: number;
}

/** How much to think. Exactly one of effort and budget, or neither (`auto`: the model decides). */
export interface Reasoning {
  readonly effort?: Effort;
  /** Tokens; 0 is off. */
  readonly budget?: number;
  /** The model decides how much (Claude `adaptive`, Gemini -1); may come with an effort. */
  readonly auto?: boolean;
  /** What the client wants to see: nothing (`omitted`), a summary, or whatever upstream gives. Absent: the dialect's default. */
  readonly display?: 'omitted' | 'summary' | 'full';
}

/** Which processing was asked for, in OpenAI's words: faster and dearer, slower and cheaper, as bought ahead, or none of these. */
export type Tier = 'priority' | 'flex' | 'scale' | 'default';

/** What an answer shall be, where plain text is not enough. */
export type Output =
  | {
      readonly type: 'json';
      /** Absent: any JSON object. */
      readonly schema?: JsonObject;
      readonly name?: string;
      readonly description?: string;
      readonly strict?: boolean;
    }
  /** Gemini `responseModalities`. */
  | { readonly type: 'image' };

/** A whole request: the conversation, and all that is asked of its next turn. */
export interface ChatRequest {
  readonly turns: readonly Turn[];
  /** The last turn is the beginning of the answer, with which the client's dialect goes on (prefill). */
  readonly begun?: boolean;
  readonly tools: readonly Tool[];
  readonly toolChoice?: ToolChoice;
  /** `false`: at most one call a turn. */
  readonly parallelToolCalls?: boolean;
  readonly sampling: Sampling;
  readonly reasoning?: Reasoning;
  readonly output?: Output;
  readonly verbosity?: 'low' | 'medium' | 'high';
  /** Asks how likely each token of the answer was, and this many of the likeliest in its place: 0 for itself alone. */
  readonly logprobs?: number;
  /** The end user's id, as the client gave it. */
  readonly user?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly tier?: Tier;
  /** A stable key that helps upstream find its prompt cache. */
  readonly cacheKey?: string;
  /** How long OpenAI may keep what it caches: nobody else can be told. */
  readonly cacheRetention?: 'in_memory' | '24h';
  /** A mark on the request as a whole (Anthropic's automatic caching). */
  readonly cache?: CacheMark;
}
