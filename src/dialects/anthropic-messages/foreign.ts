// Blocks that only Messages can say (server tools, search results, compaction and whatever comes next): carried verbatim, with
// what they mean to others. A server tool's call and the result right behind it are one part.

import type { ForeignPart, HostedKind, Meaning } from '../../ir/request.ts';
import { asArray, asNumber, asObject, asString, compact, type Json, type JsonObject, objects } from '../../json.ts';
import type { ReplyContext } from '../dialect.ts';
import { dialectId, type OtherBlock } from './wire.ts';

/** How the ids of calls begin that another vendor ran: told from Anthropic's own, whose blocks go back as they came. */
export const madeCall = 'srvtoolu_gateway_';

/** A call that Anthropic runs itself: `server_tool_use`, `mcp_tool_use`. */
export function isServerCall(block: JsonObject): boolean {
  return asString(block.type)?.endsWith('_tool_use') === true;
}

/** Whether the block is the result of that server call. */
export function answers(call: JsonObject, block: JsonObject): boolean {
  return asString(block.type)?.endsWith('_tool_result') === true && block.tool_use_id === call.id;
}

/** One block, or a call and its result, as one part: its `value` is the block itself where there is one, else the list of them. */
export function foreignPart(blocks: readonly JsonObject[]): ForeignPart {
  const [first] = blocks;
  const value: Json = blocks.length === 1 && first ? first : blocks;
  const meaning = blocks.reduce<Meaning | undefined>((known, block) => joined(known, meaningOf(block)), undefined);
  return { type: 'foreign', origin: dialectId, value, ...(meaning && { meaning }) };
}

/** The blocks of a part that came from this dialect. */
export function ownBlocks(value: Json): JsonObject[] {
  return Array.isArray(value) ? [...objects(value)] : [asObject(value) ?? {}];
}

function joined(known: Meaning | undefined, more: Meaning | undefined): Meaning | undefined {
  return known && more ? { ...known, ...more } : (known ?? more);
}

const kindOfTool: Readonly<Record<string, HostedKind>> = {
  web_search: 'web-search',
  web_fetch: 'web-fetch',
  code_execution: 'code-execution',
  bash_code_execution: 'code-execution',
  text_editor_code_execution: 'code-execution',
  tool_search_tool_regex: 'tool-search',
  tool_search_tool_bm25: 'tool-search',
  tool_search: 'tool-search',
  mcp: 'mcp',
};

/** What the tools that run code take where it is not Python. */
const languages: Readonly<Record<string, string>> = { bash_code_execution: 'bash', text_editor_code_execution: 'json' };

function meaningOf(block: JsonObject): Meaning | undefined {
  const type = asString(block.type) ?? '';
  if (isServerCall(block)) return callMeaning(block, type);
  if (type.endsWith('_tool_result')) {
    const meaning = resultMeaning(block, type.slice(0, -'_tool_result'.length));
    return block.is_error === true ? { ...meaning, failed: true } : meaning;
  }
  if (type === 'search_result') return searchResultMeaning(block);
  if (type === 'compaction') return spoken('other', { output: asString(block.content) });
  if (type === 'tool_reference') return spoken('tool-search', { output: asString(block.tool_name) });
  return undefined;
}

function callMeaning(block: JsonObject, type: string): Meaning {
  const name = asString(block.name) ?? '';
  const input = asObject(block.input) ?? {};
  const words = asString(input.query) ?? asString(input.url) ?? asString(input.code) ?? asString(input.command);
  const tool = type === 'mcp_tool_use' ? 'mcp' : (kindOfTool[name] ?? 'other');
  const language = languages[name];
  return compact({ tool, id: asString(block.id), input: words ?? JSON.stringify(input), language });
}

function resultMeaning(block: JsonObject, name: string): Meaning {
  const content = asObject(block.content);
  const entries = objects(block.content);
  const links = (content ? [content] : entries).flatMap((entry) => link(entry) ?? []);
  const error = asString(content?.error_code);
  const output = error === undefined ? outcome(block.content, content, entries) : `Error: ${error}`;
  return compact({
    tool: kindOfTool[name] ?? 'other',
    id: asString(block.tool_use_id),
    output: output || undefined,
    failed: error !== undefined || (asNumber(content?.return_code) ?? 0) !== 0 ? true : undefined,
    links: links.length > 0 ? links : undefined,
  });
}

function link(entry: JsonObject): { url: string; title?: string } | undefined {
  const url = asString(entry.url);
  const title = asString(entry.title) ?? asString(asObject(entry.content)?.title);
  return url === undefined ? undefined : compact({ url, title });
}

/** What a server tool gave, as text. */
function outcome(value: Json | undefined, content: JsonObject | undefined, entries: readonly JsonObject[]): string {
  const fetched = asString(asObject(asObject(content?.content)?.source)?.data);
  const mediaType = asString(asObject(asObject(content?.content)?.source)?.media_type);
  const pieces = [
    asString(value),
    asString(content?.stdout),
    asString(content?.stderr),
    asString(content?.content),
    mediaType === 'text/plain' ? fetched : undefined,
    ...objects(content?.tool_references).map((reference) => asString(reference.tool_name)),
    ...entries.map((entry) => asString(entry.text)),
  ];
  return pieces.filter((piece) => piece !== undefined && piece !== '').join('\n');
}

function searchResultMeaning(block: JsonObject): Meaning | undefined {
  const source = asString(block.source);
  const title = asString(block.title);
  const links = source?.includes('://') ? [compact({ url: source, title })] : undefined;
  const output = objects(block.content)
    .flatMap((entry) => asString(entry.text) ?? [])
    .join('\n');
  return spoken('file-search', { input: title ?? source, output, links });
}

function spoken(
  tool: HostedKind,
  { input, output, links }: { input?: string | undefined; output?: string | undefined; links?: Meaning['links'] },
): Meaning | undefined {
  if (!output && !links) return undefined;
  return compact({ tool, input: input || undefined, output: output || undefined, links });
}

/** A foreign part of a reply as blocks a client knows; none, with a report, where Messages has no such tool. */
export function replyBlocks(part: Omit<ForeignPart, 'type'>, context: ReplyContext, position: number): OtherBlock[] {
  if (part.origin === dialectId) return ownBlocks(part.value);
  const { meaning } = part;
  const id = `${madeCall}${context.id}${position === 0 ? '' : `_${position}`}`;
  if (meaning?.tool === 'web-search') return searchBlocks(meaning, id);
  if (meaning?.tool === 'code-execution') return codeBlocks(meaning, id);
  context.report({
    what: `tool:${meaning?.tool ?? part.origin}`,
    why: 'Messages has no block for what this tool did; it was left out of the reply.',
  });
  return [];
}

/** `encrypted_content` exists only for Anthropic's own searches: empty here. */
function searchBlocks(meaning: Meaning, id: string): OtherBlock[] {
  const results = (meaning.links ?? []).map(({ url, title }) => ({
    type: 'web_search_result',
    url,
    title: title ?? url,
    encrypted_content: '',
    page_age: null,
  }));
  return [
    { type: 'server_tool_use', id, name: 'web_search', input: { query: meaning.input ?? '' } },
    { type: 'web_search_tool_result', tool_use_id: id, content: meaning.failed ? failedSearch : results },
  ];
}

const failedSearch = { type: 'web_search_tool_result_error', error_code: 'unavailable' };

function codeBlocks(meaning: Meaning, id: string): OtherBlock[] {
  const result = {
    type: 'code_execution_result',
    stdout: meaning.failed ? '' : (meaning.output ?? ''),
    stderr: meaning.failed ? (meaning.output ?? '') : '',
    return_code: meaning.failed ? 1 : 0,
    content: [],
  };
  return [
    { type: 'server_tool_use', id, name: 'code_execution', input: { code: meaning.input ?? '' } },
    { type: 'code_execution_tool_result', tool_use_id: id, content: result },
  ];
}

/** Text of blocks that hold text, for places that take nothing else. */
export function textOf(content: Json | undefined): string {
  if (typeof content === 'string') return content;
  return (asArray(content) ?? [])
    .flatMap((entry) => asString(entry) ?? asString(asObject(entry)?.text) ?? [])
    .join('\n');
}
