import { describe, expect, it } from 'vitest';
import { recordedRequest } from '../../../test/support/fixtures.ts';
import { refusal } from '../../../test/support/refusal.ts';
import type { ChatRequest } from '../../ir/request.ts';
import { asObject, type JsonObject } from '../../json.ts';
import type { Loss } from '../../loss.ts';
import { anthropicMessages } from './index.ts';

const { request } = anthropicMessages;

const fixture = (name: string): JsonObject => recordedRequest('anthropic-messages', name);

function decoded(body: JsonObject): { chat: ChatRequest; lost: string[] } {
  const losses: Loss[] = [];
  return { chat: request.decode(body, (loss) => losses.push(loss)), lost: losses.map(({ what }) => what) };
}

describe('decoding', () => {
  it('reads every member of a request, and reports those that the IR cannot hold', () => {
    const { chat, lost } = decoded(fixture('everything'));
    expect(chat.reasoning).toEqual({ auto: true, effort: 'high', display: 'omitted' });
    expect(chat.sampling).toEqual({ maxTokens: 32_000, temperature: 1, topP: 0.95, topK: 40, stop: ['END_OF_REPORT'] });
    expect(chat).toMatchObject({ tier: 'priority', parallelToolCalls: false, toolChoice: 'auto', cache: {} });
    expect(chat.turns.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user', 'system', 'user']);
    expect(chat.turns[0]?.parts).toEqual([
      { type: 'text', text: 'You are a coding agent.', cache: { ttl: '1h' } },
      { type: 'text', text: 'Working directory: /srv/app', cache: {} },
    ]);
    const [, image, link, pdf, notes, remarks, found] = chat.turns[1]?.parts ?? [];
    expect(image).toMatchObject({ type: 'media', mediaType: 'image/png' });
    expect(link).toMatchObject({
      type: 'media',
      mediaType: 'image/*',
      source: { url: 'https://example.com/screen.png' },
    });
    expect(pdf).toMatchObject({
      mediaType: 'application/pdf',
      name: 'Specification',
      context: 'Second draft',
      cite: true,
    });
    expect(notes).toMatchObject({ mediaType: 'text/plain', source: { data: btoa('Buttons are blue.') } });
    expect(remarks).toMatchObject({ mediaType: 'text/plain', source: { data: btoa('First remark.\nSecond remark.') } });
    expect(found).toMatchObject({ type: 'foreign', meaning: { output: 'Use eight pixels of padding.' } });
    expect(chat.tools.map((tool) => (tool.type === 'hosted' ? tool.kind : tool.name))).toEqual([
      'read_file',
      'edit_file',
      'web-search',
      'shell',
      'text-editor',
      'tool-search',
    ]);
    expect(lost.toSorted()).toEqual([
      'allowed_callers',
      'betas',
      'billing_policy',
      'compaction',
      'container',
      'context_management',
      'defer_loading',
      'diagnostics',
      'fallback_credit_token',
      'fallbacks',
      'inference_geo',
      'input_examples',
      'mcp_servers',
      'service_tier',
      'task_budget',
      'user_profile_id',
      'workspace_id',
      'x-anthropic-billing-header',
    ]);
  });

  it('keeps a number that no double holds, a search as one part, and thoughts without text', () => {
    const assistant = decoded(fixture('everything')).chat.turns[2]?.parts ?? [];
    expect(assistant.map(({ type }) => type)).toEqual(['reasoning', 'text', 'foreign', 'tool-call']);
    expect(assistant[0]).toMatchObject({ text: '', seal: { maker: 'anthropic' } });
    expect(assistant[2]).toMatchObject({
      meaning: { tool: 'web-search', input: 'Node.js LTS version 2026', links: [{ title: 'Node.js releases' }] },
    });
    expect(assistant[3]).toMatchObject({ input: '{"path":"button.css","line":9007199254740993}' });
  });

  it('tolerates results without content, unknown blocks and missing text', () => {
    const body = {
      model: 'm',
      messages: [
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: 'a' }, { type: 'fresh', x: 1 }, { text: 'bare' }, 'words'],
        },
        { role: 'assistant', content: null },
      ],
    };
    expect(decoded(body).chat.turns).toEqual([
      {
        role: 'user',
        parts: [
          { type: 'tool-result', id: 'a', content: [] },
          { type: 'foreign', origin: 'anthropic-messages', value: { type: 'fresh', x: 1 } },
          { type: 'text', text: 'bare' },
          { type: 'text', text: 'words' },
        ],
      },
    ]);
  });

  it.each(['temperature', 'top_p', 'top_k', 'max_tokens', 'stop_sequences'])('refuses words for %s', (member) => {
    const body = { ...fixture('text'), [member]: 'many' };
    expect(refusal(() => decoded(body)).message).toMatch(new RegExp(`^${member}: an? .* is expected`));
    expect(decoded({ ...body, [member]: null }).lost).toEqual([]);
  });

  it('drops a system note that a later user message cleared', () => {
    const note = { role: 'system', content: 'Be quick.', clear_at: 'next_user_message' };
    const turns = (...messages: JsonObject[]) => decoded({ messages }).chat.turns.map(({ role }) => role);
    expect(turns({ role: 'user', content: 'a' }, note)).toEqual(['user', 'system']);
    expect(turns({ role: 'user', content: 'a' }, note, { role: 'user', content: 'b' })).toEqual(['user', 'user']);
  });

  it.each([
    [{}, 'messages'],
    [{ messages: [{ role: 'tool', content: 'x' }] }, 'messages[0].role'],
    [{ messages: [{ role: 'user', content: 7 }] }, 'messages[0].content'],
    [{ messages: [{ role: 'user', content: [7] }] }, 'messages[0].content[0]'],
    [{ messages: [{ role: 'user', content: [{ type: 'image' }] }] }, 'messages[0].content[0].source'],
    [{ messages: [{ role: 'assistant', content: [{ type: 'tool_use', id: 'a' }] }] }, 'messages[0].content[0].name'],
    [{ messages: [], tools: [{ description: 'x' }] }, 'tools[0].name'],
    [{ messages: [], tool_choice: { type: 'tool' } }, 'tool_choice'],
    [{ messages: [], tool_choice: 'any' }, 'tool_choice'],
    [{ messages: [], max_tokens: '100' }, 'max_tokens'],
    [{ messages: [], temperature: '0.2' }, 'temperature'],
    [{ messages: [], stop_sequences: 'END' }, 'stop_sequences'],
    [{ messages: [], stop_sequences: ['END', 7] }, 'stop_sequences'],
    [{ messages: [], metadata: { user_id: 7 } }, 'metadata.user_id'],
  ])('names the member at fault in %j', (body, param) => {
    expect(refusal(() => decoded(body))).toMatchObject({ kind: 'bad-request', facts: { param } });
  });

  it('tells the SDK that it cannot thread, in the words it goes on after', () => {
    const error = refusal(() => decoded({ messages: [], thread: { type: 'create' } }));
    const { status, body } = anthropicMessages.error.encode(error);
    expect(status).toBe(400);
    expect(asObject(body.error)?.details).toEqual({
      error_code: 'thread_unsupported_request',
      unsupported: ['thread'],
    });
  });
});
