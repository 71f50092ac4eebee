// One reply as the client of each dialect reads it, whole or folded from its stream. Shares nothing with the gateway's dialects.

import { asObject, asString, type Json, type JsonObject, objects, parseObject } from '../../src/json.ts';
import type { UpstreamName } from './upstreams.ts';

type ClientName = UpstreamName;

export interface Answer {
  readonly text: string;
  readonly thoughts: string;
  readonly calls: readonly { readonly id: string; readonly name: string; readonly input: string }[];
  readonly finish: Json | undefined;
}

/** What a client reads in a whole reply. */
export function answerOf(client: ClientName, reply: JsonObject): Answer {
  switch (client) {
    case 'openai-chat': {
      const choice = objects(reply.choices)[0];
      const message = asObject(choice?.message) ?? {};
      const calls = objects(message.tool_calls).map(({ id, function: called, custom }) => ({
        id: text(id),
        name: text(asObject(called)?.name ?? asObject(custom)?.name),
        input: text(asObject(called)?.arguments ?? asObject(custom)?.input),
      }));
      return {
        text: text(message.content),
        thoughts: text(message.reasoning_content),
        calls,
        finish: choice?.finish_reason,
      };
    }
    case 'openai-responses': {
      const items = objects(reply.output);
      const of = (type: string) => items.filter((item) => item.type === type);
      return {
        text: of('message')
          .flatMap(({ content }) => objects(content).map((part) => text(part.text)))
          .join(''),
        thoughts: of('reasoning')
          .flatMap(({ summary }) => objects(summary).map((part) => text(part.text)))
          .join(''),
        calls: items
          .filter(({ type }) => type === 'function_call' || type === 'custom_tool_call')
          .map((item) => ({
            id: text(item.call_id),
            name: text(item.name),
            input: text(item.arguments ?? item.input),
          })),
        finish: reply.status,
      };
    }
    case 'anthropic-messages': {
      const blocks = objects(reply.content);
      return {
        text: blocks.map((block) => text(block.text)).join(''),
        thoughts: blocks.map((block) => text(block.thinking)).join(''),
        calls: blocks
          .filter(({ type }) => type === 'tool_use')
          .map(({ id, name, input }) => ({ id: text(id), name: text(name), input: JSON.stringify(input) })),
        finish: reply.stop_reason,
      };
    }
    case 'gemini': {
      const candidate = objects(reply.candidates)[0];
      const parts = objects(asObject(candidate?.content)?.parts);
      return {
        text: parts
          .filter(({ thought }) => !thought)
          .map((part) => text(part.text))
          .join(''),
        thoughts: parts
          .filter(({ thought }) => thought)
          .map((part) => text(part.text))
          .join(''),
        calls: parts.flatMap(({ functionCall }) => {
          const called = asObject(functionCall);
          return called
            ? [{ id: text(called.id), name: text(called.name), input: JSON.stringify(called.args ?? {}) }]
            : [];
        }),
        finish: candidate?.finishReason,
      };
    }
  }
}

function text(value: Json | undefined): string {
  return asString(value) ?? '';
}

export interface SseFrame {
  readonly event: string;
  readonly data: string;
  readonly json: JsonObject;
}

/** The messages of an SSE text; comments left out. */
export function framesOf(sse: string): readonly SseFrame[] {
  return sse
    .replace(/\r\n/g, '\n')
    .split('\n\n')
    .flatMap((block) => {
      const lines = block.split('\n');
      const value = (name: string): readonly string[] =>
        lines.filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).trimStart());
      const data = value('data').join('\n');
      return data === '' ? [] : [{ event: value('event')[0] ?? '', data, json: parseObject(data) ?? {} }];
    });
}

type Open = Record<string, Json | undefined>;

/** A stream as the whole reply that its client makes of it. */
export function folded(client: ClientName, sse: string): JsonObject {
  const frames = framesOf(sse).map(({ json }) => json);
  if (client === 'openai-responses') return asObject(frames.findLast(({ response }) => response)?.response) ?? {};
  if (client === 'gemini') return foldGemini(frames);
  return client === 'anthropic-messages' ? foldMessages(frames) : foldChat(frames);
}

function foldGemini(frames: readonly JsonObject[]): JsonObject {
  const candidates = frames.flatMap(({ candidates }) => objects(candidates).slice(0, 1));
  const parts = candidates.flatMap(({ content }) => objects(asObject(content)?.parts));
  const finish = candidates.findLast(({ finishReason }) => finishReason)?.finishReason;
  const usage = frames.findLast(({ usageMetadata }) => usageMetadata)?.usageMetadata;
  return {
    candidates: [{ content: { role: 'model', parts }, ...(finish !== undefined && { finishReason: finish }) }],
    ...(usage !== undefined && { usageMetadata: usage }),
  };
}

function foldMessages(frames: readonly JsonObject[]): JsonObject {
  const blocks: Open[] = [];
  const deltas = frames.filter(({ type }) => type === 'message_delta');
  for (const { type, index, content_block, delta } of frames) {
    const block = blocks[Number(index)];
    if (type === 'content_block_start') blocks.push({ ...asObject(content_block) });
    else if (type === 'content_block_delta' && block) addPiece(block, asObject(delta) ?? {});
  }
  const start = asObject(frames.find(({ type }) => type === 'message_start')?.message);
  const usage = [start, ...deltas].map((frame) => asObject(frame?.usage));
  return {
    ...start,
    ...Object.assign({}, ...deltas.map(({ delta }) => asObject(delta))),
    usage: Object.assign({}, ...usage),
    content: blocks.map(({ pieces, ...block }) =>
      pieces === undefined ? block : { ...block, input: parseObject(text(pieces)) ?? { broken: pieces } },
    ),
  };
}

function addPiece(block: Open, piece: JsonObject): void {
  if (piece.type === 'text_delta') block.text = text(block.text) + text(piece.text);
  else if (piece.type === 'thinking_delta') block.thinking = text(block.thinking) + text(piece.thinking);
  else if (piece.type === 'signature_delta') block.signature = text(piece.signature);
  else if (piece.type === 'input_json_delta') block.pieces = text(block.pieces) + text(piece.partial_json);
}

function foldChat(frames: readonly JsonObject[]): JsonObject {
  const message: Open = {};
  const calls: { id: string; type: string; function: { name: string; arguments: string } }[] = [];
  let finish: Json | undefined;
  for (const { choices } of frames) {
    const choice = objects(choices)[0];
    const delta = asObject(choice?.delta) ?? {};
    finish = choice?.finish_reason ?? finish;
    if (delta.role) message.role = delta.role;
    for (const key of ['content', 'reasoning_content', 'refusal'])
      if (typeof delta[key] === 'string') message[key] = text(message[key]) + delta[key];
    for (const piece of objects(delta.tool_calls)) {
      const at = Number(piece.index);
      calls[at] ??= { id: text(piece.id), type: 'function', function: { name: '', arguments: '' } };
      const called = asObject(piece.function);
      calls[at].function.name += text(called?.name);
      calls[at].function.arguments += text(called?.arguments);
    }
  }
  const usage = frames.findLast((frame) => asObject(frame.usage))?.usage;
  return {
    choices: [
      {
        index: 0,
        message: { content: null, ...message, ...(calls.length > 0 && { tool_calls: calls }) },
        finish_reason: finish ?? null,
      },
    ],
    ...(usage !== undefined && { usage }),
  };
}
