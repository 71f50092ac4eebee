import { describe, expect, it } from 'vitest';
import { contextFor } from '../../test/support/fixtures.ts';
import { replay } from '../ir/fold.ts';
import type { Reply } from '../ir/reply.ts';
import { dialects } from './index.ts';

const paused: Reply = { id: 'r', model: 'm', parts: [{ type: 'text', text: 'So far' }], finish: { reason: 'pause' } };

describe.each(dialects)('a paused turn, told in $title', (dialect) => {
  it.each(['whole', 'streamed'])('is said or reported (%s)', (form) => {
    const losses: string[] = [];
    const context = contextFor(dialect, ({ what }) => losses.push(what));
    const told =
      form === 'whole'
        ? JSON.stringify(dialect.reply.encode(paused, context))
        : replay(paused)
            .flatMap(dialect.stream.encoder(context))
            .map(({ data }) => data)
            .join('');
    expect(losses).toEqual(told.includes('pause_turn') ? [] : ['pause_turn']);
  });
});
