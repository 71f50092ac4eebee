// What a client may call a model, from the list to the upstream that hears its own name.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, clientKey, type Gateway, startGateway } from '../support/gateway.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway(
    (url) => `
openai-compatibility:
  - name: iflow
    base-url: ${url}/v1
    prefix: flow
    api-key-entries: [{ api-key: iflow-upstream-key }]
    models:
      - { name: glm-4.5-tab, alias: glm/tab }
      - { name: minimax-m2.5 }
      - { name: small, max-context-length: 1000 }
gemini-api-key:
  - api-key: gemini-upstream-key
    base-url: ${url}
    prefix: gemini
    excluded-models: ["*flash*"]
    models:
      - { name: gemini-3-pro-preview, alias: 3-pro-preview }
      - { name: Gemini-Flash-X }
claude-api-key:
  - { api-key: claude-upstream-key, base-url: "${url}", models: [{ name: opus, alias: big }, { name: sonnet, alias: big }] }
chains:
  - alias: best
    models: [{ model: small, when: { max-tokens: 900 } }, big]
  - alias: minimax-m2.5
    models: [nowhere, minimax-m2.5, big]
`,
  );
});
afterAll(() => gateway.close());

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${gateway.url}${path}`, { headers: { authorization: `Bearer ${clientKey}`, ...headers } });
const listedIds = async (path = '/v1/models'): Promise<string[]> =>
  ((await (await get(path)).json()) as { data: { id: string }[] }).data.map(({ id }) => id);
const ask = (model: string, content = '#sim say fine', stream = false) =>
  call(gateway, '/v1/chat/completions', { model, stream, messages: [{ role: 'user', content }] });

/** The status and what the upstreams were asked for. */
async function heard(model: string, content?: string): Promise<readonly unknown[]> {
  const before = gateway.simulator.recorded().length;
  const { status } = await ask(model, content);
  const asked = gateway.simulator.recorded().slice(before);
  return [
    status,
    ...asked.map(({ body, path }) => (body as { model?: string }).model ?? /models\/([^:]+)/.exec(path)?.[1]),
  ];
}

describe('names', () => {
  it('that are listed all route (SEED-10, SEED-53)', async () => {
    const names = await listedIds();
    expect(names).toEqual([
      'best',
      'minimax-m2.5',
      'big',
      '3-pro-preview',
      'gemini/3-pro-preview',
      'glm/tab',
      'flow/glm/tab',
      'flow/minimax-m2.5',
      'small',
      'flow/small',
    ]);
    for (const name of names) expect([name, (await ask(name)).status]).toEqual([name, 200]);
    for (const name of await listedIds('/v1/models?pinned=true'))
      expect([name, (await ask(name)).status]).toEqual([name, 200]);
  });

  it('may be pinned to a provider, split at the first slash (SEED-12, SEED-29)', async () => {
    expect(await heard('iflow/minimax-m2.5')).toEqual([200, 'minimax-m2.5']);
    expect(await heard('iflow/glm/tab')).toEqual([200, 'glm-4.5-tab']);
    expect(await heard('flow/glm/tab')).toEqual([200, 'glm-4.5-tab']);
    expect(await heard('iflow/big')).toEqual([400]);
  });

  it('may say how much to think, and auto', async () => {
    expect(await heard('iflow/glm/tab(high)')).toEqual([200, 'glm-4.5-tab']);
    expect(gateway.simulator.recorded().at(-1)?.body).toMatchObject({ reasoning_effort: 'high' });
    expect(await heard('auto')).toEqual([200, 'small']);
  });

  it('are the same on Gemini’s own route, with its own header, streaming or not (SEED-35)', async () => {
    expect(await listedIds()).toContain('gemini/3-pro-preview');
    for (const action of ['generateContent', 'streamGenerateContent?alt=sse']) {
      const response = await fetch(`${gateway.url}/v1beta/models/gemini/3-pro-preview:${action}`, {
        method: 'POST',
        headers: { 'x-goog-api-key': clientKey, 'content-type': 'application/json' },
        body: JSON.stringify({ contents: [{ role: 'user', parts: [{ text: '#sim say same words' }] }] }),
      });
      expect([action, response.status]).toEqual([action, 200]);
      expect(await response.text()).toContain('same');
      expect(gateway.simulator.recorded().at(-1)?.path).toContain('/models/gemini-3-pro-preview:');
    }
    for (const stream of [false, true]) expect((await ask('gemini/3-pro-preview', undefined, stream)).status).toBe(200);
  });

  it('that are excluded are neither listed nor routed (SEED-55), and unknown ones are told the nearest (SEED-10)', async () => {
    expect(await heard('Gemini-Flash-X')).toEqual([400]);
    const response = await ask('3-pro-previw');
    expect([response.status, await response.json()]).toMatchObject([
      400,
      {
        error: {
          code: 'model_not_found',
          type: 'invalid_request_error',
          param: 'model',
          message: expect.stringContaining('"3-pro-preview"'),
        },
      },
    ]);
  });
});

describe('chains', () => {
  it('go to the first model that the request fits', async () => {
    expect(await heard('best')).toEqual([200, 'small']);
    expect((await heard('best', `#sim say fine\n${'long '.repeat(2000)}`))[1]).toMatch(/opus|sonnet/);
  });

  it('fall back to the next, each attempt translated from the client’s own request (SEED-11, SEED-12)', async () => {
    gateway.simulator.script({ say: 'status 404', match: { key: 'iflow-upstream-key' } });
    const [status, first, second] = await heard('minimax-m2.5');
    expect([status, first]).toEqual([200, 'minimax-m2.5']);
    expect(second).toMatch(/opus|sonnet/);
  });
});

it('a chain tells at start what it names in vain', () => {
  expect(gateway.observations.filter(({ type }) => type === 'chain-incomplete')).toEqual([
    { type: 'chain-incomplete', chain: 'minimax-m2.5', model: 'nowhere' },
  ]);
});

describe('one model', () => {
  it('is told with what is known of it, also under a pin; a suffix or auto is no id', async () => {
    expect(await (await get('/v1/models/small')).json()).toMatchObject({ id: 'small', context_length: 1000 });
    expect(await (await get('/v1/models/iflow/small')).json()).toMatchObject({ id: 'iflow/small', owned_by: 'iflow' });
    expect(await (await get('/v1/models/best')).json()).toMatchObject({ id: 'best', owned_by: 'chain' });
    expect((await get('/v1/models/small(high)')).status).toBe(404);
    expect((await get('/v1/models/auto')).status).toBe(404);
  });

  it('goes from the list while its only credential rests as unauthorized, and comes back with it (SEED-16)', async () => {
    gateway.simulator.script({ say: 'status 401', match: { key: 'gemini-upstream-key' } });
    expect((await ask('3-pro-preview')).status).toBe(401);
    expect(await listedIds()).not.toContain('3-pro-preview');
    expect((await get('/v1/models/3-pro-preview')).status).toBe(404);
    const response = await ask('3-pro-preview');
    expect([response.status, await response.json()]).toMatchObject([
      429,
      { error: { code: 'model_cooldown', model: '3-pro-preview', provider: 'gemini' } },
    ]);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(1700);
  });
});
