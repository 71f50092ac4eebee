// Requests: what Codex and others send is read in full, what cannot be said is told, what would change the meaning is refused.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listener, recordedRequest } from '../../../test/support/fixtures.ts';
import type { Target } from '../../envelope.ts';
import { GatewayError } from '../../errors.ts';
import type { ChatRequest } from '../../ir/request.ts';
import { writeSeal } from '../../ir/seal.ts';
import type { Json, JsonObject } from '../../json.ts';
import { openaiResponses } from './index.ts';

const { request } = openaiResponses;
const target: Target = { model: 'gpt-5.5', stream: true, limits: {}, maker: 'openai', accent: {} };

const fixture = (name: string): JsonObject => recordedRequest('openai-responses', name);

function decode(body: JsonObject): { asked: ChatRequest; losses: string[] } {
  const { report, losses } = listener();
  const asked = request.decode(body, report);
  return { asked, losses: losses.map(({ what }) => what) };
}
function encode(asked: ChatRequest, to: Partial<Target> = {}): { body: JsonObject; losses: string[] } {
  const { report, losses } = listener();
  const body = request.encode(asked, { ...target, ...to }, report);
  return { body, losses: losses.map(({ what }) => what) };
}
/** Without cache marks, whose loss is reported. */
const unmarked = (asked: ChatRequest): unknown =>
  JSON.parse(JSON.stringify(asked, (key, value: unknown) => (key === 'cache' ? undefined : value)));
const user = (content: Json): JsonObject => ({ model: 'm', input: [{ role: 'user', content }] });

describe('decode', () => {
  it('reads a turn of Codex whole', () => {
    const { asked, losses } = decode(fixture('codex'));
    expect(asked.turns.map(({ role, parts }) => [role, parts.map(({ type }) => type).join(' ')])).toEqual([
      ['system', 'text'],
      ['system', 'text'],
      ['user', 'text'],
      ['user', 'text'],
      ['assistant', 'reasoning text tool-call'],
      ['user', 'tool-result'],
      ['assistant', 'tool-call'],
      ['user', 'tool-result'],
      ['assistant', 'tool-call'],
      ['user', 'tool-result'],
    ]);
    expect(asked.turns[1]?.developer).toBe(true);
    expect(asked.turns[4]?.parts[2]).toEqual({
      type: 'tool-call',
      id: 'call_ex1',
      name: 'exec',
      input: 'cat hello.txt',
      freeform: true,
    });
    expect(asked.turns[5]?.parts[0]).toMatchObject({
      id: 'call_ex1',
      freeform: true,
      content: [{}, { text: 'Hello, Ann.' }],
    });
    expect(asked.turns[6]?.parts[0]).toMatchObject({ name: 'tool_search', input: '{"query":"send a note","limit":4}' });
    expect(asked.turns[7]?.parts[0]).toMatchObject({
      id: 'call_ts1',
      content: [{ text: 'These tools can be called now: mcp__notes__send_note.' }],
    });
    expect(asked.turns[8]?.parts[0]).toMatchObject({ name: 'create_issue', namespace: 'mcp__tracker' });
    expect(
      asked.tools.map((tool) => [tool.type, tool.name, tool.type === 'hosted' ? tool.kind : tool.namespace]),
    ).toEqual([
      ['function', 'update_plan', undefined],
      ['freeform', 'apply_patch', undefined],
      ['function', 'tool_search', undefined],
      ['hosted', 'web_search', 'web-search'],
      ['function', 'create_issue', 'mcp__tracker'],
      ['function', 'close_issue', 'mcp__tracker'],
      ['freeform', 'exec', undefined],
      ['function', 'send_note', 'mcp__notes'],
    ]);
    expect(asked.tools[0]).toMatchObject({ description: 'The plan, newer.' });
    expect(asked).toMatchObject({ reasoning: { effort: 'medium', display: 'summary' }, verbosity: 'low' });
    expect(losses.toSorted()).toEqual(['client_metadata', 'namespace_description', 'phase', 'reasoning_context']);
  });

  it('keeps what the IR can hold through a decode and an encode of every fixture', () => {
    for (const name of ['text', 'tools', 'thinking', 'codex', 'web-search', 'everything']) {
      const { asked } = decode(fixture(name));
      const { body, losses } = encode(asked);
      expect(unmarked(decode(body).asked), name).toEqual(unmarked(asked));
      expect(losses).toEqual(name === 'everything' ? ['cache_control'] : []);
    }
  });

  it('tells every member that it cannot hold, once', () => {
    const { losses } = decode(fixture('everything'));
    expect(losses.toSorted()).toEqual([
      'client_metadata',
      'context_management',
      'image',
      'include',
      'max_tool_calls',
      'moderation',
      'namespace_description',
      'phase',
      'prompt_cache_options',
      'reasoning_context',
      'stream_options',
      'truncation',
    ]);
    expect(decode({ ...fixture('text'), invented_field: 1, store: false, n: null }).losses).toEqual(['invented_field']);
  });

  it('takes every shape of content', () => {
    const parts = decode(
      user([
        'bare',
        { type: 'input_text', text: 'marked', cache_control: { type: 'ephemeral', ttl: '1h' } },
        { type: 'input_image', image_url: 'data:;base64,iVBORw0KGgo=', detail: 'original' },
        { type: 'image_url', image_url: { url: 'https://x.example/a.webp?s=1' } },
        { type: 'input_file', filename: 'notes.txt', file_data: 'aGVsbG8=' },
        { type: 'input_file', file_data: 'data:text/plain,a%20b' },
        { type: 'input_file', file_id: 'file-1' },
        { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'mp3' } },
      ]),
    ).asked.turns[0]?.parts;
    expect(parts).toEqual([
      { type: 'text', text: 'bare' },
      { type: 'text', text: 'marked', cache: { ttl: '1h' } },
      { type: 'media', mediaType: 'image/png', source: { data: 'iVBORw0KGgo=' }, detail: 'original' },
      { type: 'media', mediaType: 'image/webp', source: { url: 'https://x.example/a.webp?s=1' } },
      { type: 'media', mediaType: 'text/plain', source: { data: 'aGVsbG8=' }, name: 'notes.txt' },
      { type: 'media', mediaType: 'text/plain', source: { data: 'YSBi' } },
      { type: 'media', mediaType: 'application/*', source: { file: 'file-1', origin: 'openai-responses' } },
      { type: 'media', mediaType: 'audio/mpeg', source: { data: 'UklGRg==' } },
    ]);
    expect(decode({ model: 'm', input: 'just text' }).asked.turns).toEqual([
      { role: 'user', parts: [{ type: 'text', text: 'just text' }] },
    ]);
    expect(decode({ model: 'm', input: [{ role: 'assistant', content: null }] }).asked.turns[0]?.parts).toEqual([]);
  });

  it('reads what one agent told another, but for what the service encrypted', () => {
    const told = (encrypted_content: string): JsonObject => {
      const head = { type: 'input_text', text: 'Message Type: NEW_TASK\nPayload:\n' };
      const content = [head, { type: 'encrypted_content', encrypted_content }];
      const message = { type: 'agent_message', id: 'amsg_1', author: '/root', recipient: '/root/t', content };
      return { model: 'm', input: [{ role: 'developer', content: 'be brief' }, message] };
    };
    const head = { type: 'text', text: 'Message Type: NEW_TASK\nPayload:\n' };
    const plain = decode(told('gAAAA is what tokens begin with'));
    expect(plain.asked.turns[1]).toEqual({
      role: 'user',
      parts: [head, { type: 'text', text: 'gAAAA is what tokens begin with' }],
    });
    expect(plain.losses).toEqual(['agent_message']);
    const sealed = decode(told('gAAAAABpZ-5_NHztqHbb4AnznDgx4zaLHw=='));
    expect(sealed.asked.turns[1]?.parts).toEqual([head]);
    expect(sealed.losses).toEqual(['agent_message', 'agent_message_encrypted']);
  });

  it('hangs a seal back on the text or call it came with, and knows a redacted thought', () => {
    const { asked } = decode({
      model: 'm',
      input: [
        { type: 'reasoning', summary: [], encrypted_content: writeSeal({ maker: 'anthropic', token: 'redacted:R1' }) },
        { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' },
        { type: 'reasoning', summary: [], encrypted_content: writeSeal({ maker: 'google', token: 'part:G1' }) },
        { type: 'reasoning', summary: [], encrypted_content: writeSeal({ maker: 'anthropic', token: 'A1' }) },
      ],
    });
    expect(asked.turns[0]?.parts).toEqual([
      { type: 'reasoning', text: '', redacted: true, seal: { maker: 'anthropic', token: 'R1' } },
      { type: 'tool-call', id: 'c1', name: 'f', input: '{}', seal: { maker: 'google', token: 'G1' } },
      { type: 'reasoning', text: '', seal: { maker: 'anthropic', token: 'A1' } },
    ]);
  });

  it('reads shell and patch items as calls and their answers', () => {
    const { asked } = decode({
      model: 'm',
      input: [
        { type: 'shell_call', call_id: 's1', action: { commands: ['ls'], timeout_ms: 5 } },
        { type: 'apply_patch_call', call_id: 'p1', operation: { type: 'delete_file', path: 'a' } },
        {
          type: 'shell_call_output',
          call_id: 's1',
          output: [{ stdout: 'a', stderr: 'b', outcome: { type: 'exit', exit_code: 2 } }],
        },
        { type: 'apply_patch_call_output', call_id: 'p1', status: 'failed', output: 'no such file' },
      ],
    });
    expect(asked.turns.flatMap(({ parts }) => parts)).toEqual([
      { type: 'tool-call', id: 's1', name: 'shell', input: '{"commands":["ls"],"timeout_ms":5}' },
      { type: 'tool-call', id: 'p1', name: 'apply_patch', input: '{"operation":{"type":"delete_file","path":"a"}}' },
      { type: 'tool-result', id: 's1', content: [{ type: 'text', text: 'a\nb\nExit code 2.' }] },
      { type: 'tool-result', id: 'p1', content: [{ type: 'text', text: 'no such file' }], failed: true },
    ]);
  });

  it.each<[string, JsonObject, string, string?]>([
    ['nothing to answer', { model: 'm' }, 'input'],
    ['a background run', { ...user('x'), background: true }, 'background'],
    ['a template', { model: 'm', prompt: { id: 'pmpt_1' } }, 'prompt'],
    [
      'an unknown past',
      { ...user('x'), previous_response_id: 'resp_1' },
      'previous_response_id',
      'previous_response_not_found',
    ],
    ['a stored conversation', { ...user('x'), conversation: 'conv_1' }, 'conversation'],
    ['a reference', { model: 'm', input: [{ id: 'msg_1' }] }, 'input[0]', 'previous_response_not_found'],
    [
      'a compacted past',
      { model: 'm', input: [{ type: 'compaction', encrypted_content: 'x' }] },
      'input[0]',
      'unsupported_item',
    ],
    [
      'a wish to compact',
      { model: 'm', input: [{ role: 'user', content: 'x' }, { type: 'compaction_trigger' }] },
      'input[1]',
      'unsupported_item',
    ],
    ['content of no known type', user([{ type: 'hologram' }]), 'input[0].content[0]'],
    ['an image of nothing', user([{ type: 'input_image' }]), 'input[0].content[0].image_url'],
    ['a role of nobody', { model: 'm', input: [{ role: 'robot', content: 'x' }] }, 'input[0].role'],
    ['a nameless tool', { ...user('x'), tools: [{ type: 'function' }] }, 'tools[0].name'],
    ['a word for a number', { ...user('x'), temperature: 'hot' }, 'temperature'],
    [
      'a schema of nothing',
      { ...user('x'), text: { format: { type: 'json_schema', name: 'a' } } },
      'text.format.schema',
    ],
  ])('refuses %s, naming the place', (_what, body, param, code) => {
    const refused = () => decode(body);
    expect(refused).toThrow(GatewayError);
    expect(refused).toThrow(
      expect.objectContaining({ kind: 'bad-request', message: expect.stringContaining(`${param}:`) }),
    );
    expect(refused).toThrow(
      expect.objectContaining({ facts: expect.objectContaining({ param, ...(code && { code }) }) }),
    );
  });

  it('meets any JSON with a request or a clear refusal, never a crash', () => {
    const word = fc.constantFrom(
      'message',
      'function_call',
      'reasoning',
      'custom',
      'namespace',
      'user',
      'web_search_call',
      'x',
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof({ depthSize: 'small' }, word, fc.integer(), fc.constant(null), fc.array(tie('tree')), tie('node')),
      node: fc.dictionary(
        fc.constantFrom(
          'type',
          'role',
          'content',
          'input',
          'tools',
          'output',
          'summary',
          'name',
          'action',
          'text',
          'format',
        ),
        tie('tree'),
        { maxKeys: 5 },
      ),
    }));
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('input', 'tools', 'text', 'reasoning', 'instructions'), tree),
        (body) => {
          try {
            encode(decode(body as JsonObject).asked);
          } catch (error) {
            if (!(error instanceof GatewayError) || error.kind !== 'bad-request') throw error;
          }
        },
      ),
    );
  });
});
