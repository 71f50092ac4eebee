// Arbitrary replies, as any model might give them: for laws that hold for every reply.

import fc from 'fast-check';
import type { FinishReason, Reply, Usage } from '../../src/ir/reply.ts';
import type {
  Citation,
  ForeignPart,
  MediaPart,
  Part,
  ReasoningPart,
  TextPart,
  ToolCallPart,
} from '../../src/ir/request.ts';
import type { Seal } from '../../src/ir/seal.ts';

const seal: fc.Arbitrary<Seal> = fc.record({
  maker: fc.constantFrom('anthropic', 'openai', 'google', 'xai'),
  token: fc.base64String({ minLength: 4, maxLength: 24 }),
});
const words = fc.oneof(
  fc.string({ minLength: 1, maxLength: 40 }),
  fc.constantFrom(
    'Hello, wörld! 😀',
    'data: x\n\nevent: y',
    '</think>',
    '{"a":1}',
    '漢字かな',
    ' leading and trailing ',
  ),
);
/** Text that survives trimming: dialects may drop parts of white space alone. */
const visibleText = words.filter((text) => text.trim() !== '' && text.isWellFormed());

const citation: fc.Arbitrary<Citation> = fc.record(
  {
    url: fc.constantFrom('https://a.example/', 'https://b.example/path?q=1#part', 'http://c.example/%20'),
    title: fc.constantFrom('A', 'Second title'),
    quote: fc.constantFrom('so it says', 'word'),
  },
  { requiredKeys: ['url'] },
);
const textPart: fc.Arbitrary<TextPart> = fc.record(
  {
    type: fc.constant('text' as const),
    text: visibleText,
    citations: fc.array(citation, { minLength: 1, maxLength: 2 }),
    seal,
  },
  { requiredKeys: ['type', 'text'] },
);
export const reasoningPart: fc.Arbitrary<ReasoningPart> = fc.oneof(
  fc.record({ type: fc.constant('reasoning' as const), text: visibleText, seal }, { requiredKeys: ['type', 'text'] }),
  fc.record({ type: fc.constant('reasoning' as const), text: fc.constant(''), seal, redacted: fc.constant(true) }),
);
const callId = fc.nat().map((number) => `call_${number.toString(36)}`);
const toolName = fc.constantFrom('f', 'read_file', 'mcp__disk__read', '_private', 'run2');
const callInput = fc
  .dictionary(fc.constantFrom('path', 'a', 'limit', 'deep'), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 })
  .map((value) => JSON.stringify(value));
const toolCall: fc.Arbitrary<ToolCallPart> = fc.record(
  { type: fc.constant('tool-call' as const), id: callId, name: toolName, input: callInput, seal },
  { requiredKeys: ['type', 'id', 'name', 'input'] },
);
const freeformCall: fc.Arbitrary<ToolCallPart> = fc.record(
  {
    type: fc.constant('tool-call' as const),
    id: callId,
    name: toolName,
    namespace: toolName,
    input: visibleText,
    freeform: fc.constant(true),
  },
  { requiredKeys: ['type', 'id', 'name', 'input', 'freeform'] },
);
const media: fc.Arbitrary<MediaPart> = fc.record({
  type: fc.constant('media' as const),
  mediaType: fc.constantFrom('image/png', 'image/jpeg'),
  source: fc.record({ data: fc.base64String({ minLength: 4, maxLength: 40 }) }),
});
const foreign: fc.Arbitrary<ForeignPart> = fc.record({
  type: fc.constant('foreign' as const),
  origin: fc.constantFrom('anthropic-messages' as const, 'openai-responses' as const),
  value: fc.record({ type: fc.constant('odd_block'), data: fc.string() }),
});

const count = fc.nat({ max: 100_000 });
/** Counts that fit together, as every dialect's own arithmetic needs. */
const usage: fc.Arbitrary<Usage> = fc
  .record({ fresh: count, cacheRead: count, output: count, reasoning: count })
  .map(({ fresh, cacheRead, output, reasoning }) => ({
    input: fresh + cacheRead,
    output: output + reasoning,
    cacheRead,
    reasoning,
  }));

function finishFor(parts: readonly Part[]): fc.Arbitrary<FinishReason> {
  if (parts.some((part) => part.type === 'tool-call')) return fc.constant('tool-calls');
  return fc.constantFrom('stop', 'length', 'filter');
}

function reply(parts: fc.Arbitrary<readonly Part[]>): fc.Arbitrary<Reply> {
  return parts.chain((list) =>
    fc.record(
      {
        id: fc.nat().map((number) => `msg_${number.toString(36)}`),
        model: fc.constantFrom('demo', 'claude-x', 'gpt-x'),
        parts: fc.constant(uniqueIds(list)),
        usage,
        finish: fc.record({ reason: finishFor(list) }),
      },
      { requiredKeys: ['id', 'model', 'parts', 'finish'] },
    ),
  );
}

function uniqueIds(parts: readonly Part[]): readonly Part[] {
  return parts.map((part, index) => (part.type === 'tool-call' ? { ...part, id: `${part.id}${index}` } : part));
}

/** Every kind of part the IR knows, in any order. */
export const anyReply = reply(
  fc.array(fc.oneof(textPart, reasoningPart, toolCall, freeformCall, media, foreign), { maxLength: 5 }),
);

/** What all dialects can say in this order: thought, then text, then calls. */
export const plainReply = reply(
  fc
    .tuple(
      fc.option(fc.record({ type: fc.constant('reasoning' as const), text: visibleText }), { nil: undefined }),
      fc.option(fc.record({ type: fc.constant('text' as const), text: visibleText }), { nil: undefined }),
      fc.array(fc.record({ type: fc.constant('tool-call' as const), id: callId, name: toolName, input: callInput }), {
        maxLength: 3,
      }),
    )
    .map(([thought, text, calls]) => [...(thought ? [thought] : []), ...(text ? [text] : []), ...calls]),
);

/** One text, no thought and no tools: what even the oldest dialect can say. */
export const textReply = reply(
  fc.record({ type: fc.constant('text' as const), text: visibleText }).map((part) => [part]),
);

/** One maker's reply with seals where that maker puts them, as only a stranger's dialect has to carry them. */
export const sealedReply = reply(
  fc.constantFrom('anthropic', 'openai', 'google', 'xai').chain((maker) => {
    const mine = fc.base64String({ minLength: 4, maxLength: 24 }).map((token): Seal => ({ maker, token }));
    const onParts = maker === 'google';
    const maybe = fc.option(mine, { nil: undefined }).map((held) => (held ? { seal: held } : {}));
    const none = fc.constant({});
    const thought = fc
      .tuple(visibleText, onParts ? none : maybe)
      .map(([text, held]): Part => ({ type: 'reasoning', text, ...held }));
    const text = fc
      .tuple(visibleText, onParts ? maybe : none)
      .map(([said, held]): Part => ({ type: 'text', text: said, ...held }));
    const call = fc
      .tuple(toolCall, onParts ? maybe : none)
      .map(([{ seal: _, ...part }, held]): Part => ({ ...part, ...held }));
    return fc
      .tuple(
        fc.array(thought, { maxLength: 1 }),
        fc.array(text, { maxLength: 1 }),
        fc.array(call, { minLength: 1, maxLength: 3 }),
      )
      .map((lists) => lists.flat());
  }),
);
