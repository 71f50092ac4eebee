// A choice rules the vendor's own tools too: what it forbids is not run, wherever the request goes.

import { describe, expect, it } from 'vitest';
import { dialectOf } from '../../src/dialects/index.ts';
import type { DialectId } from '../../src/envelope.ts';
import { repair } from '../../src/ir/repair.ts';
import type { JsonObject } from '../../src/json.ts';
import { listener, targetFor } from '../support/fixtures.ts';

const schema = { type: 'object', properties: {} };
const asked = {
  'openai-chat': { model: 'm', messages: [{ role: 'user', content: 'x' }] },
  'openai-responses': { model: 'm', input: 'x' },
  'anthropic-messages': { model: 'm', max_tokens: 99, messages: [{ role: 'user', content: 'x' }] },
  gemini: { contents: [{ role: 'user', parts: [{ text: 'x' }] }] },
} as const;
type Speaker = keyof typeof asked;

function sent(from: Speaker, to: Speaker, more: JsonObject) {
  const { report, losses } = listener();
  const upstream = dialectOf(to);
  const target = targetFor(upstream);
  const { request } = repair(
    dialectOf(from).request.decode({ ...asked[from], ...more }, report),
    upstream,
    target,
    report,
  );
  const body = upstream.request.encode(request, target, report);
  const { tools, tool_choice, toolConfig, web_search_options } = body;
  const told = JSON.stringify({ tools, tool_choice, toolConfig, web_search_options });
  return { searches: /googleSearch|web_search/.test(told), told, losses: losses.map(({ what }) => what) };
}

const responses: Speaker = 'openai-responses';
const search = { type: 'web_search' };
const f = { type: 'function', name: 'f', parameters: schema, strict: false };

describe.each<DialectId & Speaker>(['openai-chat', 'gemini'])('%s, which cannot bind its own search', (to) => {
  it.each<readonly [string, JsonObject]>([
    ['none', { tools: [f, search], tool_choice: 'none' }],
    ['none, with nothing else', { tools: [search], tool_choice: 'none' }],
    ['a list without it', { tools: [f, search], tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [f] } }],
    [
      'a list without it, of which one',
      { tools: [f, search], tool_choice: { type: 'allowed_tools', mode: 'required', tools: [f] } },
    ],
  ])('is not offered a search that may not run: %s', (_, more) => {
    expect(sent(responses, to, more)).toMatchObject({ searches: false, losses: [] });
  });

  it('may search and not call where the list says so', () => {
    const { searches, told, losses } = sent(responses, to, {
      tools: [f, search],
      tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [search] },
    });
    expect([searches, losses]).toEqual([true, []]);
    expect(told).toMatch(to === 'gemini' ? /^(?!.*functionDeclarations)/ : /"tool_choice":"none"/);
  });
});

describe('a choice of none that speaks of functions alone', () => {
  const chat = { tools: [{ type: 'function', function: { name: 'f' } }], web_search_options: {}, tool_choice: 'none' };
  const gemini = {
    tools: [{ functionDeclarations: [{ name: 'f' }] }, { googleSearch: {} }],
    toolConfig: { functionCallingConfig: { mode: 'NONE' } },
  };

  it.each<readonly [Speaker, JsonObject, Speaker]>([
    ['openai-chat', chat, 'openai-responses'],
    ['openai-chat', chat, 'anthropic-messages'],
    ['openai-chat', chat, 'gemini'],
    ['gemini', gemini, 'openai-responses'],
    ['gemini', gemini, 'anthropic-messages'],
    ['gemini', gemini, 'openai-chat'],
  ])('%s: the search goes on', (from, more, to) => {
    const { searches, told } = sent(from, to, more);
    expect(searches, told).toBe(true);
    expect(told, told).not.toMatch(
      to === 'openai-chat' ? /"tool_choice":"auto"/ : /"tool_choice":(?:"none"|\{"type":"none"\})/,
    );
  });
});

it.each<readonly [string, JsonObject]>([
  ['a tool', { tools: [search], tool_choice: 'required' }],
  ['the search', { tools: [search], tool_choice: search }],
])('Gemini cannot be made to use %s of its own, which is told', (_, more) => {
  expect(sent(responses, 'gemini', more)).toMatchObject({ searches: true, losses: ['tool_choice'] });
});

it('a list of tools that are not there allows none', () => {
  const choice = { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'gone' }] };
  const { told, losses } = sent(responses, 'openai-chat', { tools: [f], tool_choice: choice });
  expect(told).toContain('"tool_choice":"none"');
  expect(losses).toEqual(['tool_choice']);
});
