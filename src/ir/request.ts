// A conversation and what is asked of it, in nobody's wire format. What the IR cannot say is reported by the decoder that met
// it; between speakers of one dialect it passes untouched, since no decoding happens there.

import type { DialectId, Effort } from '../envelope.ts';
import type { Json, JsonObject } from '../json.ts';
import type { Seal } from './seal.ts';

/** A prompt-cache breakpoint: everything up to and including the marked thing may be cached. */
export interface CacheMark {
  readonly ttl?: '5m' | '1h';
}

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
  readonly name?: string;
  /** Context or title text that a document carries. */
  readonly context?: string;
  readonly detail?: 'auto' | 'low' | 'high' | 'original';
  /** Whether Anthropic was asked to cite this document. */
  readonly cite?: boolean;
  readonly seal?: Seal;
  readonly cache?: CacheMark;
}
export type MediaSource =
  /** Base64, never decoded. */
  | { readonly data: string }
  | { readonly url: string }
  /** An id in a vendor's file store: only that vendor can read it. */
  | { readonly file: string; readonly origin: DialectId };
export interface ReasoningPart {
  readonly type: 'reasoning';
  /** May be empty: a sealed thought whose text is withheld. */
  readonly text: string;
  readonly seal?: Seal;
  /** Anthropic `redacted_thinking`: the seal is all there is. */
  readonly redacted?: boolean;
}
export interface ToolCallPart {
  readonly type: 'tool-call';
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
export interface ToolResultPart {
  readonly type: 'tool-result';
  /** The call's id. Empty where the dialect gives none (old Gemini): repair pairs it by name and order. */
  readonly id: string;
  /** The tool's name, where the dialect repeats it (Gemini). */
  readonly name?: string;
  readonly content: readonly Part[];
  readonly failed?: boolean;
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
  readonly links?: readonly { readonly url: string; readonly title?: string }[];
}
export type Part = TextPart | MediaPart | ReasoningPart | ToolCallPart | ToolResultPart | ForeignPart;

/** A source that a text rests on. Offsets are UTF-16 code units within the text part. */
export interface Citation {
  readonly url?: string;
  readonly title?: string;
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

export interface Turn {
  /** `system` turns stay where they were said. Tool results are parts of user turns. */
  readonly role: 'system' | 'user' | 'assistant';
  /** A `developer` message, for the dialects that tell it from `system`. */
  readonly developer?: boolean;
  readonly name?: string;
  readonly parts: readonly Part[];
}

export interface FunctionTool {
  readonly type: 'function';
  readonly name: string;
  readonly namespace?: string;
  readonly description?: string;
  /** JSON Schema. Absent: the tool takes no arguments. */
  readonly parameters?: JsonObject;
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
  readonly value: JsonObject;
  readonly search?: SearchOptions;
  /** What else binds the tool, by the names its vendor gives that: nobody else's tool heeds it. */
  readonly bounds?: readonly string[];
}
export interface SearchOptions {
  readonly allowedDomains?: readonly string[];
  readonly blockedDomains?: readonly string[];
  readonly contextSize?: 'low' | 'medium' | 'high';
  readonly maxUses?: number;
  /** Only what the vendor has stored may be searched, not the live web. */
  readonly live?: false;
  readonly location?: {
    readonly city?: string;
    readonly country?: string;
    readonly region?: string;
    readonly timezone?: string;
  };
}
export type Tool = FunctionTool | FreeformTool | HostedTool;

export type ToolChoice =
  | 'auto'
  | 'none'
  | 'required'
  /** One tool must be called. */
  | { readonly name: string; readonly namespace?: string }
  /** Only these may be called. */
  | { readonly allowed: readonly string[]; readonly mode: 'auto' | 'required' };

export interface Sampling {
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
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

export type Output =
  | {
      readonly type: 'json';
      readonly schema?: JsonObject;
      readonly name?: string;
      readonly description?: string;
      readonly strict?: boolean;
    }
  /** Gemini `responseModalities`. */
  | { readonly type: 'image' };

export interface ChatRequest {
  readonly turns: readonly Turn[];
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
