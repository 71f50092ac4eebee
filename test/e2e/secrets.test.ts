// Secrets of every kind are planted, everything that can fail is made to fail, and none of them may show anywhere.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.ts';
import { call, clientKey, type Gateway, startGateway } from '../support/gateway.ts';
import { logLines } from '../support/log.ts';
import { proxyPassword } from '../support/proxies.ts';
import { type Stub, startStub } from '../support/stub.ts';
import { upstreams } from '../support/upstreams.ts';

const planted = {
  chat: 'planted-chat-upstream-key-1',
  responses: 'planted-responses-upstream-key-2',
  messages: 'planted-messages-upstream-key-3',
  gemini: 'planted-gemini-upstream-key-4',
  header: 'planted-configured-header-5',
  proxy: proxyPassword,
  client: clientKey,
};
let gateway: Gateway;
let parrot: Stub;
const shown: string[] = [];

beforeAll(async () => {
  // Some services repeat the key they were shown.
  parrot = await startStub((request, response) => {
    const { authorization = '', 'x-api-key': key = '', 'x-goog-api-key': google = '' } = request.headers;
    const repeated = `Incorrect API key provided: ${authorization}${key}${google} (${request.headers['x-planted']})`;
    response.writeHead(401, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: { message: repeated, type: 'invalid_request_error', code: 401 } }));
  });
  const dead = `proxy-url: "http://u:${planted.proxy}@127.0.0.1:1"`;
  const rows = (list: string, key: string, base: string, extra = '') => `
${list}:
  - { api-key: ${key}, base-url: "${base}", ${extra}headers: { X-Planted: ${planted.header} }, models: [{ name: m, alias: NAME }] }`;
  const each = (url: string, suffix: string, extra = '') => [
    rows('codex-api-key', planted.responses, `${url}/v1`, extra).replace('NAME', `openai-responses${suffix}`),
    rows('claude-api-key', planted.messages, url, extra).replace('NAME', `anthropic-messages${suffix}`),
    rows('gemini-api-key', planted.gemini, url, extra).replace('NAME', `gemini${suffix}`),
    rows('openai-api-key', planted.chat, `${url}/v1`, extra).replace('NAME', `openai-chat${suffix}`),
  ];
  gateway = await startGateway((url) => {
    const lists = [each(url, ''), each(parrot.url, '-parrot'), each(url, '-proxied', `${dead}, `)];
    const heads = lists[0]?.map((_, index) => {
      const entries = lists.map((list) => (list[index] ?? '').trim().split('\n').slice(1).join('\n'));
      return `${(lists[0]?.[index] ?? '').trim().split('\n')[0]}\n${entries.join('\n')}`;
    });
    return `disable-cooling: true\nstreaming: { keepalive-seconds: 1 }\nupstream-timeouts: { first-byte: 1, idle: 1 }\n${heads?.join('\n')}\n`;
  });
});
afterAll(async () => {
  await gateway.close();
  await parrot.close();
});

const note = async (response: Response): Promise<number> => {
  shown.push(JSON.stringify([...response.headers]), await response.text());
  return response.status;
};
const faults = [
  'status 400',
  'status 401',
  'status 402',
  'status 403',
  'status 404',
  'status 413',
  'status 429 retry-after=1',
  'status 500',
  'status 503',
  'status 529',
  'html 502',
  'empty',
  'cut 0',
  'cut 300',
  'malformed',
  'overload',
  'overload after=2; text 50',
  'no-terminal',
  'hang',
  'stall after=1; text 50',
];

it.each(upstreams)('failures of %s are told to every client', async (upstream) => {
  const failing = upstreams.flatMap((client) =>
    faults.flatMap((fault) =>
      [false, true].map(async (stream) =>
        note(await ask(gateway, client, upstream, { prompt: `#sim ${fault}`, stream })),
      ),
    ),
  );
  await Promise.all(failing);
  for (const client of upstreams) {
    for (const stream of [false, true]) {
      expect(await note(await ask(gateway, client, `${upstream}-parrot`, { stream }))).toBe(401);
      expect(await note(await ask(gateway, client, `${upstream}-proxied`, { stream }))).toBe(502);
    }
  }
});

it('refusals tell no secret either', async () => {
  for (const path of ['/v1/chat/completions', '/v1/messages', '/v1/responses', '/v1beta/models/x:generateContent']) {
    await note(await call(gateway, `${path}?key=${clientKey}`, '{'));
    await note(await call(gateway, path, {}, { authorization: `Bearer ${planted.chat}` }));
    await note(await call(gateway, `${path}/nope?auth_token=${clientKey}`, {}));
  }
  await note(await fetch(`${gateway.url}/v1/models`, { headers: { authorization: `Bearer ${clientKey}x` } }));
  await note(await fetch(`${gateway.url}/v1/models?key=${clientKey}`));
  await note(await fetch(`${gateway.url}/v1/models/nope?key=${clientKey}`));
});

it('nothing of all this shows a secret', () => {
  const log = logLines(gateway.observations);
  expect(log.length).toBeGreaterThan(600);
  expect(shown.length).toBeGreaterThan(600);
  const everything = [...log, ...shown, JSON.stringify(gateway.app.describe())].join('\n');
  for (const [name, secret] of Object.entries(planted))
    expect([name, everything.includes(secret)]).toEqual([name, false]);
});

describe('the log', () => {
  it('says in one line per exchange who answered what (SEED-06)', async () => {
    const before = gateway.observations.length;
    gateway.simulator.script({ say: 'status 403' });
    expect(await note(await ask(gateway, 'openai-chat', 'gemini'))).toBe(403);
    expect(await note(await ask(gateway, 'openai-chat', 'gemini', { prompt: '#sim say body-of-a-reply' }))).toBe(200);
    const lines = logLines(gateway.observations.slice(before));
    const failed = lines.filter((line) => line.includes('"status_code":403'));
    expect(failed.length).toBeGreaterThan(0);
    for (const line of failed) expect(line).toContain('"provider":"gemini"');
    expect(failed.filter((line) => line.includes('"level":"warn"')).length).toBe(2);
    const finished = lines.filter((line) => line.includes('"msg":"exchange"'));
    expect(finished.length).toBe(2);
    expect(JSON.parse(finished[1] ?? '')).toMatchObject({
      level: 'info',
      status_code: 200,
      provider: 'gemini',
      attempts: 1,
    });
    expect(lines.join('')).not.toContain('body-of-a-reply');
  });
});
