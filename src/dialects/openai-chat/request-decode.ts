// A Chat Completions request as a conversation. Faithful: what is wrong with a history is left for `repair`.

import { badRequest, type GatewayError } from '../../errors.ts';
import { argumentText } from '../../ir/arguments.ts';
import { endsInWords } from '../../ir/placement.ts';
import type { ChatRequest, Output, Part, Sampling, ToolCallPart, Turn } from '../../ir/request.ts';
import {
  asArray,
  asBoolean,
  asObject,
  asString,
  compact,
  isObject,
  isSaid,
  type Json,
  type JsonObject,
  objects,
  saidAs,
  stringMembers,
} from '../../json.ts';
import { type Report, reportOthers, unknownMember } from '../../loss.ts';
import { numberOf, stopsOf } from '../openai-choices.ts';
import { askedLogprobs } from '../openai-logprobs.ts';
import { decodeTerms } from '../openai-terms.ts';
import { array, expectShape, flag, object, type Shapes, text } from '../shape.ts';
import { decodeCitations } from './annotations.ts';
import { type ContentPart, decodeCache, decodeContent, markLast } from './content.ts';
import { isMedia } from './media.ts';
import { reportLosses } from './request-losses.ts';
import { readExtra, splitThoughts, type Thought } from './seals.ts';
import { decodeThinking, thinkingShapes } from './thinking.ts';
import { decodeToolChoice, decodeTools, searchShapes } from './tools.ts';

const schemaShapes: Shapes = { name: text, description: text, schema: object, strict: flag };

const bodyShapes: Shapes = {
  stream_options: { include_usage: flag, include_obfuscation: flag },
  parallel_tool_calls: flag,
  response_format: { ...schemaShapes, json_schema: schemaShapes },
  modalities: [text],
  metadata: object,
  user: text,
  safety_identifier: text,
  prompt_cache_key: text,
  cache_control: object,
  ...searchShapes,
  ...thinkingShapes,
};

/** Of a message, beside its content. Not ids: where they are wrong, results are paired by their order. */
const messageShapes: Shapes = {
  name: text,
  prefix: flag,
  cache_control: object,
  tool_calls: [{ function: object, custom: object }],
  function_call: object,
  refusal: text,
  audio: object,
  annotations: array,
  images: array,
  reasoning_content: text,
  reasoning: text,
  reasoning_text: text,
  reasoning_details: array,
};

/** Those that are read, and what else Copilot's and OpenAI's own messages bring. */
const messageMembers = [...Object.keys(messageShapes), 'role', 'content', 'tool_call_id', 'reasoning_opaque'];

const partShapes: Shapes = { text, refusal: text, cache_control: object };

/** wire → IR. */
export function decode(body: JsonObject, report: Report): ChatRequest {
  refuse(body);
  expectShape(body, bodyShapes);
  reportLosses(body, report);
  const modalities = asArray(body.modalities) ?? [];
  const messages = messagesOf(body);
  const turns = decodeTurns(messages, report);
  return compact({
    turns,
    begun: (isPrefix(messages.at(-1)) && endsInWords(turns)) || undefined,
    tools: decodeTools(body, report),
    toolChoice: decodeToolChoice(body, report),
    parallelToolCalls: asBoolean(body.parallel_tool_calls),
    sampling: decodeSampling(body),
    reasoning: decodeThinking(body, report),
    output: decodeOutput(body.response_format, modalities, report),
    verbosity: decodeVerbosity(body.verbosity, report),
    logprobs: decodeLogprobs(body, report),
    user: asString(body.safety_identifier) || asString(body.user) || undefined,
    metadata: stringMembers(body.metadata),
    ...decodeTerms(body, report),
    cacheKey: asString(body.prompt_cache_key) || undefined,
    cache: decodeCache(body),
  });
}

/** What may not be answered as if it had not been asked. */
function refuse(body: JsonObject): void {
  if (body.messages === undefined && (body.input !== undefined || body.instructions !== undefined)) throw wrongDoor();
  if ((numberOf(body, 'n') ?? 1) > 1) throw badRequest('n > 1 is not supported for this model.', 'n');
}

/** The body of another dialect on this route. */
export function wrongDoor(): GatewayError {
  return badRequest(
    'This body has `input` or `instructions` and no `messages`: it is a Responses request. Send it to /v1/responses.',
    'messages',
  );
}

/** DeepSeek's and Mistral's word for an answer begun; without it services of this dialect begin a new one. */
function isPrefix(message: Json | undefined): boolean {
  return asObject(message)?.prefix === true;
}

function messagesOf(body: JsonObject): readonly Json[] {
  const messages = asArray(body.messages);
  if (!messages || messages.length === 0) throw badRequest('messages must be a non-empty array.', 'messages');
  return messages;
}

/** What later messages must know of earlier ones. */
interface Memory {
  /** Ids of freeform calls, whose results are freeform too. */
  readonly freeform: Set<string>;
  /** Legacy function calls carry no id: the one made up for the last call of each name. */
  readonly legacy: Map<string, string>;
}

function decodeTurns(messages: readonly Json[], report: Report): Turn[] {
  const memory: Memory = { freeform: new Set(), legacy: new Map() };
  const known = [...messageMembers];
  const turns: Turn[] = [];
  /** The parts of the last turn, where results may join it: they are added in place, since there may be very many. */
  let open: Part[] | undefined;
  messages.forEach((value, index) => {
    const path = `messages[${index}]`;
    const message = asObject(value);
    if (!message) throw badRequest(`${path} must be an object.`, path);
    expectShape(message, messageShapes, path);
    reportOthers(message, known, path, unknownMember, (loss) => {
      // Who adds a member to one message adds it to all.
      known.push(loss.what);
      report(loss);
    });
    const isResult = message.role === 'tool' || message.role === 'function';
    const turn = isResult ? decodeResult(message, path, memory) : decodeTurn(message, path, memory, report);
    // The results of one turn's calls belong together.
    if (isResult && open) open.push(...turn.parts);
    else {
      const parts = [...turn.parts];
      open = isResult || (turn.role === 'user' && parts.length === 0) ? parts : undefined;
      turns.push({ ...turn, parts });
    }
  });
  return turns;
}

function decodeTurn(message: JsonObject, path: string, memory: Memory, report: Report): Turn {
  const name = asString(message.name);
  const named = name ? { name } : {};
  const cache = decodeCache(message);
  switch (message.role) {
    case 'system':
      return { role: 'system', ...named, parts: markLast(saidIn(message, path), cache) };
    case 'developer':
      return { role: 'system', developer: true, ...named, parts: markLast(saidIn(message, path), cache) };
    case 'user':
      return { role: 'user', ...named, parts: markLast(saidIn(message, path), cache) };
    case 'assistant':
      return { role: 'assistant', ...named, parts: markLast(decodeAssistant(message, path, memory, report), cache) };
    default:
      throw badRequest(
        `${path}.role must be one of system, developer, user, assistant, tool; it is ${JSON.stringify(message.role ?? null)}.`,
        `${path}.role`,
      );
  }
}

/** What a message says. Throws where that cannot be read: it may not be answered as if nothing had been said. */
function saidIn({ content }: JsonObject, path: string): ContentPart[] {
  const where = `${path}.content`;
  if (content === undefined || content === null || typeof content === 'string') return decodeContent(content);
  if (typeof content !== 'object') throw badRequest(`${where} must be a string or an array of parts.`, where);
  (asArray(content) ?? [content]).forEach((part, index) => {
    const place = `${where}[${index}]`;
    if (typeof part === 'string') return;
    if (!isObject(part)) throw badRequest(`${place} must be a content part, an object with a type.`, place);
    expectShape(part, partShapes, place);
  });
  return readable(decodeContent(content), content, where);
}

/** The parts, where each that should hold media does. */
function readable(parts: ContentPart[], content: Json, where: string): ContentPart[] {
  const empty = parts.find((part) => part.type === 'foreign' && isMedia(part.value));
  if (empty?.type !== 'foreign') return parts;
  const list = asArray(content);
  const place = list ? `${where}[${list.indexOf(empty.value)}]` : where;
  const type = String(asObject(empty.value)?.type);
  throw badRequest(`${place} holds no ${type} that can be read: give base64, a data URL or an address.`, place);
}

/** What a tool answered; JSON that is no content part counts as its text. */
function answeredIn(content: Json | undefined, where: string): ContentPart[] {
  if (content === undefined || content === null) return [];
  const parts = asArray(content) ?? [content];
  return parts.every(isPart) ? readable(decodeContent(parts), content, where) : decodeContent(JSON.stringify(content));
}

function isPart(value: Json): boolean {
  if (typeof value === 'string') return true;
  return isObject(value) && (typeof value.type === 'string' || typeof value.text === 'string');
}

function decodeResult(message: JsonObject, path: string, { freeform, legacy }: Memory): Turn {
  const name = asString(message.name);
  const id = asString(message.tool_call_id) ?? (name === undefined ? undefined : legacy.get(name)) ?? '';
  const cache = decodeCache(message);
  return {
    role: 'user',
    parts: [
      {
        type: 'tool-result',
        id,
        ...(name && { name }),
        content: answeredIn(message.content, `${path}.content`),
        ...(freeform.has(id) && { freeform: true }),
        ...(cache && { cache }),
      },
    ],
  };
}

function decodeAssistant(message: JsonObject, path: string, memory: Memory, report: Report): Part[] {
  if (asObject(message.audio))
    report({ what: 'audio', where: `${path}.audio`, why: 'Only its own vendor can look up an earlier spoken reply.' });
  const calls = decodeCalls(message, path, memory);
  const reasoning = reasoningText(message);
  const thoughts = calls.flatMap((call) => call.thoughts);
  const split = thoughts.length > 0 ? splitThoughts(reasoning, thoughts) : undefined;
  const refusal = asString(message.refusal);
  const citations = decodeCitations(message.annotations);
  const content = saidIn(message, path).map((part) =>
    part.type === 'text' && citations.length > 0 ? { ...part, citations } : part,
  );
  const first = calls[0]?.thoughts.length ?? 0;
  return [
    ...(split ? [...split.slice(0, first), ...split.slice(thoughts.length)] : plainThought(reasoning)),
    ...content,
    ...(refusal ? [{ type: 'text' as const, text: refusal, refusal: true }] : []),
    ...decodeContent(message.images),
    ...withThoughts(calls, split?.slice(first, thoughts.length) ?? []),
  ];
}

function plainThought(text: string): Part[] {
  return text === '' ? [] : [{ type: 'reasoning', text }];
}

interface DecodedCall {
  readonly part: ToolCallPart;
  readonly thoughts: readonly Thought[];
}

/** The calls, each after the thoughts that preceded it; those of the first stand before the text. */
function withThoughts(calls: readonly DecodedCall[], thoughts: readonly Part[]): Part[] {
  let at = 0;
  return calls.flatMap(({ part, thoughts: { length } }, index) => {
    if (index === 0) return [part];
    const before = thoughts.slice(at, at + length);
    at += length;
    return [...before, part];
  });
}

function decodeCalls(message: JsonObject, path: string, { freeform, legacy }: Memory): DecodedCall[] {
  const calls = objects(message.tool_calls).map((call, index) => {
    const custom = asObject(call.custom);
    const definition = custom ?? asObject(call.function) ?? call;
    const id = asString(call.id) ?? '';
    if (custom) freeform.add(id);
    const { seal, thoughts } = readExtra(call.extra_content, 'google');
    const cache = decodeCache(call);
    const part: ToolCallPart = {
      type: 'tool-call',
      id,
      name: callName(definition, `${path}.tool_calls[${index}]`),
      input: argumentText(custom ? custom.input : definition.arguments),
      ...(custom && { freeform: true }),
      ...(seal && { seal }),
      ...(cache && { cache }),
    };
    return { part, thoughts };
  });
  const old = asObject(message.function_call);
  if (!old) return calls;
  const name = callName(old, `${path}.function_call`);
  const id = `call_${path.replace(/\D/g, '')}`;
  legacy.set(name, id);
  return [...calls, { part: { type: 'tool-call', id, name, input: argumentText(old.arguments) }, thoughts: [] }];
}

function callName(definition: JsonObject, path: string): string {
  const name = asString(definition.name);
  if (name === undefined) throw badRequest(`${path} must name its function.`, path);
  return name;
}

/** The thought that clients send back, under any of its names. */
function reasoningText(message: JsonObject): string {
  const plain = [message.reasoning_content, message.reasoning, message.reasoning_text].map(asString).find(Boolean);
  if (plain) return plain;
  return objects(message.reasoning_details)
    .map((detail) => asString(detail.text) ?? asString(detail.summary) ?? '')
    .join('');
}

function decodeLogprobs(body: JsonObject, report: Report): ChatRequest['logprobs'] {
  const wanted = saidAs(body.logprobs, asBoolean, () => badRequest('logprobs must be true or false.', 'logprobs'));
  return askedLogprobs(wanted === true, numberOf(body, 'top_logprobs'), report);
}

function decodeSampling(body: JsonObject): Sampling {
  return compact({
    maxTokens: numberOf(body, 'max_completion_tokens') ?? numberOf(body, 'max_tokens'),
    temperature: numberOf(body, 'temperature'),
    topP: numberOf(body, 'top_p'),
    topK: numberOf(body, 'top_k'),
    stop: stopsOf(body),
    seed: numberOf(body, 'seed'),
    presencePenalty: numberOf(body, 'presence_penalty'),
    frequencyPenalty: numberOf(body, 'frequency_penalty'),
  });
}

/** A schema may stand in the format itself, as in the other OpenAI dialect. */
const formatMembers = ['type', 'json_schema', 'name', 'description', 'schema', 'strict'];

function decodeOutput(format: Json | undefined, modalities: readonly Json[], report: Report): Output | undefined {
  const object = asObject(format);
  reportOthers(object, formatMembers, 'response_format', unknownMember, report);
  if (object?.type === 'json_object') return { type: 'json' };
  if (object?.type === 'json_schema') {
    const nested = asObject(object.json_schema);
    reportOthers(nested, formatMembers, 'response_format.json_schema', unknownMember, report);
    const told = nested ?? object;
    return compact({
      type: 'json',
      schema: asObject(told.schema),
      name: asString(told.name),
      description: asString(told.description),
      strict: asBoolean(told.strict),
    });
  }
  if (object && object.type !== 'text')
    report({ what: 'response_format', why: 'The gateway knows text, json_object and json_schema.' });
  return modalities.includes('image') ? { type: 'image' } : undefined;
}

function decodeVerbosity(value: Json | undefined, report: Report): ChatRequest['verbosity'] {
  if (value === 'low' || value === 'medium' || value === 'high') return value;
  if (isSaid(value)) report({ what: 'verbosity', why: 'The gateway knows low, medium and high.' });
  return undefined;
}
