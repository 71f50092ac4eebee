// What a translation cannot read is refused with its place, where the same body would have been the upstream's own to judge; and what
// a vendor wants said of a request that its own dialect need not say.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type JsonObject, objects } from '../../src/json.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { startStub } from '../support/stub.ts';
import { ask, bodyOf, type ClientName, lossesOf } from '../support/talk.ts';
import { modelFor, upstreams } from '../support/upstreams.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

const others = (client: ClientName) => upstreams.filter((upstream) => upstream !== client);

/** A text that is none, and where each dialect's client finds it named. */
const unreadable: Readonly<Record<ClientName, readonly (readonly [string, JsonObject])[]>> = {
  'openai-chat': [
    ['messages[0].content', { messages: [{ role: 'user', content: 5 }] }],
    [
      'messages[1].content[0].text',
      { messages: [hello(), { role: 'user', content: [{ type: 'text', text: ['a'] }] }] },
    ],
    ['messages[0].content[1]', { messages: [{ role: 'user', content: ['a', 7] }] }],
    ['messages[1].content', { messages: [hello(), { role: 'assistant', content: true }] }],
  ],
  'openai-responses': [
    ['input[0].content[0].text', { input: [{ role: 'user', content: [{ type: 'input_text', text: {} }] }] }],
    ['input[0].content[0].text', { input: [{ role: 'user', content: [{ type: 'input_text' }] }] }],
    ['input[0].content', { input: [{ role: 'user', content: 5 }] }],
  ],
  'anthropic-messages': [
    ['messages[0].content[0].text', { messages: [{ role: 'user', content: [{ type: 'text', text: 7 }] }] }],
    ['messages[0].content', { messages: [{ role: 'user', content: false }] }],
  ],
  gemini: [
    ['contents[0].parts[0].text', { contents: [{ parts: [{ text: 5 }] }] }],
    ['contents[0].parts[0].text', { contents: [{ parts: [{ text: [{}] }] }] }],
    ['contents[0].role', { contents: [{ role: 'user', parts: [{ functionCall: { name: 'f', args: {} } }] }] }],
  ],
};

function hello(): JsonObject {
  return { role: 'user', content: 'Hello' };
}

describe.each(upstreams)('%s: text that is none', (client) => {
  it.each(unreadable[client])('is refused at %s, and never answered as if it were empty', async (place, body) => {
    for (const upstream of others(client)) {
      const whole = client === 'anthropic-messages' ? { max_tokens: 50, ...body } : body;
      const before = gateway.simulator.recorded().length;
      const told = await ask(gateway, client, modelFor(upstream), whole);
      expect(told.status, told.text).toBe(400);
      expect(told.text).toContain(place);
      expect(gateway.simulator.recorded()).toHaveLength(before);
    }
  });
});

describe('JSON mode without a schema', () => {
  const inGemini = (text: string): JsonObject => ({
    contents: [{ role: 'user', parts: [{ text }] }],
    generationConfig: { responseMimeType: 'application/json' },
  });

  it.each(['openai-chat', 'openai-responses'] as const)(
    'of a Gemini client reaches %s with the word that it wants to see',
    async (upstream) => {
      const wordless = await ask(gateway, 'gemini', modelFor(upstream), inGemini('#sim say {}'));
      expect(wordless.status, wordless.text).toBe(200);
      expect(wordless.raw).toContain('Answer with one JSON object only.');
      const worded = await ask(gateway, 'gemini', modelFor(upstream), inGemini('As json: #sim say {}'));
      expect(worded.status, worded.text).toBe(200);
      expect(worded.raw).not.toContain('Answer with');
    },
  );
});

describe('a conversation that a service would not begin or end like this', () => {
  const bare = bodyOf['openai-chat']({ system: '#sim say fine', said: [] });
  const begun = bodyOf['openai-chat']({ said: [{ user: '#sim say fine' }, { answer: 'It is' }] });

  it.each(['anthropic-messages', 'gemini'] as const)(
    '%s: gets what is missing, and its client is told',
    async (upstream) => {
      const opened = await ask(gateway, 'openai-chat', modelFor(upstream), bare);
      expect(opened.status, opened.text).toBe(200);
      expect(lossesOf(opened)).toContain('first_turn');
      const closed = await ask(gateway, 'openai-chat', modelFor(upstream), begun);
      expect(closed.status, closed.text).toBe(200);
      expect(lossesOf(closed)).toContain('last_turn');
    },
  );

  it.each(['openai-responses'] as const)('%s: takes it as it is', async (upstream) => {
    for (const body of [bare, begun])
      expect(lossesOf(await ask(gateway, 'openai-chat', modelFor(upstream), body))).toEqual([]);
  });
});

describe('a function without parameters that is strict', () => {
  it('is a closed one for OpenAI', async () => {
    const tools = [{ type: 'function', function: { name: 'now', strict: true } }];
    const body = { messages: [{ role: 'user', content: '#sim say fine' }], tools };
    const told = await ask(gateway, 'openai-chat', modelFor('openai-responses'), body);
    expect(told.status, told.text).toBe(200);
    expect(objects(told.sent.tools)[0]).toMatchObject({ strict: true, parameters: { additionalProperties: false } });
  });
});

describe('a file of OpenAI’s store', () => {
  const body: JsonObject = {
    messages: [
      {
        role: 'user',
        content: [
          { type: 'file', file: { file_id: 'file-1' } },
          { type: 'text', text: 'Read.' },
        ],
      },
    ],
  };
  it('reaches its other dialect, and nobody else', async () => {
    const told = await ask(gateway, 'openai-chat', modelFor('openai-responses'), body);
    expect(told.raw).toContain('"file_id":"file-1"');
    for (const upstream of ['anthropic-messages', 'gemini'] as const) {
      const refused = await ask(gateway, 'openai-chat', modelFor(upstream), body);
      expect([refused.status, refused.text.includes('file-1')]).toEqual([400, true]);
    }
  });
});

it('a reply nested too deeply is its upstream’s error, and the next account answers', async () => {
  const depth = 9000;
  const deep = `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`;
  const call = { id: 'call_1', type: 'function', function: { name: 'look', arguments: deep } };
  const message = { role: 'assistant', content: null, tool_calls: [call] };
  const reply = { id: 'chatcmpl-1', model: 'm', choices: [{ index: 0, message, finish_reason: 'tool_calls' }] };
  const stub = await startStub((_request, response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(reply)),
  );
  const service = (name: string, url: string, model: string, priority: number) =>
    `  - { name: ${name}, base-url: "${url}/v1", priority: ${priority}, api-key-entries: [{ api-key: k }], models: [{ name: ${model} }] }`;
  const own = await startGateway((url) =>
    [
      'openai-compatibility:',
      service('deep', stub.url, 'shared', 2),
      service('deep-too', stub.url, 'sole', 2),
      service('sound', url, 'shared', 1),
    ].join('\n'),
  );
  const body = { max_tokens: 50, messages: [{ role: 'user', content: '#sim say fine' }] };
  const sole = await ask(own, 'anthropic-messages', 'sole', body);
  expect([sole.status, sole.text]).toEqual([502, expect.stringContaining('nested too deeply')]);
  expect((await ask(own, 'anthropic-messages', 'shared', body)).status).toBe(200);
  expect(stub.requests).toHaveLength(2);
  await own.close();
  await stub.close();
});
