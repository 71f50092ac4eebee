// Payload rules of the operator, from the configuration to what an upstream receives: last of all edits, and nothing else is touched.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, everyUpstream, type Gateway, startGateway } from '../support/gateway.ts';
import { ask, bodyOf } from '../support/talk.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway(
    (url) => `${everyUpstream(url)}
openai-api-key:
  - { api-key: k, base-url: "${url}/v1", models: [{ name: gpt-5.4, alias: glm/tab }] }
payload:
  default:
    - models: [{ name: "m-*", protocol: gemini }]
      params: { generationConfig.temperature: 0.25 }
    - models: [{ name: m-gemini }]
      params: { generationConfig.temperature: 0.75, generationConfig.topK: 7 }
  override:
    - models: [{ name: "glm/*" }]
      params: { reasoning_effort: low, user: tab }
    - models: [{ name: m-chat, headers: { x-team: "red*" } }]
      params: { seed: 7 }
  override-raw:
    - models: [{ name: m-chat, protocol: openai, exist: [tools] }]
      params: { tool_choice: '{"type":"function","function":{"name":"get_weather"}}' }
  filter:
    - models: [{ name: "*", protocol: openai }]
      params: [parallel_tool_calls, "messages.#(role==system)#"]
`,
    { strict: false },
  );
});
afterAll(() => gateway.close());

/** What the trace of the last exchange says was edited. */
function lastEdits(): readonly string[] {
  const finished = gateway.observations.findLast((one) => one.type === 'exchange-finished');
  return finished?.type === 'exchange-finished' ? (finished.trace?.attempts.at(-1)?.edits ?? []) : [];
}

const said = [{ user: '#sim say fine' }];

describe('payload rules', () => {
  it('defaults: where the client has nothing, in its own dialect and in another', async () => {
    const own = await ask(gateway, 'gemini', 'to-gemini', {
      ...bodyOf.gemini({ said }),
      generationConfig: { temperature: 1, maxOutputTokens: 50 },
    });
    expect(own.sent.generationConfig).toEqual({ temperature: 1, maxOutputTokens: 50, topK: 7 });
    const foreign = await ask(gateway, 'openai-chat', 'to-gemini', {
      ...bodyOf['openai-chat']({ said }),
      max_tokens: 9,
    });
    expect(foreign.sent.generationConfig).toMatchObject({ temperature: 0.25, topK: 7, maxOutputTokens: 9 });
    const told = await ask(gateway, 'openai-chat', 'to-gemini', {
      ...bodyOf['openai-chat']({ said }),
      temperature: 0.5,
    });
    expect(told.sent.generationConfig).toMatchObject({ temperature: 0.5, topK: 7 });
  });

  it('SEED-29: overrides find a model by its alias, and beat the thinking its suffix asks for', async () => {
    for (const model of ['glm/tab', 'glm/tab(high)']) {
      const told = await ask(gateway, 'openai-chat', model, { ...bodyOf['openai-chat']({ said }), user: 'me' });
      expect(told.status, told.text).toBe(200);
      expect(told.sent).toMatchObject({ model: 'gpt-5.4', reasoning_effort: 'low', user: 'tab' });
      const thinking = model.endsWith(')') ? ['reasoning_effort: absent -> "high"'] : [];
      const set = ['payload override set reasoning_effort', 'payload override set user'];
      expect(lastEdits()).toEqual([...thinking, ...set]);
    }
    expect(
      (await ask(gateway, 'openai-chat', 'to-openai-chat', bodyOf['openai-chat']({ said }))).sent.user,
    ).toBeUndefined();
  });

  it('overrides and filters: byte for byte beside what they name', async () => {
    const rest = '"logit_bias" : {"1":1.0, "n":12345678901234567890}';
    const user = '{"role": "user","content":"#sim say \\u00e9"}';
    await call(
      gateway,
      '/v1/chat/completions',
      `{ "model":"to-openai-chat", ${rest},"parallel_tool_calls":false, "messages":[{"role":"system","content":"x"}, ${user}]}`,
      { 'x-team': 'red-1' },
    );
    const raw = gateway.simulator.recorded().at(-1)?.raw ?? '';
    expect(raw).toContain(rest);
    expect(raw).toContain('"seed":7');
    expect(raw).not.toContain('parallel_tool_calls');
    expect(raw).not.toContain('tool_choice');
    expect(JSON.parse(raw).messages).toEqual([{ role: 'user', content: '#sim say é' }]);
  });
});
