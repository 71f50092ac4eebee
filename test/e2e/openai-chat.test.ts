// The OpenAI SDK's chat completions against an upstream of every dialect.

import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientKey, type Gateway, startGateway } from '../support/gateway.ts';
import { answerSchema, modelFor, pixel, twoCalls, upstreams, weather } from '../support/upstreams.ts';

let gateway: Gateway;
let client: OpenAI;
beforeAll(async () => {
  gateway = await startGateway();
  client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: clientKey, maxRetries: 0 });
});
afterAll(() => gateway.close());

const tools = [
  {
    type: 'function' as const,
    function: { name: weather.name, description: weather.description, parameters: { ...weather.schema } },
  },
];

describe.each(upstreams)('OpenAI Chat to %s', (upstream) => {
  const model = modelFor(upstream);
  const ask = (content: string, more: Partial<OpenAI.ChatCompletionCreateParamsNonStreaming> = {}) =>
    client.chat.completions.create({
      model,
      messages: [{ role: 'user', content }],
      max_completion_tokens: 2000,
      ...more,
    });

  it('answers whole, with usage', async () => {
    const completion = await ask('#sim say Hello Wörld 👋\n#sim usage input=100 output=20 cached=80 reasoning=5');
    expect(completion.object).toBe('chat.completion');
    expect(completion.choices[0]?.message).toMatchObject({ role: 'assistant', content: 'Hello Wörld 👋' });
    expect(completion.choices[0]?.finish_reason).toBe('stop');
    expect(completion.usage).toMatchObject({
      prompt_tokens: 100,
      completion_tokens: 20,
      total_tokens: 120,
      prompt_tokens_details: { cached_tokens: 80 },
    });
  });

  it('streams the same text, with the role first and usage only when asked', async () => {
    const prompt = '#sim text 120 unicode';
    const whole = (await ask(prompt)).choices[0]?.message.content;
    const plain = await client.chat.completions.create({
      model,
      messages: [{ role: 'user', content: prompt }],
      stream: true,
    });
    const chunks = await Array.fromAsync(plain);
    expect(chunks[0]?.choices[0]?.delta.role).toBe('assistant');
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe(whole);
    expect(chunks.filter((chunk) => chunk.choices[0]?.finish_reason).length).toBe(1);
    expect(chunks.some((chunk) => chunk.usage)).toBe(false);
    const counted = client.chat.completions.stream({
      model,
      messages: [{ role: 'user', content: prompt }],
      stream_options: { include_usage: true },
    });
    const final = await counted.finalChatCompletion();
    expect(final.choices[0]?.message.content).toBe(whole);
    expect(final.usage?.total_tokens).toBeGreaterThan(0);
  });

  it.each([false, true])('makes a round trip of parallel tools (stream: %s)', async (stream) => {
    const messages: OpenAI.ChatCompletionMessageParam[] = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: twoCalls },
    ];
    const request = { model, messages, tools, parallel_tool_calls: true };
    const first = stream
      ? await client.chat.completions.stream(request).finalChatCompletion()
      : await client.chat.completions.create(request);
    const message = first.choices[0]?.message;
    expect(first.choices[0]?.finish_reason).toBe('tool_calls');
    const calls = message?.tool_calls ?? [];
    expect(
      calls.map((call) => call.type === 'function' && [call.function.name, JSON.parse(call.function.arguments)]),
    ).toEqual([
      ['get_weather', { city: 'Paris' }],
      ['get_weather', { city: 'Rome', unit: 'c' }],
    ]);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
    if (!message) throw new Error('no message');
    const second = await client.chat.completions.create({
      ...request,
      messages: [
        ...messages,
        message,
        ...calls.map(({ id }, index) => ({
          role: 'tool' as const,
          tool_call_id: id,
          content: `${20 + index} degrees`,
        })),
      ],
    });
    expect(second.choices[0]?.message.content).toContain('20 degrees');
    expect(second.choices[0]?.message.content).toContain('21 degrees');
  });

  it.each(['required', { type: 'function' as const, function: { name: weather.name } }])(
    'forces a tool (%j)',
    async (tool_choice) => {
      const completion = await ask('anything', { tools, tool_choice: tool_choice as 'required' });
      const call = completion.choices[0]?.message.tool_calls?.[0];
      expect(call?.type === 'function' && call.function.name).toBe('get_weather');
    },
  );

  it('shows reasoning apart from the answer, and takes it back', async () => {
    const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: '#sim think 2\n#sim say done' }];
    const completion = await client.chat.completions.create({ model, messages, reasoning_effort: 'high' });
    const message = completion.choices[0]?.message;
    expect(message?.content).toBe('done');
    expect((message as { reasoning_content?: string }).reasoning_content).toBeTruthy();
    if (!message) throw new Error('no message');
    const next = await client.chat.completions.create({
      model,
      messages: [...messages, message, { role: 'user', content: '#sim say again' }],
    });
    expect(next.choices[0]?.message.content).toBe('again');
  });

  it('thinks within a tool loop', async () => {
    const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: `#sim think 2\n${twoCalls}` }];
    const request = { model, messages, tools, reasoning_effort: 'medium' as const };
    const message = (await client.chat.completions.create(request)).choices[0]?.message;
    if (!message?.tool_calls) throw new Error('no calls');
    // What most clients keep of a message: neither reasoning nor extensions.
    const kept = {
      role: 'assistant' as const,
      content: message.content,
      tool_calls: message.tool_calls.map(({ extra_content: _, ...call }: any) => call),
    };
    const results = message.tool_calls.map(({ id }) => ({ role: 'tool' as const, tool_call_id: id, content: 'sunny' }));
    const next = await client.chat.completions.create({ ...request, messages: [...messages, kept, ...results] });
    expect(next.choices[0]?.message.content).toContain('sunny');
  });

  it('gives structured output', async () => {
    const completion = await ask('Give me numbers.', {
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'numbers', strict: true, schema: { ...answerSchema } },
      },
    });
    expect(JSON.parse(completion.choices[0]?.message.content ?? '')).toMatchObject({
      answer: expect.any(String),
      count: expect.any(Number),
    });
  });

  it('sends images', async () => {
    const completion = await client.chat.completions.create({
      model,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: '#sim say seen' },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${pixel}` } },
          ],
        },
      ],
    });
    expect(completion.choices[0]?.message.content).toBe('seen');
    expect(JSON.stringify(gateway.simulator.recorded().at(-1)?.body)).toContain(pixel);
  });

  it('tells why it stopped', async () => {
    expect((await ask('#sim text 50\n#sim finish length')).choices[0]?.finish_reason).toBe('length');
    const refused = await ask('#sim refuse');
    expect(['content_filter', 'stop']).toContain(refused.choices[0]?.finish_reason);
    expect(refused.choices[0]?.message.refusal || refused.choices[0]?.finish_reason === 'content_filter').toBeTruthy();
  });

  it('tells errors as OpenAI does', async () => {
    await expect(ask('#sim status 429 retry-after=7')).rejects.toMatchObject({
      status: 429,
      error: { type: expect.any(String) },
    });
    const error = await ask('#sim status 429 retry-after=7').catch(
      (thrown) => thrown as InstanceType<typeof OpenAI.APIError>,
    );
    expect((error as { headers?: Headers }).headers?.get('retry-after')).toBe('7');
    await expect(ask('#sim status 500')).rejects.toMatchObject({
      status: expect.toSatisfy((status: number) => status >= 500),
    });
    await expect(ask('#sim html 502')).rejects.toMatchObject({ status: 502 });
  });

  it('ends a broken stream with an error, never in silence', async () => {
    const stream = await client.chat.completions.create({
      model,
      messages: [{ role: 'user', content: '#sim text 200\n#sim no-terminal' }],
      stream: true,
    });
    await expect(Array.fromAsync(stream)).rejects.toThrow();
  });
});

describe('OpenAI client', () => {
  it('lists models, finds one, and is told of unknown ones', async () => {
    const ids = (await Array.fromAsync(await client.models.list())).map(({ id }) => id);
    expect(ids.toSorted()).toEqual(upstreams.map(modelFor).toSorted());
    expect(await client.models.retrieve('to-gemini')).toMatchObject({ id: 'to-gemini', object: 'model' });
    await expect(client.chat.completions.create({ model: 'to-gemino', messages: [] })).rejects.toMatchObject({
      status: 400,
      code: 'model_not_found',
      message: expect.stringContaining('to-gemini'),
    });
  });

  it('is told of a wrong key', async () => {
    const stranger = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'wrong', maxRetries: 0 });
    await expect(stranger.models.list()).rejects.toMatchObject({
      status: 401,
      message: expect.stringContaining('Invalid API key'),
    });
  });
});
