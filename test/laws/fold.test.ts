// A whole reply is the fold of its events.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collect, replay } from '../../src/ir/fold.ts';
import type { ReplyEvent } from '../../src/ir/reply.ts';
import { checkGrammar } from '../support/grammar.ts';
import { anyReply } from '../support/replies.ts';

fc.configureGlobal({ seed: 20_261_122 });

describe('for any reply', () => {
  it('collect(replay(reply)) equals the reply', () => {
    fc.assert(
      fc.property(anyReply, (reply) => {
        expect(collect(replay(reply))).toEqual(reply);
      }),
    );
  });

  it('replay obeys the grammar', () => {
    fc.assert(
      fc.property(anyReply, (reply) => {
        expect(checkGrammar(replay(reply))).toEqual([]);
      }),
    );
  });

  it('deltas may be cut anywhere', () => {
    fc.assert(
      fc.property(anyReply, fc.nat({ max: 5 }), (reply, at) => {
        const pieces = replay(reply).flatMap((event): readonly ReplyEvent[] =>
          event.type === 'part-delta'
            ? [
                { ...event, text: event.text.slice(0, at) },
                { ...event, text: event.text.slice(at) },
              ]
            : [event],
        );
        expect(collect(pieces)).toEqual(reply);
      }),
    );
  });
});

describe('the judge of the grammar', () => {
  const start = { type: 'start', id: 'x', model: 'm' } as const;
  const open = { type: 'part-start', index: 0, part: { type: 'text' } } as const;
  const delta = { type: 'part-delta', index: 0, text: 'a' } as const;
  const close = { type: 'part-end', index: 0 } as const;
  const finish = { type: 'finish', reason: 'stop' } as const;
  const usage = { type: 'usage', usage: { input: 1 } } as const;

  it('passes what is grammatical', () => {
    expect(checkGrammar([start, open, delta, close, usage, finish])).toEqual([]);
    expect(checkGrammar([start, usage, finish])).toEqual([]);
  });

  it.each([
    ['no start', [open, close, finish]],
    ['no last word', [start, open, close]],
    ['two last words', [start, finish, finish]],
    ['usage after the last word', [start, finish, usage]],
    ['usage within a part', [start, open, usage, close, finish]],
    ['a part left open', [start, open, finish]],
    ['parts that overlap', [start, open, { ...open, index: 1 }, close, { ...close, index: 1 }, finish]],
    ['a gap in the numbering', [start, { ...open, index: 1 }, { ...close, index: 1 }, finish]],
    ['a delta of no part', [start, delta, finish]],
    ['a delta of another part', [start, open, { ...delta, index: 1 }, close, finish]],
    ['a second start', [start, start, finish]],
    [
      'a call without a name',
      [start, { type: 'part-start', index: 0, part: { type: 'tool-call', id: 'c', name: '' } }, close, finish],
    ],
  ] as const)('objects to %s', (_what, events) => {
    expect(checkGrammar(events)).not.toEqual([]);
  });
});
