// What routing may know of a request (the envelope, never the letter), and what a translation must know of where it goes.

/** The wire formats there are. `openai-completions` is OpenAI's legacy one, which clients may speak and no upstream is asked in. */
export type DialectId = 'openai-chat' | 'openai-responses' | 'anthropic-messages' | 'gemini' | 'openai-completions';

/**
 * What a request asks for. `generate` and `count-tokens` translate between dialects; `embed` is opaque: it goes only to an
 * upstream that speaks the client's own dialect.
 */
export type Operation = 'generate' | 'count-tokens' | 'embed';

/** What routing may know of a request. */
export interface Envelope {
  readonly dialect: DialectId;
  readonly operation: Operation;
  /** The model as the client named it. */
  readonly model: string;
  readonly stream: boolean;
  /** How a stream leaves: server-sent events, or (Gemini without `alt=sse`) one JSON array written piecewise. */
  readonly framing: 'sse' | 'json-array';
  /** Whether the client wants a usage report within a stream (only OpenAI Chat lets it choose). */
  readonly usageWanted: boolean;
  /** A conversation id the client gave, for session affinity. */
  readonly session?: string | undefined;
  /** The upstream method where one operation has several, such as Gemini's `batchEmbedContents`. */
  readonly action?: string | undefined;
}

/** How much to think, as a model's name may say it: `model(high)`, `model(8192)`, `model(auto)`. Beats what the body says. */
export type ThinkingWish = { readonly effort: Effort } | { readonly budget: number } | { readonly auto: true };

/** What a request brings beside text, as far as its bytes tell. */
export type Carried = 'images' | 'documents' | 'audio' | 'video' | 'tools' | 'reasoning' | 'sealed-reasoning';

/** Levels of thinking from least to most: the words of all vendors together, of which each model takes some. */
export type Effort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max';

/** What a model allows. Absent means unknown: nothing is clamped then. Token counts. */
export interface ModelLimits {
  readonly context?: number;
  readonly maxOutput?: number;
  readonly reasoning?: ReasoningLimits;
  /** `false` for models that refuse temperature, top_p and top_k with 400 (Claude Opus 4.7 and later, OpenAI reasoning models). */
  readonly sampling?: boolean;
  /** Media types accepted as input, by family; absent means unknown. */
  readonly input?: readonly ('text' | 'image' | 'audio' | 'video' | 'document')[];
}
/** What a model allows of thinking. Absent members are unknown, where they do not say otherwise. Budgets are tokens. */
export interface ReasoningLimits {
  /** Effort levels the model takes; absent or empty: it takes no levels. */
  readonly levels?: readonly Effort[];
  /** Token budget range; absent: it takes no budget. */
  readonly budget?: { readonly min: number; readonly max: number };
  /** Whether thinking can be switched off. */
  readonly off?: boolean;
  /** Whether the model can decide itself how much to think (Gemini -1, Claude `adaptive`). */
  readonly auto?: boolean;
}

/** Where a translated request goes: all that an encoder may know of the candidate. */
export interface Target {
  /** The model id the upstream knows. */
  readonly model: string;
  /** Whether upstream is asked to stream; may differ from what the client asked for. */
  readonly stream: boolean;
  readonly limits: ModelLimits;
  /** Who made the model: seals (signatures, encrypted reasoning) of other makers must not be sent there. */
  readonly maker: string;
  /** What the model's name asked for of thinking; beats the body. */
  readonly thinking?: ThinkingWish | undefined;
  /** Wire variations of services that speak a dialect with an accent; data, from the provider's row. */
  readonly accent: Accent;
}

/** Deviations from a dialect's home service, as data. Empty for the vendor itself. */
export interface Accent {
  /** OpenAI Chat: the output limit's field; default `max_tokens` for compatible services, `max_completion_tokens` at OpenAI. */
  readonly outputLimit?: 'max_tokens' | 'max_completion_tokens';
  /** OpenAI Chat: the service knows `developer` messages; otherwise they become `system`. */
  readonly developerRole?: boolean;
  /** OpenAI Chat: reasoning text of the current turn's tool loop must be replayed (DeepSeek, Kimi), under this field. */
  readonly replayReasoning?: 'reasoning_content' | 'reasoning';
  /** OpenAI Chat: takes `stream_options` (most do). Default true. */
  readonly streamOptions?: boolean;
  /** OpenAI Chat: how thinking is switched; default `reasoning_effort`. */
  readonly thinking?: 'reasoning_effort' | 'thinking-type' | 'enable_thinking' | 'openrouter';
  /** OpenAI Chat: knows `prompt_cache_key`. */
  readonly cacheKey?: boolean;
  /** OpenAI Chat: carries Anthropic `cache_control` marks on parts (OpenRouter, Kimi). */
  readonly cacheMarks?: boolean;
  /** OpenAI Chat: `false` for services that refuse `web_search_options`; a web search tool is then left out and reported. Default true. */
  readonly webSearch?: boolean;
  /** OpenAI Chat: `false` for services that refuse `logprobs`, which are then not asked for and reported. Default true. */
  readonly logprobs?: boolean;
  /** OpenAI Chat: goes on with a last message of the assistant that says `prefix`, and refuses one that does not (Mistral). */
  readonly prefix?: boolean;
  /** OpenAI Chat: refuses `anyOf`, `oneOf` and `allOf` at the root of a function's parameters, as OpenAI does. */
  readonly plainRoots?: boolean;
  /** Anthropic Messages: conversations of other dialects without a cache mark get one on the request as a whole. */
  readonly autoCache?: boolean;
  /** Gemini: refuses `functionCall.id` and `functionResponse.id` (Vertex). */
  readonly noCallIds?: boolean;
}
