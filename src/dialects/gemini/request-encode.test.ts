import { describe, expect, it } from 'vitest';
import { recordedRequest } from '../../../test/support/fixtures.ts';
import type { Target } from '../../envelope.ts';
import type { ChatRequest, Part, Turn } from '../../ir/request.ts';
import { type JsonObject, parseJson } from '../../json.ts';
import { decode } from './request-decode.ts';
import { encode } from './request-encode.ts';

const fixture = (name: string): JsonObject => recordedRequest('gemini', name);

function target(model: string, more: Partial<Target> = {}): Target {
  return { model, stream: false, limits: {}, maker: 'google', accent: {}, ...more };
}

function encoded(asked: Partial<ChatRequest>, to: Target): { body: JsonObject; losses: string[] } {
  const losses: string[] = [];
  const whole: ChatRequest = { turns: [said('hi')], tools: [], sampling: {}, ...asked };
  return { body: encode(whole, to, (loss) => losses.push(loss.what)), losses };
}

function said(text: string): Turn {
  return { role: 'user', parts: [{ type: 'text', text }] };
}

function model(...parts: Part[]): Turn {
  return { role: 'assistant', parts };
}

const flash = target('gemini-2.5-flash');
const pro3 = target('gemini-3-pro-preview');

describe('encode', () => {
  it('gives back what it decoded', () => {
    for (const name of ['text', 'tools', 'thinking', 'search', 'everything']) {
      const body = fixture(name);
      const asked = decode(body, () => {});
      const again = encode(asked, pro3, () => {});
      expect(decode(again, () => {}).turns).toEqual(asked.turns.map(withoutDetail));
      expect(decode(again, () => {}).sampling).toEqual(asked.sampling);
      expect(decode(again, () => {}).tools.map((tool) => tool.type)).toEqual(asked.tools.map((tool) => tool.type));
    }
  });

  it('puts responses first, and keeps what follows behind them', () => {
    const calls = model(
      { type: 'tool-call', id: 'a', name: 'f', input: '{"n":12345678901234567890}' },
      { type: 'tool-call', id: 'b', name: 'g', input: '' },
    );
    const results: Turn = {
      role: 'user',
      parts: [
        { type: 'text', text: 'and now?' },
        { type: 'tool-result', id: 'a', name: 'f', failed: true, content: [{ type: 'text', text: 'no' }, image] },
        { type: 'tool-result', id: 'b', name: 'g', content: [{ type: 'text', text: '{"x":1}' }] },
      ],
    };
    const old = encoded(
      { turns: [said('go'), calls, results] },
      target('gemini-2.5-flash', { accent: { noCallIds: true } }),
    );
    expect(old.body.contents).toEqual([
      { role: 'user', parts: [{ text: 'go' }] },
      {
        role: 'model',
        parts: [
          { functionCall: { name: 'f', args: { n: parseJson('12345678901234567890') } } },
          { functionCall: { name: 'g', args: {} } },
        ],
      },
      {
        role: 'user',
        parts: [
          { functionResponse: { name: 'f', response: { error: 'no' } } },
          { functionResponse: { name: 'g', response: { x: 1 } } },
          { inlineData: { mimeType: 'image/png', data: 'AA==' } },
          { text: 'and now?' },
        ],
      },
    ]);
    const modern = encoded({ turns: [said('go'), calls, results] }, pro3).body.contents as JsonObject[];
    expect(modern[2]).toMatchObject({
      parts: [
        { functionResponse: { id: 'a', parts: [{ inlineData: { data: 'AA==' } }] } },
        { functionResponse: { id: 'b' } },
        { text: 'and now?' },
      ],
    });
  });

  it('gives the first call of every step a signature, its own or the documented word', () => {
    const step = (id: string, seal?: string): Turn[] => [
      model(
        {
          type: 'tool-call',
          id: `${id}1`,
          name: 'f',
          input: '{}',
          ...(seal && { seal: { maker: 'google', token: seal } }),
        },
        { type: 'tool-call', id: `${id}2`, name: 'f', input: '{}' },
      ),
      {
        role: 'user',
        parts: [
          { type: 'tool-result', id: `${id}1`, content: [] },
          { type: 'tool-result', id: `${id}2`, content: [] },
        ],
      },
    ];
    const turns = [said('one'), ...step('a'), said('two'), ...step('b', 'OWN'), ...step('c')];
    const seals = (to: Target) =>
      (encoded({ turns }, to).body.contents as { parts: JsonObject[] }[])
        .flatMap(({ parts }) => parts)
        .filter((part) => part.functionCall)
        .map((part) => part.thoughtSignature);
    const word = 'skip_thought_signature_validator';
    expect(seals(pro3)).toEqual([word, undefined, 'OWN', undefined, word, undefined]);
    expect(seals(flash)).toEqual([undefined, undefined, 'OWN', undefined, undefined, undefined]);
  });

  it('tells of cache marks within the results of tools', () => {
    const call = model({ type: 'tool-call', id: 'a', name: 'f', input: '{}' });
    const content: Part[] = [{ type: 'text', text: 'long', cache: {} }];
    const result: Turn = { role: 'user', parts: [{ type: 'tool-result', id: 'a', content }] };
    expect(encoded({ turns: [said('go'), call, result] }, flash).losses).toEqual(['cache_control']);
  });

  it('says thinking as a level or a budget, never both', () => {
    const thinking = (reasoning: ChatRequest['reasoning'], to: Target) =>
      (encoded({ ...(reasoning && { reasoning }) }, to).body.generationConfig as JsonObject | undefined)
        ?.thinkingConfig;
    const levels = target('x', {
      limits: { reasoning: { levels: ['low', 'high'], budget: { min: 128, max: 32_768 } } },
    });
    const budget = target('x', { limits: { reasoning: { budget: { min: 0, max: 24_576 }, off: true } } });
    const none = target('x', { limits: { reasoning: {} } });
    expect(thinking({ budget: 100_000 }, levels)).toEqual({ thinkingLevel: 'HIGH', includeThoughts: true });
    expect(thinking({ effort: 'none' }, levels)).toEqual({ thinkingLevel: 'LOW' });
    expect(thinking({ auto: true, display: 'omitted' }, levels)).toEqual({});
    expect(thinking({ effort: 'max' }, budget)).toEqual({ thinkingBudget: 24_576, includeThoughts: true });
    expect(thinking({ budget: 0 }, budget)).toEqual({ thinkingBudget: 0 });
    expect(thinking({ auto: true }, budget)).toEqual({ thinkingBudget: -1, includeThoughts: true });
    expect(thinking({ effort: 'high' }, none)).toBeUndefined();
    expect(thinking({ effort: 'xhigh' }, pro3)).toEqual({ thinkingLevel: 'HIGH', includeThoughts: true });
    expect(thinking({ effort: 'low' }, flash)).toEqual({ thinkingBudget: 1024, includeThoughts: true });
    expect(thinking(undefined, pro3)).toBeUndefined();
  });

  it('knows which tools stand together', () => {
    const tools: ChatRequest['tools'] = [
      { type: 'function', name: 'f' },
      { type: 'function', name: 'g', parameters: { type: 'object', properties: { a: { type: 'string' } } } },
      {
        type: 'hosted',
        kind: 'web-search',
        wireType: 'web_search',
        origin: 'openai-responses',
        value: { type: 'web_search' },
        search: { allowedDomains: ['a.example'] },
      },
    ];
    const declarations = [
      { name: 'f' },
      { name: 'g', parameters: { type: 'OBJECT', properties: { a: { type: 'STRING' } } } },
    ];
    const modern = encoded({ tools, toolChoice: { name: 'g' } }, pro3);
    expect(modern.losses).toEqual(['allowed_domains']);
    expect(modern.body).toMatchObject({
      tools: [{ functionDeclarations: declarations }, { googleSearch: {} }],
      toolConfig: {
        functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['g'] },
        includeServerSideToolInvocations: true,
      },
    });
    const old = encoded({ tools, toolChoice: { allowed: ['g'], mode: 'auto' } }, flash);
    expect(old.losses).toEqual(['tool:web_search']);
    expect(old.body.tools).toEqual([{ functionDeclarations: [declarations[1]] }]);
    const shell: ChatRequest['tools'] = [
      { type: 'hosted', kind: 'computer', wireType: 'computer', origin: 'openai-responses', value: {} },
    ];
    expect(encoded({ tools: shell }, pro3)).toMatchObject({ body: { contents: [{}] }, losses: ['tool:computer'] });
    expect(() => encoded({ tools: shell, toolChoice: 'required' }, pro3)).toThrow('computer');
  });

  it('sends schemas in the form that can say them, and reports what stands beside one', () => {
    const schema = { type: 'object', properties: { a: {} } };
    const { body, losses } = encoded(
      {
        tools: [{ type: 'function', name: 'f', parameters: schema }],
        output: { type: 'json', schema, description: 'The answer.' },
      },
      pro3,
    );
    expect(body.tools).toEqual([{ functionDeclarations: [{ name: 'f', parametersJsonSchema: schema }] }]);
    expect(body.generationConfig).toMatchObject({ responseJsonSchema: schema });
    expect(losses).toEqual(['response_format.description']);
  });

  it('reports arguments that it had to change', () => {
    for (const [input, args] of [
      ['[1,2]', {}],
      ['not json', { _raw: 'not json' }],
      ['{"a":[1', { a: [1] }],
    ] as const) {
      const call = model({ type: 'tool-call', id: 'a', name: 'f', input });
      const { body, losses } = encoded({ turns: [said('go'), call] }, flash);
      expect(body.contents).toMatchObject([{}, { parts: [{ functionCall: { args } }] }]);
      expect(losses).toEqual(['tool_arguments']);
    }
  });

  it('asks for JSON in words where the mode is refused beside functions', () => {
    const output: ChatRequest['output'] = {
      type: 'json',
      schema: { type: 'object', properties: { a: { const: 'x' } } },
    };
    const tools: ChatRequest['tools'] = [{ type: 'function', name: 'f' }];
    const old = encoded({ output, tools }, flash);
    expect(JSON.stringify(old.body.systemInstruction)).toContain('JSON Schema');
    expect(old.losses).toEqual(['response_format']);
    expect(encoded({ output, tools }, pro3).body.generationConfig).toEqual({
      responseMimeType: 'application/json',
      responseSchema: { type: 'OBJECT', properties: { a: { type: 'STRING', enum: ['x'] } } },
    });
  });

  it('clamps, cuts and reports', () => {
    const { body, losses } = encoded(
      {
        sampling: { maxTokens: 1e6, stop: ['a', '', 'b', 'c', 'd', 'e', 'f'] },
        parallelToolCalls: false,
        verbosity: 'low',
        user: 'u',
        cacheKey: 'k',
        metadata: { a: 'b' },
        cache: {},
      },
      target('m', { limits: { maxOutput: 65_536 } }),
    );
    expect(body.generationConfig).toEqual({ maxOutputTokens: 65_536, stopSequences: ['a', 'b', 'c', 'd', 'e'] });
    expect(losses.toSorted()).toEqual(
      [
        'cache_control',
        'max_tokens',
        'metadata',
        'parallel_tool_calls',
        'prompt_cache_key',
        'stop',
        'user',
        'verbosity',
      ].toSorted(),
    );
    expect(() => encoded({ turns: [{ role: 'system', parts: [image] }] }, pro3)).toThrow('media');
  });
});

const image: Part = { type: 'media', mediaType: 'image/png', source: { data: 'AA==' } };

/** The wire takes one resolution for all media, and here they differ. */
function withoutDetail(turn: Turn): Turn {
  const bare = (part: Part): Part => {
    if (part.type !== 'media') return part;
    const { detail: _, ...rest } = part;
    return rest;
  };
  return { ...turn, parts: turn.parts.map(bare) };
}
