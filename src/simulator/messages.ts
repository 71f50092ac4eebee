// Anthropic Messages as a service speaks it: hearing a request, and saying an answer whole or as a stream.

import type { Json, JsonObject } from '../json.ts';
import { asArray, asNumber, asObject, asString, objects } from '../json.ts';
import { lastTurn, prefixesOf, spoken, textIn } from './hearing.ts';
import { inputObject } from './plan.ts';
import type { Signer } from './signature.ts';
import type { Ask, Complaint, Ending, OfferedTool, Piece, Plan, Said, Speaker } from './speaker.ts';
import { checkMessages } from './strict-messages.ts';
import { runsOf, wordsOf } from './words.ts';

/** Messages in Anthropic's own manner. */
export const messages: Speaker = {
  tongue: 'anthropic-messages',
  title: 'Anthropic Messages',
  hear,
  check: checkMessages,
  whole,
  stream,
  keepAlive: () => frame({ type: 'ping' }),
  failure: (_ask, plan, complaint) => frame({ ...errorOf(complaint, `req_${plan.id}`), type: 'error' }),
  error: errorOf,
};

function hear(body: JsonObject): Ask {
  const list = objects(body.messages);
  const turn = lastTurn(list, (message) => message.role === 'assistant').filter((message) => message.role === 'user');
  const thinking = asObject(body.thinking);
  const format = asObject(asObject(body.output_config)?.format);
  const choice = asObject(body.tool_choice);
  const maxTokens = asNumber(body.max_tokens);
  return {
    tongue: 'anthropic-messages',
    model: asString(body.model) ?? '',
    stream: body.stream === true,
    prompt: turn.map((message) => spoken(message.content)).join('\n'),
    results: turn
      .flatMap((message) => objects(message.content))
      .filter((block) => block.type === 'tool_result')
      .map((block) => ({ name: nameOfCall(list, block), text: spoken(block.content) })),
    tools: objects(body.tools).flatMap(toolOf),
    choice: choiceOf(choice),
    parallel: choice?.disable_parallel_tool_use !== true,
    ...(format?.type === 'json_schema' ? { json: { schema: asObject(format.schema) ?? {} } } : {}),
    thinks: thinking?.type === 'enabled' || thinking?.type === 'adaptive',
    showsThoughts: thinking?.display !== 'omitted',
    ...(maxTokens === undefined ? {} : { maxTokens }),
    stops: (asArray(body.stop_sequences) ?? []).flatMap((stop) => asString(stop) ?? []),
    prefixes: prefixesOf(cacheUnits(body)),
    caching: 'marked',
    text: textIn([body.system ?? null, body.tools ?? null, body.messages ?? null]),
    body,
  };
}

/** Tools, system and messages in the order the cache sees them; a prefix ends at each mark. */
function cacheUnits(body: JsonObject): readonly { readonly value: Json; readonly ends: boolean }[] {
  const blocks = [
    ...objects(body.tools),
    ...blocksOf(body.system),
    ...objects(body.messages).flatMap((message) => blocksOf(message.content)),
  ];
  const automatic = asObject(body.cache_control) !== undefined;
  return blocks.map(({ cache_control: mark, ...value }, index) => ({
    value,
    ends: asObject(mark) !== undefined || (automatic && index === blocks.length - 1),
  }));
}

function blocksOf(content: Json | undefined): readonly JsonObject[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : objects(content);
}

function nameOfCall(list: readonly JsonObject[], result: JsonObject): string {
  const call = list
    .flatMap((message) => objects(message.content))
    .findLast((block) => block.type === 'tool_use' && block.id === result.tool_use_id);
  return asString(call?.name) ?? 'tool';
}

/** Tools that the service runs itself are nothing a model calls its client for. */
const hosted = /^(?:web_search|web_fetch|code_execution|tool_search)_/;

function toolOf(tool: JsonObject): readonly OfferedTool[] {
  const name = asString(tool.name);
  const schema = asObject(tool.input_schema);
  if (name === undefined || hosted.test(asString(tool.type) ?? '')) return [];
  return [{ name, ...(schema === undefined ? {} : { schema }) }];
}

function choiceOf(choice: JsonObject | undefined): Ask['choice'] {
  const name = asString(choice?.name);
  if (choice?.type === 'tool' && name !== undefined) return { name };
  if (choice?.type === 'any') return 'required';
  return choice?.type === 'none' ? 'none' : 'auto';
}

const endings: Readonly<Record<Ending, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool: 'tool_use',
  refusal: 'refusal',
  filter: 'refusal',
  pause: 'pause_turn',
  sequence: 'stop_sequence',
  context: 'model_context_window_exceeded',
  failed: 'end_turn',
};

interface Stop extends JsonObject {
  readonly stop_reason: string;
}

function stopOf(plan: Plan): Stop {
  const reason = endings[plan.ending] ?? plan.ending;
  const explanation = plan.pieces.find((piece) => piece.kind === 'refusal')?.text ?? null;
  return {
    stop_reason: reason,
    stop_sequence: plan.met ?? null,
    stop_details: reason === 'refusal' ? { type: 'refusal', category: null, explanation } : null,
  };
}

function whole(ask: Ask, plan: Plan, signer: Signer): JsonObject {
  return {
    ...head(ask, plan),
    content: plan.pieces.map((piece) => blockOf(piece, signer)),
    ...stopOf(plan),
    usage: { ...usageOf(plan), service_tier: 'standard' },
  };
}

function head(ask: Ask, plan: Plan): JsonObject {
  return { id: `msg_${plan.id}`, type: 'message', role: 'assistant', model: ask.model, container: null };
}

function usageOf(plan: Plan): JsonObject {
  const { input, cached, written, output, reasoning } = plan.usage ?? noTokens;
  return {
    input_tokens: Math.max(0, input - cached - written),
    cache_creation_input_tokens: written,
    cache_read_input_tokens: cached,
    cache_creation: { ephemeral_5m_input_tokens: written, ephemeral_1h_input_tokens: 0 },
    output_tokens: output,
    output_tokens_details: { thinking_tokens: reasoning },
  };
}

/** This service always reports numbers; none known are noughts. */
const noTokens = { input: 0, cached: 0, written: 0, output: 0, reasoning: 0 };

function blockOf(piece: Piece, signer: Signer): JsonObject {
  switch (piece.kind) {
    case 'text':
    case 'refusal':
      return { type: 'text', text: piece.text, citations: null };
    case 'think':
      return piece.form === 'redacted'
        ? { type: 'redacted_thinking', data: signer.issue('redacted', piece.text) }
        : {
            type: 'thinking',
            thinking: piece.form === 'shown' ? piece.text : '',
            signature: signer.issue('thinking', piece.text),
          };
    case 'call':
      return { type: 'tool_use', id: `toolu_${piece.id}`, name: piece.name, input: inputObject(piece.input) };
    case 'image':
      return { type: 'text', text: 'The Messages API cannot answer with images.', citations: null };
  }
}

function* stream(ask: Ask, plan: Plan, signer: Signer): Iterable<Said> {
  const { output_tokens_details: _untold, ...known } = usageOf(plan);
  const begun = { ...known, output_tokens: 1, service_tier: 'standard' };
  const message = { ...head(ask, plan), content: [], stop_reason: null, stop_sequence: null, usage: begun };
  yield { part: 'open', wire: frame({ type: 'message_start', message }) };
  for (const [index, piece] of plan.pieces.entries()) {
    const block = blockOf(piece, signer);
    yield { part: 'content', wire: frame({ type: 'content_block_start', index, content_block: opened(block) }) };
    if (index === 0) yield { part: 'content', wire: frame({ type: 'ping' }) };
    for (const delta of deltasOf(piece, block))
      yield { part: 'content', wire: frame({ type: 'content_block_delta', index, delta }) };
    yield { part: 'content', wire: frame({ type: 'content_block_stop', index }) };
  }
  yield { part: 'close', wire: frame({ type: 'message_delta', delta: stopOf(plan), usage: usageOf(plan) }) };
  yield { part: 'close', wire: frame({ type: 'message_stop' }) };
}

/** The block as it starts: redacted thinking comes whole, everything else empty. */
function opened(block: JsonObject): JsonObject {
  switch (block.type) {
    case 'text':
      return { ...block, text: '' };
    case 'thinking':
      return { ...block, thinking: '', signature: '' };
    case 'tool_use':
      return { ...block, input: {} };
    default:
      return block;
  }
}

function* deltasOf(piece: Piece, block: JsonObject): Iterable<JsonObject> {
  if (piece.kind === 'call') {
    const text = JSON.stringify(inputObject(piece.input));
    if (text !== '{}')
      for (const run of ['', ...runsOf(text, 12)]) yield { type: 'input_json_delta', partial_json: run };
  }
  const thinking = asString(block.thinking) ?? '';
  for (const word of wordsOf(thinking)) yield { type: 'thinking_delta', thinking: word };
  if (block.signature !== undefined) yield { type: 'signature_delta', signature: block.signature };
  const text = asString(block.text) ?? '';
  const whole = piece.kind === 'text' && piece.whole === true;
  for (const word of whole ? [text] : wordsOf(text)) yield { type: 'text_delta', text: word };
}

const frame = (data: JsonObject): string => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;

const types: Readonly<Record<number, readonly [type: string, message: string]>> = {
  400: ['invalid_request_error', 'The request is invalid.'],
  401: ['authentication_error', 'invalid x-api-key'],
  402: ['billing_error', 'Your credit balance is too low.'],
  403: ['permission_error', 'Your API key does not have permission to use the specified resource.'],
  404: ['not_found_error', 'The requested resource could not be found.'],
  409: ['conflict_error', 'The request conflicts with another.'],
  413: ['request_too_large', 'Request exceeds the maximum allowed number of bytes.'],
  429: ['rate_limit_error', 'This request would exceed your rate limit.'],
  500: ['api_error', 'Internal server error'],
  503: ['overloaded_error', 'Overloaded'],
  504: ['timeout_error', 'The request timed out.'],
  529: ['overloaded_error', 'Overloaded'],
};

function errorOf(complaint: Complaint, requestId: string): JsonObject {
  const [type, message] = types[complaint.status] ??
    types[complaint.status >= 500 ? 500 : 400] ?? ['api_error', 'Internal server error'];
  const { code, unsupported } = complaint;
  const told = { error_code: code, ...(unsupported && { unsupported: [...unsupported] }) };
  const details = code === undefined ? {} : { details: told };
  return {
    type: 'error',
    error: { type: complaint.type ?? type, message: complaint.message ?? message, ...details },
    request_id: requestId,
  };
}
