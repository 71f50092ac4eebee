import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Simulator, startSimulator } from './server.ts';

let simulator: Simulator;
let client: OpenAI;
beforeAll(async () => {
  simulator = await startSimulator();
  client = new OpenAI({ apiKey: 'k', baseURL: `${simulator.url}/v1`, maxRetries: 0 });
});
afterAll(() => simulator.close());

const model = 'demo-openai-responses';
const tool: OpenAI.Responses.Tool = {
  type: 'function',
  name: 'look_up',
  parameters: { type: 'object', properties: { id: { type: 'integer' } }, required: ['id'] },
  strict: false,
};

describe('OpenAI Responses, by its own client', () => {
  it('says the same whole and as a stream, with events in one unbroken sequence', async () => {
    const request = {
      model,
      input: '#sim think 2; say Hello you; tool look_up {"id":1}; tool patch free text; image',
      tools: [tool, { type: 'custom' as const, name: 'patch' }],
      include: ['reasoning.encrypted_content' as const],
    };
    const whole = await client.responses.create(request);
    const sequence: number[] = [];
    const stream = client.responses.stream(request).on('event', (event) => sequence.push(event.sequence_number));
    const streamed = await stream.finalResponse();
    expect(streamed.output.map(({ type }) => type)).toEqual([
      'reasoning',
      'message',
      'function_call',
      'custom_tool_call',
      'image_generation_call',
    ]);
    expect(streamed.output).toMatchObject(whole.output);
    expect(streamed.output_text).toBe('Hello you');
    expect(sequence).toEqual(sequence.map((_, index) => index));
    expect(whole.output[0]).toMatchObject({ encrypted_content: expect.stringMatching(/^gAAAA/) });
    expect(whole.output[3]).toMatchObject({ name: 'patch', input: 'free text' });
  });

  it('thinks only as visibly as asked', async () => {
    const reasoning = async (more: object) =>
      (await client.responses.create({ model, input: 'hi', ...more })).output.find((item) => item.type === 'reasoning');
    expect(await reasoning({})).toBeUndefined();
    expect(await reasoning({ reasoning: { effort: 'low' } })).toMatchObject({ summary: [] });
    expect(await reasoning({ reasoning: { effort: 'low' } })).not.toHaveProperty('encrypted_content');
    expect(await reasoning({ reasoning: { effort: 'low', summary: 'auto' } })).toMatchObject({
      summary: [{ type: 'summary_text', text: expect.stringContaining('Step 1') }],
    });
  });

  it('takes its own encrypted reasoning back, and nobody else’s', async () => {
    const stateless = { model, store: false, include: ['reasoning.encrypted_content' as const], tools: [tool] };
    const question = { role: 'user' as const, content: '#sim think 1; tool look_up {"id":7}' };
    const first = await client.responses.create({ ...stateless, input: [question] });
    const call = first.output.find((item) => item.type === 'function_call');
    const output = { type: 'function_call_output' as const, call_id: call?.call_id ?? '', output: 'found it' };
    const history = [question, ...first.output, output] as OpenAI.Responses.ResponseInput;
    const second = await client.responses.create({ ...stateless, input: history });
    expect(second.output_text).toContain('look_up: "found it"');

    const forged = history.map((item) =>
      'encrypted_content' in item ? { ...item, encrypted_content: 'gAAAAABforeign' } : item,
    ) as OpenAI.Responses.ResponseInput;
    await expect(client.responses.create({ ...stateless, input: forged })).rejects.toMatchObject({
      status: 400,
      code: 'invalid_encrypted_content',
    });
  });

  it('continues a stored response, and refuses one it does not know', async () => {
    const first = await client.responses.create({ model, input: '#sim tool look_up {"id":7}', tools: [tool] });
    const call = first.output.find((item) => item.type === 'function_call');
    const second = await client.responses.create({
      model,
      tools: [tool],
      previous_response_id: first.id,
      input: [{ type: 'function_call_output', call_id: call?.call_id ?? '', output: 'yes' }],
    });
    expect(second.output_text).toContain('look_up: "yes"');
    await expect(client.responses.create({ model, input: 'x', previous_response_id: 'resp_no' })).rejects.toMatchObject(
      {
        code: 'previous_response_not_found',
      },
    );
  });

  it('ends incomplete, failed or refused as the service does', async () => {
    const cut = await client.responses.create({ model, input: '#sim text 100', max_output_tokens: 16 });
    expect(cut).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } });
    expect(cut.output[0]).toMatchObject({ status: 'incomplete' });
    const refused = await client.responses.create({ model, input: '#sim refuse' });
    expect(refused).toMatchObject({ status: 'completed', output: [{ content: [{ type: 'refusal' }] }] });
    const events: string[] = [];
    for await (const event of await client.responses.create({
      model,
      stream: true,
      input: '#sim overload after=2; text 9',
    }))
      events.push(event.type === 'response.failed' ? `${event.type} ${event.response.error?.code}` : event.type);
    expect(events).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.failed server_is_overloaded',
    ]);
  });

  it('counts, and calls tools of a namespace by their own name', async () => {
    const counted = await client.responses.inputTokens.count({ model, input: 'one two three' });
    expect(counted.input_tokens).toBe(6);
    const reply = await client.responses.create({
      model,
      input: 'call inner now',
      tools: [{ type: 'namespace', name: 'box', description: 'd', tools: [{ type: 'function', name: 'inner' }] }],
    });
    expect(reply.output[0]).toMatchObject({ type: 'function_call', name: 'inner', namespace: 'box' });
  });
});
