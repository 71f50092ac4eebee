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
/** A file: its bytes (`file_data`, a data URL), a URL, or its id in OpenAI's store. */
export type InputFile = {
  readonly type: 'input_file';
  readonly file_data?: string;
  readonly file_url?: string;
  readonly file_id?: string;
  readonly filename?: string;
  readonly detail?: string;
};
/** What may be shown to the model: in a message that is not its own, or as output of a call. */
export type InputContent = InputText | InputImage | InputFile;

/** A source of a text. The offsets count in the text of its content part, in UTF-16 code units. */
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
/** What a message of the model holds. */
export type OutputContent = OutputText | OutputRefusal;

/** Counts of a response. `input_tokens` is the whole prompt, `output_tokens` all that the model wrote; the details are parts of them. */
export type WireUsage = {
  readonly input_tokens: number;
  readonly input_tokens_details: { readonly cached_tokens: number; readonly cache_write_tokens: number };
  readonly output_tokens: number;
  readonly output_tokens_details: { readonly reasoning_tokens: number };
  readonly total_tokens: number;
};

/** One event of a stream, numbered. */
export type StreamEvent = JsonObject & { readonly type: string; readonly sequence_number: number };

/** What the gateway calls this dialect; also the origin of what only it can say. */
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

/** Whether an item of this type calls a tool of the client's by its name. Tools that are OpenAI's own have item types of their own. */
export function isCallType(type: string | undefined): type is keyof typeof callTypes {
  return type === 'function_call' || type === 'custom_tool_call';
}
