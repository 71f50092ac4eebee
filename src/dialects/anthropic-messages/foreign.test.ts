import { describe, expect, it } from 'vitest';
import { contextFor } from '../../../test/support/fixtures.ts';
import type { Meaning } from '../../ir/request.ts';
import type { JsonObject } from '../../json.ts';
import { foreignPart, replyBlocks } from './foreign.ts';
import { anthropicMessages } from './index.ts';

const call = (name: string, input: JsonObject): JsonObject => ({ type: 'server_tool_use', id: 's', name, input });
const answer = (tool: string, more: JsonObject): JsonObject => ({
  type: `${tool}_tool_result`,
  tool_use_id: 's',
  ...more,
});

describe('a server tool that failed', () => {
  it.each<[string, readonly JsonObject[], Meaning | undefined]>([
    [
      'code with an exit code',
      [
        call('code_execution', { code: '1/0' }),
        answer('code_execution', {
          content: { type: 'code_execution_result', stdout: '', stderr: 'Zero', return_code: 1 },
        }),
      ],
      { tool: 'code-execution', id: 's', input: '1/0', output: 'Zero', failed: true },
    ],
    [
      'an MCP tool',
      [
        { ...call('n', {}), type: 'mcp_tool_use' },
        answer('mcp', { is_error: true, content: [{ type: 'text', text: 'BOOM' }] }),
      ],
      { tool: 'mcp', id: 's', input: '{}', output: 'BOOM', failed: true },
    ],
    [
      'a search with an error',
      [
        call('web_search', { query: 'q' }),
        answer('web_search', { content: { type: 'web_search_tool_result_error', error_code: 'unavailable' } }),
      ],
      { tool: 'web-search', id: 's', input: 'q', output: 'Error: unavailable', failed: true },
    ],
  ])('says so: %s', (_what, blocks, meaning) => {
    expect(foreignPart(blocks).meaning).toEqual(meaning);
  });

  it('is shown to clients as one that failed', () => {
    const shown = (meaning: Meaning) =>
      replyBlocks({ origin: 'gemini', value: {}, meaning }, contextFor(anthropicMessages), 0)[1]?.content;
    expect(shown({ tool: 'code-execution', output: 'Zero', failed: true })).toMatchObject({
      stdout: '',
      stderr: 'Zero',
      return_code: 1,
    });
    expect(shown({ tool: 'web-search', failed: true })).toMatchObject({ type: 'web_search_tool_result_error' });
    expect(shown({ tool: 'web-search' })).toEqual([]);
  });
});
