// Responses that were cut short: the item they broke off in is incomplete, as they are, in its own last event and in the whole.

import { ResponseStream } from 'openai/lib/responses/ResponseStream';
import { describe, expect, it } from 'vitest';
import { contextFor } from '../../../test/support/fixtures.ts';
import { GatewayError } from '../../errors.ts';
import type { PartHead, ReplyEvent } from '../../ir/reply.ts';
import type { Seal } from '../../ir/seal.ts';
import { asObject, type JsonObject, objects, parseObject } from '../../json.ts';
import { openaiResponses } from './index.ts';

const encode = (events: readonly ReplyEvent[]): JsonObject[] =>
  events
    .flatMap(
      openaiResponses.stream.encoder({ ...contextFor(openaiResponses), request: { tools: [{ type: 'shell' }] } }),
    )
    .map(({ data }) => parseObject(data) ?? {});
const outputOf = (events: readonly JsonObject[]): readonly JsonObject[] =>
  objects(asObject(events.at(-1)?.response)?.output);
const readBySdk = (events: readonly JsonObject[]) =>
  ResponseStream.fromReadableStream(
    new Blob(events.map((event) => `${JSON.stringify(event)}\n`)).stream(),
  ).finalResponse();

const start: ReplyEvent = { type: 'start', id: 'x', model: 'm' };
const part = (index: number, head: PartHead, text = '', seal?: Seal): ReplyEvent[] => [
  { type: 'part-start', index, part: head },
  ...(text ? [{ type: 'part-delta', index, text } as const] : []),
  { type: 'part-end', index, ...(seal && { seal }) },
];

describe('what was cut short', () => {
  it.each<[string, ReplyEvent[], string[]]>([
    ['a text', part(0, { type: 'text' }, 'Hi'), ['message incomplete']],
    ['a thought', part(0, { type: 'reasoning' }, 'hm'), ['reasoning incomplete']],
    ['a call', part(0, { type: 'tool-call', id: 'c', name: 'f' }, '{"a":'), ['function_call incomplete']],
    [
      'a call of the vendor',
      part(0, { type: 'tool-call', id: 'c', name: 'shell' }, '{"a'),
      ['function_call incomplete'],
    ],
    [
      'what follows a text',
      [...part(0, { type: 'text' }, 'Hi'), ...part(1, { type: 'tool-call', id: 'c', name: 'p', freeform: true }, 'x')],
      ['message completed', 'custom_tool_call incomplete'],
    ],
    [
      'a text that ends with a seal',
      [...part(0, { type: 'reasoning' }, 'hm'), ...part(1, { type: 'text' }, 'Hi', { maker: 'google', token: 'G' })],
      ['reasoning completed', 'message incomplete', 'reasoning '],
    ],
  ])('is incomplete: %s', async (_, events, items) => {
    const told = (list: readonly JsonObject[]) => list.map(({ type, status = '' }) => `${type} ${status}`);
    for (const reason of ['length', 'filter'] as const) {
      const written = encode([start, ...events, { type: 'finish', reason }]);
      const done = written.filter(({ type }) => type === 'response.output_item.done');
      expect(told(done.map(({ item }) => asObject(item) ?? {}))).toEqual(items);
      expect(told(outputOf(written))).toEqual(items);
      expect(await readBySdk(written)).toMatchObject({ status: 'incomplete' });
    }
    const whole = encode([start, ...events, { type: 'finish', reason: 'stop' }]);
    expect(JSON.stringify(whole)).not.toContain('"incomplete"');
  });

  it('gets no arguments made up where it is a call without any', () => {
    const call = part(0, { type: 'tool-call', id: 'c', name: 'f' });
    const cut = encode([start, ...call, { type: 'finish', reason: 'length' }]);
    expect(outputOf(cut)[0]).toMatchObject({ arguments: '', status: 'incomplete' });
  });

  it('is complete where a stream broke off behind a thought', () => {
    const error = new GatewayError('upstream', 'Gone.');
    const written = encode([start, ...part(0, { type: 'reasoning' }, 'hm'), { type: 'failure', error }]);
    expect(written.slice(-2).map(({ type }) => type)).toEqual(['response.output_item.done', 'response.failed']);
    expect(outputOf(written)).toMatchObject([{ type: 'reasoning', status: 'completed' }]);
  });
});
