// The shapes of Chat Completions that we write. What we read is read member by member, since clients and compatible services bend
// every one of these.

import type { Json, JsonObject } from '../../json.ts';
import type { CacheControl } from '../cache-control.ts';

/** What the gateway calls this dialect; also the origin of what only it can say. */
export const dialectId = 'openai-chat';
/** Who is taken for the maker of a token that comes unmarked in `extra_content.cliproxy`. */
export const nativeMaker = 'openai';

/** A call as it is written: `function` with arguments in JSON text, or `custom` with any text, as its type says. */
export type ChatToolCall = {
  readonly id: string;
  readonly type: 'function' | 'custom';
  readonly function?: { readonly name: string; readonly arguments: string };
  readonly custom?: { readonly name: string; readonly input: string };
  /** Google's place for a thought signature, and ours for the seals of others. */
  readonly extra_content?: JsonObject;
  /** As some routers and the AI SDK have it. */
  readonly cache_control?: CacheControl;
};

/** One message of a request. */
export type ChatMessage = {
  readonly role: 'system' | 'developer' | 'user' | 'assistant' | 'tool';
  readonly content: string | null | readonly JsonObject[];
  readonly name?: string;
  readonly refusal?: string;
  readonly reasoning_content?: string;
  readonly reasoning?: string;
  readonly reasoning_details?: Json;
  readonly reasoning_opaque?: Json;
  readonly tool_calls?: readonly ChatToolCall[];
  readonly tool_call_id?: string;
  /** An answer begun. */
  readonly prefix?: true;
};

/** The finish reasons that are written; any word may be read. */
export type ChatFinish = 'stop' | 'length' | 'tool_calls' | 'content_filter';

/** A source shown beside a text; offsets count from the start of the whole content. */
export type ChatAnnotation = {
  readonly type: 'url_citation';
  readonly url_citation: {
    readonly start_index: number;
    readonly end_index: number;
    readonly url: string;
    readonly title: string;
  };
};
