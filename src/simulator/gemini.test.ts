import { ApiError, type Content, type GenerateContentResponse, GoogleGenAI } from '@google/genai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Simulator, startSimulator } from './server.ts';

let simulator: Simulator;
let client: GoogleGenAI;
beforeAll(async () => {
  simulator = await startSimulator();
  client = new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: simulator.url } });
});
afterAll(() => simulator.close());

const model = 'demo-gemini';
const tools = [
  {
    functionDeclarations: [
      { name: 'get_time', parametersJsonSchema: { type: 'object', properties: { zone: { type: 'string' } } } },
      { name: 'get_date', parametersJsonSchema: { type: 'object', properties: {} } },
    ],
  },
];
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(simulator.url + path, {
    method: 'POST',
    headers: { 'x-goog-api-key': 'k', ...headers },
    body: JSON.stringify(body),
  });
const say = (text: string) => ({ contents: [{ role: 'user', parts: [{ text }] }] });

describe('Gemini, by its own client', () => {
  it('says the same whole and as a stream', async () => {
    const contents = '#sim think 2; say "Grüße, 東京 🚀"';
    const whole = await client.models.generateContent({ model, contents });
    const chunks: GenerateContentResponse[] = [];
    for await (const chunk of await client.models.generateContentStream({ model, contents })) chunks.push(chunk);
    expect(chunks.map((chunk) => chunk.text ?? '').join('')).toBe('Grüße, 東京 🚀');
    expect(whole.text).toBe('Grüße, 東京 🚀');
    const thoughts = (reply: GenerateContentResponse) =>
      (reply.candidates?.[0]?.content?.parts ?? []).flatMap((part) => (part.thought ? (part.text ?? '') : ''));
    expect(chunks.flatMap(thoughts).join('')).toBe(thoughts(whole).join(''));
    expect(chunks.at(-1)?.candidates?.[0]?.finishReason).toBe('STOP');
    expect(chunks.at(-1)?.usageMetadata).toEqual(whole.usageMetadata);
    expect(whole.usageMetadata?.thoughtsTokenCount).toBeGreaterThan(0);
    expect(new Set(chunks.map((chunk) => chunk.responseId))).toEqual(new Set([whole.responseId]));
  });

  it('shows thoughts only when they are to be included', async () => {
    const thoughts = async (thinkingConfig: object) =>
      (
        await client.models.generateContent({ model, contents: 'hi', config: { thinkingConfig } })
      ).candidates?.[0]?.content?.parts?.filter((part) => part.thought).length;
    expect(await thoughts({ thinkingBudget: 512 })).toBe(0);
    expect(await thoughts({ thinkingBudget: 512, includeThoughts: true })).toBe(1);
  });

  it('calls in parallel with one signature, takes it back, and refuses a foreign or a missing one', async () => {
    const question: Content = { role: 'user', parts: [{ text: 'Call get_time and get_date.' }] };
    const first = await client.models.generateContent({ model, contents: [question], config: { tools } });
    const said = first.candidates?.[0]?.content ?? {};
    expect(said.parts?.map((part) => [part.functionCall?.name, part.thoughtSignature !== undefined])).toEqual([
      ['get_time', true],
      ['get_date', false],
    ]);
    const results: Content = {
      role: 'user',
      parts: (first.functionCalls ?? []).map(({ id, name }) => ({
        functionResponse: { ...(id && { id }), ...(name && { name }), response: { result: `${name} done` } },
      })),
    };
    const again = (parts: Content['parts']) =>
      client.models.generateContent({
        model,
        config: { tools },
        contents: [question, { role: 'model', ...(parts && { parts }) }, results],
      });
    expect((await again(said.parts)).text).toContain('get_time: "get_time done"');
    const signed = (thoughtSignature: string) =>
      said.parts?.map((part, index) => (index === 0 ? { ...part, thoughtSignature } : part));
    await expect(again(signed('Zm9yZWlnbg=='))).rejects.toThrow('Corrupted thought signature');
    await expect(again(said.parts?.map(({ thoughtSignature: _, ...part }) => part))).rejects.toThrow(
      'missing a thought_signature',
    );
    expect((await again(signed('skip_thought_signature_validator'))).text).toContain('get_date done');
  });

  it('answers to a schema, blocks prompts, and stops for every reason', async () => {
    const config = {
      responseMimeType: 'application/json',
      responseJsonSchema: { type: 'array', items: { type: 'integer' } },
    };
    const json = await client.models.generateContent({ model, contents: 'numbers', config });
    expect(JSON.parse(json.text ?? '').every(Number.isInteger)).toBe(true);
    const blocked = await client.models.generateContent({ model, contents: '#sim refuse prompt' });
    expect(blocked).toMatchObject({ promptFeedback: { blockReason: 'PROHIBITED_CONTENT' } });
    expect(blocked.candidates).toBeUndefined();
    const reason = async (contents: string) =>
      (await client.models.generateContent({ model, contents })).candidates?.[0]?.finishReason;
    expect(await reason('#sim refuse')).toBe('SAFETY');
    expect(await reason('#sim finish length; say a')).toBe('MAX_TOKENS');
    expect(await reason('#sim finish MALFORMED_FUNCTION_CALL; say a')).toBe('MALFORMED_FUNCTION_CALL');
    const image = await client.models.generateContent({ model, contents: '#sim image' });
    expect(image.candidates?.[0]?.content?.parts?.[0]?.inlineData?.mimeType).toBe('image/png');
  });

  it('streams a JSON array where no event stream is asked for', async () => {
    const reply = await post(`/v1beta/models/${model}:streamGenerateContent`, say('#sim say one two'));
    expect(reply.headers.get('content-type')).toContain('application/json');
    const chunks = (await reply.json()) as { candidates: { content: { parts: { text: string }[] } }[] }[];
    expect(chunks.map((chunk) => chunk.candidates[0]?.content.parts[0]?.text).join('')).toBe('one two');
  });

  it('serves Vertex paths, whose calls carry no ids', async () => {
    const path = `/v1/projects/p/locations/l/publishers/google/models/${model}:generateContent`;
    const reply = await post(path, say('#sim tool f {"a":1}'), { authorization: 'Bearer token' });
    const body = (await reply.json()) as GenerateContentResponse;
    expect(body.candidates?.[0]?.content?.parts?.[0]?.functionCall).toEqual({ name: 'f', args: { a: 1 } });
    expect(body.usageMetadata?.trafficType).toBe('ON_DEMAND');
  });

  it('counts, embeds, lists, and refuses in its own words', async () => {
    expect((await client.models.countTokens({ model, contents: 'one two' })).totalTokens).toBeGreaterThan(2);
    const { embeddings } = await client.models.embedContent({ model, contents: ['a', 'b'] });
    expect(embeddings?.map(({ values }) => values?.length)).toEqual([256, 256]);
    const names: (string | undefined)[] = [];
    for await (const entry of await client.models.list()) names.push(entry.name);
    expect(names).toEqual(['models/demo-gemini']);
    const failed = (contents: string, name = model) =>
      client.models.generateContent({ model: name, contents }).catch((error) => error);
    expect(await failed('x', 'missing-9')).toMatchObject({ status: 404 });
    const limited = await failed('#sim status 429 retry-after=37');
    expect(limited).toBeInstanceOf(ApiError);
    expect(JSON.parse(limited.message).error).toMatchObject({
      code: 429,
      status: 'RESOURCE_EXHAUSTED',
      details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '37s' }],
    });
    const stream = await client.models.generateContentStream({ model, contents: '#sim overload after=1; text 9' });
    await expect(Array.fromAsync(stream)).rejects.toMatchObject({ status: 503 });
  });
});
