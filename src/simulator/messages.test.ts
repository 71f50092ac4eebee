import Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Simulator, startSimulator } from './server.ts';

let simulator: Simulator;
let stranger: Simulator;
let client: Anthropic;
beforeAll(async () => {
  simulator = await startSimulator({ seed: 'one' });
  stranger = await startSimulator({ seed: 'two' });
  client = new Anthropic({ apiKey: 'k', baseURL: simulator.url, maxRetries: 0 });
});
afterAll(() => Promise.all([simulator.close(), stranger.close()]));

const tool: Anthropic.Tool = {
  name: 'read_file',
  input_schema: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
};
const ask = (content: Anthropic.MessageParam['content'], more: object = {}) => ({
  model: 'demo-anthropic',
  max_tokens: 4000,
  messages: [{ role: 'user' as const, content }],
  ...more,
});

describe('Anthropic Messages, by its own client', () => {
  it('says the same whole and as a stream', async () => {
    const prompt =
      '#sim think 1; think 1 redacted; say "Grüße, 東京 🚀"; tool read_file {"path":"/a"}; tool read_file {}';
    const whole = await client.messages.create(ask(prompt));
    const streamed = await client.messages.stream(ask(prompt)).finalMessage();
    expect(streamed.content).toEqual(whole.content);
    expect(whole.content.map(({ type }) => type)).toEqual([
      'thinking',
      'redacted_thinking',
      'text',
      'tool_use',
      'tool_use',
    ]);
    expect(streamed.stop_reason).toBe('tool_use');
    expect(streamed.usage).toMatchObject({
      input_tokens: whole.usage.input_tokens,
      output_tokens: whole.usage.output_tokens,
    });
  });

  it('takes its own signatures back, and refuses another’s, a changed thought, and none', async () => {
    const thinking = { thinking: { type: 'enabled' as const, budget_tokens: 1024 }, tools: [tool] };
    const first = await client.messages.create(ask('read_file please', thinking));
    const use = first.content.find((block) => block.type === 'tool_use');
    const result = { type: 'tool_result' as const, tool_use_id: use?.id ?? '', content: 'the text' };
    const again = (content: Anthropic.ContentBlockParam[], on = simulator) =>
      new Anthropic({ apiKey: 'k', baseURL: on.url, maxRetries: 0 }).messages.create({
        ...ask('', thinking),
        messages: [
          { role: 'user', content: 'read_file please' },
          { role: 'assistant', content },
          { role: 'user', content: [result] },
        ],
      });
    const own = first.content as Anthropic.ContentBlockParam[];
    const second = await again(own);
    expect(second.content.at(-1)).toMatchObject({ type: 'text', text: 'The tools answered. read_file: "the text".' });
    const bad = { status: 400, message: expect.stringContaining('Invalid `signature` in `thinking` block') };
    await expect(again(own, stranger)).rejects.toMatchObject(bad);
    const changed = own.map((block) => (block.type === 'thinking' ? { ...block, thinking: 'something else' } : block));
    await expect(again(changed)).rejects.toMatchObject(bad);
    await expect(again(own.filter((block) => block.type !== 'thinking'))).rejects.toMatchObject({
      message: expect.stringContaining('Expected `thinking` or `redacted_thinking`'),
    });
  });

  it('hides thoughts on request, and takes the hidden form back', async () => {
    const thinking = { thinking: { type: 'adaptive' as const, display: 'omitted' as const } };
    const first = await client.messages.create(ask('hello', thinking));
    expect(first.content[0]).toMatchObject({ type: 'thinking', thinking: '', signature: expect.stringMatching(/^E/) });
    const messages = [
      ...ask('hello').messages,
      { role: 'assistant' as const, content: first.content as Anthropic.ContentBlockParam[] },
      { role: 'user' as const, content: 'and?' },
    ];
    const second = await client.messages.create({ ...ask('', thinking), messages });
    expect(second.stop_reason).toBe('end_turn');
  });

  it('bills a marked prompt as written first and as read later', async () => {
    const marked = ask([
      { type: 'text', text: 'a long text to be cached', cache_control: { type: 'ephemeral' } },
      { type: 'text', text: 'and a question' },
    ]);
    const first = await client.messages.create(marked);
    const second = await client.messages.create(marked);
    expect(first.usage.cache_creation_input_tokens).toBeGreaterThan(0);
    expect(second.usage).toMatchObject({
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: first.usage.cache_creation_input_tokens,
      input_tokens: first.usage.input_tokens,
    });
    const scripted = await client.messages.create(ask('#sim usage input=100 output=20 cached=80 written=10; say a'));
    expect(scripted.usage).toMatchObject({
      input_tokens: 10,
      cache_read_input_tokens: 80,
      cache_creation_input_tokens: 10,
      output_tokens: 20,
    });
  });

  it('stops for every reason', async () => {
    const stop = async (prompt: string, more: object = {}) => client.messages.create(ask(prompt, more));
    expect((await stop('#sim finish pause; say a')).stop_reason).toBe('pause_turn');
    expect((await stop('#sim finish context; say a')).stop_reason).toBe('model_context_window_exceeded');
    expect(await stop('#sim refuse')).toMatchObject({ stop_reason: 'refusal', stop_details: { type: 'refusal' } });
    expect((await stop('#sim text 50', { max_tokens: 5 })).stop_reason).toBe('max_tokens');
    expect(await stop('#sim say "ab##cd"', { stop_sequences: ['##'] })).toMatchObject({
      stop_reason: 'stop_sequence',
      stop_sequence: '##',
      content: [{ text: 'ab' }],
    });
  });

  it('counts, lists, and refuses in its own words', async () => {
    expect(await client.messages.countTokens({ model: 'm', messages: ask('one two').messages })).toMatchObject({
      input_tokens: expect.any(Number),
    });
    const page = await client.models.list();
    expect(page.data.map(({ id }) => id)).toEqual(['demo-anthropic']);
    await expect(client.messages.create(ask('#sim status 529'))).rejects.toMatchObject({
      status: 529,
      error: { type: 'error', error: { type: 'overloaded_error' } },
    });
    await expect(client.messages.create({ ...ask('hi'), model: 'missing-x' })).rejects.toMatchObject({ status: 404 });
    await expect(client.messages.stream(ask('#sim overload after=3; text 20')).finalMessage()).rejects.toMatchObject({
      error: { error: { type: 'overloaded_error' } },
    });
  });

  it('goes by what the user said, not by what an agent put beside it', async () => {
    const aside = { type: 'text' as const, text: '<system-reminder>\nUse read_file with care.\n</system-reminder>' };
    const said = async (text: string) => {
      const { content } = await client.messages.create(ask([aside, { type: 'text', text }], { tools: [tool] }));
      return content;
    };
    expect(await said('Hello')).toEqual([
      expect.objectContaining({ text: expect.stringContaining('You said "Hello"') }),
    ]);
    expect(await said('Call read_file.')).toEqual([expect.objectContaining({ type: 'tool_use', name: 'read_file' })]);
  });
});
