// What the configuration says of credentials, seen from outside: names and prefixes, exclusions, several keys, services with
// several dialects, lists of models.

import { afterEach, describe, expect, it } from 'vitest';
import { ask, modelsIn } from '../support/ask.ts';
import { clientKey, everyUpstream, type Gateway, startGateway } from '../support/gateway.ts';
import { startStub } from '../support/stub.ts';
import { modelFor, upstreams } from '../support/upstreams.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});
async function start(configure: (simulator: string) => string): Promise<Gateway> {
  const gateway = await startGateway(configure);
  closers.push(() => gateway.close());
  return gateway;
}
async function ids(gateway: Gateway): Promise<string[]> {
  const response = await fetch(`${gateway.url}/v1/models`, { headers: { authorization: `Bearer ${clientKey}` } });
  const { data } = (await response.json()) as { data: { id: string }[] };
  return data.map(({ id }) => id);
}

describe('names', () => {
  const prefixed = (force: boolean) => (url: string) =>
    `
force-model-prefix: ${force}
claude-api-key:
  - { api-key: k1, base-url: "${url}", prefix: team-a, models: [{ name: real-a, alias: m }] }
  - { api-key: k2, base-url: "${url}", models: [{ name: real-b, alias: n }] }
`;

  it('with a prefix are listed and routed both ways, and the upstream hears its own (SEED-54)', async () => {
    const gateway = await start(prefixed(false));
    expect(await ids(gateway)).toEqual(['m', 'team-a/m', 'n']);
    for (const client of upstreams) {
      expect((await ask(gateway, client, 'team-a/m')).status).toBe(200);
      expect((await ask(gateway, client, 'm')).status).toBe(200);
    }
    expect(new Set(gateway.simulator.recorded().map(({ model }) => model))).toEqual(new Set(['real-a']));
  });

  it('need the prefix where it is forced (SEED-54)', async () => {
    const gateway = await start(prefixed(true));
    expect(await ids(gateway)).toEqual(['team-a/m', 'n']);
    expect((await ask(gateway, 'openai-chat', 'm')).status).toBe(400);
    expect((await ask(gateway, 'openai-chat', 'team-a/m')).status).toBe(200);
    expect(gateway.simulator.recorded().at(-1)?.model).toBe('real-a');
  });

  it('that are excluded are neither listed nor routed, whatever their case (SEED-55)', async () => {
    const gateway = await start(
      (url) => `
claude-api-key:
  - api-key: k
    base-url: ${url}
    excluded-models: ["*FLASH*", "old-*", "*-preview", "exact"]
    models: [{ name: big-flash-1 }, { name: old-1 }, { name: x-preview }, { name: Exact }, { name: r, alias: flashy }, { name: keeps }]
`,
    );
    expect(await ids(gateway)).toEqual(['keeps']);
    for (const model of ['big-flash-1', 'old-1', 'x-preview', 'Exact', 'flashy'])
      expect((await ask(gateway, 'openai-chat', model)).status).toBe(400);
  });

  it('unknown to everyone are 400 model_not_found, or each dialect’s own word for it (SEED-10)', async () => {
    const gateway = await start((url) => everyUpstream(url));
    const shapes: Record<string, unknown> = {
      'openai-chat': [400, { error: { code: 'model_not_found', type: 'invalid_request_error', param: 'model' } }],
      'openai-responses': [400, { error: { code: 'model_not_found', type: 'invalid_request_error', param: 'model' } }],
      'anthropic-messages': [404, { type: 'error', error: { type: 'not_found_error' } }],
      gemini: [404, { error: { code: 404, status: 'NOT_FOUND' } }],
    };
    for (const client of upstreams) {
      for (const stream of [false, true]) {
        const response = await ask(gateway, client, 'nope-1', { stream });
        const body = await response.json();
        expect([response.status, body]).toMatchObject(shapes[client] as object);
        expect(JSON.stringify(body)).toContain('nope-1');
      }
    }
    for (const id of await ids(gateway)) expect((await ask(gateway, 'openai-chat', id)).status).toBe(200);
    expect(gateway.simulator.recorded().length).toBe(4);
  });
});

describe('force-mapping', () => {
  it('shows the alias, and only it, in every pair of dialects, whole and streaming', async () => {
    const gateway = await start((url) => everyUpstream(url, ', force-mapping: true'));
    for (const client of upstreams) {
      for (const upstream of upstreams) {
        for (const stream of [false, true]) {
          const model = modelFor(upstream);
          const text = await (await ask(gateway, client, model, { stream })).text();
          expect([client, upstream, stream, modelsIn(text)]).toEqual([client, upstream, stream, [model]]);
        }
      }
    }
  });

  it('is off by default: the reply names the model that answered', async () => {
    const gateway = await start((url) => everyUpstream(url));
    for (const client of upstreams) {
      for (const upstream of upstreams) {
        const text = await (await ask(gateway, client, modelFor(upstream), { stream: client === upstream })).text();
        expect(modelsIn(text)).toEqual([
          `m-${{ 'openai-chat': 'chat', 'openai-responses': 'responses', 'anthropic-messages': 'messages', gemini: 'gemini' }[upstream]}`,
        ]);
      }
    }
  });
});

describe('keys', () => {
  it('of one service take turns, and a bad one is survived', async () => {
    const gateway = await start(
      (url) => `
openai-compatibility:
  - name: service
    base-url: ${url}/v1
    api-key-entries: [{ api-key: key-one }, { api-key: bad-key-two }, { api-key: key-three }]
    models: [{ name: m }]
`,
    );
    for (let i = 0; i < 6; i++)
      expect((await ask(gateway, 'openai-chat', 'm', { prompt: `Question ${i}` })).status).toBe(200);
    // The bad one is tried once, and rests.
    expect(gateway.simulator.recorded().map(({ key }) => key)).toEqual([
      'key-one',
      'bad-key-two',
      'key-three',
      'key-one',
      'key-three',
      'key-one',
      'key-three',
    ]);
  });

  it('that cannot be used are told with the reason when nothing else is left, and their models are not listed', async () => {
    const gateway = await start(
      (url) => `
claude-api-key:
  - { base-url: "${url}", models: [{ name: no-key }] }
codex-api-key:
  - { api-key: k, models: [{ name: no-url }] }
gemini-api-key:
  - { api-key: k, base-url: "${url}", models: [{ name: fine }] }
`,
    );
    expect(await ids(gateway)).toEqual(['fine']);
    for (const [model, reason] of [
      ['no-key', 'api-key is missing'],
      ['no-url', 'base-url is missing'],
    ] as const) {
      const response = await ask(gateway, 'openai-chat', model);
      expect([response.status, await response.json()]).toMatchObject([
        503,
        { error: { code: 'auth_unavailable', message: expect.stringContaining(reason) } },
      ]);
    }
    expect(gateway.app.describe().providers.map(({ id, unusable }) => [id, unusable])).toEqual([
      ['claude', 1],
      ['gemini', 0],
      ['codex', 1],
    ]);
  });

  it('work as they stand in the file, spaces or not; blank ones let nobody in (SEED-48)', async () => {
    const gateway = await start((url) => everyUpstream(url));
    const models = (key: string) => fetch(`${gateway.url}/v1/models`, { headers: { authorization: key } });
    expect((await models(`bearer   ${clientKey}  `)).status).toBe(200);
    for (const blank of ['Bearer ', 'Bearer    ', '""']) expect((await models(blank)).status).toBe(401);
  });
});

describe('a service that speaks several dialects', () => {
  const sse = (events: readonly [string, unknown][]) =>
    events.map(([event, data]) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`).join('');
  const service = () =>
    startStub((request, response, body) => {
      const stream = body.includes('"stream":true');
      response.writeHead(200, { 'content-type': stream ? 'text/event-stream' : 'application/json' });
      const message = { id: 'm', type: 'message', role: 'assistant', model: 'm', content: [], stop_reason: null };
      const usage = { input_tokens: 1, output_tokens: 1 };
      if (request.url?.endsWith('/messages'))
        response.end(
          stream
            ? sse([
                ['message_start', { type: 'message_start', message: { ...message, usage } }],
                ['message_delta', { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage }],
                ['message_stop', { type: 'message_stop' }],
              ])
            : JSON.stringify({ ...message, stop_reason: 'end_turn', usage }),
        );
      else if (request.url?.endsWith('/responses'))
        response.end(
          JSON.stringify({ id: 'r', object: 'response', status: 'completed', model: 'm', output: [], usage }),
        );
      else
        response.end(
          JSON.stringify({
            id: 'c',
            object: 'chat.completion',
            model: 'm',
            choices: [{ index: 0, message: { role: 'assistant', content: 'x' }, finish_reason: 'stop' }],
          }),
        );
    });
  const paths = async (name: string): Promise<Record<string, string | undefined>> => {
    const { url, requests, close } = await service();
    closers.push(close);
    const gateway = await start(
      () => `${name}:\n  - { api-key: the-key, base-url: "${url}/base", models: [{ name: m }] }\n`,
    );
    const seen: Record<string, string | undefined> = {};
    for (const client of upstreams) {
      const response = await ask(gateway, client, 'm');
      expect(response.status).toBe(200);
      seen[client] = requests.at(-1)?.path;
      expect(requests.at(-1)?.headers.authorization).toBe('Bearer the-key');
    }
    return seen;
  };

  it('is spoken to in the client’s own, below the operator’s base URL', async () => {
    expect(await paths('deepseek')).toEqual({
      'openai-chat': '/base/chat/completions',
      'openai-responses': '/base/chat/completions',
      'anthropic-messages': '/base/anthropic/v1/messages',
      gemini: '/base/chat/completions',
    });
    expect(await paths('openrouter')).toEqual({
      'openai-chat': '/base/chat/completions',
      'openai-responses': '/base/responses',
      'anthropic-messages': '/base/messages',
      gemini: '/base/chat/completions',
    });
  });

  it('is spoken to in its first dialect where the other lies at another place than the operator named', async () => {
    expect(await paths('kimi')).toEqual({
      'openai-chat': '/base/chat/completions',
      'openai-responses': '/base/chat/completions',
      'anthropic-messages': '/base/chat/completions',
      gemini: '/base/chat/completions',
    });
  });
});

describe('lists of models', () => {
  it('come from the service when it answers; until then the start waits for nothing', async () => {
    let release: (() => void) | undefined;
    const { url, close } = await startStub((_request, response) => {
      release = () => response.end('{"object":"list","data":[{"id":"late-one"},{"id":"late-two"}]}');
    });
    closers.push(close);
    const gateway = await start(() => `groq:\n  - { api-key: k, base-url: "${url}" }\n`);
    expect((await fetch(`${gateway.url}/health`)).status).toBe(200);
    expect(await ids(gateway)).toContain('llama-3.1-8b-instant');
    await expect.poll(() => release !== undefined).toBe(true);
    release?.();
    await expect.poll(() => ids(gateway)).toEqual(['late-one', 'late-two']);
    expect(gateway.observations.filter(({ type }) => type === 'models-listed').length).toBe(1);
  });

  it.each([
    ['an error', 500, '{"error":{"message":"no"}}'],
    ['nothing', 200, '{"object":"list","data":[]}'],
    ['a page', 200, '<html>'],
  ])('fall back on what is known when it answers %s', async (_what, status, body) => {
    const { url, close } = await startStub((_request, response) => response.writeHead(status).end(body));
    closers.push(close);
    const gateway = await start(() => `groq:\n  - { api-key: k, base-url: "${url}" }\n`);
    await expect.poll(() => gateway.observations.some(({ type }) => type === 'models-unlisted')).toBe(true);
    expect(await ids(gateway)).toContain('llama-3.1-8b-instant');
  });

  it('are the same for the same configuration, and empty without providers (SEED-03)', async () => {
    const none = await start(() => 'demo: false\n');
    const response = await fetch(`${none.url}/v1/models?auth_token=${clientKey}`);
    expect(await response.json()).toEqual({ object: 'list', data: [] });
    const [one, two] = [await start((url) => everyUpstream(url)), await start((url) => everyUpstream(url))];
    expect(await ids(one)).toEqual(await ids(two));
  });
});

it('six failures give six answers that tell them apart (SEED-65)', async () => {
  const gateway = await start((url) => everyUpstream(url));
  const bearer = { authorization: `Bearer ${clientKey}` };
  const status = async (response: Promise<Response>) => (await response).status;
  expect(await status(fetch(`${gateway.url}/health`))).toBe(200);
  expect(await status(fetch(`${gateway.url}/v1/models`))).toBe(401);
  expect(await status(ask(gateway, 'openai-chat', 'nope'))).toBe(400);
  expect(await status(fetch(`${gateway.url}/v1/nope`, { headers: bearer }))).toBe(404);
  expect(await status(ask(gateway, 'openai-chat', 'to-gemini', { prompt: '#sim status 429' }))).toBe(429);
  expect(await status(ask(gateway, 'openai-chat', 'to-gemini', { prompt: '#sim status 500' }))).toBe(500);
  await gateway.app.close();
  await expect(fetch(`${gateway.url}/health`)).rejects.toThrow();
});
