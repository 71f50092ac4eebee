// What a dialect can say comes back as it was said, in a stream and in a whole, for any reply.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Dialect } from '../../src/dialects/dialect.ts';
import { dialectOf, dialects } from '../../src/dialects/index.ts';
import { collect, replay } from '../../src/ir/fold.ts';
import type { Reply, ReplyEvent } from '../../src/ir/reply.ts';
import type { Part } from '../../src/ir/request.ts';
import type { Seal } from '../../src/ir/seal.ts';
import { asObject, type JsonObject, parseObject } from '../../src/json.ts';
import { contextFor, eventsOf } from '../support/fixtures.ts';
import { type Gist, gist } from '../support/gist.ts';
import { checkGrammar } from '../support/grammar.ts';
import { conversationOf, conversing, mannersOf } from '../support/manners.ts';
import { anyReply, reasoningPart, sealedReply } from '../support/replies.ts';

fc.configureGlobal({ seed: 20_261_122, numRuns: 60 });

function throughStream(dialect: Dialect, events: readonly ReplyEvent[]): readonly ReplyEvent[] {
  const frames = events.flatMap(dialect.stream.encoder(contextFor(dialect)));
  return eventsOf(dialect.stream.decoder({ maker: dialect.maker }), frames);
}

function printed(body: JsonObject): JsonObject {
  return parseObject(JSON.stringify(body)) ?? {};
}

function throughBody(dialect: Dialect, reply: Reply): Reply {
  const body = printed(dialect.reply.encode(reply, contextFor(dialect)));
  return dialect.reply.decode(body, { maker: dialect.maker });
}

/** Usage that was never told may come back as zeros: some clients cannot do without the numbers. */
function told(reply: Reply, original: Reply): Gist {
  return { ...gist(reply), ...(!original.usage && { usage: undefined }) };
}

function inPieces(events: readonly ReplyEvent[], at: number): readonly ReplyEvent[] {
  return events.flatMap((event): readonly ReplyEvent[] =>
    event.type === 'part-delta'
      ? [event.text.slice(0, at), event.text.slice(at)].filter(Boolean).map((text) => ({ ...event, text }))
      : [event],
  );
}

/** The sources of each text before it, or within it, as Anthropic's own streams have them. */
function sourcesWithin(events: readonly ReplyEvent[], at: number): readonly ReplyEvent[] {
  const sources = events.filter((event) => event.type === 'citation');
  return inPieces(events, at).flatMap((event, position, all): readonly ReplyEvent[] => {
    if (event.type === 'citation') return [];
    const first = event.type === 'part-delta' && all[position - 1]?.type === 'part-start';
    if (!first) return [event];
    const own = sources.filter(({ index }) => index === event.index);
    return at === 0 ? [...own, event] : [event, ...own];
  });
}

describe.each(dialects.map((dialect) => [dialect.id, dialect] as const))('%s', (id, dialect) => {
  it('reads its own streams back', () => {
    fc.assert(
      fc.property(mannersOf(id).replies, fc.nat({ max: 9 }), (reply, at) => {
        const events = throughStream(dialect, inPieces(replay(reply), at));
        expect(checkGrammar(events)).toEqual([]);
        expect(told(collect(events), reply)).toEqual(gist(reply));
      }),
    );
  });

  it('reads its own whole replies back', () => {
    fc.assert(
      fc.property(mannersOf(id).replies, (reply) => {
        expect(told(throughBody(dialect, reply), reply)).toEqual(gist(reply));
      }),
    );
  });

  it('tells any reply the same way in a stream and in a whole, and never breaks the grammar', () => {
    fc.assert(
      fc.property(anyReply, (reply) => {
        const events = throughStream(dialect, replay(reply));
        expect(checkGrammar(events)).toEqual([]);
        expect(told(collect(events), reply)).toEqual(told(throughBody(dialect, reply), reply));
      }),
    );
  });

  it('names the same sources of the same words, whether they come before, within or after the text', () => {
    fc.assert(
      fc.property(anyReply, fc.nat({ max: 5 }), (reply, at) => {
        const events = throughStream(dialect, sourcesWithin(replay(reply), at));
        expect(checkGrammar(events)).toEqual([]);
        expect(told(collect(events), reply)).toEqual(told(throughBody(dialect, reply), reply));
      }),
    );
  });
});

interface Sealed {
  readonly on: Part['type'];
  readonly seal: Seal;
}
function sealsIn(parts: readonly Part[]): readonly Sealed[] {
  return parts.flatMap((part) => ('seal' in part && part.seal ? [{ on: part.type, seal: part.seal }] : []));
}

describe.each(conversing)('a client of %s sends seals back', (id) => {
  const dialect = dialectOf(id);
  const { asHistory, carries, sealsNeedCalls } = conversationOf(id);
  const history = (body: JsonObject): readonly Part[] =>
    dialect.request
      .decode(asHistory(body), () => undefined)
      .turns.flatMap(({ role, parts }) => (role === 'assistant' ? parts : []));

  it('each on the part it was made for, from whole replies and from streams', () => {
    fc.assert(
      fc.property(sealedReply, (reply) => {
        const sent = sealsIn(reply.parts);
        const due = sent.filter(({ on }) => carries.includes(on));
        // A client puts a stream together into the body it would have got at once.
        const assembled = collect(throughStream(dialect, replay(reply)));
        for (const told of [reply, assembled]) {
          const returned = sealsIn(history(printed(dialect.reply.encode(told, contextFor(dialect)))));
          for (const sealed of returned) expect(sent).toContainEqual(sealed);
          expect(returned.filter(({ on }) => carries.includes(on))).toEqual(due);
        }
      }),
    );
  });

  it('with the text of the thought they seal', () => {
    // Gemini has no thought without text: what Anthropic withholds cannot pass through its clients.
    const sealedThought = reasoningPart.filter(
      (part) => part.seal !== undefined && !(id === 'gemini' && part.redacted),
    );
    fc.assert(
      fc.property(sealedThought, sealedReply, (thought, reply) => {
        fc.pre(sealsNeedCalls !== true || reply.parts.some(({ type }) => type === 'tool-call'));
        const parts = [thought, ...reply.parts.filter(({ type }) => type !== 'reasoning')];
        const body = dialect.reply.encode({ ...reply, parts }, contextFor(dialect));
        const returned = history(printed(body)).find(({ type }) => type === 'reasoning');
        expect(asObject(returned)).toMatchObject({ text: thought.text, seal: thought.seal });
      }),
    );
  });
});
