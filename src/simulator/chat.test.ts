import OpenAI, { APIError } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Simulator, startSimulator } from './server.ts';

let simulator: Simulator;
let client: OpenAI;
beforeAll(async () => {
  simulator = await startSimulator();
  client = new OpenAI({ apiKey: 'k', baseURL: `${simulator.url}/v1`, maxRetries: 0 });
});
afterAll(() => simulator.close());

const weather: OpenAI.Chat.ChatCompletionTool = {
  type: 'function',
  function: {
    name: 'get_weather',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' }, days: { type: 'integer', minimum: 1, maximum: 3 } },
      required: ['city'],
    },
  },
};
const ask = (content: string, more: object = {}) => ({
  model: 'demo-openai-chat',
  messages: [{ role: 'user' as const, content }],
  ...more,
});

describe('OpenAI Chat, by its own client', () => {
  it('says the same whole and as a stream', async () => {
    const prompt =
      '#sim think 2; say "Grüße, 東京 🚀"; tool get_weather {"city":"Paris"}; tool get_weather {"city":"Rome"}';
    const whole = await client.chat.completions.create(ask(prompt));
    const streamed = await client.chat.completions.stream(ask(prompt)).finalChatCompletion();
    expect(streamed.id).toBe(whole.id);
    expect(streamed.choices[0]?.message.content).toBe('Grüße, 東京 🚀');
    const calls = whole.choices[0]?.message.tool_calls;
    expect(calls?.map((call) => call.type === 'function' && call.function.arguments)).toEqual([
      '{"city":"Paris"}',
      '{"city":"Rome"}',
    ]);
    expect(new Set(calls?.map((call) => call.id)).size).toBe(2);
    expect(streamed.choices[0]?.message.tool_calls).toMatchObject(calls ?? []);
    expect(streamed.choices[0]?.finish_reason).toBe('tool_calls');
    expect(whole.choices[0]?.message).toHaveProperty('reasoning_content', expect.stringMatching(/^Step 1: .*Step 2: /));
  });

  it('calls the tool a prompt names, to its schema, and quotes the result afterwards', async () => {
    const first = await client.chat.completions.create(ask('Use get_weather please.', { tools: [weather] }));
    const call = first.choices[0]?.message.tool_calls?.[0];
    if (call?.type !== 'function') throw new Error('no call');
    const input = JSON.parse(call.function.arguments);
    expect(typeof input.city).toBe('string');
    expect([1, 2, 3]).toContain(input.days);
    const second = await client.chat.completions.create({
      model: 'demo-openai-chat',
      tools: [weather],
      messages: [
        { role: 'user', content: 'Use get_weather please.' },
        first.choices[0]?.message ?? { role: 'assistant', content: '' },
        { role: 'tool', tool_call_id: call.id, content: 'Sunny, 21 degrees' },
      ],
    });
    expect(second.choices[0]?.message.content).toContain('get_weather: "Sunny, 21 degrees"');
    expect(second.choices[0]?.finish_reason).toBe('stop');
  });

  it('answers structured requests to their schema', async () => {
    const schema = {
      type: 'object',
      properties: { kind: { enum: ['a', 'b'] }, when: { type: 'string', format: 'date' } },
      required: ['kind', 'when'],
      additionalProperties: false,
    };
    const format = { type: 'json_schema' as const, json_schema: { name: 'x', strict: true, schema } };
    const reply = await client.chat.completions.create(ask('anything', { response_format: format }));
    const value = JSON.parse(reply.choices[0]?.message.content ?? '');
    expect(['a', 'b']).toContain(value.kind);
    expect(value.when).toMatch(/^\d{4}-\d\d-\d\d$/);
  });

  it('reports usage as scripted, in a stream only when asked', async () => {
    const prompt = '#sim usage input=100 output=20 cached=80 written=10 reasoning=5; say hi';
    const chunks = async (more: object) => {
      const all: OpenAI.Chat.ChatCompletionChunk[] = [];
      for await (const chunk of await client.chat.completions.create({ ...ask(prompt), stream: true, ...more }))
        all.push(chunk);
      return all;
    };
    expect((await chunks({})).some((chunk) => chunk.usage)).toBe(false);
    const last = (await chunks({ stream_options: { include_usage: true } })).at(-1);
    expect(last?.choices).toEqual([]);
    expect(last?.usage).toMatchObject({
      prompt_tokens: 100,
      completion_tokens: 20,
      total_tokens: 120,
      prompt_tokens_details: { cached_tokens: 80, cache_write_tokens: 10 },
      completion_tokens_details: { reasoning_tokens: 5 },
    });
  });

  it('ends for every reason, and at its limits', async () => {
    const finish = async (prompt: string, more: object = {}) =>
      (await client.chat.completions.create(ask(prompt, more))).choices[0];
    expect((await finish('#sim finish length; say a'))?.finish_reason).toBe('length');
    expect((await finish('#sim finish filter; say a'))?.finish_reason).toBe('content_filter');
    expect((await finish('#sim finish eos; say a'))?.finish_reason).toBe('eos');
    expect((await finish('#sim refuse'))?.message.refusal).toMatch(/can't help/);
    const cut = await finish('#sim text 100', { max_tokens: 10 });
    expect(cut?.finish_reason).toBe('length');
    expect(cut?.message.content?.trim().split(/\s+/).length).toBeLessThanOrEqual(10);
    const stopped = await finish('#sim say "one two END three"', { stop: ['END'] });
    expect(stopped).toMatchObject({ finish_reason: 'stop', message: { content: 'one two ' } });
  });

  it('caches the beginning of a long conversation', async () => {
    const long = 'word '.repeat(2000);
    const usage = async (content: string) => (await client.chat.completions.create(ask(content))).usage;
    expect((await usage(long))?.prompt_tokens_details?.cached_tokens).toBe(0);
    const again = await usage(long);
    expect(again?.prompt_tokens_details?.cached_tokens).toBeGreaterThanOrEqual(1024);
    expect(again?.prompt_tokens_details?.cached_tokens).toBeLessThanOrEqual(again?.prompt_tokens ?? 0);
  });

  it('lists its models, refuses unknown ones and bad keys', async () => {
    const names: string[] = [];
    for await (const model of client.models.list()) names.push(model.id);
    expect(names).toEqual(['demo-openai-chat', 'demo-openai-responses']);
    expect((await client.models.retrieve('anything')).id).toBe('anything');
    await expect(client.chat.completions.create({ ...ask('hi'), model: 'missing-1' })).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
    });
    const other = new OpenAI({ apiKey: 'bad-key', baseURL: `${simulator.url}/v1`, maxRetries: 0 });
    await expect(other.chat.completions.create(ask('hi'))).rejects.toMatchObject({
      status: 401,
      code: 'invalid_api_key',
    });
    await expect(client.chat.completions.create(ask('#sim status 429 retry-after=7'))).rejects.toSatisfy(
      (error) => error instanceof APIError && error.status === 429 && error.headers?.get('retry-after') === '7',
    );
  });

  it('embeds: unit vectors, near for texts that share words', async () => {
    const { data, usage } = await client.embeddings.create({
      model: 'demo-embed',
      input: ['the red house', 'the red garden', 'zebra'],
    });
    const dot = (left = 0, right = 0): number =>
      (data[left]?.embedding ?? []).reduce(
        (sum, value, index) => sum + value * (data[right]?.embedding[index] ?? 0),
        0,
      );
    expect(dot(0, 0)).toBeCloseTo(1);
    expect(dot(0, 1)).toBeGreaterThan(dot(0, 2));
    expect(usage.prompt_tokens).toBe(7);
  });
});
