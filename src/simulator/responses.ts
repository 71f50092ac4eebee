// OpenAI Responses as a service speaks it: an answer as items, whole or as the events that build them up.

import type { Json, JsonObject } from '../json.ts';
import { compact } from '../json.ts';
import { openaiTokens } from './likelihood.ts';
import { openaiError, openaiWords } from './openai-error.ts';
import { hearResponses, wantsEncrypted } from './responses-ask.ts';
import type { Signer } from './signature.ts';
import type { Ask, CallPiece, Complaint, Piece, Plan, Said, Speaker, Tokens } from './speaker.ts';
import { checkResponses } from './strict-responses.ts';
import { runsOf, wordsOf } from './words.ts';

/** Responses in OpenAI's own manner. */
export const responses: Speaker = {
  tongue: 'openai-responses',
  title: 'OpenAI Responses',
  hear: hearResponses,
  check: checkResponses,
  whole: (ask, plan, signer) => responseOf(ask, plan, endOf(plan), itemsOf(ask, plan, signer)),
  stream,
  keepAlive: () => ': keep-alive\n\n',
  failure,
  error: openaiError,
};

interface End {
  readonly status: 'in_progress' | 'completed' | 'incomplete' | 'failed';
  readonly reason?: string;
  readonly error?: JsonObject;
}

const complete: ReadonlySet<string> = new Set(['stop', 'tool', 'refusal', 'sequence', 'pause']);

function endOf(plan: Plan): End {
  if (complete.has(plan.ending)) return { status: 'completed' };
  if (plan.ending === 'failed')
    return { status: 'failed', error: { code: 'server_error', message: 'The model failed to answer.' } };
  const reasons: Readonly<Record<string, string>> = { length: 'max_output_tokens', filter: 'content_filter' };
  return { status: 'incomplete', reason: reasons[plan.ending] ?? plan.ending };
}

/** What the service repeats of the request, and what it says where the request said nothing. */
const echoed: Readonly<Record<string, Json>> = {
  instructions: null,
  max_output_tokens: null,
  max_tool_calls: null,
  metadata: {},
  parallel_tool_calls: true,
  previous_response_id: null,
  prompt_cache_key: null,
  reasoning: { effort: null, summary: null },
  safety_identifier: null,
  store: true,
  temperature: 1,
  text: { format: { type: 'text' } },
  tool_choice: 'auto',
  tools: [],
  top_logprobs: 0,
  top_p: 1,
  truncation: 'disabled',
  user: null,
};

function responseOf(ask: Ask, plan: Plan, end: End, output: readonly JsonObject[]): JsonObject {
  const done = end.status !== 'in_progress';
  const echo = Object.entries(echoed).map(([name, otherwise]) => [name, ask.body[name] ?? otherwise] as const);
  return {
    id: `resp_${plan.id}`,
    object: 'response',
    created_at: plan.created,
    completed_at: end.status === 'completed' ? plan.created : null,
    status: end.status,
    background: false,
    error: end.error ?? null,
    incomplete_details: end.reason === undefined ? null : { reason: end.reason },
    model: ask.model,
    output,
    service_tier: 'default',
    ...Object.fromEntries(echo),
    usage: done && plan.usage !== undefined ? usageOf(plan.usage) : null,
  };
}

function usageOf(usage: Tokens): JsonObject {
  return {
    input_tokens: usage.input,
    input_tokens_details: compact({
      cached_tokens: usage.cached,
      cache_write_tokens: usage.written > 0 ? usage.written : undefined,
    }),
    output_tokens: usage.output,
    output_tokens_details: { reasoning_tokens: usage.reasoning },
    total_tokens: usage.input + usage.output,
  };
}

/** The items of the answer; the last is incomplete when the answer was cut. */
function itemsOf(ask: Ask, plan: Plan, signer: Signer): readonly JsonObject[] {
  const cut = endOf(plan).status === 'incomplete';
  return plan.pieces.map((piece, index) =>
    itemOf(
      piece,
      `${plan.id}${index}`,
      ask,
      signer,
      cut && index === plan.pieces.length - 1 ? 'incomplete' : 'completed',
    ),
  );
}

function itemOf(piece: Piece, id: string, ask: Ask, signer: Signer, status: string): JsonObject {
  switch (piece.kind) {
    case 'text':
    case 'refusal':
      return {
        type: 'message',
        id: `msg_${id}`,
        status,
        role: 'assistant',
        content: [partOf(ask, piece.kind, piece.text)],
      };
    case 'think':
      return compact({
        type: 'reasoning',
        id: `rs_${id}`,
        summary: piece.form === 'shown' ? [{ type: 'summary_text', text: piece.text }] : [],
        encrypted_content: wantsEncrypted(ask.body) ? signer.issue('encrypted', `${id}${piece.text}`) : undefined,
      });
    case 'call':
      return callItem(piece, id, piece.input, status);
    case 'image':
      return { type: 'image_generation_call', id: `ig_${id}`, status, output_format: 'png', result: piece.data };
  }
}

function ratingsOf({ logprobs }: Ask, text: string): readonly JsonObject[] {
  return logprobs === undefined ? [] : openaiTokens(text, logprobs);
}

function partOf(ask: Ask, kind: 'text' | 'refusal', text: string): JsonObject {
  return kind === 'text'
    ? { type: 'output_text', text, annotations: [], logprobs: ratingsOf(ask, text) }
    : { type: 'refusal', refusal: text };
}

function callItem(call: CallPiece, id: string, input: string, status: string): JsonObject {
  const named = compact({ call_id: `call_${call.id}`, name: call.name, namespace: call.namespace });
  return call.freeform
    ? { type: 'custom_tool_call', id: `ctc_${id}`, ...named, input, status }
    : { type: 'function_call', id: `fc_${id}`, ...named, arguments: input, status };
}

/** An event before it is numbered. */
type Event = readonly [type: string, members: JsonObject];

function* stream(ask: Ask, plan: Plan, signer: Signer): Iterable<Said> {
  let sequence = 0;
  const said = (part: Said['part'], [type, members]: Event): Said => ({ part, wire: frame(type, sequence++, members) });
  const begun = responseOf(ask, plan, { status: 'in_progress' }, []);
  yield said('open', ['response.created', { response: begun }]);
  yield said('open', ['response.in_progress', { response: begun }]);

  const items = itemsOf(ask, plan, signer);
  for (const [index, item] of items.entries()) {
    const piece = plan.pieces[index];
    if (piece !== undefined) for (const event of itemEvents(ask, piece, item, index)) yield said('content', event);
  }
  const end = endOf(plan);
  yield said('close', [`response.${end.status}`, { response: responseOf(ask, plan, end, items) }]);
}

function* itemEvents(ask: Ask, piece: Piece, item: JsonObject, index: number): Iterable<Event> {
  const place = { item_id: item.id ?? null, output_index: index };
  yield ['response.output_item.added', { output_index: index, item: skeletonOf(piece, item) }];
  switch (piece.kind) {
    case 'text':
    case 'refusal':
      yield* messageEvents(ask, piece, { ...place, content_index: 0 });
      break;
    case 'think':
      if (piece.form === 'shown') yield* summaryEvents(piece.text, { ...place, summary_index: 0 });
      break;
    case 'call':
      yield* callEvents(piece, place);
      break;
    case 'image':
      yield ['response.image_generation_call.in_progress', place];
      yield ['response.image_generation_call.generating', place];
      yield ['response.image_generation_call.completed', place];
      break;
  }
  yield ['response.output_item.done', { output_index: index, item }];
}

function skeletonOf(piece: Piece, item: JsonObject): JsonObject {
  switch (piece.kind) {
    case 'text':
    case 'refusal':
      return { ...item, status: 'in_progress', content: [] };
    case 'think':
      return { ...item, summary: [] };
    case 'call':
      return { ...item, status: 'in_progress', [piece.freeform ? 'input' : 'arguments']: '' };
    case 'image':
      return { ...item, status: 'in_progress', result: null };
  }
}

function* messageEvents(
  ask: Ask,
  piece: Extract<Piece, { kind: 'text' | 'refusal' }>,
  place: JsonObject,
): Iterable<Event> {
  yield ['response.content_part.added', { ...place, part: partOf(ask, piece.kind, '') }];
  const whole = piece.kind === 'text' && piece.whole === true;
  for (const delta of whole ? [piece.text] : wordsOf(piece.text)) {
    if (piece.kind === 'text')
      yield ['response.output_text.delta', { ...place, delta, logprobs: ratingsOf(ask, delta) }];
    else yield ['response.refusal.delta', { ...place, delta }];
  }
  const { kind, text } = piece;
  if (kind === 'text') yield ['response.output_text.done', { ...place, text, logprobs: ratingsOf(ask, text) }];
  else yield ['response.refusal.done', { ...place, refusal: text }];
  yield ['response.content_part.done', { ...place, part: partOf(ask, piece.kind, piece.text) }];
}

function* summaryEvents(text: string, place: JsonObject): Iterable<Event> {
  yield ['response.reasoning_summary_part.added', { ...place, part: { type: 'summary_text', text: '' } }];
  for (const delta of wordsOf(text)) yield ['response.reasoning_summary_text.delta', { ...place, delta }];
  yield ['response.reasoning_summary_text.done', { ...place, text }];
  yield ['response.reasoning_summary_part.done', { ...place, part: { type: 'summary_text', text } }];
}

function* callEvents(call: CallPiece, place: JsonObject): Iterable<Event> {
  const [stem, last]: readonly [string, JsonObject] = call.freeform
    ? ['response.custom_tool_call_input', { input: call.input }]
    : ['response.function_call_arguments', { name: call.name, arguments: call.input }];
  for (const delta of runsOf(call.input, 12)) yield [`${stem}.delta`, { ...place, delta }];
  yield [`${stem}.done`, { ...place, ...last }];
}

const codes: Readonly<Record<number, string>> = {
  429: 'rate_limit_exceeded',
  503: 'server_is_overloaded',
  529: 'server_is_overloaded',
};

function failure(ask: Ask, plan: Plan, complaint: Complaint, said: number): string {
  const error = {
    code: complaint.code ?? codes[complaint.status] ?? 'server_error',
    message: complaint.message ?? openaiWords(complaint.status).message,
  };
  return frame('response.failed', said, { response: responseOf(ask, plan, { status: 'failed', error }, []) });
}

function frame(type: string, sequence: number, members: JsonObject): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence, ...members })}\n\n`;
}
