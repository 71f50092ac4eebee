// Embeddings are opaque: they go to a service that has them in the client's own dialect, or are refused with a word on who has.

import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, clientKey, everyUpstream, type Gateway, startGateway } from '../support/gateway.ts';

let gateway: Gateway;
let openai: OpenAI;
beforeAll(async () => {
  gateway = await startGateway((url) => everyUpstream(url, ', force-mapping: true'));
  openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: clientKey, maxRetries: 0 });
});
afterAll(() => gateway.close());

const lastSent = () => gateway.simulator.recorded().at(-1);

describe('OpenAI embeddings', () => {
  it('come from a compatible service, with the model under both of its names', async () => {
    const result = await openai.embeddings.create({
      model: 'to-openai-chat',
      input: ['red apple', 'red pear'],
      dimensions: 16,
    });
    expect(result.data.map(({ embedding }) => embedding.length)).toEqual([16, 16]);
    expect(result.model).toBe('to-openai-chat');
    expect(lastSent()).toMatchObject({ path: '/v1/embeddings', key: 'chat-upstream-key', body: { model: 'm-chat' } });
  });

  it('work without /v1, and leave every byte but the model as it came', async () => {
    const response = await call(gateway, '/embeddings', '{ "input" : "x",  "model":"to-openai-chat" , "user": "u" }');
    expect(response.status).toBe(200);
    expect(lastSent()?.raw).toBe('{ "input" : "x",  "model":"m-chat" , "user": "u" }');
  });

  it.each(['to-gemini', 'to-anthropic-messages', 'to-openai-responses'])(
    'of %s are refused, and who could is named',
    async (model) => {
      const before = gateway.simulator.recorded().length;
      await expect(openai.embeddings.create({ model, input: 'x' })).rejects.toMatchObject({
        status: 400,
        code: 'unsupported_operation',
        param: 'model',
        message: expect.stringMatching(/offers no embeddings in this dialect.*chat-service.* can/),
      });
      expect(gateway.simulator.recorded().length).toBe(before);
    },
  );

  it('without a model, or of an unknown one, are refused', async () => {
    const missing = await call(gateway, '/v1/embeddings', { input: 'x' });
    expect([missing.status, await missing.json()]).toMatchObject([400, { error: { param: 'model' } }]);
    await expect(openai.embeddings.create({ model: 'nope-1', input: 'x' })).rejects.toMatchObject({
      status: 400,
      code: 'model_not_found',
    });
  });
});

describe('Gemini embeddings', () => {
  it.each(['v1beta', 'v1'])('come through the SDK, alias or not (%s)', async (apiVersion) => {
    const google = new GoogleGenAI({ apiKey: clientKey, httpOptions: { baseUrl: gateway.url, apiVersion } });
    const result = await google.models.embedContent({ model: 'to-gemini', contents: ['red apple', 'pear'] });
    expect(result.embeddings?.length).toBe(2);
    const { path, body } = lastSent() as { path: string; body: any };
    expect(path).toContain('/models/m-gemini:batchEmbedContents');
    expect(body.requests.map(({ model }: any) => model)).toEqual(['models/m-gemini', 'models/m-gemini']);
  });

  it('name the real model wherever a body names one', async () => {
    const content = { parts: [{ text: 'x' }] };
    const single = await call(gateway, '/v1beta/models/to-gemini:embedContent', { model: 'models/to-gemini', content });
    expect(single.status).toBe(200);
    expect(JSON.stringify(lastSent())).toContain('/models/m-gemini:embedContent');
    expect(lastSent()?.raw).not.toContain('to-gemini');
    const counted = await call(gateway, '/v1beta/models/to-gemini:countTokens', {
      generateContentRequest: { model: 'models/to-gemini', contents: [{ role: 'user', parts: [{ text: 'x' }] }] },
    });
    expect(counted.status).toBe(200);
    expect(lastSent()?.raw).not.toContain('to-gemini');
  });

  it('of an OpenAI service are refused in Google’s shape', async () => {
    const refused = await call(gateway, '/v1beta/models/to-openai-chat:embedContent', { content: { parts: [] } });
    expect([refused.status, await refused.json()]).toMatchObject([
      400,
      { error: { code: 400, message: expect.stringContaining('Google Gemini can') } },
    ]);
  });
});
