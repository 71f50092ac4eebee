import { expect, it } from 'vitest';
import { contextFor } from '../../../test/support/fixtures.ts';
import { GatewayError } from '../../errors.ts';
import type { ReplyEvent } from '../../ir/reply.ts';
import { asObject, objects, parseObject } from '../../json.ts';
import { gemini } from './index.ts';

const request = { generationConfig: { thinkingConfig: { includeThoughts: true } } };

/** Text and signature of each part that goes out. */
function told(events: readonly ReplyEvent[]): unknown[] {
  const encode = gemini.stream.encoder({
    ...contextFor(gemini),
    model: 'm',
    request,
    created: 0,
    id: 'i',
    report: () => {},
  });
  return events.flatMap(encode).flatMap(({ data }) => {
    const [candidate] = objects(parseObject(data)?.candidates);
    return objects(asObject(candidate?.content)?.parts).map((part) => [part.text, part.thoughtSignature]);
  });
}

it('tells a thought one piece later, with its seal on the last, and loses none where the stream breaks', () => {
  const thinking: readonly ReplyEvent[] = [
    { type: 'start', id: 'a', model: 'm' },
    { type: 'part-start', index: 0, part: { type: 'reasoning' } },
    { type: 'part-delta', index: 0, text: 'H' },
    { type: 'part-delta', index: 0, text: 'm.' },
  ];
  expect(told(thinking)).toEqual([['H', undefined]]);
  const end = { type: 'part-end', index: 0, seal: { maker: 'google', token: 'S' } } as const;
  expect(told([...thinking, end, { type: 'finish', reason: 'stop' }])).toEqual([
    ['H', undefined],
    ['m.', 'S'],
  ]);
  expect(told([...thinking, { type: 'failure', error: new GatewayError('overloaded', 'full') }])).toEqual([
    ['H', undefined],
    ['m.', undefined],
  ]);
});
