// How likely the tokens of an answer were: asked by the vendors' SDKs, against an upstream of every dialect that tells it.

import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ratedTokens } from '../../src/simulator/likelihood.ts';
import { call, clientKey, type Gateway, startGateway } from '../support/gateway.ts';
import { modelFor } from '../support/upstreams.ts';

let gateway: Gateway;
let openai: OpenAI;
let google: GoogleGenAI;
beforeAll(async () => {
  gateway = await startGateway();
  openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: clientKey, maxRetries: 0 });
  google = new GoogleGenAI({ apiKey: clientKey, httpOptions: { baseUrl: gateway.url } });
});
afterAll(() => gateway.close());

const text = 'Hello Wörld 👋 of tokens';
const prompt = `#sim say ${text}`;
const bytesOf = (token: string) => [...Buffer.from(token)];

function openaiTokens(most: number) {
  return ratedTokens(text, most).map(({ token, logprob, top }) => ({
    token,
    logprob,
    bytes: bytesOf(token),
    top_logprobs: top.map((other) => ({ ...other, bytes: bytesOf(other.token) })),
  }));
}

function googleTokens(most: number) {
  const told = ({ token, logprob }: { token: string; logprob: number }) => ({ token, logProbability: logprob });
  const tokens = ratedTokens(text, most);
  return { chosen: tokens.map(told), top: tokens.map(({ top }) => ({ candidates: top.map(told) })) };
}

describe.each(['openai-chat', 'openai-responses', 'gemini'] as const)('log probabilities of %s', (upstream) => {
  const model = modelFor(upstream);
  const chat = { model, messages: [{ role: 'user' as const, content: prompt }] };
  const responses = { model, input: prompt, include: ['message.output_text.logprobs' as const], store: false };

  it.each([0, 3])('reach Chat clients, whole and streaming (%i beside)', async (most) => {
    const asked = { ...chat, logprobs: true, ...(most > 0 && { top_logprobs: most }) };
    const whole = await openai.chat.completions.create(asked);
    expect(whole.choices[0]?.logprobs?.content).toEqual(openaiTokens(most));
    const chunks = await Array.fromAsync(await openai.chat.completions.create({ ...asked, stream: true }));
    const choices = chunks.flatMap((chunk) => chunk.choices);
    expect(choices.flatMap(({ logprobs }) => logprobs?.content ?? [])).toEqual(openaiTokens(most));
    for (const { delta, logprobs } of choices.filter((choice) => choice.logprobs))
      expect(logprobs?.content?.map(({ token }) => token).join('')).toBe(delta.content);
  });

  it.each([0, 3])('reach Responses clients, whole and streaming (%i beside)', async (most) => {
    const asked = { ...responses, top_logprobs: most };
    const told = { type: 'output_text', text, logprobs: openaiTokens(most) };
    const whole = await openai.responses.create(asked);
    expect(whole.output).toMatchObject([{ type: 'message', content: [told] }]);
    expect(whole.top_logprobs).toBe(most);
    const events = await Array.fromAsync(await openai.responses.create({ ...asked, stream: true }));
    const deltas = events.flatMap((event) => (event.type === 'response.output_text.delta' ? [event] : []));
    expect(deltas.flatMap(({ logprobs }) => logprobs)).toMatchObject(
      openaiTokens(most).map(({ token, logprob }) => ({ token, logprob })),
    );
    for (const { delta, logprobs } of deltas) expect(logprobs.map(({ token }) => token).join('')).toBe(delta);
    const last = events.at(-1);
    expect(last?.type === 'response.completed' && last.response.output).toMatchObject([{ content: [told] }]);
  });

  it.each([0, 3])('reach Gemini clients, whole and streaming (%i beside)', async (most) => {
    const config = { responseLogprobs: true, ...(most > 0 && { logprobs: most }) };
    const asked = { model, contents: prompt, config };
    const { chosen, top } = googleTokens(most);
    const whole = await google.models.generateContent(asked);
    const { chosenCandidates, topCandidates } = whole.candidates?.[0]?.logprobsResult ?? {};
    expect(chosenCandidates).toMatchObject(chosen);
    expect(topCandidates ?? []).toMatchObject(most > 0 ? top : []);
    const chunks = await Array.fromAsync(await google.models.generateContentStream(asked));
    const results = chunks.flatMap(({ candidates }) => candidates?.[0]?.logprobsResult ?? []);
    expect(results.flatMap((result) => result.chosenCandidates ?? [])).toMatchObject(chosen);
    expect(results.flatMap((result) => result.topCandidates ?? [])).toMatchObject(most > 0 ? top : []);
  });

  it('are no loss, and not told where nobody asked', async () => {
    const body = { ...chat, logprobs: true, top_logprobs: 2 };
    const asked = await call(gateway, '/v1/chat/completions', body);
    expect(asked.headers.get('x-cliproxy-loss')).toBeNull();
    const silent = await openai.chat.completions.create(chat);
    expect(silent.choices[0]?.logprobs).toBeNull();
  });
});

it('are a loss at Anthropic, which has none', async () => {
  const model = modelFor('anthropic-messages');
  const body = { model, messages: [{ role: 'user', content: prompt }], logprobs: true };
  const response = await call(gateway, '/v1/chat/completions', body);
  expect(response.headers.get('x-cliproxy-loss')).toContain('logprobs');
  expect(await response.json()).toMatchObject({ choices: [{ logprobs: null, message: { content: text } }] });
});
