// The Anthropic SDK against an upstream of every dialect.

import Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientKey, type Gateway, startGateway } from '../support/gateway.ts';
import { answerSchema, modelFor, pixel, twoCalls, upstreams, weather } from '../support/upstreams.ts';

let gateway: Gateway;
let client: Anthropic;
beforeAll(async () => {
  gateway = await startGateway();
  client = new Anthropic({ baseURL: gateway.url, apiKey: clientKey, maxRetries: 0 });
});
afterAll(() => gateway.close());

const tools: Anthropic.Tool[] = [
  {
    name: weather.name,
    description: weather.description,
    input_schema: { ...weather.schema, required: [...weather.schema.required] },
  },
];

function textOf(message: Anthropic.Message): string {
  return message.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
}

describe.each(upstreams)('Anthropic Messages to %s', (upstream) => {
  const model = modelFor(upstream);
  const ask = (content: string, more: Partial<Anthropic.MessageCreateParamsNonStreaming> = {}) =>
    client.messages.create({ model, max_tokens: 4000, messages: [{ role: 'user', content }], ...more });

  it('answers whole, with usage in its own meaning', async () => {
    const message = await ask('#sim say Hello Wörld 👋\n#sim usage input=100 output=20 cached=80', {
      system: 'Be brief.',
    });
    expect(message).toMatchObject({ type: 'message', role: 'assistant', stop_reason: 'end_turn' });
    expect(textOf(message)).toBe('Hello Wörld 👋');
    expect(message.usage).toMatchObject({ input_tokens: 20, cache_read_input_tokens: 80, output_tokens: 20 });
  });

  it('streams the same text', async () => {
    const prompt = '#sim text 120 unicode';
    const whole = textOf(await ask(prompt));
    const stream = client.messages.stream({ model, max_tokens: 4000, messages: [{ role: 'user', content: prompt }] });
    const types = new Set<string>();
    stream.on('streamEvent', (event) => types.add(event.type));
    expect(textOf(await stream.finalMessage())).toBe(whole);
    expect([...types]).toEqual(
      expect.arrayContaining([
        'message_start',
        'content_block_start',
        'content_block_delta',
        'content_block_stop',
        'message_delta',
        'message_stop',
      ]),
    );
  });

  it.each([false, true])('makes a round trip of parallel tools (stream: %s)', async (stream) => {
    const messages: Anthropic.MessageParam[] = [{ role: 'user', content: twoCalls }];
    const request = { model, max_tokens: 4000, messages, tools };
    const first = stream ? await client.messages.stream(request).finalMessage() : await client.messages.create(request);
    expect(first.stop_reason).toBe('tool_use');
    const calls = first.content.filter((block) => block.type === 'tool_use');
    expect(calls.map(({ name, input }) => [name, input])).toEqual([
      ['get_weather', { city: 'Paris' }],
      ['get_weather', { city: 'Rome', unit: 'c' }],
    ]);
    const results: Anthropic.ToolResultBlockParam[] = calls.map(({ id }, index) => ({
      type: 'tool_result',
      tool_use_id: id,
      content: index === 0 ? '20 degrees' : [{ type: 'text', text: '21 degrees' }],
      is_error: index === 1,
    }));
    const second = await client.messages.create({
      ...request,
      messages: [...messages, { role: 'assistant', content: first.content }, { role: 'user', content: results }],
    });
    expect(textOf(second)).toContain('20 degrees');
    expect(textOf(second)).toContain('21 degrees');
  });

  it('takes a tool_result without content', async () => {
    const message = await client.messages.create({
      model,
      max_tokens: 500,
      tools,
      messages: [
        { role: 'user', content: 'go' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'get_weather', input: { city: 'x' } }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1' }] },
      ],
    });
    expect(message.stop_reason).toBe('end_turn');
  });

  it.each([false, true])('carries signed thinking through a tool loop (stream: %s)', async (stream) => {
    const messages: Anthropic.MessageParam[] = [{ role: 'user', content: `#sim think 2\n${twoCalls}` }];
    const request = {
      model,
      max_tokens: 8000,
      messages,
      tools,
      thinking: { type: 'enabled' as const, budget_tokens: 2000 },
    };
    const first = stream ? await client.messages.stream(request).finalMessage() : await client.messages.create(request);
    const thought = first.content.find((block) => block.type === 'thinking');
    expect(thought?.thinking).toBeTruthy();
    const results: Anthropic.ToolResultBlockParam[] = first.content.flatMap((block) =>
      block.type === 'tool_use' ? [{ type: 'tool_result' as const, tool_use_id: block.id, content: 'sunny' }] : [],
    );
    const second = await client.messages.create({
      ...request,
      messages: [...messages, { role: 'assistant', content: first.content }, { role: 'user', content: results }],
    });
    expect(textOf(second)).toContain('sunny');
  });

  it('gives structured output', async () => {
    const message = await ask('Give me numbers.', {
      output_config: { format: { type: 'json_schema', schema: { ...answerSchema } } },
    });
    expect(JSON.parse(textOf(message))).toMatchObject({ answer: expect.any(String), count: expect.any(Number) });
  });

  it('sends images and documents', async () => {
    const message = await client.messages.create({
      model,
      max_tokens: 100,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: pixel } },
            { type: 'text', text: '#sim say seen' },
          ],
        },
      ],
    });
    expect(textOf(message)).toBe('seen');
    expect(JSON.stringify(gateway.simulator.recorded().at(-1)?.body)).toContain(pixel);
  });

  it('tells why it stopped', async () => {
    expect((await ask('#sim text 50\n#sim finish length')).stop_reason).toBe('max_tokens');
    expect((await ask('#sim refuse')).content).toBeInstanceOf(Array);
  });

  it('counts tokens, system and tools included', async () => {
    const bare = await client.messages.countTokens({ model, messages: [{ role: 'user', content: 'Hello there' }] });
    const full = await client.messages.countTokens({
      model,
      system: 'You are a very careful counter of words.',
      tools,
      messages: [{ role: 'user', content: 'Hello there' }],
    });
    expect(bare.input_tokens).toBeGreaterThan(0);
    expect(full.input_tokens).toBeGreaterThan(bare.input_tokens + 10);
  });

  it('tells errors as Anthropic does', async () => {
    await expect(ask('#sim status 429 retry-after=7')).rejects.toMatchObject({
      status: 429,
      error: { type: 'error', error: { type: 'rate_limit_error' } },
    });
    await expect(ask('#sim html 502')).rejects.toMatchObject({ status: 502, error: { type: 'error' } });
  });

  it('ends a broken stream with an error, never in silence', async () => {
    const stream = client.messages.stream({
      model,
      max_tokens: 4000,
      messages: [{ role: 'user', content: '#sim text 200\n#sim no-terminal' }],
    });
    await expect(stream.finalMessage()).rejects.toThrow();
  });
});

describe('Anthropic client', () => {
  it('lists models by pages, in its own shape', async () => {
    const first = await client.models.list({ limit: 3 });
    expect(first.has_more).toBe(true);
    const ids = (await Array.fromAsync(first)).map(({ id }) => id);
    expect(ids.toSorted()).toEqual(upstreams.map(modelFor).toSorted());
    expect(await client.models.retrieve('to-gemini')).toMatchObject({ id: 'to-gemini', type: 'model' });
  });

  it('is told of a wrong key and an unknown model', async () => {
    const stranger = new Anthropic({ baseURL: gateway.url, apiKey: 'wrong', maxRetries: 0 });
    await expect(stranger.messages.create({ model: 'x', max_tokens: 1, messages: [] })).rejects.toMatchObject({
      status: 401,
      error: { error: { type: 'authentication_error' } },
    });
    await expect(
      client.messages.create({ model: 'nope-1', max_tokens: 1, messages: [{ role: 'user', content: 'x' }] }),
    ).rejects.toMatchObject({
      status: 404,
      error: { error: { message: expect.stringContaining('nope-1') } },
    });
  });
});
