// Responses that the gateway stores: each belongs to the key that made it, and there is an end to how much is kept.

import OpenAI from 'openai';
import { afterEach, expect, it } from 'vitest';
import { everyUpstream, type Gateway, startGateway } from '../support/gateway.ts';
import { startStub } from '../support/stub.ts';
import { weather } from '../support/upstreams.ts';

let gateway: Gateway | undefined;
afterEach(async () => {
  await gateway?.close();
  gateway = undefined;
});

const keys = ['alice-key-0123456789', 'bob-key-0123456789'] as const;
const start = async (more = '') => {
  // Keys in front of the support's own list are given by replacing it.
  gateway = await startGateway((url) => `${more}${everyUpstream(url)}`, {}, keys);
  return gateway;
};
const ask = (key: string, path: string, method = 'GET', body?: object) =>
  fetch(`${gateway?.url}/v1/responses${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
const create = async (key: string, more: object = {}) => {
  const response = await ask(key, '', 'POST', { model: 'to-gemini', input: 'My name is Ada.', ...more });
  return { status: response.status, ...((await response.json()) as { id: string; error?: { code: string } }) };
};
const read = async (id: string) => (await ask(keys[0], `/${id}`)).json();
const weatherTool: OpenAI.Responses.Tool = {
  type: 'function',
  name: weather.name,
  parameters: { ...weather.schema },
  strict: false,
};

interface Page {
  readonly data: readonly { readonly id: string; readonly content: readonly { readonly text: string }[] }[];
  readonly first_id: string;
  readonly last_id: string;
  readonly has_more: boolean;
}
const textOf = ({ content }: Page['data'][number]) => content[0]?.text;

it('cannot be read, continued or deleted with another key', async () => {
  await start();
  const [alice, bob] = keys;
  const { id } = await create(alice);
  for (const [path, method] of [
    [`/${id}`, 'GET'],
    [`/${id}/input_items`, 'GET'],
    [`/${id}`, 'DELETE'],
  ] as const)
    expect((await ask(bob, path, method)).status).toBe(404);
  const continued = await create(bob, { previous_response_id: id, input: 'Who am I?' });
  expect(continued).toMatchObject({ status: 400, error: { code: 'previous_response_not_found' } });
  expect(JSON.stringify(gateway?.simulator.recorded().slice(1))).not.toContain('Ada');
  expect((await create(alice, { previous_response_id: id, input: 'Who am I?' })).error ?? null).toBeNull();
  expect(JSON.stringify(gateway?.simulator.recorded().at(-1))).toContain('Ada');
  expect((await ask(alice, `/${id}`)).status).toBe(200);
  expect((await ask(alice, `/${id}`, 'DELETE')).status).toBe(200);
  expect((await ask(alice, `/${id}`)).status).toBe(404);
  expect((await fetch(`${gateway?.url}/v1/responses/${id}`)).status).toBe(401);
});

// As the AI SDK replays a conversation unless it is told `store: false`: thoughts and texts by id, calls as they are.
it.each([false, true])('are referred to item by item (stream: %s)', async (stream) => {
  await start();
  const [alice, bob] = keys;
  const question = {
    role: 'user',
    content: [{ type: 'input_text', text: '#sim think 2; say Looking; tool clock {}' }],
  };
  const tools = [{ type: 'function', name: 'clock', parameters: { type: 'object', properties: {} }, strict: false }];
  const first = { model: 'to-anthropic-messages', input: [question], tools, stream };
  const reply = await (await ask(alice, '', 'POST', first)).text();
  const done = reply.split('\n').findLast((line) => line.includes('"response.completed"'));
  const { output } = stream ? JSON.parse(done?.slice(6) ?? '').response : JSON.parse(reply);
  const input = output.flatMap(({ type, id, call_id, name, arguments: given }: Record<string, string>) =>
    type === 'function_call'
      ? [
          { type, call_id, name, arguments: given },
          { type: 'function_call_output', call_id, output: '12:00' },
        ]
      : [{ type: 'item_reference', id }],
  );
  expect(input.map(({ type }: { type: string }) => type)).toEqual([
    'item_reference',
    'item_reference',
    'function_call',
    'function_call_output',
  ]);
  const next = { ...first, input: [question, ...input], stream: false };
  const answer = await ask(alice, '', 'POST', next);
  expect(answer.headers.get('x-cliproxy-loss')).toBeNull();
  expect(answer.status).toBe(200);
  const turns = gateway?.simulator.recorded().at(-1)?.body;
  expect(turns).toMatchObject({
    messages: [
      { role: 'user' },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', signature: expect.any(String) },
          { type: 'text', text: 'Looking' },
          { type: 'tool_use' },
        ],
      },
      { role: 'user' },
    ],
  });
  expect((await ask(bob, '', 'POST', next)).status).toBe(400);
  expect((await ask(alice, `/${JSON.parse(await answer.text()).id}/input_items`)).status).toBe(200);
});

it('are kept up to a size, the oldest going first', async () => {
  await start('responses-store: { max-size-mb: 1 }\n');
  const [alice] = keys;
  const ids: string[] = [];
  for (let i = 0; i < 5; i++) ids.push((await create(alice, { input: `${i} ${'x'.repeat(300_000)}` })).id);
  const found = await Promise.all(ids.map(async (id) => (await ask(alice, `/${id}`)).status));
  expect(found).toEqual([404, 404, 200, 200, 200]);
});

it('of a great store are kept, however great it may be', async () => {
  await start('responses-store: { max-size-mb: 4096, ttl-hours: 0.7 }\n');
  const { id } = await create(keys[0]);
  expect((await ask(keys[0], `/${id}`)).status).toBe(200);
});

it.each(['responses-store: { max-size-mb: 0 }', 'responses-store: { ttl-hours: 0 }'])(
  'are not kept where nothing shall be: %s',
  async (setting) => {
    await start(`${setting}\n`);
    const { id } = await create(keys[0]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect((await ask(keys[0], `/${id}`)).status).toBe(404);
  },
);

it('are not kept when the client says `store: false`', async () => {
  await start();
  const { id } = await create(keys[0], { store: false });
  expect((await ask(keys[0], `/${id}`)).status).toBe(404);
});

it('that an upstream stores are read and deleted there, by their maker alone', async () => {
  let stored = true;
  const upstream = await startStub(({ method }, response) => {
    const whole = JSON.stringify({ id: 'resp_up1', object: 'response', status: 'completed', model: 'm', output: [] });
    response.writeHead(stored ? 200 : 404, { 'content-type': 'application/json' });
    if (method === 'DELETE') stored = false;
    if (method === 'DELETE') response.end('{"id":"resp_up1","deleted":true}');
    else response.end(stored ? whole : '{"error":{"message":"not found","type":"invalid_request_error"}}');
  });
  const [alice, bob] = keys;
  gateway = await startGateway(
    () =>
      `codex-api-key: [{ api-key: up-key, base-url: "${upstream.url}/v1", models: [{ name: m, alias: native }] }]\n`,
    {},
    keys,
  );
  expect(await (await ask(alice, '', 'POST', { model: 'native', input: 'x' })).json()).toMatchObject({
    id: 'resp_up1',
  });
  expect((await ask(bob, '/resp_up1')).status).toBe(404);
  const read = await ask(alice, '/resp_up1/input_items?limit=5');
  expect(read.status).toBe(200);
  expect(upstream.requests.at(-1)).toMatchObject({
    path: '/v1/responses/resp_up1/input_items?limit=5',
    headers: { authorization: 'Bearer up-key' },
  });
  const shown = await fetch(`${gateway.url}/v1/responses/resp_up1/?include=a&auth_token=${alice}&key=${alice}`);
  expect(shown.status).toBe(200);
  expect(upstream.requests.at(-1)?.path).toBe('/v1/responses/resp_up1?include=a');
  expect(await (await ask(alice, '/resp_up1', 'DELETE')).json()).toMatchObject({ deleted: true });
  expect((await ask(alice, '/resp_up1')).status).toBe(404);
  expect(JSON.stringify(upstream.requests)).not.toContain(alice);
  await upstream.close();
});

it('are given back as the client got them, whole and streamed', async () => {
  await start();
  const openai = new OpenAI({ baseURL: `${gateway?.url}/v1`, apiKey: keys[0], maxRetries: 0 });
  for (const model of ['to-gemini', 'to-anthropic-messages', 'to-openai-chat']) {
    const asked = {
      model,
      input: '#sim think 20\n#sim text 30\n#sim tool get_weather {"city":"Rome"}',
      tools: [weatherTool],
    };
    const { _request_id: _, output_text: __, ...whole } = await openai.responses.create(asked);
    expect(await read(whole.id)).toEqual(whole);
    const events = await Array.fromAsync(await openai.responses.create({ ...asked, stream: true }));
    const last = events.at(-1);
    if (last?.type !== 'response.completed') throw new Error(`It ended with ${last?.type}.`);
    expect(await read(last.response.id)).toEqual(last.response);
  }
});

it('say what the client asked for: that they are kept, and what they go on from', async () => {
  await start();
  const first = await create(keys[0]);
  expect(first).toMatchObject({ store: true, previous_response_id: null });
  const more = { previous_response_id: first.id, input: 'Who am I?' };
  expect(await create(keys[0], more)).toMatchObject({ store: true, previous_response_id: first.id });
  expect(await create(keys[0], { ...more, store: false })).toMatchObject({
    store: false,
    previous_response_id: first.id,
  });
  const streamed = await (await ask(keys[0], '', 'POST', { model: 'to-gemini', stream: true, ...more })).text();
  expect(streamed.match(/"previous_response_id":"[^"]+"/g)).toEqual(
    Array.from({ length: 3 }, () => `"previous_response_id":"${first.id}"`),
  );
  await gateway?.close();
  await start('responses-store: { max-size-mb: 0 }\n');
  expect(await create(keys[0], { store: true })).toMatchObject({ store: false });
});

it('list their input in pages, every item with an id', async () => {
  await start();
  const texts = Array.from({ length: 30 }, (_, index) => `Item ${index}`);
  const { id } = await create(keys[0], { input: texts.map((content) => ({ role: 'user', content })) });
  const list = async (query: string) => (await ask(keys[0], `/${id}/input_items${query}`)).json() as Promise<Page>;
  const first = await list('');
  expect(first.data.map(textOf)).toEqual(texts.toReversed().slice(0, 20));
  expect(first).toMatchObject({ object: 'list', has_more: true });
  expect([first.first_id, first.last_id]).toEqual([first.data[0]?.id, first.data[19]?.id]);
  expect(first.data[0]).toEqual({
    id: expect.stringMatching(/^msg_/),
    type: 'message',
    role: 'user',
    status: 'completed',
    content: [{ type: 'input_text', text: 'Item 29' }],
  });
  const rest = await list(`?after=${first.last_id}`);
  expect(rest.data.map(textOf)).toEqual(texts.toReversed().slice(20));
  expect(rest.has_more).toBe(false);
  const two = await list(`?order=asc&limit=2&after=${rest.first_id}`);
  expect(two.data.map(textOf)).toEqual(['Item 10', 'Item 11']);
  const openai = new OpenAI({ baseURL: `${gateway?.url}/v1`, apiKey: keys[0], maxRetries: 0 });
  const all = await Array.fromAsync(openai.responses.inputItems.list(id, { order: 'asc', limit: 7 }));
  expect(all).toHaveLength(30);
  expect(new Set(all.map((item) => item.id)).size).toBe(30);
});

it.each([
  ['input_items?limit=0', 'limit'],
  ['input_items?limit=many', 'limit'],
  ['input_items?order=up', 'order'],
  ['input_items?after=msg_nobody', 'after'],
  ['?stream=true', 'stream'],
])('are not read in a way that is not offered: %s', async (path, param) => {
  await start();
  const { id } = await create(keys[0]);
  const response = await ask(keys[0], `/${id}${path.startsWith('?') ? '' : '/'}${path}`);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error', param } });
});

it('are gone once deleted', async () => {
  await start();
  const { id } = await create(keys[0]);
  const deleted = await ask(keys[0], `/${id}`, 'DELETE');
  expect(await deleted.json()).toEqual({ id, object: 'response', deleted: true });
  for (const [path, method] of [
    ['', 'GET'],
    ['/input_items', 'GET'],
    ['', 'DELETE'],
  ] as const) {
    const gone = await ask(keys[0], `/${id}${path}`, method);
    expect(gone.status).toBe(404);
    expect(await gone.json()).toMatchObject({
      error: { message: expect.stringContaining(id), type: 'invalid_request_error', param: null },
    });
  }
});
