// The HTTP face: what every client may rely on, whatever it speaks.

import { connect } from 'node:net';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, clientKey, everyUpstream, type Gateway, startGateway } from '../support/gateway.ts';
import { sendRaw } from '../support/stub.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway((url) => `max-body-size: 1\n${everyUpstream(url)}`);
});
afterAll(() => gateway.close());

const bearer = { authorization: `Bearer ${clientKey}` };
const chat = { model: 'to-openai-chat', messages: [{ role: 'user', content: '#sim say hi' }] };
const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  fetch(`${gateway.url}${path}`, { method, headers });

/** What the frames of a stream say together. */
function textOf(stream: string): string {
  const frames = [...stream.matchAll(/^data: (\{.*\})$/gm)].map(([, frame = '']) => JSON.parse(frame));
  return frames.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
}

describe('health (SEED-01, SEED-59)', () => {
  it.each(['/health', '/healthz'])('%s answers anyone', async (path) => {
    const response = await get(path);
    expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }]);
    const head = await get(path, {}, 'HEAD');
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  it('tells Claude Code that somebody is there', async () => {
    expect((await get('/api/hello', {}, 'HEAD')).status).toBe(200);
  });

  it('lists what there is at the root', async () => {
    const { endpoints } = (await (await get('/')).json()) as { endpoints: string[] };
    expect(endpoints).toEqual(
      expect.arrayContaining(['/health', '/v1/chat/completions', '/v1/messages', '/v1/models', '/v1/responses']),
    );
  });
});

describe('lists of models (SEED-03, SEED-60)', () => {
  const ids = ['to-openai-chat', 'to-openai-responses', 'to-anthropic-messages', 'to-gemini'];
  it.each([
    ['OpenAI', '/v1/models', bearer, (body: any) => body.object === 'list' && body.data.map((model: any) => model.id)],
    ['OpenAI without /v1', '/models', bearer, (body: any) => body.data.map((model: any) => model.id)],
    [
      'Anthropic',
      '/v1/models',
      { ...bearer, 'anthropic-version': '2023-06-01' },
      (body: any) => body.has_more === false && body.data.map((model: any) => model.id),
    ],
    [
      'Anthropic, by user agent',
      '/v1/models',
      { ...bearer, 'user-agent': 'claude-cli/2.1' },
      (body: any) => body.data[0].type === 'model' && body.data.map((model: any) => model.id),
    ],
    [
      'Gemini',
      '/v1beta/models',
      { 'x-goog-api-key': clientKey },
      (body: any) => body.models.map((model: any) => model.name.slice('models/'.length)),
    ],
    [
      'Gemini under /v1',
      '/v1/models',
      { 'x-goog-api-key': clientKey },
      (body: any) => body.models.map((model: any) => model.name.slice('models/'.length)),
    ],
    ['Codex', '/v1/models?client_version=0.169.0', bearer, (body: any) => body.models.map((model: any) => model.slug)],
  ] as const)('in the shape of %s', async (_name, path, headers, read) => {
    const response = await get(path, headers as Record<string, string>);
    expect(response.status).toBe(200);
    const listed = read(await response.json()) as string[];
    expect(listed.toSorted()).toEqual(ids.toSorted());
  });

  it('gives Codex instructions with each model, since it then uses none of its own', async () => {
    const { models } = (await (await get('/v1/models?client_version=0.169.0', bearer)).json()) as any;
    expect(models).toHaveLength(ids.length);
    for (const model of models) expect(model.base_instructions).toMatch(/^You are a coding agent/);
  });

  it('every listed id routes (SEED-53)', async () => {
    for (const model of ids) expect((await call(gateway, '/v1/chat/completions', { ...chat, model })).status).toBe(200);
  });
});

describe('client keys (SEED-02, SEED-46, SEED-47)', () => {
  it('are wanted in the error shape of each dialect', async () => {
    const shapes: [string, (body: any) => string][] = [
      ['/v1/chat/completions', (body) => body.error.message],
      ['/v1/responses', (body) => body.error.message],
      ['/v1/messages', (body) => body.type === 'error' && body.error.message],
      ['/v1beta/models/x:generateContent', (body) => body.error.status === 'UNAUTHENTICATED' && body.error.message],
    ];
    for (const [path, message] of shapes) {
      for (const [headers, words] of [
        [{}, 'Missing API key'],
        [{ authorization: 'Bearer no' }, 'Invalid API key'],
      ] as const) {
        const response = await fetch(`${gateway.url}${path}`, { method: 'POST', body: '{}', headers });
        expect(response.status).toBe(401);
        expect(message(await response.json())).toContain(words);
      }
    }
  });

  it('of upstreams do not open the gateway, and nobody’s key is ever shown', async () => {
    const response = await get('/v1/models', { authorization: 'Bearer chat-upstream-key' });
    expect(response.status).toBe(401);
    expect(await response.text()).not.toContain(clientKey);
  });
});

describe('requests', () => {
  it.each([
    '/chat/completions',
    '/v1/chat/completions/',
    '/chat/completions?x=1',
    '/v1/chat/complet%69ons',
    '/v1/chat/completions/?x',
  ])('work at %s too', async (path) => {
    expect((await call(gateway, path, chat)).status).toBe(200);
  });

  it.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ])('may come compressed with %s', async (encoding, compress) => {
    const body = compress(Buffer.from(JSON.stringify(chat)));
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { ...bearer, 'content-encoding': encoding },
      body,
    });
    expect(response.status).toBe(200);
  });

  it('that are too large are refused in dialect, compressed or not', async () => {
    const large = JSON.stringify({ ...chat, padding: 'x'.repeat(2 << 20) });
    const plain = await call(gateway, '/v1/messages', large);
    expect([plain.status, await plain.json()]).toMatchObject([
      413,
      { type: 'error', error: { type: 'request_too_large', message: expect.stringContaining('max-body-size') } },
    ]);
    const packed = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { ...bearer, 'content-encoding': 'gzip' },
      body: gzipSync(large),
    });
    expect(packed.status).toBe(413);
  });

  it.each([
    ['{"model": "m", "messages": [}', 'line 1, column 29'],
    ['{"model":"m"\n "messages":[]}', 'line 2'],
    ['', 'empty'],
    ['[1]', 'not a JSON object: it begins with "[1]" at line 1, column 1'],
    ['\n "x"', 'line 2, column 2'],
    ['null', 'not a JSON object'],
  ])('that are no JSON are told where: %s', async (body, words) => {
    const response = await call(gateway, '/v1/chat/completions', body);
    expect(response.status).toBe(400);
    expect(((await response.json()) as { error: { message: string } }).error.message).toContain(words);
  });

  it('may say any content type, or none, and may wait to be told to continue', async () => {
    const body = JSON.stringify(chat);
    for (const more of [
      'Content-Type: text/plain; charset=x',
      'Content-Type: json',
      'Expect: 100-continue',
      'X-A: b',
    ]) {
      const { head } = await sendRaw(
        gateway.url,
        `POST /v1/chat/completions HTTP/1.1\r\nHost: g\r\nConnection: close\r\nAuthorization: Bearer ${clientKey}\r\n${more}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
      expect(head, more).toMatch(more.startsWith('Expect') ? /^HTTP\/1\.1 100 / : /^HTTP\/1\.1 200 /);
    }
  });

  it('of HTTP/1.0 get a stream without chunks, of HTTP/1.1 with whole ones', async () => {
    const said = 'Füße, café, 日本語. '.repeat(1500).trim();
    const messages = [{ role: 'user', content: `#sim say ${said}` }];
    for (const model of ['to-openai-chat', 'to-anthropic-messages']) {
      const body = JSON.stringify({ model, messages, stream: true });
      const length = Buffer.byteLength(body);
      const stream = (version: string) =>
        sendRaw(
          gateway.url,
          `POST /v1/chat/completions HTTP/${version}\r\nHost: g\r\nConnection: close\r\nAuthorization: Bearer ${clientKey}\r\nContent-Length: ${length}\r\n\r\n${body}`,
        );
      const old = await stream('1.0');
      expect(old.head).not.toMatch(/transfer-encoding/i);
      expect(old.body).toMatch(/^data: \{[\s\S]*\ndata: \[DONE\]\n\n$/);
      const chunked = await stream('1.1');
      expect(chunked.head).toMatch(/transfer-encoding: chunked/i);
      expect(chunked.body).toMatch(/^[\da-f]+\r\ndata: \{[\s\S]*\n\r\n0\r\n\r\n$/);
      const whole = await fetch(`${gateway.url}/v1/chat/completions`, { method: 'POST', headers: bearer, body });
      expect(textOf(await whole.text())).toBe(said);
    }
  });

  it('get their own id back, or a new one', async () => {
    const own = await call(gateway, '/v1/chat/completions', chat, { 'x-request-id': 'my-id-1' });
    expect(own.headers.get('x-request-id')).toBe('my-id-1');
    const made = await call(gateway, '/v1/chat/completions', chat, { 'x-request-id': 'no good\tid' });
    expect(made.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('tell what a translation lost, and are refused for it in strict mode', async () => {
    const lossy = { ...chat, model: 'to-anthropic-messages', seed: 7, logit_bias: { '1': 5 } };
    const response = await call(gateway, '/v1/chat/completions', lossy);
    expect(response.status).toBe(200);
    expect(response.headers.get('x-cliproxy-loss')).toMatch(/logit_bias/);
    expect(response.headers.get('x-cliproxy-loss')).toMatch(/seed/);
    const strict = await call(gateway, '/v1/chat/completions', lossy, { 'x-cliproxy-strict': 'true' });
    expect([strict.status, await strict.json()]).toMatchObject([
      400,
      { error: { code: 'lossy_translation', message: expect.stringContaining('seed') } },
    ]);
    const same = await call(
      gateway,
      '/v1/chat/completions',
      { ...lossy, model: 'to-openai-chat' },
      { 'x-cliproxy-strict': 'true' },
    );
    expect(same.status).toBe(200);
    expect(same.headers.get('x-cliproxy-loss')).toBeNull();
  });

  it('tell a loss once, however often the request has it', async () => {
    const orphan = { role: 'tool', tool_call_id: 'nobody', content: 'found' };
    const asked = { ...chat, model: 'to-anthropic-messages', messages: [...chat.messages, orphan, orphan] };
    const strict = await call(gateway, '/v1/chat/completions', asked, { 'x-cliproxy-strict': 'true' });
    const { message } = ((await strict.json()) as { error: { message: string } }).error;
    expect(message.match(/No call in the history/g)).toHaveLength(1);
  });

  it.each([false, true])('tell what of the reply their dialect cannot say (stream: %s)', async (stream) => {
    const messages = [{ role: 'user', content: '#sim image; say done' }];
    const response = await call(gateway, '/v1/messages', { model: 'to-gemini', max_tokens: 2000, stream, messages });
    const id = response.headers.get('x-request-id');
    expect(await response.text()).toContain('done');
    // The head of a stream has gone when its image comes.
    expect(response.headers.get('x-cliproxy-loss')).toBe(stream ? null : 'media');
    const lost = gateway.observations.filter(({ type }) => type === 'translation-lost');
    const words = { exchange: id, from: 'gemini', to: 'anthropic-messages', losses: [{ what: 'media' }] };
    expect(lost.at(-1)).toMatchObject(words);
  });
});

describe('what people and scripts try first', () => {
  it('gets a short JSON answer each time, with the client key or a wrong one (SEED-39)', async () => {
    for (let i = 0; i < 10; i++) {
      const [health, models, metrics, logs] = await Promise.all(
        ['/health', '/models', '/v1/metrics/providers', '/v0/management/logs'].map((path) => get(path, bearer)),
      );
      expect([health?.status, models?.status, metrics?.status, logs?.status]).toEqual([200, 200, 200, 404]);
      for (const response of [health, models, metrics, logs]) {
        expect(response?.headers.get('content-type')).toContain('application/json');
        expect((await response?.text())?.length).toBeLessThan(2000);
      }
      expect((await get('/v1/models', { authorization: 'Bearer wrong' })).status).toBe(401);
    }
  });

  it('lets a key in by any carrier, also beside another that is none (SEED-02, SEED-46)', async () => {
    const carriers: [string, Record<string, string>][] = [
      ['', bearer],
      ['', { authorization: `bearer ${clientKey}` }],
      ['', { authorization: clientKey }],
      ['', { 'x-api-key': clientKey }],
      ['', { 'x-goog-api-key': clientKey }],
      [`?key=${clientKey}`, {}],
      [`?auth_token=${clientKey}`, {}],
      ['', { authorization: 'Bearer of-another-service', 'x-api-key': clientKey }],
    ];
    for (const [query, headers] of carriers) expect((await get(`/v1/models${query}`, headers)).status).toBe(200);
  });
});

describe('browsers and WebSockets', () => {
  it('any origin may ask', async () => {
    const preflight = await get(
      '/v1/chat/completions',
      { origin: 'http://editor.example', 'access-control-request-method': 'POST' },
      'OPTIONS',
    );
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
    // `*` alone stands for all but this one (Fetch standard, "CORS non-wildcard request-header name").
    expect(preflight.headers.get('access-control-allow-headers')).toBe('*, authorization');
    for (const body of [chat, { ...chat, stream: true }, '{']) {
      const page = await call(gateway, '/v1/chat/completions', body, { origin: 'http://editor.example' });
      expect(page.headers.get('access-control-allow-origin')).toBe('*');
      // What the vendors' SDKs look at to try again, or not.
      for (const name of ['x-request-id', 'retry-after', 'x-should-retry'])
        expect(page.headers.get('access-control-expose-headers')).toContain(name);
      expect(page.headers.get('timing-allow-origin')).toBe('*');
      await page.text();
    }
  });

  it('is not told of pages where no page asks', async () => {
    const { headers } = await call(gateway, '/v1/chat/completions', chat);
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect([...headers.keys()].filter((name) => /^(?:access-control|timing)-/.test(name))).toHaveLength(1);
  });

  it('a WebSocket upgrade of /v1/responses is refused with 426, so that Codex goes on over HTTP', async () => {
    const { port } = new URL(gateway.url);
    const head = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), '127.0.0.1', () => {
        socket.write(
          `GET /v1/responses HTTP/1.1\r\nHost: gateway\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer ${clientKey}\r\n\r\n`,
        );
      });
      socket.once('data', (data) => {
        resolve(data.toString('latin1'));
        socket.destroy();
      });
      socket.once('error', reject);
    });
    expect(head).toMatch(/^HTTP\/1\.1 426 /);
    expect(head).toMatch(/^upgrade: HTTP\/1\.1\r$/im);
    expect(head).toMatch(/^connection: upgrade\r$/im);
  });
});
