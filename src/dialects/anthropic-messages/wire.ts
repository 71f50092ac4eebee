// Anthropic Messages as far as we write it, and the names of the blocks we tell apart when reading. Type aliases, not interfaces,
// so that a written block is a JsonObject as it stands. What is read comes through the readers of json.ts.

import type { Json, JsonObject } from '../../json.ts';
import type { CacheControl } from '../cache-control.ts';

/** What the gateway calls this dialect; also the origin of what only it can say. */
export const dialectId = 'anthropic-messages';
/** Who makes the signatures that stand unmarked in this dialect's opaque slots. */
export const nativeMaker = 'anthropic';

/** Anything that may carry a cache breakpoint. */
export type Markable = { cache_control?: CacheControl };

type TextBlock = Markable & { type: 'text'; text: string };
type Base64Source = { type: 'base64'; media_type: string; data: string };
type UrlSource = { type: 'url'; url: string };
type FileSource = { type: 'file'; file_id: string };
type PlainTextSource = { type: 'text'; media_type: 'text/plain'; data: string };
type ImageBlock = Markable & { type: 'image'; source: Base64Source | UrlSource | FileSource };
/** A document, what it is called and what is to be known of it, and whether the model may cite it. */
export type DocumentBlock = Markable & {
  type: 'document';
  source: Base64Source | UrlSource | FileSource | PlainTextSource;
  title?: string;
  context?: string;
  citations?: { enabled: boolean };
};
type ThinkingBlock = { type: 'thinking'; thinking: string; signature: string };
type RedactedThinkingBlock = { type: 'redacted_thinking'; data: string };
type ToolUseBlock = Markable & {
  type: 'tool_use';
  id: string;
  name: string;
  input: JsonObject;
  toolset_name?: string;
};
type ToolResultBlock = Markable & {
  type: 'tool_result';
  tool_use_id: string;
  content?: Block[];
  is_error?: boolean;
};
/** A block of a server tool and others that we carry without understanding them. */
export type OtherBlock = Markable & { [key: string]: Json | undefined };
/** A content block as it is written: of a message, of the system text, or of a tool's result. */
export type Block =
  | TextBlock
  | ImageBlock
  | DocumentBlock
  | ThinkingBlock
  | RedactedThinkingBlock
  | ToolUseBlock
  | ToolResultBlock
  | OtherBlock;

/** One message of a request. Only the first system turns stand elsewhere: in `system`. */
export type Message = { role: 'user' | 'assistant' | 'system'; content: Block[] };

type FunctionToolDefinition = Markable & {
  name: string;
  description?: string;
  input_schema: JsonObject;
  strict?: boolean;
};
/** A tool as it is offered: a function, or a built-in tool by its dated `type`. */
export type ToolDefinition = FunctionToolDefinition | OtherBlock;
/** `any` is one call at least, `tool` calls the one that is named; with `disable_parallel_tool_use` there is no second call. */
export type ToolChoiceValue = {
  type: 'auto' | 'any' | 'tool' | 'none';
  name?: string;
  disable_parallel_tool_use?: boolean;
};

/** The three forms of `thinking`: off, as much as the model sees fit, up to a budget in tokens. `display`: what the client sees of it. */
export type ThinkingValue =
  | { type: 'disabled' }
  | { type: 'adaptive'; display?: 'summarized' | 'omitted' }
  | { type: 'enabled'; budget_tokens: number; display?: 'summarized' | 'omitted' };

/** Counts as a reply shows them; never null towards clients, which add them up. */
export type UsageValue = {
  input_tokens: number;
  cache_creation_input_tokens: number;
  cache_read_input_tokens: number;
  output_tokens: number;
  cache_creation?: { ephemeral_5m_input_tokens: number; ephemeral_1h_input_tokens: number };
  output_tokens_details?: { thinking_tokens: number };
  server_tool_use?: { web_search_requests: number; web_fetch_requests: number };
};
