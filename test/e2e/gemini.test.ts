// The Google SDK against an upstream of every dialect.

import { ApiError, type Content, FunctionCallingConfigMode, GoogleGenAI, type PartListUnion } from '@google/genai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientKey, type Gateway, startGateway } from '../support/gateway.ts';
import { answerSchema, modelFor, pixel, twoCalls, upstreams, weather } from '../support/upstreams.ts';

let gateway: Gateway;
let client: GoogleGenAI;
beforeAll(async () => {
  gateway = await startGateway();
  client = new GoogleGenAI({ apiKey: clientKey, httpOptions: { baseUrl: gateway.url } });
});
afterAll(() => gateway.close());

const tools = [
  {
    functionDeclarations: [
      { name: weather.name, description: weather.description, parametersJsonSchema: weather.schema },
    ],
  },
];

describe.each(upstreams)('Gemini to %s', (upstream) => {
  const model = modelFor(upstream);

  it('answers whole, with usage', async () => {
    const reply = await client.models.generateContent({
      model,
      contents: '#sim say Hello Wörld 👋\n#sim usage input=100 output=20 cached=80',
      config: { systemInstruction: 'Be brief.' },
    });
    expect(reply.text).toBe('Hello Wörld 👋');
    expect(reply.candidates?.[0]?.finishReason).toBe('STOP');
    expect(reply.usageMetadata).toMatchObject({ promptTokenCount: 100, cachedContentTokenCount: 80 });
  });

  // Clients in Python, Go and Java decode the bytes; the AI SDK keeps a signature only of a part that has text or a call.
  it.each([false, true])('signs what has text or calls, in base64 (stream: %s)', async (stream) => {
    const asked = {
      model,
      contents: `#sim think 2\n${twoCalls}`,
      config: { tools, thinkingConfig: { includeThoughts: true, thinkingBudget: 2000 } },
    };
    const replies = stream
      ? await Array.fromAsync(await client.models.generateContentStream(asked))
      : [await client.models.generateContent(asked)];
    const parts = replies.flatMap(({ candidates }) => candidates?.[0]?.content?.parts ?? []);
    const signed = parts.filter(({ thoughtSignature }) => thoughtSignature);
    expect(signed.length > 0).toBe(upstream !== 'openai-chat');
    for (const { text, functionCall, thoughtSignature } of signed) {
      expect(text || functionCall).toBeTruthy();
      expect(thoughtSignature).toMatch(/^(?:[\w+/-]{4})*(?:[\w+/-]{2,3}={0,2})?$/);
    }
  });

  it('streams the same text', async () => {
    const contents = '#sim text 120 unicode';
    const whole = (await client.models.generateContent({ model, contents })).text;
    const chunks = await Array.fromAsync(await client.models.generateContentStream({ model, contents }));
    expect(chunks.map(({ text }) => text ?? '').join('')).toBe(whole);
    expect(chunks.at(-1)?.candidates?.[0]?.finishReason).toBe('STOP');
    expect(chunks.at(-1)?.usageMetadata?.totalTokenCount).toBeGreaterThan(0);
  });

  it('streams as a JSON array without alt=sse', async () => {
    const response = await fetch(`${gateway.url}/v1beta/models/${model}:streamGenerateContent`, {
      method: 'POST',
      headers: { 'x-goog-api-key': clientKey, 'content-type': 'application/json' },
      body: JSON.stringify({ contents: [{ role: 'user', parts: [{ text: '#sim text 30' }] }] }),
    });
    expect(response.headers.get('content-type')).toContain('application/json');
    const pieces = (await response.json()) as { candidates: unknown[] }[];
    expect(pieces.length).toBeGreaterThan(1);
  });

  it.each([false, true])('makes a round trip of parallel tools (stream: %s)', async (stream) => {
    const contents: Content[] = [{ role: 'user', parts: [{ text: twoCalls }] }];
    const config = { tools, toolConfig: { functionCallingConfig: { mode: FunctionCallingConfigMode.AUTO } } };
    const replies = stream
      ? await Array.fromAsync(await client.models.generateContentStream({ model, contents, config }))
      : [await client.models.generateContent({ model, contents, config })];
    const parts = replies.flatMap((reply) => reply.candidates?.[0]?.content?.parts ?? []);
    const calls = parts.flatMap(({ functionCall }) => functionCall ?? []);
    expect(calls.map(({ name, args }) => [name, args])).toEqual([
      ['get_weather', { city: 'Paris' }],
      ['get_weather', { city: 'Rome', unit: 'c' }],
    ]);
    const answers = calls.map(({ id, name }, index) => ({
      functionResponse: { ...(id && { id }), ...(name && { name }), response: { result: `${20 + index} degrees` } },
    }));
    const second = await client.models.generateContent({
      model,
      contents: [...contents, { role: 'model', parts }, { role: 'user', parts: answers }],
      config,
    });
    expect(second.text).toContain('20 degrees');
    expect(second.text).toContain('21 degrees');
  });

  it('goes on with the history that the SDK keeps of streams', async () => {
    const chat = client.chats.create({ model, config: { tools, thinkingConfig: { includeThoughts: true } } });
    const say = async (message: PartListUnion) => {
      const chunks = await Array.fromAsync(await chat.sendMessageStream({ message }));
      const parts = chunks.flatMap((chunk) => chunk.candidates?.[0]?.content?.parts ?? []);
      return {
        text: parts.map(({ text, thought }) => (thought ? '' : (text ?? ''))).join(''),
        calls: parts.flatMap(({ functionCall }) => functionCall ?? []),
      };
    };
    expect((await say('#sim say Hello')).text).toBe('Hello');
    const { calls } = await say(`#sim think 2\n${twoCalls}`);
    const answers = calls.map(({ id, name }) => ({
      functionResponse: { ...(id && { id }), ...(name && { name }), response: { output: 'sunny' } },
    }));
    expect((await say(answers)).text).toContain('sunny');
    expect((await say('#sim say Bye')).text).toBe('Bye');
  });

  it('carries thought signatures through a tool loop', async () => {
    const contents: Content[] = [{ role: 'user', parts: [{ text: `#sim think 2\n${twoCalls}` }] }];
    const config = { tools, thinkingConfig: { includeThoughts: true, thinkingBudget: 2000 } };
    const first = await client.models.generateContent({ model, contents, config });
    const parts = first.candidates?.[0]?.content?.parts ?? [];
    expect(parts.some(({ thought }) => thought)).toBe(true);
    const answers = parts.flatMap(({ functionCall }) =>
      functionCall
        ? [
            {
              functionResponse: {
                ...(functionCall.id && { id: functionCall.id }),
                ...(functionCall.name && { name: functionCall.name }),
                response: { result: 'sunny' },
              },
            },
          ]
        : [],
    );
    const second = await client.models.generateContent({
      model,
      contents: [...contents, { role: 'model', parts }, { role: 'user', parts: answers }],
      config,
    });
    expect(second.text).toContain('sunny');
  });

  it('gives structured output', async () => {
    const reply = await client.models.generateContent({
      model,
      contents: 'Give me numbers.',
      config: { responseMimeType: 'application/json', responseJsonSchema: answerSchema },
    });
    expect(JSON.parse(reply.text ?? '')).toMatchObject({ answer: expect.any(String), count: expect.any(Number) });
  });

  it('sends images', async () => {
    const reply = await client.models.generateContent({
      model,
      contents: [
        { role: 'user', parts: [{ inlineData: { mimeType: 'image/png', data: pixel } }, { text: '#sim say seen' }] },
      ],
    });
    expect(reply.text).toBe('seen');
    expect(JSON.stringify(gateway.simulator.recorded().at(-1)?.body)).toContain(pixel);
  });

  it('tells why it stopped', async () => {
    expect(
      (await client.models.generateContent({ model, contents: '#sim text 50\n#sim finish length' })).candidates?.[0]
        ?.finishReason,
    ).toBe('MAX_TOKENS');
  });

  it('counts tokens', async () => {
    const { totalTokens } = await client.models.countTokens({ model, contents: 'How many tokens are in this?' });
    expect(totalTokens).toBeGreaterThan(3);
  });

  it('tells errors as Google does', async () => {
    const limited = await client.models
      .generateContent({ model, contents: '#sim status 429 retry-after=7' })
      .catch((thrown: unknown) => thrown);
    expect(limited).toBeInstanceOf(ApiError);
    expect(limited).toMatchObject({ status: 429, message: expect.stringContaining('RESOURCE_EXHAUSTED') });
  });

  it('ends a broken stream with an error, never in silence', async () => {
    const stream = await client.models.generateContentStream({ model, contents: '#sim text 200\n#sim no-terminal' });
    await expect(Array.fromAsync(stream)).rejects.toThrow();
  });
});

describe('Google client', () => {
  it('lists models in its own shape', async () => {
    const names = [];
    for await (const { name } of await client.models.list()) names.push(name);
    expect(names.toSorted()).toEqual(upstreams.map((upstream) => `models/${modelFor(upstream)}`).toSorted());
  });

  it('embeds where the upstream speaks Gemini', async () => {
    const { embeddings } = await client.models.embedContent({ model: modelFor('gemini'), contents: ['a', 'b'] });
    expect(embeddings?.length).toBe(2);
  });

  it('is told of an unknown model', async () => {
    await expect(client.models.generateContent({ model: 'nope-1', contents: 'x' })).rejects.toMatchObject({
      status: 404,
      message: expect.stringContaining('nope-1'),
    });
  });
});
