// The OpenAI SDK's responses against an upstream of every dialect.

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

type Input = OpenAI.Responses.ResponseInputItem[];
const tools: OpenAI.Responses.Tool[] = [
  {
    type: 'function',
    name: weather.name,
    description: weather.description,
    parameters: { ...weather.schema },
    strict: false,
  },
];

describe.each(upstreams)('OpenAI Responses to %s', (upstream) => {
  const model = modelFor(upstream);
  const ask = (input: string, more: Partial<OpenAI.Responses.ResponseCreateParamsNonStreaming> = {}) =>
    client.responses.create({ model, input, store: false, ...more });

  it('answers whole, with usage', async () => {
    const response = await ask('#sim say Hello Wörld 👋\n#sim usage input=100 output=20 cached=80', {
      instructions: 'Be brief.',
    });
    expect(response).toMatchObject({
      object: 'response',
      status: 'completed',
      output_text: 'Hello Wörld 👋',
      error: null,
    });
    expect(response.usage).toMatchObject({
      input_tokens: 100,
      output_tokens: 20,
      input_tokens_details: { cached_tokens: 80 },
    });
  });

  it('streams events that the SDK folds into the same response', async () => {
    const prompt = '#sim text 120 unicode';
    const whole = await ask(prompt);
    const stream = client.responses.stream({ model, input: prompt, store: false });
    const numbers: number[] = [];
    const types: string[] = [];
    for await (const event of stream) {
      numbers.push(event.sequence_number);
      types.push(event.type);
    }
    expect((await stream.finalResponse()).output_text).toBe(whole.output_text);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    expect(types[0]).toBe('response.created');
    expect(types.at(-1)).toBe('response.completed');
  });

  it.each([false, true])('makes a round trip of parallel tools (stream: %s)', async (stream) => {
    const input: Input = [{ role: 'user', content: twoCalls }];
    const request = { model, input, tools, store: false };
    const first = stream
      ? await client.responses.stream(request).finalResponse()
      : await client.responses.create(request);
    const output: readonly OpenAI.Responses.ResponseOutputItem[] = first.output;
    const calls = output.filter((item) => item.type === 'function_call');
    expect(calls.map(({ name, arguments: text }) => [name, JSON.parse(text)])).toEqual([
      ['get_weather', { city: 'Paris' }],
      ['get_weather', { city: 'Rome', unit: 'c' }],
    ]);
    const results = calls.map(({ call_id }, index) => ({
      type: 'function_call_output' as const,
      call_id,
      output: `${20 + index} degrees`,
    }));
    const second = await client.responses.create({
      ...request,
      input: [...input, ...(first.output as Input), ...results],
    });
    expect(second.output_text).toContain('20 degrees');
    expect(second.output_text).toContain('21 degrees');
  });

  it('carries sealed reasoning through a tool loop', async () => {
    const input: Input = [{ role: 'user', content: `#sim think 2\n${twoCalls}` }];
    const request = {
      model,
      input,
      tools,
      store: false,
      reasoning: { effort: 'high' as const, summary: 'auto' as const },
      include: ['reasoning.encrypted_content' as const],
    };
    const first = await client.responses.create(request);
    const thought = first.output.find((item) => item.type === 'reasoning');
    expect(thought?.summary?.[0]?.text || thought?.content?.[0]?.text).toBeTruthy();
    const results = first.output
      .filter((item) => item.type === 'function_call')
      .map(({ call_id }) => ({ type: 'function_call_output' as const, call_id, output: 'sunny' }));
    const second = await client.responses.create({
      ...request,
      input: [...input, ...(first.output as Input), ...results],
    });
    expect(second.output_text).toContain('sunny');
  });

  it('gives structured output', async () => {
    const response = await ask('Give me numbers.', {
      text: { format: { type: 'json_schema', name: 'numbers', strict: true, schema: { ...answerSchema } } },
    });
    expect(JSON.parse(response.output_text)).toMatchObject({ answer: expect.any(String), count: expect.any(Number) });
  });

  it('knows freeform and namespaced tools by their own names', async () => {
    const input = '#sim tool exec {"input":"ls -la"}';
    const native = upstream === 'openai-responses' || upstream === 'openai-chat';
    if (!native) {
      const response = await ask(input, { tools: [{ type: 'custom', name: 'exec', description: 'Runs a command.' }] });
      const call = response.output.find((item) => item.type === 'custom_tool_call');
      expect(call).toMatchObject({ name: 'exec', input: 'ls -la' });
    }
    const spaced = await ask('Use create_event now.', {
      tools: [
        {
          type: 'namespace',
          name: 'calendar',
          description: 'Dates.',
          tools: [
            { type: 'function', name: 'create_event', parameters: { type: 'object', properties: {} }, strict: false },
          ],
        },
      ] as never,
    });
    const event = spaced.output.find((item) => item.type === 'function_call');
    if (event) expect(event).toMatchObject({ name: 'create_event', namespace: 'calendar' });
  });

  it('sends images', async () => {
    const response = await client.responses.create({
      model,
      store: false,
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_text', text: '#sim say seen' },
            { type: 'input_image', image_url: `data:image/png;base64,${pixel}`, detail: 'auto' },
          ],
        },
      ],
    });
    expect(response.output_text).toBe('seen');
    expect(JSON.stringify(gateway.simulator.recorded().at(-1)?.body)).toContain(pixel);
  });

  it('tells why it stopped', async () => {
    expect(await ask('#sim text 50\n#sim finish length')).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
    });
  });

  it('tells errors as OpenAI does', async () => {
    await expect(ask('#sim status 429 retry-after=7')).rejects.toMatchObject({ status: 429 });
    await expect(ask('#sim status 503')).rejects.toMatchObject({ status: 503 });
  });

  it('ends a broken stream with an error, never in silence', async () => {
    const stream = await client.responses.create({
      model,
      input: '#sim text 200\n#sim no-terminal',
      store: false,
      stream: true,
    });
    const events = await Array.fromAsync(stream).catch((thrown: unknown) => thrown);
    if (Array.isArray(events))
      expect(events.at(-1)).toMatchObject({
        type: 'response.failed',
        response: { status: 'failed', output: expect.any(Array) },
      });
    else expect(events).toBeInstanceOf(Error);
  });
});

describe('stored responses', () => {
  it.each(['openai-chat', 'anthropic-messages', 'gemini'] as const)(
    'continue a conversation with %s',
    async (upstream) => {
      const model = modelFor(upstream);
      const first = await client.responses.create({ model, input: 'My name is Ada.\n#sim say Hello Ada' });
      const second = await client.responses.create({ model, input: '#sim echo', previous_response_id: first.id });
      expect(second.status).toBe('completed');
      const sent = JSON.stringify(gateway.simulator.recorded().at(-1)?.body);
      expect(sent).toContain('My name is Ada.');
      expect(sent).toContain('Hello Ada');
      const streamed = await client.responses
        .stream({ model, input: '#sim say third', previous_response_id: second.id })
        .finalResponse();
      expect(await client.responses.retrieve(streamed.id)).toMatchObject({ id: streamed.id, status: 'completed' });
      const items = await Array.fromAsync(await client.responses.inputItems.list(streamed.id));
      expect(items.length).toBeGreaterThan(2);
      await client.responses.delete(first.id);
      await expect(client.responses.retrieve(first.id)).rejects.toMatchObject({ status: 404 });
    },
  );

  it('are not kept when the client says so, and unknown ids are refused', async () => {
    const model = modelFor('gemini');
    const first = await client.responses.create({ model, input: 'x', store: false });
    await expect(client.responses.retrieve(first.id)).rejects.toMatchObject({ status: 404 });
    await expect(client.responses.create({ model, input: 'x', previous_response_id: first.id })).rejects.toMatchObject({
      status: 400,
      code: 'previous_response_not_found',
    });
  });

  it('count tokens', async () => {
    for (const upstream of upstreams) {
      const counted = await client.responses.inputTokens.count({
        model: modelFor(upstream),
        input: 'How many tokens are in this?',
        instructions: 'Count.',
      });
      expect(counted.input_tokens).toBeGreaterThan(3);
    }
  });
});
