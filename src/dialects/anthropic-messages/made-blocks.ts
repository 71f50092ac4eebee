// Blocks that the gateway made for what another vendor's tool did: Anthropic checks the sealed fields of a search result and of its
// citations, which such a block has empty. On the way back to a Messages service they are told as text.

import type { Body } from '../../body.ts';
import { type Item, setApart, summary } from '../../ir/foreign.ts';
import { asArray, asObject, asString, type Json, type JsonObject, objects } from '../../json.ts';
import type { Report } from '../../loss.ts';
import { foreignPart, isServerCall, madeCall } from './foreign.ts';
import { nativeMaker } from './wire.ts';

/** Cheap tests of the bytes: an empty string, or our ids; then the ends of the sealed fields, empty, with and without a space. */
const sealedFields = ['content":""', 'content": ""', 'd_index":""', 'd_index": ""'];

function mayHoldMade({ bytes }: Body, native: boolean): boolean {
  if (bytes.includes('u_gatew') && bytes.includes(madeCall)) return true;
  return native && bytes.includes('encrypt') && sealedFields.some((text) => bytes.includes(text));
}

/** The body without blocks that no vendor made: what they say stands as text in their place. Untouched where it holds none. */
export function tellMade(body: Body, maker: string, report: Report): Body {
  const native = maker === nativeMaker;
  if (!mayHoldMade(body, native)) return body;
  const messages = asArray(body.get('messages')) ?? [];
  const told = messages.flatMap((message): Json[] => {
    const content = asArray(asObject(message)?.content);
    if (!content) return [message];
    const kept = tellBlocks(content, native, report);
    if (kept.length === content.length && kept.every((block, at) => block === content[at])) return [message];
    return kept.length > 0 ? [{ ...asObject(message), content: kept }] : [];
  });
  return told.length === messages.length && told.every((message, at) => message === messages[at])
    ? body
    : body.set('messages', told, messages);
}

function tellBlocks(content: readonly Json[], native: boolean, report: Report): Json[] {
  const blocks = objects(content);
  const made = new Set(blocks.flatMap((block) => (isMade(block, native) ? (callOf(block) ?? []) : [])));
  const answered = new Set(blocks.flatMap((block) => asString(block.tool_use_id) ?? []));
  const items = content.flatMap((value): Item<Json>[] => {
    const block = asObject(value);
    if (!block) return [{ value, told: false }];
    if (block.type === 'text') return [{ value: native ? withoutEmptyCitations(block, report) : block, told: false }];
    const id = callOf(block);
    if (id === undefined || !made.has(id)) return [{ value, told: false }];
    // A call is told with its result.
    if (isServerCall(block) && answered.has(id)) return [];
    return tellPair([...blocks.filter((call) => isServerCall(call) && call.id === id), block], report);
  });
  return setApart(items);
}

function tellPair(pair: readonly JsonObject[], report: Report): Item<Json>[] {
  report({
    what: 'hosted_history',
    why: 'A tool ran at another vendor, and Anthropic takes only blocks of its own runs; it was told as plain text.',
  });
  const { meaning } = foreignPart(pair);
  const text = meaning ? summary(meaning) : '';
  return text === '' ? [] : [{ value: { type: 'text', text }, told: true }];
}

/** The id of the server's call that a block is or answers. */
function callOf(block: JsonObject): string | undefined {
  return asString(isServerCall(block) ? block.id : block.tool_use_id);
}

function isMade(block: JsonObject, native: boolean): boolean {
  if (callOf(block)?.startsWith(madeCall)) return true;
  return native && objects(block.content).some((entry) => entry.encrypted_content === '');
}

function withoutEmptyCitations(block: JsonObject, report: Report): JsonObject {
  const citations = asArray(block.citations);
  const kept = citations?.filter((citation) => asObject(citation)?.encrypted_index !== '');
  if (!citations || !kept || kept.length === citations.length) return block;
  report({ what: 'citations', why: 'Anthropic takes back only citations of its own; the text was kept without.' });
  const { citations: _, ...bare } = block;
  return kept.length > 0 ? { ...bare, citations: kept } : bare;
}
