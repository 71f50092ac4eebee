// Which members of a request the IR cannot hold, and what is told of each: a table, so that nothing is dropped in silence.

import { asArray, asObject, isSaid, type Json, type JsonObject } from '../../json.ts';
import { type Report, reportOthers, unknownMember } from '../../loss.ts';
import { reportLabels } from '../openai-terms.ts';
import { thinkingMembers } from './thinking.ts';

/** Members that the decoder, the envelope or `retarget` reads. */
const known = new Set<string>([
  ...['model', 'messages', 'stream', 'stream_options', 'tools', 'tool_choice', 'functions', 'function_call'],
  ...['parallel_tool_calls', 'web_search_options', 'response_format', 'verbosity', 'metadata', 'cache_control'],
  ...['max_tokens', 'max_completion_tokens', 'temperature', 'top_p', 'top_k', 'stop', 'seed', 'n'],
  ...['presence_penalty', 'frequency_penalty', 'prompt_cache_key', 'session_id', 'sessionId', 'conversation_id'],
  ...['user', 'safety_identifier', 'service_tier', 'prompt_cache_retention', 'prompt_cache_options'],
  ...['logprobs', 'top_logprobs'],
  ...thinkingMembers,
]);

interface Row {
  readonly why: string;
  /** Whether the value asks for something; default: it is not null, false or empty. */
  readonly asks?: (value: Json) => boolean;
}

const rows = new Map<string, Row>(
  Object.entries({
    logit_bias: { why: 'Other dialects have no bias on single tokens.' },
    store: { why: 'A translated request is never stored by upstream.' },
    modalities: {
      why: 'Spoken output is not translated.',
      asks: (value) => asArray(value)?.some((modality) => modality !== 'text' && modality !== 'image') ?? false,
    },
    audio: { why: 'Spoken output is not translated.' },
    prediction: { why: 'Other dialects take no predicted output.' },
    moderation: { why: 'Moderation beside the reply is a service of this vendor only.' },
  } satisfies Record<string, Row>),
);

const unknown: Row = { why: unknownMember };

/** Reports every member that asks for something the IR has no place for. */
export function reportLosses(body: JsonObject, report: Report): void {
  for (const [what, value] of Object.entries(body)) {
    if (value === undefined || known.has(what)) continue;
    const { why, asks = isSaid } = rows.get(what) ?? unknown;
    if (asks(value)) report({ what, why });
  }
  const streamed = asObject(body.stream_options);
  reportOthers(streamed, ['include_usage', 'include_obfuscation'], 'stream_options', unknownMember, report);
  reportLabels(body, report);
}
