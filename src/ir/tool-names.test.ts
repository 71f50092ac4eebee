import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { strictLimits } from '../../test/support/limits.ts';
import type { Target } from '../envelope.ts';
import type { Limits } from './limits.ts';
import { repair } from './repair.ts';
import type { ReplyEvent } from './reply.ts';
import type { ChatRequest, FunctionTool, Part, Tool } from './request.ts';
import type { ToolNames } from './tool-names.ts';

fc.configureGlobal({ seed: 20_261_122 });

const limits: Limits = {
  ...strictLimits,
  toolName: { pattern: /^[a-zA-Z_][a-zA-Z0-9_.:-]*$/, maxLength: 32 },
  prefill: 'continued',
};
const target: Target = { model: 'm', stream: true, limits: {}, maker: 'google', accent: {} };

function named(
  tools: readonly Tool[],
  parts: readonly Part[] = [],
  changed: Partial<Limits> = {},
): { request: ChatRequest; names: ToolNames } {
  const request: ChatRequest = {
    turns: [
      { role: 'user', parts: [{ type: 'text', text: 'x' }] },
      ...(parts.length > 0 ? [{ role: 'assistant' as const, parts }] : []),
    ],
    tools,
    sampling: {},
  };
  return repair(request, { id: 'gemini', limits: { ...limits, ...changed } }, target, () => {});
}
function wireNames(request: ChatRequest): readonly string[] {
  return request.tools.flatMap((tool) => (tool.type === 'hosted' ? [] : [tool.name]));
}
const tool = (name: string, namespace?: string): FunctionTool => ({
  type: 'function',
  name,
  ...(namespace !== undefined && { namespace }),
});

function callEvents(name: string, ...deltas: readonly string[]): readonly ReplyEvent[] {
  return [
    { type: 'part-start', index: 0, part: { type: 'tool-call', id: 'c', name } },
    ...deltas.map((text): ReplyEvent => ({ type: 'part-delta', index: 0, text })),
    { type: 'part-end', index: 0 },
  ];
}

describe('tool names', () => {
  it('leave a built-in tool its name where it stands among the functions', () => {
    const search: Tool = { type: 'hosted', kind: 'web-search', wireType: 'search', origin: 'openai-chat', value: {} };
    const changed = { hostedNames: { 'web-search': 'web_search' } };
    const call: Part = { type: 'tool-call', id: 'c', name: 'web_search', input: '{}' };
    const { request, names } = named([tool('web_search'), search], [call], changed);
    expect(wireNames(request)).toEqual(['web_search_2']);
    expect(request.turns.flatMap(({ parts }) => parts)).toContainEqual({ ...call, name: 'web_search_2' });
    expect(names.restorer()(callEvents('web_search_2')[0] as ReplyEvent)).toEqual([callEvents('web_search')[0]]);
    expect(wireNames(named([tool('web_search')], [], changed).request)).toEqual(['web_search']);
    expect(wireNames(named([tool('web_search'), search]).request)).toEqual(['web_search']);
  });

  it('stay as they are where they fit, and then events pass untouched', () => {
    const { request, names } = named([tool('Bash'), tool('bash'), tool('a.b:c')]);
    expect(wireNames(request)).toEqual(['Bash', 'bash', 'a.b:c']);
    expect(names.unchanged).toBe(true);
    const event: ReplyEvent = { type: 'part-start', index: 0, part: { type: 'tool-call', id: 'c', name: 'Bash' } };
    expect(names.restorer()(event)[0]).toBe(event);
  });

  it('are bent, shortened and joined readably, never two alike', () => {
    const { request } = named([
      tool('get weather'),
      tool('get_weather'),
      tool('1st'),
      tool('mcp__a_server_with_a_very_long_name__read_file'),
      tool('mcp__another_server_with_a_long_name__read_file'),
      tool('x'.repeat(40)),
      tool('read', 'mcp__disk__'),
      tool('read', 'disk'),
      tool('漢字'),
    ]);
    expect(wireNames(request)).toEqual([
      'get_weather_2',
      'get_weather',
      '_1st',
      'mcp__read_file',
      'mcp__read_file_2',
      'x'.repeat(32),
      'mcp__disk__read',
      'disk__read',
      '__',
    ]);
  });

  it('come back exactly, whatever they were', () => {
    const anyName = fc.oneof(
      fc.string({ minLength: 1, maxLength: 50 }),
      fc.constantFrom('a b', 'a_b', 'a.b', 'A b', '', '__proto__', 'toString'),
    );
    const anyTool = fc.record({
      name: anyName,
      namespace: fc.option(fc.constantFrom('ns', 'n s'), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.uniqueArray(anyTool, { maxLength: 8, selector: (each) => JSON.stringify(each) }), (tools) => {
        const { request, names } = named(tools.map((each) => tool(each.name, each.namespace)));
        const wire = wireNames(request);
        expect(new Set(wire).size).toBe(tools.length);
        wire.forEach((name, index) => {
          expect(name).toMatch(limits.toolName.pattern);
          expect(name.length).toBeLessThanOrEqual(32);
          const [start] = names.restorer()({
            type: 'part-start',
            index: 0,
            part: { type: 'tool-call', id: 'c', name },
          });
          const original = tools[index];
          expect(start).toEqual({
            type: 'part-start',
            index: 0,
            part: {
              type: 'tool-call',
              id: 'c',
              name: original?.name,
              ...(original?.namespace !== undefined && { namespace: original.namespace }),
            },
          });
        });
      }),
    );
  });

  it('are the same in the history as in the tools, and unknown ones of the history are bent as well', () => {
    const { request } = named(
      [tool('get weather'), tool('send', 'mail')],
      [
        { type: 'tool-call', id: '1', name: 'get weather', input: '{}' },
        { type: 'tool-call', id: '2', name: 'send', namespace: 'mail', input: '{}' },
        { type: 'tool-call', id: '3', name: 'get/weather', input: '{}' },
      ],
    );
    const calls = request.turns[1]?.parts.map((part) => (part.type === 'tool-call' ? part.name : ''));
    expect(calls).toEqual(['get_weather', 'mail__send', 'get_weather_2']);
  });

  it('keeps the last of two definitions of one tool, at the first one’s place', () => {
    const { request } = named([{ ...tool('f'), description: 'old' }, tool('g'), { ...tool('f'), description: 'new' }]);
    expect(request.tools).toEqual([{ ...tool('f'), description: 'new' }, tool('g')]);
  });

  it('keeps namespaces for a dialect that knows them', () => {
    const { request, names } = named([tool('send', 'mail')], [], { namespaces: true });
    expect(request.tools).toEqual([tool('send', 'mail')]);
    expect(names.unchanged).toBe(true);
  });
});

describe('freeform tools', () => {
  const patch: Tool = {
    type: 'freeform',
    name: 'apply_patch',
    description: 'Edits files.',
    format: { type: 'grammar', syntax: 'lark', definition: 'start: "x"' },
  };
  const input = '*** Begin "Patch"\n\\n é 😀';

  it('become functions with one string, in the tools and in the history', () => {
    const { request } = named([patch], [{ type: 'tool-call', id: '1', name: 'apply_patch', input, freeform: true }]);
    const [made] = request.tools;
    expect(made).toMatchObject({
      type: 'function',
      name: 'apply_patch',
      parameters: { type: 'object', required: ['input'] },
    });
    expect(made?.type === 'function' ? made.description : '').toBe(
      'Edits files.\n\nThe input must obey this grammar (lark):\nstart: "x"',
    );
    expect(request.turns[1]?.parts[0]).toEqual({
      type: 'tool-call',
      id: '1',
      name: 'apply_patch',
      input: JSON.stringify({ input }),
    });
  });

  it('come back as plain text, however the JSON was cut', () => {
    const { names } = named([patch]);
    const json = JSON.stringify({ input });
    for (let at = 0; at <= json.length; at++) {
      const restore = names.restorer();
      const events = callEvents('apply_patch', json.slice(0, at), json.slice(at)).flatMap(restore);
      expect(events).toEqual([
        { type: 'part-start', index: 0, part: { type: 'tool-call', id: 'c', name: 'apply_patch', freeform: true } },
        { type: 'part-delta', index: 0, text: input },
        { type: 'part-end', index: 0 },
      ]);
    }
  });

  it('come back raw where the JSON is broken or of another shape', () => {
    const { names } = named([patch]);
    for (const raw of ['{"input":"*** Beg', '{"patch":"x"}', 'plain text']) {
      const events = callEvents('apply_patch', raw).flatMap(names.restorer());
      expect(events[1]).toEqual({ type: 'part-delta', index: 0, text: raw });
    }
    expect(callEvents('apply_patch', '{"input":""}').flatMap(names.restorer())).toHaveLength(2);
  });

  it('pass untouched to a dialect that knows them', () => {
    const { request, names } = named([patch], [], { freeformTools: true });
    expect(request.tools).toEqual([patch]);
    expect(names.unchanged).toBe(true);
  });

  it('are restored in whole replies as in streams', () => {
    const { names } = named([patch, tool('send', 'mail')]);
    const reply = names.restore({
      id: 'r',
      model: 'm',
      parts: [
        { type: 'text', text: 'ok' },
        { type: 'tool-call', id: '1', name: 'apply_patch', input: JSON.stringify({ input }) },
        { type: 'tool-call', id: '2', name: 'mail__send', input: '{"to":"x"}' },
      ],
      finish: { reason: 'tool-calls' },
    });
    expect(reply.parts).toEqual([
      { type: 'text', text: 'ok' },
      { type: 'tool-call', id: '1', name: 'apply_patch', input, freeform: true },
      { type: 'tool-call', id: '2', name: 'send', namespace: 'mail', input: '{"to":"x"}' },
    ]);
  });
});
