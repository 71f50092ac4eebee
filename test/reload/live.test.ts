// What stays and what goes when another configuration is put in force: live state, lists of models, connections, the demo.

import { afterEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';
import { call, clientKey, type Gateway, startGateway } from '../support/gateway.ts';
import { startStub } from '../support/stub.ts';

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

function configOf(text: string): Config {
  const loaded = loadConfig(`host: 127.0.0.1\napi-keys: [${clientKey}]\n${text}`, { env: {}, path: 'config.yaml' });
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
}

async function started(configure: (url: string) => string): Promise<Gateway> {
  const gateway = await startGateway(configure);
  cleanUps.push(() => gateway.close());
  return gateway;
}

async function ask(gateway: Gateway, model = 'm', prompt = 'Hello') {
  const messages = [{ role: 'user', content: prompt }];
  const response = await call(gateway, '/v1/chat/completions', { model, messages });
  return { status: response.status, retryAfter: response.headers.get('retry-after'), text: await response.text() };
}

/** A stream that has begun and takes a while; the result reads what is left of it. */
async function streaming(gateway: Gateway, model: string): Promise<() => Promise<string>> {
  const messages = [{ role: 'user', content: '#sim text 30; pace 15' }];
  const response = await call(gateway, '/v1/chat/completions', { model, messages, stream: true });
  const reader = response.body?.getReader();
  expect((await reader?.read())?.done).toBe(false);
  return async () => {
    let text = '';
    for (let read = await reader?.read(); read && !read.done; read = await reader?.read())
      text += Buffer.from(read.value).toString();
    return text;
  };
}

async function models(gateway: Gateway): Promise<readonly string[]> {
  const response = await fetch(`${gateway.url}/v1/models`, { headers: { authorization: `Bearer ${clientKey}` } });
  return ((await response.json()) as { data: { id: string }[] }).data.map(({ id }) => id);
}

/** A service with these keys. */
const keys = (url: string, names: readonly string[], more = '', alias = 'm') => `
openai-compatibility:
  - name: service
    base-url: ${url}/v1
    api-key-entries: [${names.map((name) => `{ api-key: ${name} }`).join()}]
    models: [{ name: m-chat, alias: ${alias} }]
${more}`;

/** An upstream that refuses these keys with a quota error, and says who asked. */
async function upstream(exhausted: ReadonlySet<string>) {
  const asked: string[] = [];
  const stub = await startStub((request, response) => {
    const key = (request.headers.authorization ?? '').replace('Bearer ', '');
    asked.push(key);
    const whole = exhausted.has(key) ? { error: { message: 'slow down', type: 'rate_limit_error' } } : answer;
    response.writeHead(exhausted.has(key) ? 429 : 200, { 'content-type': 'application/json', 'retry-after': '600' });
    response.end(JSON.stringify(whole));
  });
  cleanUps.push(stub.close);
  return { url: stub.url, asked };
}
const message = { role: 'assistant', content: 'Hi' };
const answer = {
  id: 'c',
  object: 'chat.completion',
  created: 1,
  model: 'm-chat',
  choices: [{ index: 0, message, finish_reason: 'stop' }],
};

describe('credentials over a reload', () => {
  it('SEED-51: a key that was added answers at once, while those that rest go on resting', async () => {
    const { url, asked } = await upstream(new Set(['a']));
    const gateway = await started(() => keys(url, ['a']));
    expect((await ask(gateway)).status).toBe(429);
    expect((await ask(gateway)).status).toBe(429);
    expect(asked).toEqual(['a']);
    await gateway.app.reload(configOf(keys(url, ['a', 'b'])));
    expect((await ask(gateway)).status).toBe(200);
    expect((await ask(gateway)).status).toBe(200);
    expect(asked).toEqual(['a', 'b', 'b']);
  });

  it('are tried afresh when their own entry was edited, its aliases included (SEED-16)', async () => {
    const { url, asked } = await upstream(new Set(['a']));
    const gateway = await started(() => keys(url, ['a']));
    expect((await ask(gateway)).status).toBe(429);
    await gateway.app.reload(configOf(keys(url, ['a'], 'strict: true\n')));
    expect((await ask(gateway)).status).toBe(429);
    expect(asked).toHaveLength(1);
    await gateway.app.reload(configOf(keys(url, ['a'], '', 'n')));
    expect((await ask(gateway, 'n')).status).toBe(429);
    expect(asked).toHaveLength(2);
    await gateway.app.reload(configOf(keys(url, ['b'])));
    await gateway.app.reload(configOf(keys(url, ['a'])));
    expect((await ask(gateway)).status).toBe(429);
    expect(asked).toHaveLength(3);
  });

  it('serve what is under way by the configuration it began with', async () => {
    const gateway = await started((url) => keys(url, ['a']));
    const rest = await streaming(gateway, 'm');
    await gateway.app.reload(configOf(keys('http://127.0.0.1:1', ['b'], '', 'other')));
    expect((await ask(gateway)).status).toBe(400);
    expect(await rest()).toMatch(/data: \[DONE\]\n\n$/);
  });

  it('that were all put in force one after the other end with the last, however fast they came', async () => {
    const gateway = await started((url) => keys(url, ['a']));
    const { url } = gateway.simulator;
    await Promise.all(['x', 'y', 'z'].map((alias) => gateway.app.reload(configOf(keys(url, ['a'], '', alias)))));
    expect(await models(gateway)).toEqual(['z']);
  });
});

describe('lists of models over a reload', () => {
  it('stay with the credentials that stay, are fetched for new ones, and go with those that go', async () => {
    const asked: string[] = [];
    const stub = await startStub((request, response) => {
      const key = (request.headers.authorization ?? '').replace('Bearer ', '');
      asked.push(key);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ data: [{ id: `model-of-${key}` }] }));
    });
    cleanUps.push(stub.close);
    const listed = (names: readonly string[], more = '') => keys(stub.url, names, more).replace(/ {4}models:.*\n/, '');
    const gateway = await started(() => listed(['a']));
    await expect.poll(() => models(gateway)).toEqual(['model-of-a']);
    const reloaded = gateway.app.reload(configOf(listed(['a', 'b'])));
    await reloaded;
    expect(await models(gateway)).toContain('model-of-a');
    await expect.poll(() => models(gateway)).toEqual(['model-of-a', 'model-of-b']);
    await gateway.app.reload(configOf(listed(['b'])));
    expect(await models(gateway)).toEqual(['model-of-b']);
    expect(asked).toEqual(['a', 'b']);
  });
});

describe('the demo over a reload', () => {
  it('is there while no upstream is, and lets its users come to their end', async () => {
    const gateway = await started((url) => keys(url, ['a']));
    expect(await models(gateway)).toEqual(['m']);
    await gateway.app.reload(configOf(''));
    expect(await models(gateway)).toContain('demo-gemini');
    const rest = await streaming(gateway, 'demo-openai-chat');
    await gateway.app.reload(configOf(keys(gateway.simulator.url, ['a'])));
    expect(await models(gateway)).toEqual(['m']);
    expect(await rest()).toMatch(/data: \[DONE\]\n\n$/);
    await gateway.app.reload(configOf('demo: true\n'));
    expect((await ask(gateway, 'demo-openai-chat')).status).toBe(200);
  });
});
