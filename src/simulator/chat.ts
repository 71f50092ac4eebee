// OpenAI Chat Completions as a service speaks it: hearing a request, and saying an answer whole or as a stream.

import type { Json, JsonObject } from '../json.ts';
import { asBoolean, asNumber, asObject, asString, compact, objects } from '../json.ts';
import { lastTurn, prefixesOf, spoken, textIn } from './hearing.ts';
import { openaiTokens } from './likelihood.ts';
import { openaiError } from './openai-error.ts';
import type { Ask, CallPiece, Ending, OfferedTool, Piece, Plan, Said, Speaker, Tokens } from './speaker.ts';
import { checkChat } from './strict-chat.ts';
import { runsOf, wordsOf } from './words.ts';

/** Chat Completions in OpenAI's own manner. Once a stream has begun, an error ends it without `[DONE]`. */
export const chat: Speaker = {
  tongue: 'openai-chat',
  title: 'OpenAI Chat Completions',
  hear,
  check: checkChat,
  whole,
  stream,
  keepAlive: () => ': keep-alive\n\n',
  failure: (_ask, _plan, complaint) => event(openaiError(complaint)),
  error: openaiError,
};

function hear(body: JsonObject): Ask {
  const messages = objects(body.messages);
  const turn = lastTurn(messages, (message) => message.role === 'assistant');
  const effort = asString(body.reasoning_effort);
  const maxTokens = asNumber(body.max_completion_tokens) ?? asNumber(body.max_tokens);
  const json = jsonWanted(asObject(body.response_format));
  return {
    tongue: 'openai-chat',
    model: asString(body.model) ?? '',
    stream: body.stream === true,
    prompt: turn
      .filter((message) => message.role === 'user')
      .map((message) => spoken(message.content))
      .join('\n'),
    results: turn
      .filter((message) => message.role === 'tool' || message.role === 'function')
      .map((message) => ({ name: nameOfCall(messages, message), text: spoken(message.content) })),
    tools: [...objects(body.tools).flatMap(toolOf), ...objects(body.functions).flatMap((tool) => functionOf(tool))],
    choice: choiceOf(body.tool_choice),
    parallel: asBoolean(body.parallel_tool_calls) ?? true,
    ...(json === undefined ? {} : { json }),
    thinks: effort !== undefined && effort !== 'none',
    showsThoughts: true,
    ...(maxTokens === undefined ? {} : { maxTokens }),
    stops: stopsOf(body.stop),
    ...(body.logprobs === true ? { logprobs: asNumber(body.top_logprobs) ?? 0 } : {}),
    prefixes: prefixesOf([
      { value: body.tools ?? null, ends: false },
      ...messages.map((value) => ({ value, ends: true })),
    ]),
    caching: 'automatic',
    text: textIn([body.tools ?? null, body.messages ?? null, body.response_format ?? null]),
    body,
  };
}

function nameOfCall(messages: readonly JsonObject[], result: JsonObject): string {
  const call = messages
    .flatMap((message) => objects(message.tool_calls))
    .findLast((candidate) => candidate.id === result.tool_call_id);
  const named = asObject(call?.function) ?? asObject(call?.custom);
  return asString(named?.name) ?? asString(result.name) ?? 'tool';
}

function toolOf(tool: JsonObject): readonly OfferedTool[] {
  const custom = asString(asObject(tool.custom)?.name);
  if (custom !== undefined) return [{ name: custom, freeform: true }];
  return functionOf(asObject(tool.function));
}

function functionOf(tool: JsonObject | undefined): readonly OfferedTool[] {
  const name = asString(tool?.name);
  const schema = asObject(tool?.parameters);
  return name === undefined ? [] : [{ name, ...(schema === undefined ? {} : { schema }) }];
}

function choiceOf(choice: Json | undefined): Ask['choice'] {
  if (choice === 'none' || choice === 'required') return choice;
  const named = asObject(choice);
  const name = asString((asObject(named?.function) ?? asObject(named?.custom))?.name);
  if (name !== undefined) return { name };
  return asObject(named?.allowed_tools)?.mode === 'required' ? 'required' : 'auto';
}

function jsonWanted(format: JsonObject | undefined): Ask['json'] {
  if (format?.type === 'json_object') return {};
  const schema = asObject(asObject(format?.json_schema)?.schema);
  return format?.type === 'json_schema' ? { ...(schema === undefined ? {} : { schema }) } : undefined;
}

function stopsOf(stop: Json | undefined): readonly string[] {
  return (Array.isArray(stop) ? stop : [stop]).flatMap((text: Json | undefined) => asString(text) ?? []);
}

const endings: Readonly<Record<Ending, string>> = {
  stop: 'stop',
  length: 'length',
  tool: 'tool_calls',
  refusal: 'stop',
  filter: 'content_filter',
  pause: 'stop',
  sequence: 'stop',
  context: 'length',
  failed: 'error',
};

const finishOf = (plan: Plan): string => endings[plan.ending] ?? plan.ending;
const choicesOf = (ask: Ask): readonly number[] =>
  Array.from({ length: Math.max(1, Math.min(asNumber(ask.body.n) ?? 1, 8)) }, (_, index) => index);

function whole(ask: Ask, plan: Plan): JsonObject {
  return compact({
    id: `chatcmpl-${plan.id}`,
    object: 'chat.completion',
    created: plan.created,
    model: ask.model,
    choices: choicesOf(ask).map((index) => ({
      index,
      message: messageOf(plan),
      logprobs: ratingsOf(ask, textOf(plan.pieces, 'text'), textOf(plan.pieces, 'refusal')),
      finish_reason: finishOf(plan),
    })),
    usage: plan.usage === undefined ? undefined : usageOf(plan.usage),
    service_tier: 'default',
    system_fingerprint: 'fp_simulator',
  });
}

function ratingsOf({ logprobs }: Ask, content: string, refusal: string): JsonObject | null {
  if (logprobs === undefined || content + refusal === '') return null;
  const rated = (text: string) => (text === '' ? null : openaiTokens(text, logprobs));
  return { content: rated(content), refusal: rated(refusal) };
}

function messageOf(plan: Plan): JsonObject {
  const text = textOf(plan.pieces, 'text');
  const thoughts = plan.pieces.flatMap((piece) => (piece.kind === 'think' && piece.form === 'shown' ? piece.text : []));
  const calls = plan.pieces.filter((piece) => piece.kind === 'call');
  const images = plan.pieces.filter((piece) => piece.kind === 'image').map(imageOf);
  const silent = calls.length > 0 || plan.pieces.some((piece) => piece.kind === 'refusal');
  return compact({
    role: 'assistant',
    content: text === '' && silent ? null : text,
    refusal: textOf(plan.pieces, 'refusal') || null,
    reasoning_content: thoughts.length > 0 ? thoughts.join('') : undefined,
    tool_calls: calls.length > 0 ? calls.map((call) => callOf(call, call.input)) : undefined,
    images: images.length > 0 ? images : undefined,
    annotations: [],
  });
}

function textOf(pieces: readonly Piece[], kind: 'text' | 'refusal'): string {
  return pieces.flatMap((piece) => (piece.kind === kind ? piece.text : [])).join('');
}

function callOf(call: CallPiece, input: string): JsonObject {
  return call.freeform
    ? { id: `call_${call.id}`, type: 'custom', custom: { name: call.name, input } }
    : { id: `call_${call.id}`, type: 'function', function: { name: call.name, arguments: input } };
}

function imageOf(image: Extract<Piece, { kind: 'image' }>): JsonObject {
  return { type: 'image_url', image_url: { url: `data:${image.mediaType};base64,${image.data}` } };
}

function usageOf(usage: Tokens): JsonObject {
  return {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    prompt_tokens_details: compact({
      cached_tokens: usage.cached,
      audio_tokens: 0,
      cache_write_tokens: usage.written > 0 ? usage.written : undefined,
    }),
    completion_tokens_details: {
      reasoning_tokens: usage.reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

function* stream(ask: Ask, plan: Plan): Iterable<Said> {
  const usageWanted = asObject(ask.body.stream_options)?.include_usage === true && plan.usage !== undefined;
  const head = {
    id: `chatcmpl-${plan.id}`,
    object: 'chat.completion.chunk',
    created: plan.created,
    model: ask.model,
    service_tier: 'default',
    system_fingerprint: 'fp_simulator',
  };
  const rest = usageWanted ? { usage: null } : {};
  const chunk = (index: number, delta: JsonObject, finish: string | null = null): string => {
    const logprobs = ratingsOf(ask, asString(delta.content) ?? '', asString(delta.refusal) ?? '');
    return event({ ...head, choices: [{ index, delta, logprobs, finish_reason: finish }], ...rest });
  };

  for (const index of choicesOf(ask))
    yield { part: 'open', wire: chunk(index, { role: 'assistant', content: '', refusal: null }) };
  for (const index of choicesOf(ask))
    for (const delta of deltasOf(plan.pieces)) yield { part: 'content', wire: chunk(index, delta) };
  for (const index of choicesOf(ask)) yield { part: 'close', wire: chunk(index, {}, finishOf(plan)) };
  if (usageWanted && plan.usage !== undefined)
    yield { part: 'close', wire: event({ ...head, choices: [], usage: usageOf(plan.usage) }) };
  yield { part: 'close', wire: 'data: [DONE]\n\n' };
}

function deltasOf(pieces: readonly Piece[]): readonly JsonObject[] {
  const calls = pieces.filter((piece) => piece.kind === 'call');
  return pieces.flatMap((piece) => [
    ...(piece.kind === 'call' ? callDeltas(piece, calls.indexOf(piece)) : spokenDeltas(piece)),
  ]);
}

function spokenDeltas(piece: Exclude<Piece, CallPiece>): readonly JsonObject[] {
  switch (piece.kind) {
    case 'text':
      return (piece.whole === true ? [piece.text] : wordsOf(piece.text)).map((content) => ({ content }));
    case 'think':
      return piece.form === 'shown' ? wordsOf(piece.text).map((text) => ({ reasoning_content: text })) : [];
    case 'refusal':
      return wordsOf(piece.text).map((text) => ({ refusal: text }));
    case 'image':
      return [{ images: [imageOf(piece)] }];
  }
}

function* callDeltas(call: CallPiece, index: number): Iterable<JsonObject> {
  yield { tool_calls: [{ index, ...callOf(call, '') }] };
  for (const run of runsOf(call.input, 12)) {
    const more = call.freeform ? { custom: { input: run } } : { function: { arguments: run } };
    yield { tool_calls: [{ index, ...more }] };
  }
}

const event = (data: JsonObject): string => `data: ${JSON.stringify(data)}\n\n`;
