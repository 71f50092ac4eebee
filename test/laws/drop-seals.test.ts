// A history that goes to an account which cannot read its seals: without any, and otherwise as it came.

import { describe, expect, it } from 'vitest';
import { Body } from '../../src/body.ts';
import { withoutSeals } from '../../src/ir/bare.ts';
import type { ChatRequest } from '../../src/ir/request.ts';
import { fixtures, listener } from '../support/fixtures.ts';

const recorded = fixtures.flatMap(({ title, dialect, request, requestText }) =>
  request && requestText !== undefined ? [{ title, dialect, request, requestText }] : [],
);

function seals({ turns }: ChatRequest): number {
  return turns.flatMap(({ parts }) => parts).filter((part) => 'seal' in part && part.seal).length;
}

describe.each(recorded)('$title', ({ dialect, request, requestText }) => {
  const quiet = () => undefined;
  const sealed = seals(dialect.request.decode(request, quiet));

  it('is without seals after, once and for all, and says so where it had any', () => {
    const { report, losses } = listener();
    const bare = dialect.request.dropSeals(Body.read(Buffer.from(requestText)), report);
    expect(seals(dialect.request.decode(bare.json, quiet))).toBe(0);
    expect(dialect.request.carried(bare).has('sealed-reasoning')).toBe(false);
    if (sealed > 0) expect(losses.map(({ what }) => what)).toEqual(['reasoning_history']);
    if (losses.length === 0) expect(bare.bytes.toString()).toBe(requestText);
    const again = listener();
    expect(dialect.request.dropSeals(bare, again.report)).toBe(bare);
    expect(again.losses).toEqual([]);
  });

  it('loses the same when it is translated', () => {
    const { report, losses } = listener();
    const decoded = dialect.request.decode(request, quiet);
    const bare = withoutSeals(decoded, report);
    expect(seals(bare)).toBe(0);
    expect(losses.length).toBe(sealed > 0 ? 1 : 0);
    if (sealed === 0) expect(bare).toBe(decoded);
    const texts = (all: ChatRequest) =>
      all.turns.flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])));
    expect(texts(bare)).toEqual(texts(decoded));
  });
});

it('there are recordings with seals, and without', () => {
  const counts = recorded.map(({ dialect, request }) => seals(dialect.request.decode(request, () => undefined)));
  expect(counts.some((count) => count > 0) && counts.some((count) => count === 0)).toBe(true);
});
