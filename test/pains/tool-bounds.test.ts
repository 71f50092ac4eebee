// Settings that bind a vendor's own tool: said where the target can say them, else reported, and never heeded by half.

import { describe, expect, it } from 'vitest';
import { anthropicMessages } from '../../src/dialects/anthropic-messages/index.ts';
import type { Dialect } from '../../src/dialects/dialect.ts';
import { gemini } from '../../src/dialects/gemini/index.ts';
import { openaiChat } from '../../src/dialects/openai-chat/index.ts';
import { openaiResponses } from '../../src/dialects/openai-responses/index.ts';
import { repair } from '../../src/ir/repair.ts';
import { asArray, type Json, type JsonObject } from '../../src/json.ts';

const asked: Readonly<Record<string, JsonObject>> = {
  [openaiChat.id]: { messages: [{ role: 'user', content: 'hi' }] },
  [openaiResponses.id]: { input: 'hi' },
  [anthropicMessages.id]: { max_tokens: 99, messages: [{ role: 'user', content: 'hi' }] },
  [gemini.id]: { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] },
};

function offered(from: Dialect, to: Dialect, tool: JsonObject): { tools: Json[]; losses: string[] } {
  const losses: string[] = [];
  const report = ({ what }: { what: string }) => losses.push(what);
  const decoded = from.request.decode({ model: 'm', ...asked[from.id], tools: [tool] }, report);
  const target = { model: 'm', stream: false, limits: {}, maker: to.maker, accent: {} };
  const { request } = repair(decoded, to, target, report);
  const tools = asArray(to.request.encode(request, target, report).tools) ?? [];
  return { tools: [...tools], losses };
}

type Case = readonly [what: string, from: Dialect, to: Dialect, tool: JsonObject, tools: number, losses: string[]];

const fetch = { type: 'web_fetch_20250910', name: 'web_fetch' };
const code = { type: 'code_interpreter' };
const editor = { type: 'text_editor_20250728', name: 'str_replace_based_edit_tool' };
const range = { startTime: '2026-01-01T00:00:00Z', endTime: '2026-02-01T00:00:00Z' };
const cases: readonly Case[] = [
  ['a fetch', anthropicMessages, gemini, fetch, 1, []],
  [
    'a bound fetch',
    anthropicMessages,
    gemini,
    { ...fetch, allowed_domains: ['intranet.example'], max_uses: 1 },
    1,
    ['allowed_domains', 'max_uses'],
  ],
  ['an editor', anthropicMessages, openaiChat, { ...editor, max_characters: 100 }, 1, ['max_characters']],
  ['an editor', anthropicMessages, openaiResponses, { ...editor, max_characters: 100 }, 1, ['max_characters']],
  ['live search', openaiResponses, anthropicMessages, { type: 'web_search', external_web_access: true }, 1, []],
  [
    'stored search',
    openaiResponses,
    anthropicMessages,
    { type: 'web_search', external_web_access: false },
    0,
    ['external_web_access'],
  ],
  [
    'stored search',
    openaiResponses,
    gemini,
    { type: 'web_search', external_web_access: false },
    0,
    ['external_web_access'],
  ],
  ['code', openaiResponses, anthropicMessages, { ...code, container: { type: 'auto' } }, 1, []],
  [
    'code with files',
    openaiResponses,
    gemini,
    { ...code, container: { type: 'auto', file_ids: ['f'] } },
    1,
    ['file_ids'],
  ],
  ['code in a container', openaiResponses, gemini, { ...code, container: 'cntr_1' }, 1, ['container']],
  ['a local shell', openaiResponses, openaiChat, { type: 'shell', environment: { type: 'local' } }, 1, []],
  ['a search in time', gemini, anthropicMessages, { googleSearch: { timeRangeFilter: range } }, 1, ['timeRangeFilter']],
  [
    'a search in time',
    gemini,
    openaiResponses,
    { google_search: { time_range_filter: range } },
    1,
    ['timeRangeFilter'],
  ],
];

describe('the settings of built-in tools', () => {
  it.each(cases)('%s', (_what, from, to, tool, tools, losses) => {
    const said = offered(from, to, tool);
    expect(said.tools).toHaveLength(tools);
    expect(said.losses).toEqual(losses);
  });
});
