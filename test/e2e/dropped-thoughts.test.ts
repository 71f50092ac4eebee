// Clients that keep no thoughts in their history, as Gemini CLI: within a tool loop the gateway remembers what upstream must get back.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { call, type Gateway, startGateway } from '../support/gateway.ts';
import { modelFor, twoCalls, weather } from '../support/upstreams.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

interface GeminiPart {
  readonly thought?: boolean;
  readonly functionCall?: { readonly id?: string; readonly name: string };
}

it.each([
  ['anthropic-messages', '"type":"thinking"'],
  ['openai-responses', '"encrypted_content":"'],
] as const)('Gemini to %s without the thoughts', async (upstream, sealed) => {
  const ask = async (contents: readonly unknown[]) => {
    const body = {
      contents,
      tools: [{ functionDeclarations: [{ name: weather.name, parametersJsonSchema: weather.schema }] }],
      generationConfig: { thinkingConfig: { includeThoughts: true, thinkingBudget: 2000 } },
    };
    const response = await call(gateway, `/v1beta/models/${modelFor(upstream)}:generateContent`, body);
    const losses = response.headers.get('x-cliproxy-loss')?.split(', ') ?? [];
    const reply = (await response.json()) as { candidates: [{ content: { parts: readonly GeminiPart[] } }] };
    return { status: response.status, losses, parts: reply.candidates[0].content.parts };
  };
  const question = { role: 'user', parts: [{ text: `#sim think 2\n${twoCalls}` }] };
  const { parts } = await ask([question]);
  const kept = parts.filter(({ thought }) => !thought);
  const results = kept.flatMap(({ functionCall }) =>
    functionCall ? [{ functionResponse: { ...functionCall, args: undefined, response: { result: 'sunny' } } }] : [],
  );
  expect([parts.length > kept.length, results.length]).toEqual([true, 2]);
  const second = await ask([question, { role: 'model', parts: kept }, { role: 'user', parts: results }]);
  expect([second.status, JSON.stringify(second.parts)]).toEqual([200, expect.stringContaining('sunny')]);
  expect(second.losses).not.toContain('thinking');
  expect(gateway.simulator.recorded().at(-1)?.raw).toContain(sealed);
});
