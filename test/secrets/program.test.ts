// The real program with secrets of every kind, made to fail in every way it can: nothing that it prints, answers or writes shows one.

import { createHash } from 'node:crypto';
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Simulator, startSimulator } from '../../src/simulator/server.ts';
import { launcher, type Running, start, temporaryDirectory } from '../start/programs.ts';
import { proxyPassword, startHttpProxy, type TestProxy } from '../support/proxies.ts';
import { type Stub, startStub } from '../support/stub.ts';

const planted = {
  chat: 'sk-planted-chat-key-0001',
  responses: 'planted/responses+key=0002',
  messages: 'planted-messages-key-0003',
  gemini: 'AIzaPlanted-gemini-key-0004',
  fromEnvironment: 'planted-environment-key-0005',
  fromFile: 'planted-token-file-key-0006',
  fromDirectory: 'planted-auth-dir-key-0007',
  header: 'planted-header-value-0008',
  proxy: proxyPassword,
  deadProxy: 'planted-dead-proxy-0009',
  baseUrl: 'planted-base-url-0010',
  client: 'planted-client-key-0011',
  newClient: 'planted-new-client-0012',
  newUpstream: 'planted-new-upstream-0013',
  wrong: 'planted-wrong-key-0014',
};

let simulator: Simulator;
let parrot: Stub;
let proxy: TestProxy;
beforeAll(async () => {
  simulator = await startSimulator({ seed: 'secrets' });
  proxy = await startHttpProxy();
  // Some services repeat the key they were shown, in whatever form they answer.
  parrot = await startStub((request, response) => {
    const { authorization = '', 'x-api-key': key = '', 'x-goog-api-key': google = '' } = request.headers;
    const words = `Incorrect API key provided: ${authorization}${key}${google}, header ${request.headers['x-planted']}`;
    const error = { error: { message: words, type: 'invalid_request_error', code: 'invalid_api_key' }, type: 'error' };
    const forms = {
      json: () => response.writeHead(401, { 'content-type': 'application/json' }).end(JSON.stringify(error)),
      text: () => response.writeHead(403, { 'content-type': 'text/plain' }).end(words),
      html: () => response.writeHead(502, { 'content-type': 'text/html' }).end(`<html><body>${words}</body></html>`),
      whole: () => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(error)),
      stream: () =>
        response
          .writeHead(200, { 'content-type': 'text/event-stream' })
          .end(`event: error\ndata: ${JSON.stringify(error)}\n\n`),
      header: () => response.writeHead(429, { 'retry-after': '30', 'x-ratelimit-key': words }).end('{}'),
    };
    const form = /parrot-(\w+)/.exec(request.url ?? '')?.[1] ?? 'json';
    (forms[form as keyof typeof forms] ?? forms.json)();
  });
});
afterAll(async () => {
  await simulator.close();
  await parrot.close();
  proxy.close();
});

const forms = ['json', 'text', 'html', 'whole', 'stream', 'header'];
const lists = [
  ['openai-api-key', planted.chat, '/v1'],
  ['codex-api-key', planted.responses, '/v1'],
  ['claude-api-key', planted.messages, ''],
  ['gemini-api-key', planted.gemini, ''],
] as const;

function configuration(clients: readonly string[], cooling: boolean, more = ''): string {
  const { url } = simulator;
  const entry = (list: string, key: string, base: string, name: string, extra = ''): string =>
    `  - { api-key: "${key}", base-url: "${base}", headers: { X-Planted: ${planted.header} }, models: [{ name: m, alias: ${name}-${list} }]${extra} }`;
  const blocks = lists.map(([list, key, path]) =>
    [
      `${list}:`,
      entry(list, key, `${url}${path}`, 'plain'),
      entry(list, key, `${url}${path}`, 'proxied', `, proxy-url: "${proxy.url}"`),
      entry(list, key, `${url}${path}`, 'dead', `, proxy-url: "http://u:${planted.deadProxy}@127.0.0.1:1"`),
      ...forms.map((form) => entry(list, key, `${parrot.url}/parrot-${form}${path}`, form)),
    ].join('\n'),
  );
  return [
    `host: 127.0.0.1\nport: 8317\ndebug: true\nauth-dir: auth\ndisable-cooling: ${!cooling}\napi-keys: [${clients.join(', ')}]`,
    'upstream-timeouts: { first-byte: 1, idle: 1 }',
    ...blocks,
    'openai-compatibility:',
    `  - { name: with-password, base-url: "http://user:${planted.baseUrl}@127.0.0.1:1/v1", api-key-entries: [{ api-key: "\${UPSTREAM_KEY}" }], models: [{ name: m, alias: with-password }] }`,
    `  - { name: parrots, base-url: "${parrot.url}/parrot-json", api-key-entries: [{ api-key: "\${UPSTREAM_KEY}" }], models: [{ name: m, alias: parrots }] }`,
    `groq:\n  - { token-file: ./token.txt, base-url: "${parrot.url}/parrot-text/v1", models: [{ name: m, alias: from-file }] }`,
    more,
  ].join('\n');
}

const shown: string[] = [];
async function note(response: Promise<Response>): Promise<number> {
  const answer = await response;
  shown.push(JSON.stringify([...answer.headers]), await answer.text());
  return answer.status;
}

/** Asks for a model in two dialects, whole and streaming, with a fault where the upstream can have one. */
async function askEverywhere(url: string, model: string, key: string, prompt: string): Promise<readonly number[]> {
  const post = (path: string, body: object): Promise<number> =>
    note(
      fetch(`${url}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    );
  const messages = [{ role: 'user', content: prompt }];
  return Promise.all([
    post('/v1/chat/completions', { model, messages }),
    post('/v1/chat/completions', { model, messages, stream: true }),
    post('/v1/messages', { model, messages, max_tokens: 100, stream: true }),
    post(`/v1beta/models/${model}:generateContent`, { contents: [{ role: 'user', parts: [{ text: prompt }] }] }),
  ]);
}

async function explainEverything(url: string, key: string): Promise<void> {
  const headers = { authorization: `Bearer ${key}` };
  const read = async (path: string): Promise<void> => void (await note(fetch(`${url}${path}`, { headers })));
  for (const path of ['/v1/models', '/v1/catalogue', '/v1/cooldowns', '/metrics', '/v1/metrics/providers', '/'])
    await read(path);
  await read('/v1/explain?limit=500');
  const list = JSON.parse(shown.at(-1) ?? '{}') as { data?: { id: string }[] };
  for (const { id } of list.data ?? []) await read(`/v1/explain/${id}`);
  const { data = [] } = JSON.parse(shown.find((text) => text.startsWith('{"object":"list"')) ?? '{}') as {
    data?: { id: string }[];
  };
  for (const { id } of data)
    await note(fetch(`${url}/v1/explain`, { method: 'POST', headers, body: JSON.stringify({ model: id }) }));
  expect(list.data?.length).toBeGreaterThan(10);
  expect(data.length).toBeGreaterThan(10);
}

async function refusals(url: string, key: string): Promise<void> {
  for (const path of ['/v1/chat/completions', '/v1/messages', '/v1beta/models/x:generateContent', '/v1/explain']) {
    await note(fetch(`${url}${path}?key=${key}`, { method: 'POST', body: '{' }));
    await note(
      fetch(`${url}${path}`, { method: 'POST', body: '{}', headers: { authorization: `Bearer ${planted.wrong}` } }),
    );
    await note(fetch(`${url}${path}/nope?auth_token=${key}`, { method: 'POST' }));
  }
  await note(fetch(`${url}/v1/%zz?key=${key}`));
  await note(fetch(`${url}/v1/cooldowns?key=${key}&credential=nobody`, { method: 'DELETE' }));
}

it('shows no secret, whatever happens to it', async () => {
  const home = temporaryDirectory();
  const config = join(home, 'config.yaml');
  const digest = createHash('sha256').update(planted.client).digest('hex');
  mkdirSync(join(home, 'auth'));
  writeFileSync(join(home, 'token.txt'), planted.fromFile);
  const file = { type: 'mistral', api_key: planted.fromDirectory, base_url: `${parrot.url}/parrot-whole/v1` };
  writeFileSync(join(home, 'auth', 'mistral.json'), JSON.stringify(file));
  writeFileSync(join(home, 'auth', 'broken.json'), `{ "type": "codex", "access_token": "${planted.wrong}" `);
  writeFileSync(config, configuration([`"sha256:${digest}"`], false));
  const env = { HOME: home, UPSTREAM_KEY: planted.fromEnvironment };
  const program = (...words: string[]): Running =>
    start(process.execPath, [launcher, ...words, '--config', config], { directory: home, env });
  const gateway = program('serve', '--port', '0');
  const [, url = ''] = /(http:\/\/127\.0\.0\.1:\d+)\/v1\/models/.exec(await gateway.printed(/Try it:\n.*\n/)) ?? [];

  const key = planted.client;
  for (const [list] of lists) {
    const fault = (word: string) => askEverywhere(url, `plain-${list}`, key, `#sim ${word}`);
    for (const word of ['say fine', 'status 401', 'status 429', 'html 502', 'cut 0', 'malformed', 'overload'])
      await fault(word);
    expect(await askEverywhere(url, `proxied-${list}`, key, 'Hello')).toContain(200);
    await askEverywhere(url, `dead-${list}`, key, 'Hello');
    for (const form of forms) await askEverywhere(url, `${form}-${list}`, key, 'Hello');
  }
  expect(proxy.asked.length).toBeGreaterThan(0);
  for (const model of ['with-password', 'parrots', 'from-file', 'mistral-large-latest'])
    await askEverywhere(url, model, key, 'Hello');
  await refusals(url, key);
  await explainEverything(url, key);

  // Another configuration, and then one that cannot be used.
  const changed = configuration(
    [planted.newClient],
    true,
    `deepseek: [{ api-key: ${planted.newUpstream}, base-url: "${parrot.url}/parrot-json/v1" }]`,
  );
  writeFileSync(config, changed.replaceAll(planted.chat, `${planted.chat}-changed`));
  await gateway.printed(/configuration updated/);
  for (const form of forms) await askEverywhere(url, `${form}-claude-api-key`, planted.newClient, 'Hello');
  await askEverywhere(url, 'deepseek-chat', planted.newClient, 'Hello');
  // A client that mistakes one thing for another is told what it said itself; the log does not keep it.
  const answers = shown.length;
  for (const secret of [planted.newClient, planted.newUpstream, planted.gemini])
    await askEverywhere(url, secret, planted.newClient, 'Hello');
  shown.length = answers;
  writeFileSync(
    config,
    `${changed}\nport: ${planted.newUpstream}\nproxy-url: "nonsense://u:${planted.deadProxy}@h:1"\n`,
  );
  await gateway.printed(/cannot be used/);
  writeFileSync(config, changed);
  const commands = [['explain', '--model', 'with-password'], ['models'], ['cooldowns']].map((words) =>
    program(...words, '--url', url, '--key', planted.newClient),
  );
  for (const { ended } of [...commands, program('config', 'check')]) {
    const { output, complaints, code } = await ended;
    expect([code, complaints]).toEqual([0, '']);
    shown.push(output);
  }
  const alone = await program('explain', '--model', 'plain-claude-api-key').ended;
  shown.push(alone.output, alone.complaints);

  gateway.process.kill('SIGTERM');
  const { output, complaints } = await gateway.ended;
  const files = globSync(`${home}/**/*`, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !/^(?:config\.yaml|token\.txt|.*\.json)$/.test(entry.name))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'));
  expect(output.split('\n').length).toBeGreaterThan(300);
  expect(shown.length).toBeGreaterThan(600);
  const everything = [output, complaints, ...shown, ...files].join('\n').split('\n');
  for (const [name, secret] of Object.entries(planted)) {
    const written = [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64').replace(/=+$/, '')];
    for (const form of written)
      expect([name, everything.filter((line) => line.includes(form)).slice(0, 3)]).toEqual([name, []]);
  }
}, 90_000);
