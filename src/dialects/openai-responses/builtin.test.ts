import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../json.ts';
import { decodeMeaning, encodeMeaning } from './builtin.ts';

describe('what an item of the vendor’s own tools means', () => {
  const mcp = { type: 'mcp_call', id: 'i', name: 'n', arguments: '{}' };
  const failed = { tool: 'mcp', id: 'i', input: 'n({})', output: 'BOOM', failed: true };
  it.each<[string, JsonObject, unknown]>([
    ['success', { ...mcp, output: 'ok' }, { tool: 'mcp', id: 'i', input: 'n({})', output: 'ok' }],
    ['an error', { ...mcp, output: null, error: 'BOOM' }, failed],
    ['an error of HTTP', { ...mcp, error: { type: 'http_error', code: 500, message: 'BOOM' } }, failed],
    ['an error of the tool', { ...mcp, error: { content: [{ type: 'text', text: 'BOOM' }] } }, failed],
    [
      'a search that failed',
      { type: 'web_search_call', id: 'i', status: 'failed', action: { type: 'search', query: 'q' } },
      { tool: 'web-search', id: 'i', input: 'q', failed: true },
    ],
    [
      'a click',
      { type: 'computer_call', id: 'i', action: { type: 'click', x: 1, y: 2 } },
      { tool: 'computer', id: 'i', input: '{"type":"click","x":1,"y":2}' },
    ],
    [
      'a screen',
      {
        type: 'computer_call_output',
        id: 'i',
        output: { type: 'computer_screenshot', image_url: 'data:image/png;base64,AA' },
      },
      { tool: 'computer', id: 'i', shown: { type: 'media', mediaType: 'image/png', source: { data: 'AA' } } },
    ],
    ['nothing elsewhere', { type: 'mcp_list_tools', id: 'i', tools: [] }, undefined],
  ])('%s', (_what, item, meaning) => {
    expect(decodeMeaning(item)).toEqual(meaning);
  });

  it('says what failed at another vendor', () => {
    expect(encodeMeaning({ tool: 'web-search', input: 'q', failed: true })).toMatchObject({ status: 'failed' });
    expect(encodeMeaning({ tool: 'code-execution', failed: true })).toMatchObject({ status: 'failed' });
    expect(encodeMeaning({ tool: 'web-search', input: 'q' })).toMatchObject({ status: 'completed' });
  });
});
