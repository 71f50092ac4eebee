// Tools that are not shown until the model searches for them, as Codex does with those of MCP servers and of its own agents. Left
// out for other vendors' models, they could never be called.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type JsonObject, objects } from '../../src/json.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { seen, toolsSeen } from '../support/sight.ts';
import { ask, lossesOf } from '../support/talk.ts';
import { modelFor, upstreams } from '../support/upstreams.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

describe('6: a search for tools that Codex runs', () => {
  const foreign = upstreams.filter((name) => name !== 'openai-responses');
  const parameters = { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] };
  const search = { type: 'tool_search', execution: 'client', description: 'Searches.', parameters };
  const call = { type: 'tool_search_call', call_id: 'call_s', execution: 'client', arguments: { path: 'files' } };
  const codex = (items: readonly JsonObject[]): JsonObject => ({
    input: [{ role: 'user', content: 'Look around.' }, ...items, { role: 'user', content: '#sim say fine' }],
    tools: [search],
    store: false,
  });

  it.each(foreign)('is a call as any other: %s', async (upstream) => {
    gateway.simulator.script({ say: 'tool tool_search {"path":"files"}', times: 2 });
    for (const stream of [false, true]) {
      const told = await ask(gateway, 'openai-responses', modelFor(upstream), codex([]), { stream });
      expect(objects(told.reply.output)).toContainEqual(
        expect.objectContaining({ ...call, call_id: expect.any(String), id: expect.stringMatching(/^tsc_/) }),
      );
      expect(lossesOf(told)).not.toContain('tool:tool_search');
      expect(Object.fromEntries(toolsSeen[upstream](told.sent))).toMatchObject({ tool_search: { required: ['path'] } });
    }
  });

  it.each(foreign)('gives the model what it found: %s', async (upstream) => {
    const read = { type: 'function', name: 'read', strict: false, defer_loading: true, parameters };
    const found = { type: 'namespace', name: 'mcp__files', description: 'Files.', tools: [read] };
    const output = { type: 'tool_search_output', call_id: 'call_s', execution: 'client', tools: [found] };
    gateway.simulator.script({ say: 'tool mcp__files__read {"path":"/a"}' });
    const told = await ask(gateway, 'openai-responses', modelFor(upstream), codex([call, output]));
    expect(told.status, told.text).toBe(200);
    expect(toolsSeen[upstream](told.sent).map(([name]) => name)).toEqual(['tool_search', 'mcp__files__read']);
    expect(seen[upstream](told.sent).join('\n')).toContain('mcp__files__read');
    expect(lossesOf(told)).not.toContain('defer_loading');
    expect(lossesOf(told)).not.toContain('hosted_history');
    expect(objects(told.reply.output)).toContainEqual(
      expect.objectContaining({ type: 'function_call', namespace: 'mcp__files', name: 'read' }),
    );
  });
});
