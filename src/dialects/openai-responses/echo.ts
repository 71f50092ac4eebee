// The response object that whole replies and lifecycle events carry: what the client asked for is echoed in it.

import { asArray, asObject, type Json, type JsonObject } from '../../json.ts';
import type { ReplyContext } from '../dialect.ts';

/** What changes while a response comes about. */
export interface ResponseState {
  readonly id: string;
  /** Where upstream told another name than the one that is to be shown. */
  readonly model?: string | undefined;
  readonly status: 'in_progress' | 'completed' | 'incomplete' | 'failed';
  readonly output: readonly Json[];
  readonly usage: Json;
  readonly error?: Json;
  readonly incomplete_details?: Json;
}

/** What a request asks for that it does not say. */
const defaults: JsonObject = {
  instructions: null,
  max_output_tokens: null,
  parallel_tool_calls: true,
  previous_response_id: null,
  store: false,
  temperature: 1,
  tool_choice: 'auto',
  tools: [],
  top_p: 1,
  truncation: 'disabled',
  metadata: {},
};
/** Echoed only where they were sent. Not `service_tier`: a reply names the one that served it, which nobody told. */
const optional = ['prompt_cache_key', 'safety_identifier', 'user', 'max_tool_calls', 'top_logprobs'];

/** A whole response object; `output` is always a list, since the vendor's reader fails without. */
export function encodeResponse(context: ReplyContext, state: ResponseState): JsonObject {
  const { request } = context;
  const echoed: Record<string, Json | undefined> = {};
  for (const key of [...Object.keys(defaults), ...optional]) {
    const asked = request[key] ?? defaults[key];
    if (asked !== undefined) echoed[key] = asked;
  }
  return {
    id: state.id,
    object: 'response',
    created_at: context.created,
    status: state.status,
    background: false,
    error: state.error ?? null,
    incomplete_details: state.incomplete_details ?? null,
    model: state.model ?? context.model,
    output: state.output,
    usage: state.usage,
    reasoning: { effort: null, summary: null, ...asObject(request.reasoning) },
    text: { format: { type: 'text' }, ...asObject(request.text) },
    ...echoed,
    // The vendor's reader walks this list.
    tools: asArray(request.tools) ?? [],
  };
}
