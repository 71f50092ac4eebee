// Tool definitions that break in translation: built-in tools, editors' MCP tools, choices, unknown members, schemas. Each test is
// named after what users of gateways suffered from.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type JsonObject, objects } from '../../src/json.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { seen, toolsSeen } from '../support/sight.ts';
import { ask, bodyOf, type ClientName, lossesOf, pairsOf, type Said } from '../support/talk.ts';
import { modelFor, upstreams, weather } from '../support/upstreams.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

const tools = [weather];
const _question: Said = { user: 'How is the weather?' };
const thanks: Said = { user: '#sim say fine' };
const foreignPairs = pairsOf(upstreams);

describe('6: built-in tools of the Codex CLI', () => {
  const schema: JsonObject = {
    type: 'object',
    properties: { path: { type: 'string', description: 'Where to look.' } },
    required: ['path'],
  };
  const grammar = { type: 'grammar', syntax: 'lark', definition: 'start: "*** Begin Patch" /.+/' };
  const codex = (items: readonly JsonObject[], more: JsonObject = {}): JsonObject => ({
    instructions: 'You are Codex.',
    input: [...items, { type: 'message', role: 'user', content: [{ type: 'input_text', text: '#sim say fine' }] }],
    store: false,
    include: ['reasoning.encrypted_content'],
    parallel_tool_calls: true,
    tool_choice: 'auto',
    client_metadata: { 'x-codex-installation-id': 'i' },
    ...more,
  });
  const offered: readonly JsonObject[] = [
    { type: 'function', name: 'exec_command', description: 'Runs it.', strict: false, parameters: schema },
    { type: 'custom', name: 'apply_patch', description: 'Patches.', format: grammar },
    {
      type: 'namespace',
      name: 'mcp__files',
      description: 'Files.',
      tools: [{ type: 'function', name: 'read', description: 'Reads.', strict: false, parameters: schema }],
    },
    { type: 'web_search', external_web_access: true },
    { type: 'image_generation', output_format: 'png' },
    { type: 'local_shell' },
    { type: 'tool_search' },
    { type: 'mcp', server_label: 'docs', server_url: 'https://example.com/mcp' },
  ];

  it.each(upstreams.filter((name) => name !== 'openai-responses'))(
    'each is mapped or left out with a word, none is sent nameless or hollow: %s',
    async (upstream) => {
      const told = await ask(gateway, 'openai-responses', modelFor(upstream), codex([], { tools: offered }));
      expect(told.status, told.text).toBe(200);
      const sent = new Map(toolsSeen[upstream](told.sent));
      expect([...sent.keys()]).not.toContain('');
      expect([...sent.keys()]).toEqual(
        expect.arrayContaining(['exec_command', 'apply_patch', 'mcp__files__read', 'local_shell']),
      );
      expect(sent.get('mcp__files__read')).toMatchObject({ properties: { path: { description: 'Where to look.' } } });
      expect(sent.get('exec_command')).toMatchObject({ required: ['path'] });
      expect(sent.get('local_shell')).toMatchObject({ properties: { command: expect.anything() } });
      // The vendor's own runs stay behind, each with a word.
      expect(lossesOf(told)).toEqual(expect.arrayContaining(['tool:image_generation', 'tool:tool_search', 'tool:mcp']));
      if (upstream !== 'openai-chat') expect(JSON.stringify(told.sent)).toContain('Begin Patch');
    },
  );

  it.each(upstreams.filter((name) => name !== 'openai-responses'))(
    'code mode: tools that stand in an input item reach the model: %s',
    async (upstream) => {
      const exec = { type: 'custom', name: 'exec', description: 'Runs JavaScript.', format: { type: 'text' } };
      const body = codex([
        { type: 'additional_tools', role: 'developer', tools: [exec, { ...offered[0] }] },
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Look around.' }] },
        { type: 'custom_tool_call', call_id: 'call_x', name: 'exec', input: 'await tools.exec_command({cmd: "ls"})' },
        { type: 'custom_tool_call_output', call_id: 'call_x', output: [{ type: 'input_text', text: 'README.md' }] },
      ]);
      const told = await ask(gateway, 'openai-responses', modelFor(upstream), body);
      expect(told.status, told.text).toBe(200);
      expect(toolsSeen[upstream](told.sent).map(([name]) => name)).toEqual(['exec', 'exec_command']);
      const lines = seen[upstream](told.sent).join('\n');
      expect(lines).toContain('await tools.exec_command');
      expect(lines).toContain('result call_x=README.md');
    },
  );

  it.each(upstreams.filter((name) => name !== 'openai-responses'))(
    'a call of each comes back as the item that Codex knows: %s',
    async (upstream) => {
      const patch = '*** Begin Patch\n+ "quoted" \\ and ünïcode\n*** End Patch';
      const wire = upstream === 'openai-chat' ? '*** one line ***' : JSON.stringify({ input: patch });
      for (const stream of [false, true]) {
        gateway.simulator.script({
          say: [
            `tool apply_patch ${wire}`,
            'tool mcp__files__read {"path":"/a"}',
            'tool local_shell {"command":["ls"]}',
          ],
        });
        const told = await ask(gateway, 'openai-responses', modelFor(upstream), codex([], { tools: offered }), {
          stream,
        });
        const items = objects(told.reply.output);
        const input = upstream === 'openai-chat' ? wire : patch;
        expect(items).toContainEqual(expect.objectContaining({ type: 'custom_tool_call', name: 'apply_patch', input }));
        expect(items).toContainEqual(
          expect.objectContaining({
            type: 'function_call',
            namespace: 'mcp__files',
            name: 'read',
            arguments: '{"path":"/a"}',
          }),
        );
        expect(items).toContainEqual(
          expect.objectContaining({ type: 'local_shell_call', action: expect.objectContaining({ command: ['ls'] }) }),
        );
      }
    },
  );
});

describe('9: MCP tools of editors', () => {
  const schema: JsonObject = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'object',
    properties: { owner: { type: 'string' }, labels: { type: 'array', items: { type: 'string' } } },
    required: ['owner'],
    additionalProperties: false,
  };
  /** Cursor sends the flat tools of Responses to the Chat route, Cline and Roo the nested ones of Chat. */
  const flat = { type: 'function', name: 'mcp_GitHub_create_issue', description: 'Creates.', parameters: schema };
  const nested = {
    type: 'function',
    function: { name: 'mcp--github--create_issue', description: 'Creates.', parameters: schema, strict: false },
  };
  const clients: readonly (readonly [string, JsonObject, string])[] = [
    ['Cursor', flat, 'mcp_GitHub_create_issue'],
    [
      'Cline',
      { ...nested, function: { ...nested.function, name: 'c3kQ9a0mcp0create_issue' } },
      'c3kQ9a0mcp0create_issue',
    ],
    ['Roo Code', nested, 'mcp--github--create_issue'],
  ];

  it.each(
    clients.flatMap((one) =>
      upstreams.filter((name) => name !== 'openai-chat').map((upstream) => [...one, upstream] as const),
    ),
  )('%s: seen and called by its name', async (_editor, tool, name, upstream) => {
    const body: JsonObject = {
      messages: [
        { role: 'system', content: 'You are an editor.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: '<task>' },
            { type: 'text', text: 'Make an issue.' },
          ],
        },
      ],
      tools: [tool],
      tool_choice: 'auto',
      parallel_tool_calls: true,
      temperature: 0,
      stream_options: { include_usage: true },
    };
    gateway.simulator.script({ say: `tool ${name} {"owner":"me"}` });
    const told = await ask(gateway, 'openai-chat', modelFor(upstream), body, { stream: true });
    expect(told.status, told.text).toBe(200);
    expect(toolsSeen[upstream](told.sent).map(([each]) => each)).toEqual([name]);
    expect(told.answer.calls).toMatchObject([{ name, input: '{"owner":"me"}' }]);
  });
});

describe('12: the choice of a tool', () => {
  const search = { type: 'web_search_20250305', name: 'web_search', max_uses: 8 };
  /** Refused where there is no search: an answer without would pass for what was found. */
  const fate = (upstream: string): number => (upstream === 'openai-chat' ? 400 : 200);

  it.each(upstreams.filter((name) => name !== 'anthropic-messages'))(
    'names what is there, also for a built-in search that has another name at %s',
    async (upstream) => {
      const others = bodyOf['anthropic-messages']({ tools, said: [thanks] });
      for (const beside of [[], objects(others.tools)]) {
        const told = await ask(gateway, 'anthropic-messages', modelFor(upstream), {
          ...others,
          tools: [search, ...beside],
          tool_choice: { type: 'tool', name: 'web_search' },
        });
        expect(told.status, told.text).toBe(fate(upstream));
      }
    },
  );

  it.each(upstreams.filter((name) => name !== 'openai-responses'))(
    'of Codex’s web search agrees with the tools at %s',
    async (upstream) => {
      const others = bodyOf['openai-responses']({ tools, said: [thanks] });
      for (const beside of [[], objects(others.tools)]) {
        const told = await ask(gateway, 'openai-responses', modelFor(upstream), {
          ...others,
          tools: [{ type: 'web_search' }, ...beside],
          tool_choice: { type: 'web_search' },
        });
        expect(told.status, told.text).toBe(fate(upstream));
      }
    },
  );

  const missing: Readonly<Record<ClientName, JsonObject>> = {
    'openai-chat': { tool_choice: { type: 'function', function: { name: 'gone' } } },
    'openai-responses': { tool_choice: { type: 'function', name: 'gone' } },
    'anthropic-messages': { tool_choice: { type: 'tool', name: 'gone' } },
    gemini: { toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['gone'] } } },
  };
  it.each(foreignPairs)(
    '%s client, %s upstream: one that names a tool not sent along is left out with a word',
    async (client, upstream) => {
      const told = await ask(gateway, client, modelFor(upstream), {
        ...bodyOf[client]({ tools, said: [thanks] }),
        ...missing[client],
      });
      expect(told.status, told.text).toBe(200);
      expect(JSON.stringify(told.sent)).not.toContain('gone');
      expect(lossesOf(told)).toContain('tool_choice');
    },
  );
});

describe('14: members of tools that we do not know', () => {
  const bodies: Readonly<Record<'anthropic-messages' | 'openai-responses', JsonObject>> = {
    'anthropic-messages': {
      max_tokens: 100,
      messages: [{ role: 'user', content: '#sim say fine' }],
      tools: [
        { type: 'tool_search_tool_regex_20251119', name: 'tool_search_tool_regex' },
        {
          name: 'get_weather',
          description: 'x',
          input_schema: { type: 'object', properties: {} },
          defer_loading: true,
          allowed_callers: ['direct'],
          eager_input_streaming: true,
          from_the_future: { a: [1.0, 2] },
        },
      ],
    },
    'openai-responses': {
      input: '#sim say fine',
      store: false,
      tools: [
        { type: 'tool_search' },
        {
          type: 'function',
          name: 'get_weather',
          parameters: { type: 'object', properties: {} },
          strict: false,
          defer_loading: true,
          from_the_future: { a: [1.0, 2] },
        },
      ],
    },
  };

  it.each(['anthropic-messages', 'openai-responses'] as const)(
    'reach an upstream of the same dialect as they came: %s',
    async (dialect) => {
      const told = await ask(gateway, dialect, modelFor(dialect), bodies[dialect]);
      expect(told.raw).toContain(`"tools":${JSON.stringify(bodies[dialect].tools)}`);
    },
  );

  it.each(upstreams.filter((name) => name !== 'anthropic-messages'))(
    'are told of, not dropped in silence, elsewhere: %s',
    async (upstream) => {
      const [, tool] = objects(bodies['anthropic-messages'].tools);
      const { from_the_future: _, ...known } = tool ?? {};
      const told = await ask(gateway, 'anthropic-messages', modelFor(upstream), {
        ...bodies['anthropic-messages'],
        tools: [known],
      });
      expect(told.status, told.text).toBe(200);
      expect(lossesOf(told)).toEqual(expect.arrayContaining(['defer_loading', 'allowed_callers']));
    },
  );
});

describe('15: schemas that a service takes only in part', () => {
  const schema: JsonObject = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Move',
    type: 'object',
    properties: {
      from: { $ref: '#/$defs/square' },
      to: { $ref: '#/$defs/square' },
      priority: { type: 'string', enum: [1, 2, 3] },
      depth: { type: 'integer', exclusiveMinimum: 0, default: 3, examples: [1] },
      mode: { const: 'fast' },
      note: { type: ['string', 'null'], pattern: '^[a-z]+$', minLength: 1 },
      target: {
        oneOf: [
          { type: 'string', format: 'uri' },
          { type: 'object', properties: { id: { type: 'number' } } },
        ],
      },
      both: { allOf: [{ type: 'object', properties: { a: { type: 'string' } } }, { required: ['a'] }] },
      tags: { type: 'array', items: { type: 'string' }, uniqueItems: true, contains: { const: 'x' } },
      loose: { type: 'array' },
      free: {},
      tree: { $ref: '#/$defs/node' },
      map: { type: 'object', additionalProperties: { type: 'integer' }, propertyNames: { pattern: '^a' } },
    },
    required: ['from', 'to', 'gone'],
    additionalProperties: false,
    $defs: {
      square: { type: 'string', description: 'Like e4.' },
      node: { type: 'object', properties: { left: { $ref: '#/$defs/node' }, value: { type: 'number' } } },
    },
  };

  it.each(foreignPairs)(
    '%s client, %s upstream: the worst of them is brought down for tools',
    async (client, upstream) => {
      const told = await ask(
        gateway,
        client,
        modelFor(upstream),
        bodyOf[client]({ tools: [{ name: 'move', schema }], said: [thanks] }),
      );
      expect(told.status, told.text).toBe(200);
      const [sent] = toolsSeen[upstream](told.sent);
      expect(JSON.stringify(sent?.[1])).toContain('Like e4.');
    },
  );

  const answers: Readonly<Record<ClientName, JsonObject>> = {
    'openai-chat': { response_format: { type: 'json_schema', json_schema: { name: 'move', schema } } },
    'openai-responses': { text: { format: { type: 'json_schema', name: 'move', schema } } },
    'anthropic-messages': { output_config: { format: { type: 'json_schema', schema } } },
    gemini: { generationConfig: { responseMimeType: 'application/json', responseJsonSchema: schema } },
  };
  it.each(foreignPairs)('%s client, %s upstream: and for structured answers', async (client, upstream) => {
    const told = await ask(gateway, client, modelFor(upstream), {
      ...bodyOf[client]({ said: [thanks] }),
      ...answers[client],
    });
    expect(told.status, told.text).toBe(200);
  });
});
