// The shapes this dialect writes, and the words of its vocabulary that several files need. What is read is never trusted to have
// a shape: it goes through src/json.ts.

import { asArray, type JsonObject } from '../../json.ts';

type InputText = { readonly type: 'input_text'; readonly text: string };
type InputImage = {
  readonly type: 'input_image';
  readonly image_url?: string;
  readonly file_id?: string;
  readonly detail?: string;
};
export type InputFile = {
  readonly type: 'input_file';
  readonly file_data?: string;
  readonly file_url?: string;
  readonly file_id?: string;
  readonly filename?: string;
  readonly detail?: string;
};
export type InputContent = InputText | InputImage | InputFile;

export type UrlCitation = {
  readonly type: 'url_citation';
  readonly url: string;
  readonly title: string;
  readonly start_index: number;
  readonly end_index: number;
};
type OutputText = {
  readonly type: 'output_text';
  readonly text: string;
  readonly annotations: readonly UrlCitation[];
  readonly logprobs: readonly JsonObject[];
};
type OutputRefusal = { readonly type: 'refusal'; readonly refusal: string };
export type OutputContent = OutputText | OutputRefusal;

export type WireUsage = {
  readonly input_tokens: number;
  readonly input_tokens_details: { readonly cached_tokens: number; readonly cache_write_tokens: number };
  readonly output_tokens: number;
  readonly output_tokens_details: { readonly reasoning_tokens: number };
  readonly total_tokens: number;
};

/** One event of a stream, numbered. */
export type StreamEvent = JsonObject & { readonly type: string; readonly sequence_number: number };

export const dialectId = 'openai-responses';
/** Who makes the seals that `encrypted_content` holds unmarked. */
export const nativeMaker = 'openai';

/** What asks for log probabilities, among `include`. */
export const logprobsIncluded = 'message.output_text.logprobs';

export function logprobsWanted({ include }: JsonObject): boolean {
  return asArray(include)?.includes(logprobsIncluded) === true;
}

/** What a call item is without its call: a function's, or a freeform (`custom`) tool's. */
export const callTypes = { function_call: 'arguments', custom_tool_call: 'input' } as const;

export function isCallType(type: string | undefined): type is keyof typeof callTypes {
  return type === 'function_call' || type === 'custom_tool_call';
}
