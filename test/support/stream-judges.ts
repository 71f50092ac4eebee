// What the vendors' own readers would stumble over in a stream, in words. Shares nothing with the gateway's dialects.

import { asObject, type JsonObject, objects } from '../../src/json.ts';
import { framesOf, type SseFrame } from './hearing.ts';

/** What Anthropic's reader would stumble over: blocks that overlap, deltas without a start, a missing end. */
export function faultsOfMessages(sse: string): string[] {
  const frames = framesOf(sse).filter(({ event }) => event !== 'ping');
  const walk = frames.map(({ event, json }) => (json.index === undefined ? event : `${event}:${String(json.index)}`));
  const grammar =
    /^message_start(?: content_block_start:(\d+)(?: content_block_delta:\1)* content_block_stop:\1)* message_delta message_stop$/;
  return [
    ...misnamed(frames),
    ...unless(grammar.test(walk.join(' ')), `out of order: ${walk.join(' ')}`),
    ...misnumbered(frames, 'content_block_start', ({ index }) => index),
    ...frames
      .filter(({ event, json }) => event === 'message_delta' && !asObject(json.delta)?.stop_reason)
      .map(() => 'message_delta without a reason'),
  ];
}

/** What OpenAI's reader would stumble over: items that overlap or were not announced, gaps in the numbers, an incomplete end. */
export function faultsOfResponses(sse: string): string[] {
  const frames = framesOf(sse);
  const walk = frames.map(({ event, json: { output_index, item, item_id } }) => {
    if (output_index === undefined) return event.replace('response.', '');
    const word = /output_item\.(?:added|done)$/.exec(event)?.[0] ?? 'within';
    return `${word}:${String(output_index)}/${String(asObject(item)?.id ?? item_id)}`;
  });
  const grammar =
    /^created in_progress(?: output_item\.added:(\S+)(?: within:\1)* output_item\.done:\1)* (?:completed|incomplete)$/;
  const items = frames.filter(({ event }) => event === 'response.output_item.done').map(({ json }) => json.item);
  const first = Number(frames[0]?.json.sequence_number);
  return [
    ...misnamed(frames),
    ...unless(grammar.test(walk.join(' ')), `out of order: ${walk.join(' ')}`),
    ...misnumbered(frames, 'response.output_item.added', ({ output_index }) => output_index),
    ...unless(
      frames.every(({ json }, position) => json.sequence_number === first + position),
      'sequence numbers do not rise by one',
    ),
    ...unless(
      JSON.stringify(asObject(frames.at(-1)?.json.response)?.output) === JSON.stringify(items),
      'the last response does not hold the items that were done',
    ),
  ];
}

/** What OpenAI's Chat reader would stumble over: a first chunk without role, calls without id or name, a missing end. */
export function faultsOfChat(sse: string): string[] {
  const frames = framesOf(sse);
  const chunks = frames.slice(0, -1).map(({ json }) => json);
  const choices = chunks.flatMap((chunk) => objects(chunk.choices));
  const deltas = choices.map(({ delta }) => asObject(delta) ?? {});
  const calls = deltas.flatMap(({ tool_calls }) => objects(tool_calls));
  const starts = calls.filter((call, at) => calls.findIndex(({ index }) => index === call.index) === at);
  return [
    ...unless(frames.at(-1)?.data === '[DONE]', 'the last word is missing'),
    ...unless(deltas[0]?.role === 'assistant', 'the first chunk has no role'),
    ...unless(
      deltas.every(({ role }) => role === undefined || role === 'assistant'),
      'a role that is no role',
    ),
    ...unless(
      chunks.every((chunk) => Array.isArray(chunk.choices) && chunk.object === 'chat.completion.chunk'),
      'a chunk without choices',
    ),
    ...unless(
      new Set(chunks.map(({ id, model, created }) => `${id} ${model} ${created}`)).size === 1,
      'chunks disagree',
    ),
    ...unless(choices.filter(({ finish_reason }) => finish_reason).length === 1, 'one finish reason is due'),
    ...unless(
      starts.every((call) => call.id && call.type === 'function' && asObject(call.function)?.name),
      'a call that begins without id, type and name',
    ),
  ];
}

function unless(good: boolean, fault: string): readonly string[] {
  return good ? [] : [fault];
}

function misnamed(frames: readonly SseFrame[]): readonly string[] {
  return frames
    .filter(({ event, json }) => event !== json.type)
    .map(({ event }) => `${event} is not named after its type`);
}

function misnumbered(frames: readonly SseFrame[], event: string, of: (json: JsonObject) => unknown): readonly string[] {
  const numbers = frames.filter((frame) => frame.event === event).map(({ json }) => of(json));
  return unless(
    numbers.every((number, position) => number === position),
    `${event} counts ${numbers.join(', ')}`,
  );
}
