import { describe, expect, it } from 'vitest';
import { contextFor } from '../../../test/support/fixtures.ts';
import { Body } from '../../body.ts';
import type { Json, JsonObject } from '../../json.ts';
import type { Loss } from '../../loss.ts';
import { anthropicMessages } from './index.ts';

const { request, reply } = anthropicMessages;
const user = { role: 'user', content: 'q' };

function history(...content: JsonObject[]): Body {
  return Body.of({ model: 'm', messages: [user, { role: 'assistant', content }, user] });
}

function unseal(body: Body, maker = 'anthropic'): { body: Body; content: Json | undefined; losses: string[] } {
  const losses: Loss[] = [];
  const unsealed = request.unseal(body, maker, (loss) => losses.push(loss));
  const said = (unsealed.get('messages') as JsonObject[]).find(({ role }) => role === 'assistant');
  return { body: unsealed, content: said?.content, losses: losses.map(({ what }) => what) };
}

function search(id: string, encrypted: string): JsonObject[] {
  const found = { type: 'web_search_result', url: 'https://a.example', title: 'A', encrypted_content: encrypted };
  return [
    { type: 'server_tool_use', id, name: 'web_search', input: { query: 'swiss lakes' } },
    { type: 'web_search_tool_result', tool_use_id: id, content: [found] },
  ];
}

function cited(index: string): JsonObject {
  const location = { type: 'web_search_result_location', url: 'https://a.example', title: 'A', cited_text: 'x' };
  return { type: 'text', text: 'Thun.', citations: [{ ...location, encrypted_index: index }] };
}

const context = contextFor(anthropicMessages);

describe('what another vendor ran, on its way back to a Messages service', () => {
  it('is told as text where its sealed fields are empty', () => {
    const { content, losses } = unseal(history(...search('srvtoolu_1', ''), cited('')));
    expect(content).toEqual([
      { type: 'text', text: 'Searched: swiss lakes\n- A: https://a.example\n\n' },
      { type: 'text', text: 'Thun.' },
    ]);
    expect(losses).toEqual(['hosted_history', 'citations']);
  });

  it('is told where the gateway made it, whatever it was, to every maker', () => {
    const meaning = { tool: 'code-execution', input: '1+1', output: '2' } as const;
    const said = reply.encode(
      {
        id: 'x',
        model: 'm',
        parts: [
          { type: 'foreign', origin: 'gemini', value: {}, meaning },
          { type: 'text', text: 'Two.' },
        ],
        finish: { reason: 'stop' },
      },
      context,
    );
    const body = history(...(said.content as JsonObject[]));
    for (const maker of ['anthropic', 'kimi'])
      expect(unseal(body, maker).content).toEqual([
        { type: 'text', text: 'Ran code: 1+1\nResult: 2\n\n' },
        { type: 'text', text: 'Two.', citations: null },
      ]);
  });

  it('keeps the bytes of what Anthropic ran, and of another service’s own searches there', () => {
    const own = history(...search('srvtoolu_1', 'EqgfCio'), cited('Eo8B'), {
      type: 'text',
      text: 'srvtoolu_gateway_ ""',
    });
    expect(unseal(own).body).toBe(own);
    const theirs = history(...search('call_1', ''), cited(''));
    expect(unseal(theirs, 'kimi').body).toBe(theirs);
    const mixed = unseal(history(...search('srvtoolu_1', 'EqgfCio'), ...search('srvtoolu_2', '')));
    expect(mixed.content).toEqual([
      ...search('srvtoolu_1', 'EqgfCio'),
      { type: 'text', text: 'Searched: swiss lakes\n- A: https://a.example' },
    ]);
  });

  it('goes where nothing is known of it, and a message that is left empty with it', () => {
    const call = { type: 'server_tool_use', id: 'srvtoolu_gateway_1', name: 'web_search', input: { query: '' } };
    const { body, losses } = unseal(history(call));
    expect(body.get('messages')).toEqual([user, user]);
    expect(losses).toEqual(['hosted_history']);
  });
});
