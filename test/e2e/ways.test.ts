// What stands between the gateway and a service: redirections, protective pages, and entries that share a key.

import { afterEach, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { call, clientKey, type Gateway, startGateway } from '../support/gateway.ts';
import { type Stub, startStub } from '../support/stub.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function start(stub: Stub, configure: (url: string) => string): Promise<Gateway> {
  const gateway = await startGateway(() => configure(stub.url));
  open.push(gateway, stub);
  return gateway;
}
const chat = { model: 'm', messages: [{ role: 'user', content: 'Hello' }] };
const ask = async (gateway: Gateway) => {
  const response = await call(gateway, '/v1/chat/completions', chat);
  return { status: response.status, text: await response.text() };
};

it('a redirection is not followed, and told as what it is', async () => {
  const elsewhere = await startStub((_request, response) => void response.end('{}'));
  open.push(elsewhere);
  const stub = await startStub((_request, response) => {
    response.writeHead(302, { location: `${elsewhere.url}/somewhere` });
    response.end();
  });
  const gateway = await start(
    stub,
    (url) => `openai-api-key: [{ api-key: k, base-url: "${url}", models: [{ name: m }] }]`,
  );
  const { status, text } = await ask(gateway);
  expect(status).toBe(502);
  expect(text).toContain('The upstream answered 302, a redirection; its base-url may be wrong.');
  expect(text).not.toContain('somewhere');
  expect(elsewhere.requests).toEqual([]);
});

it('a protective page ends the round for all accounts behind it, whether they rest or not', async () => {
  const stub = await startStub((_request, response) => {
    response.writeHead(403, { 'content-type': 'text/html', 'cf-mitigated': 'challenge' });
    response.end('<!DOCTYPE html><title>Just a moment...</title>');
  });
  const entries = (url: string) =>
    ['one', 'two', 'three'].map((key) => `{ api-key: ${key}, base-url: "${url}", models: [{ name: m }] }`).join();
  const gateway = await start(stub, (url) => `disable-cooling: true\nopenai-api-key: [${entries(url)}]`);
  expect((await ask(gateway)).status).toBe(403);
  expect(stub.requests.length).toBe(1);
});

it('a reload leaves an account at rest whose key stands in several entries', async () => {
  const stub = await startStub((_request, response) => {
    response.writeHead(429, { 'content-type': 'application/json', 'retry-after': '600' });
    response.end('{"error":{"message":"slow"}}');
  });
  const text = (url: string, more = ''): string =>
    `openai-api-key:\n${['m', 'n'].map((name) => `- { api-key: k, base-url: "${url}", models: [{ name: ${name} }]${more} }`).join('\n')}`;
  const gateway = await start(stub, (url) => text(url));
  await ask(gateway);
  const reload = async (more: string) => {
    const config = `api-keys: [${clientKey}]\ndebug: true\n${text(stub.url, more)}`;
    const loaded = loadConfig(config, { env: {}, path: 'config.yaml' });
    if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
    await gateway.app.reload(loaded.config);
    await ask(gateway);
    return stub.requests.filter(({ path }) => path.includes('completions')).length;
  };
  expect(await reload('')).toBe(1);
  expect(await reload(', priority: 1')).toBe(2);
});
