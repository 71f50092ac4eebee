// Thoughts and their signatures: foreign ones that poison a history, bytes that change on the way, reasoning that a service wants
// back. Each test is named after what users of gateways suffered from.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asObject, type JsonObject, objects, parseObject } from '../../src/json.ts';
import { call, everyUpstream, type Gateway, startGateway } from '../support/gateway.ts';
import { seen } from '../support/sight.ts';
import { ask, bodyOf, type ClientName, followUp, lossesOf, pairsOf, type Said } from '../support/talk.ts';
import { modelFor, upstreams, weather } from '../support/upstreams.ts';

let gateway: Gateway;
/** Its simulator takes what DeepSeek, Kimi and GLM add to Chat. */
let lenient: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
  lenient = await startGateway(
    (url) => `
deepseek:
  - { api-key: k, base-url: "${url}/v1", models: [{ name: deepseek-reasoner }] }
kimi:
  - { api-key: k, base-url: "${url}/v1", models: [{ name: kimi-k2-thinking }] }
openrouter:
  - { api-key: k, base-url: "${url}/v1", models: [{ name: some/model, alias: routed }] }
${everyUpstream(url)}`,
    { strict: false },
  );
});
afterAll(async () => {
  await gateway.close();
  await lenient.close();
});

const tools = [weather];
/** Requests that ask to see thoughts, in a form that carries them back. */
const curious: Readonly<Record<ClientName, JsonObject>> = {
  'openai-chat': { reasoning_effort: 'medium' },
  'openai-responses': { reasoning: { effort: 'medium', summary: 'auto' }, include: ['reasoning.encrypted_content'] },
  'anthropic-messages': { thinking: { type: 'adaptive', display: 'summarized' } },
  gemini: { generationConfig: { thinkingConfig: { includeThoughts: true, thinkingBudget: 2048 } } },
};
const again: Said = { user: '#sim say fine' };

/** Thinks and calls at one upstream; gives the client's next request, with the call answered. */
async function thoughtAt(at: Gateway, client: ClientName, model: string, stream: boolean): Promise<JsonObject> {
  const body = { ...bodyOf[client]({ tools, said: [{ user: 'Look it up.' }] }), ...curious[client] };
  at.simulator.script({ say: ['think 2', 'say Looking.', 'tool get_weather {"city":"Paris"}'] });
  const told = await ask(at, client, model, body, { stream });
  expect(told.status, told.text).toBe(200);
  const id = told.answer.calls[0]?.id ?? '';
  return followUp(client, body, told.reply, [{ results: [{ id, name: 'get_weather', text: 'sunny' }] }, again]);
}

describe('61: a conversation that changes its model in the middle', () => {
  const walks = upstreams.flatMap((client) =>
    pairsOf(upstreams).map(([first, second]) => [client, first, second] as const),
  );

  it.each(walks)('%s client: %s, then %s, then back', async (client, first, second) => {
    for (const stream of [false, true]) {
      const next = await thoughtAt(gateway, client, modelFor(first), stream);
      const told = await ask(gateway, client, modelFor(second), next);
      expect(told.status, told.text).toBe(200);
      // Nothing of ours and nothing of another maker arrives.
      expect(told.raw).not.toContain('cliproxy.seal');
      expect(seen[second](told.sent).join('\n')).toContain('sunny');
      const back = await ask(gateway, client, modelFor(first), followUp(client, next, told.reply, [again]));
      expect(back.status, back.text).toBe(200);
      expect(back.raw).not.toContain('cliproxy.seal');
    }
  });
});

describe('61: in the middle of a tool loop under a thinking budget', () => {
  it.each(['openai-chat', 'openai-responses', 'gemini'] as const)(
    'Claude goes on after %s, without the thought it cannot read',
    async (first) => {
      const budget = { thinking: { type: 'enabled', budget_tokens: 2000 } };
      const body = { ...bodyOf['anthropic-messages']({ tools, said: [{ user: 'Look it up.' }] }), ...budget };
      gateway.simulator.script({ say: ['think 2', 'tool get_weather {"city":"Paris"}'] });
      const told = await ask(gateway, 'anthropic-messages', modelFor(first), body);
      const id = told.answer.calls[0]?.id ?? '';
      const next = followUp('anthropic-messages', body, told.reply, [
        { results: [{ id, name: 'get_weather', text: 'sunny' }] },
      ]);
      const after = await ask(gateway, 'anthropic-messages', 'to-anthropic-messages', next);
      expect(after.status, after.text).toBe(200);
    },
  );
});

describe('62, 64: bytes that are signed', () => {
  const odd = '{"a":1.0,"b":1e2,"text":"\\u00e9 \\/ \\ud83d\\ude00","big":12345678901234567890,"a b":[ ]}';
  const thinking = '"thinking":"caf\\u00e9 \\u2028 <b>","signature":"SIG"';

  it('reach the maker as the client wrote them, also beside thoughts of another maker that must go', async () => {
    const alien = '{"type":"thinking","thinking":"x","signature":"cliproxy.seal.google:AAAA"}';
    for (const beside of ['', `${alien},`]) {
      const text = `{ "model":"to-anthropic-messages", "max_tokens":64,
        "messages":[{"role":"user","content":"Go."},
        {"role" : "assistant","content":[${beside}{"type":"thinking",${thinking}},{"type":"tool_use","id":"t1","name":"f","input":${odd}}]},
        {"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"\\u00e9"}]}]}`;
      await call(lenient, '/v1/messages', text);
      const raw = lenient.simulator.recorded().at(-1)?.raw ?? '';
      expect(raw).toContain(`{"type":"thinking",${thinking}}`);
      expect(raw).toContain(`"input":${odd}`);
      expect(raw).toContain('"content":"\\u00e9"');
      expect(raw).not.toContain('cliproxy.seal');
    }
  });

  it('also in Responses and Gemini', async () => {
    const alien = '{"type":"reasoning","summary":[],"encrypted_content":"cliproxy.seal.google:AAAA"}';
    const item =
      '{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"caf\\u00e9"}],"encrypted_content":"E"}';
    const called = `{"type":"function_call","call_id":"c","name":"f","arguments":${JSON.stringify(odd)}}`;
    await call(lenient, '/v1/responses', `{"model":"to-openai-responses","input":[${alien},${item}, ${called}]}`);
    const raw = lenient.simulator.recorded().at(-1)?.raw ?? '';
    expect(raw).toContain(item);
    expect(raw).toContain(called);
    expect(raw).not.toContain('cliproxy.seal');
    const part = `{"functionCall":{"name":"f","args":${odd}},"thoughtSignature":"SIG"}`;
    for (const token of ['cliproxy.seal.anthropic:AAAA', btoa('cliproxy.seal.anthropic:AAAA')]) {
      const marked = `{"text":"x","thought":true,"thoughtSignature":"${token}"}`;
      await call(
        lenient,
        '/v1beta/models/to-gemini:generateContent',
        `{"contents":[{"role":"user","parts":[{"text":"Go."}]},{"role":"model","parts":[${marked},${part}]}]}`,
      );
      const sent = lenient.simulator.recorded().at(-1)?.raw ?? '';
      expect(sent).toContain(part);
      expect(sent).not.toContain(token);
    }
  });

  it('and arguments are never printed anew between dialects that write them as text', async () => {
    const said: readonly Said[] = [
      { user: 'Go.' },
      { calls: [{ id: 'c1', name: 'get_weather', input: odd }] },
      { results: [{ id: 'c1', name: 'get_weather', text: 'ok' }] },
    ];
    const chat = await ask(gateway, 'openai-chat', 'to-openai-responses', bodyOf['openai-chat']({ tools, said }));
    expect(objects(chat.sent.input).find(({ type }) => type === 'function_call')?.arguments).toBe(odd);
    const responses = await ask(
      gateway,
      'openai-responses',
      'to-openai-chat',
      bodyOf['openai-responses']({ tools, said }),
    );
    const [called] = objects(responses.sent.messages).flatMap(({ tool_calls }) => objects(tool_calls));
    expect(asObject(called?.function)?.arguments).toBe(odd);
    // As objects they keep their digits.
    const claude = await ask(gateway, 'openai-chat', 'to-anthropic-messages', bodyOf['openai-chat']({ tools, said }));
    expect(claude.raw).toContain('"big":12345678901234567890');
  });
});

describe('63: adaptive thinking as Claude’s own clients ask for it', () => {
  const forms: readonly JsonObject[] = [
    { thinking: { type: 'adaptive' } },
    { thinking: { type: 'adaptive', display: 'omitted' }, output_config: { effort: 'xhigh' } },
    { thinking: { type: 'adaptive', display: 'updates' }, output_config: { effort: 'low' } },
    { thinking: { type: 'enabled', budget_tokens: 2000 } },
    { thinking: { type: 'disabled' } },
    { output_config: { effort: 'max' } },
  ];
  it.each(upstreams.flatMap((upstream) => forms.map((form) => [upstream, form] as const)))(
    '%s: %j',
    async (upstream, form) => {
      const body = { ...bodyOf['anthropic-messages']({ tools, said: [{ user: 'Hello.' }] }), ...form };
      for (const stream of [false, true]) {
        const told = await ask(gateway, 'anthropic-messages', modelFor(upstream), body, { stream });
        expect(told.status, told.text).toBe(200);
        const blocks = objects(told.reply.content).filter(({ type }) => type === 'thinking');
        for (const block of blocks)
          expect(block).toMatchObject({ thinking: expect.any(String), signature: expect.any(String) });
        // What came goes back.
        const next = await ask(
          gateway,
          'anthropic-messages',
          modelFor(upstream),
          followUp('anthropic-messages', body, told.reply, [again]),
        );
        expect(next.status, next.text).toBe(200);
      }
    },
  );
});

describe('65: reasoning that a service wants back within its tool loop', () => {
  it.each(['deepseek-reasoner', 'kimi-k2-thinking'])(
    '%s gets the text of its own thoughts, call by call',
    async (model) => {
      const clients = model.startsWith('kimi') ? (['anthropic-messages'] as const) : [];
      for (const client of [...clients, 'openai-responses', 'gemini'] as const) {
        let body: JsonObject = { ...bodyOf[client]({ tools, said: [{ user: 'Look it up.' }] }), ...curious[client] };
        const thoughts: string[] = [];
        for (const city of ['Paris', 'Rome']) {
          lenient.simulator.script({ say: ['think 2', `tool get_weather {"city":"${city}"}`] });
          const told = await ask(lenient, client, model, body, { stream: city === 'Rome' });
          thoughts.push(told.answer.thoughts);
          const id = told.answer.calls[0]?.id ?? '';
          body = followUp(client, body, told.reply, [{ results: [{ id, name: 'get_weather', text: 'sun' }] }]);
        }
        const last = await ask(lenient, client, model, body);
        expect(last.status, last.text).toBe(200);
        const said = objects(last.sent.messages).filter(({ role }) => role === 'assistant');
        expect(said.map(({ reasoning_content }) => reasoning_content)).toEqual(thoughts);
        for (const thought of thoughts) expect(thought).toMatch(/Step 1/);
      }
    },
  );

  it('Chat clients that send it back reach the service unchanged', async () => {
    const body = {
      messages: [
        { role: 'user', content: 'Go.' },
        {
          role: 'assistant',
          content: null,
          reasoning_content: 'I think.',
          tool_calls: [{ id: 'c', type: 'function', function: { name: 'get_weather', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'c', content: 'sun' },
      ],
    };
    const told = await ask(lenient, 'openai-chat', 'deepseek-reasoner', body);
    expect(told.sent.messages).toEqual(body.messages);
  });

  it('top_p below 0.95, a temperature and top_k are not sent along with thinking', async () => {
    const body = { ...bodyOf['openai-chat']({ said: [again] }), top_p: 0.5, reasoning_effort: 'high' };
    const low = await ask(gateway, 'openai-chat', 'to-anthropic-messages', body);
    expect(low.status, low.text).toBe(200);
    expect(low.sent.top_p).toBeUndefined();
    expect(lossesOf(low)).toContain('top_p');
    const high = await ask(gateway, 'openai-chat', 'to-anthropic-messages', { ...body, top_p: 0.97 });
    expect(high.sent.top_p).toBe(0.97);
    const google = {
      ...bodyOf.gemini({ said: [again] }),
      generationConfig: { topK: 40, temperature: 0.2, topP: 0.3, thinkingConfig: { thinkingBudget: 2000 } },
    };
    const told = await ask(gateway, 'gemini', 'to-anthropic-messages', google);
    expect(told.status, told.text).toBe(200);
    expect(lossesOf(told)).toEqual(expect.arrayContaining(['top_k', 'top_p', 'temperature']));
    expect(parseObject(told.raw)).toMatchObject({ thinking: { budget_tokens: 2000 } });
  });
});
