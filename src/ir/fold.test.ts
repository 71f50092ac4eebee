import { describe, expect, it } from 'vitest';
import { GatewayError } from '../errors.ts';
import { collect, replay } from './fold.ts';
import { mergeUsage, type Reply, type ReplyEvent } from './reply.ts';

const reply: Reply = {
  id: 'msg_1',
  model: 'demo',
  parts: [
    { type: 'reasoning', text: '', redacted: true, seal: { maker: 'anthropic', token: 'AAA' } },
    { type: 'reasoning', text: 'First think.', seal: { maker: 'anthropic', token: 'BBB' } },
    { type: 'text', text: 'Hello', citations: [{ url: 'https://a.example', start: 0, end: 5 }] },
    { type: 'foreign', origin: 'anthropic-messages', value: { type: 'server_tool_use' } },
    { type: 'text', text: '', refusal: true },
    { type: 'media', mediaType: 'image/png', source: { data: 'aGk=' } },
    { type: 'tool-call', id: 'call_1', name: 'f', input: '{"a":1}', seal: { maker: 'google', token: 'CCC' } },
    { type: 'tool-call', id: 'call_2', name: 'patch', namespace: 'edit', input: '*** Begin', freeform: true },
  ],
  usage: { input: 10, output: 5, cacheRead: 4 },
  finish: { reason: 'stop-sequence', raw: 'stop_sequence', stopSequence: 'END' },
};

describe('collect and replay', () => {
  it('are each other’s inverse for every kind of part', () => {
    expect(collect(replay(reply))).toEqual(reply);
  });

  it('folds any number of deltas and usage reports, later counts winning field by field', () => {
    const events: ReplyEvent[] = [
      { type: 'start', id: 'x', model: 'm' },
      { type: 'usage', usage: { input: 7, output: 1 } },
      { type: 'part-start', index: 0, part: { type: 'text' } },
      { type: 'part-delta', index: 0, text: 'Hel' },
      { type: 'part-delta', index: 0, text: 'lo' },
      { type: 'part-end', index: 0 },
      { type: 'usage', usage: { output: 9 } },
      { type: 'finish', reason: 'stop' },
    ];
    expect(collect(events)).toEqual({
      id: 'x',
      model: 'm',
      parts: [{ type: 'text', text: 'Hello' }],
      usage: { input: 7, output: 9 },
      finish: { reason: 'stop' },
    });
  });

  it('throws the error of a failure, and tells of an end without a last word', () => {
    const error = new GatewayError('overloaded', 'Busy.');
    expect(() =>
      collect([
        { type: 'start', id: '', model: '' },
        { type: 'failure', error },
      ]),
    ).toThrow(error);
    expect(() => collect([{ type: 'start', id: '', model: '' }])).toThrow(/ended before it was complete/);
  });

  it('numbers parts without gaps where one cannot be part of a reply', () => {
    const events = replay({
      ...reply,
      parts: [
        { type: 'tool-result', id: 'x', content: [] },
        { type: 'text', text: 'a' },
      ],
    });
    expect(events.filter((event) => event.type === 'part-start').map((event) => event.index)).toEqual([0]);
  });
});

describe('mergeUsage', () => {
  it('never unlearns a count', () => {
    const told = mergeUsage({ input: 100, cacheRead: 90, output: 3 }, { output: 7 });
    expect(told).toEqual({ input: 100, cacheRead: 90, output: 7 });
    expect(mergeUsage(told, JSON.parse('{}'))).toEqual(told);
    expect(mergeUsage(undefined, { searches: 0 })).toEqual({ searches: 0 });
  });
});
