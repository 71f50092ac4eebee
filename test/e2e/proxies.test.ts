// Proxies: the credential's wins over the global one, `direct` wins over both, and what cannot be reached by its proxy is not
// reached at all.

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { call, type Gateway, startGateway } from '../support/gateway.ts';
import { logLines } from '../support/log.ts';
import { proxyPassword, startHttpProxy, startSocksProxy, type TestProxy } from '../support/proxies.ts';

let global: TestProxy;
let own: TestProxy;
let socks: TestProxy;
let gateway: Gateway | undefined;
beforeAll(async () => {
  [global, own, socks] = await Promise.all([startHttpProxy(), startHttpProxy(), startSocksProxy()]);
});
afterEach(async () => {
  await gateway?.close();
  gateway = undefined;
  for (const { asked } of [global, own, socks]) asked.length = 0;
});
afterAll(() => {
  for (const proxy of [global, own, socks]) proxy.close();
});

const chat = (model: string, stream = false, prompt = 'Hello') => ({
  model,
  stream,
  messages: [{ role: 'user', content: `${prompt}\n#sim say arrived` }],
});
const dead = `http://proxy-user:${proxyPassword}@127.0.0.1:1`;

describe('the proxy of a request (SEED-20)', () => {
  it.each([false, true])('is the credential’s, else the global one; direct is none (stream: %s)', async (stream) => {
    gateway = await startGateway(
      (url) => `
proxy-url: ${global.url}
claude-api-key:
  - { api-key: by-global, base-url: "${url}", models: [{ name: m, alias: by-global }] }
  - { api-key: by-own, base-url: "${url}", proxy-url: "${own.url}", models: [{ name: m, alias: by-own }] }
  - { api-key: by-socks, base-url: "${url}", proxy-url: "${socks.url}", models: [{ name: m, alias: by-socks }] }
  - { api-key: by-none, base-url: "${url}", proxy-url: direct, models: [{ name: m, alias: by-none }] }
openai-compatibility:
  - name: service
    base-url: ${url}/v1
    proxy-url: ${own.url}
    api-key-entries:
      - { api-key: key-without-proxy, proxy-url: direct }
      - { api-key: key-with-that-of-the-service, proxy-url: "" }
    models: [{ name: m, alias: by-key }]
`,
    );
    const counts = async (model: string, prompt?: string): Promise<number[]> => {
      const before = [global, own, socks].map(({ asked }) => asked.length);
      const response = await call(gateway as Gateway, '/v1/chat/completions', chat(model, stream, prompt));
      expect(await response.text()).toContain('arrived');
      return [global, own, socks].map(({ asked }, index) => asked.length - (before[index] ?? 0));
    };
    expect(await counts('by-global')).toEqual([1, 0, 0]);
    expect(await counts('by-own')).toEqual([0, 1, 0]);
    expect(await counts('by-socks')).toEqual([0, 0, 1]);
    expect(await counts('by-none')).toEqual([0, 0, 0]);
    expect(await counts('by-key')).toEqual([0, 0, 0]);
    expect(await counts('by-key', 'Another conversation takes the next key')).toEqual([0, 1, 0]);
  });

  it('is also that of asking a service for its models', async () => {
    gateway = await startGateway(
      (url) => `openai-api-key:\n  - { api-key: k, base-url: "${url}/v1", proxy-url: "${own.url}" }\n`,
    );
    const { observations } = gateway;
    await expect.poll(() => observations.some(({ type }) => type === 'models-listed')).toBe(true);
    expect(own.asked.length).toBe(1);
  });
});

describe('a proxy that does not work', () => {
  it('fails its credential, is never gone around, and the next credential answers', async () => {
    gateway = await startGateway(
      (url) => `
claude-api-key:
  - { api-key: behind-dead-proxy, base-url: "${url}", proxy-url: "${dead}", models: [{ name: m, alias: shared }] }
  - { api-key: second-account, base-url: "${url}", models: [{ name: m, alias: shared }] }
`,
    );
    for (const stream of [false, true, false]) {
      const response = await call(gateway, '/v1/chat/completions', chat('shared', stream));
      expect(response.status).toBe(200);
      expect(await response.text()).toContain('arrived');
    }
    expect(new Set(gateway.simulator.recorded().map(({ key }) => key))).toEqual(new Set(['second-account']));
  });

  it('is told to the client and to the log with its password masked', async () => {
    gateway = await startGateway(
      (url) => `
claude-api-key:
  - { api-key: behind-dead-proxy, base-url: "${url}", proxy-url: "${dead}", models: [{ name: m, alias: only }] }
`,
    );
    const response = await call(gateway, '/v1/messages', { ...chat('only'), max_tokens: 9 });
    const text = await response.text();
    expect(response.status).toBe(502);
    expect(text).toContain('through the proxy http://proxy-user:***@127.0.0.1:1');
    const log = logLines(gateway.observations).join('');
    expect(log).toContain('proxy-user:***@');
    expect(log + text).not.toContain(proxyPassword);
    expect(gateway.simulator.recorded()).toEqual([]);
  });

  it.each([
    [`ftp://u:${proxyPassword}@proxy`, 'unsupported proxy scheme: ftp'],
    [`u:${proxyPassword}@proxy:1`, 'proxy config invalid'],
    ['::bad', 'proxy config invalid'],
  ])(
    'that cannot be one keeps its credential from being used, with the reason: %s (SEED-20)',
    async (proxy, reason) => {
      const text = (url: string) => `
claude-api-key:
  - { api-key: k, base-url: "${url}", proxy-url: "${proxy}", models: [{ name: m, alias: only }] }
`;
      const { notices } = loadConfig(text('http://127.0.0.1:1'), { env: {}, path: 'config.yaml' });
      expect(notices.map(({ message }) => message).join()).toContain(reason);
      expect(JSON.stringify(notices)).not.toContain(proxyPassword);
      gateway = await startGateway(text);
      const response = await call(gateway, '/v1/chat/completions', chat('only'));
      const body = await response.text();
      expect(response.status).toBe(503);
      expect(body).toContain(reason);
      expect(body + logLines(gateway.observations).join('')).not.toContain(proxyPassword);
      expect(gateway.simulator.recorded()).toEqual([]);
      const listed = await fetch(`${gateway.url}/v1/models?key=test-client-key-0123456789&x`, {
        headers: { 'anthropic-version': '2023-06-01' },
      });
      expect(await listed.json()).toMatchObject({ data: [] });
    },
  );
});
