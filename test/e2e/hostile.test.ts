// What strangers send: each is answered at once with a clear 4xx in the dialect of its path, and harms nobody. An unhandled
// rejection or exception anywhere fails the run by itself.

import { connect, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../support/ask.ts';
import { call, clientKey, everyUpstream, type Gateway, startGateway } from '../support/gateway.ts';
import { logLines } from '../support/log.ts';
import { sendRaw } from '../support/stub.ts';
import { modelFor, upstreams } from '../support/upstreams.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway((url) => `max-body-size: 16\n${everyUpstream(url)}`);
});
afterEach(async () => {
  expect((await fetch(`${gateway.url}/health`)).status).toBe(200);
});
afterAll(() => gateway.close());

const bearer = { authorization: `Bearer ${clientKey}` };

/** Each dialect's path with a body that is whole but for what `spoil` does to its text. */
const wholes: Record<string, readonly [path: string, body: string]> = {
  'openai-chat': [
    '/v1/chat/completions',
    '{"model":"MODEL","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f","parameters":SPOT}}]}',
  ],
  'openai-responses': [
    '/v1/responses',
    '{"model":"MODEL","input":"x","tools":[{"type":"function","name":"f","parameters":SPOT}]}',
  ],
  'anthropic-messages': [
    '/v1/messages',
    '{"model":"MODEL","max_tokens":50,"messages":[{"role":"user","content":"x"}],"tools":[{"name":"f","input_schema":SPOT}]}',
  ],
  gemini: [
    '/v1beta/models/MODEL:generateContent',
    '{"contents":[{"role":"user","parts":[{"text":"x"}]}],"tools":[{"functionDeclarations":[{"name":"f","parameters":SPOT}]}]}',
  ],
};
const object = '{"type":"object","properties":{}}';

/** Whether a body is an error in the shape of the dialect. */
function inDialect(client: string, body: any): boolean {
  if (client === 'anthropic-messages') return body.type === 'error' && typeof body.error.message === 'string';
  if (client === 'gemini') return typeof body.error.code === 'number' && typeof body.error.status === 'string';
  return typeof body.error.message === 'string' && 'type' in body.error && 'code' in body.error;
}

async function refused(client: string, path: string, body: string | Buffer, headers = {}): Promise<any> {
  const began = performance.now();
  const response = await fetch(`${gateway.url}${path}`, { method: 'POST', headers: { ...bearer, ...headers }, body });
  const told = await response.json();
  expect(performance.now() - began).toBeLessThan(2000);
  expect(response.status, JSON.stringify(told)).toBeGreaterThanOrEqual(400);
  expect(response.status, JSON.stringify(told)).toBeLessThan(500);
  expect(inDialect(client, told), JSON.stringify(told)).toBe(true);
  return told;
}

describe.each(upstreams)('a body for %s', (client) => {
  const [pathOf, bodyOf] = wholes[client] ?? ['', ''];
  const pathTo = (model: string) => pathOf.replace('MODEL', model);
  const bodyTo = (model: string, spot = object) => bodyOf.replace('MODEL', model).replace('SPOT', () => spot);

  it.each(upstreams)('nested a million deep is refused before it reaches %s', async (upstream) => {
    const model = modelFor(upstream);
    const before = gateway.simulator.recorded().length;
    for (const deep of [
      `${'['.repeat(1e6)}${']'.repeat(1e6)}`,
      `${'{"properties":'.repeat(2e5)}{}${'}'.repeat(2e5)}`,
      `${'{"type":"object","properties":{"a":'.repeat(5000)}${object}${'}}'.repeat(5000)}`,
    ])
      await refused(client, pathTo(model), bodyTo(model, deep));
    await refused(client, pathTo(model), '['.repeat(1e6));
    await refused(client, pathTo(model), `{"a":${'['.repeat(1e6)}`);
    expect(gateway.simulator.recorded().length).toBe(before);
  });

  it.each(upstreams)('with arguments nested a million deep is refused, or passed to %s as it is', async (upstream) => {
    const model = modelFor(upstream);
    const deep = `${'['.repeat(1e5)}${']'.repeat(1e5)}`;
    const calls: Record<string, unknown> = {
      'openai-chat': {
        model,
        messages: [
          { role: 'user', content: 'x' },
          {
            role: 'assistant',
            content: null,
            tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: `{"a":${deep}}` } }],
          },
          { role: 'tool', tool_call_id: 'c1', content: 'done' },
        ],
      },
      'openai-responses': {
        model,
        store: false,
        input: [
          { type: 'message', role: 'user', content: 'x' },
          { type: 'function_call', call_id: 'c1', name: 'f', arguments: `{"a":${deep}}` },
          { type: 'function_call_output', call_id: 'c1', output: 'done' },
        ],
      },
    };
    const body = calls[client];
    if (!body) return;
    const response = await call(gateway, pathTo(model), body);
    await response.text();
    expect(response.status).toBeLessThan(500);
  });

  it('that is no JSON, no UTF-8 or no object is refused', async () => {
    const path = pathTo(modelFor('openai-chat'));
    for (const junk of [
      '',
      '\0',
      'null',
      '"x"',
      '[]',
      '{',
      '{"a":}',
      '{"a":1,}',
      '{"a":01}',
      "{'a':1}",
      '{"a":1}{"b":2}',
      '{"\\ud":1}',
      '<html>',
      'model=x&messages=y',
    ])
      await refused(client, path, junk);
    const whole = Buffer.from(bodyTo(modelFor('openai-chat')));
    await refused(client, path, Buffer.from(whole.toString('latin1').replace('"x"', '"\xff\xfe"'), 'latin1'));
    await refused(client, path, Buffer.from(whole.toString(), 'utf16le'));
    await refused(client, path, gzipSync('not json'), { 'content-encoding': 'gzip' });
  });

  it('with a model that is none is refused', async () => {
    if (client === 'gemini') return;
    for (const model of ['7', 'true', 'null', '{}', '["a"]', '""'])
      await refused(client, pathOf, bodyTo('MODEL').replace('"MODEL"', model));
    const told = await refused(client, pathOf, bodyTo('m'.repeat(3e6)));
    expect(JSON.stringify(told).length).toBeLessThan(2000);
  });

  it('with names that mean something to JavaScript changes nothing in ours', async () => {
    for (const upstream of upstreams) {
      const model = modelFor(upstream);
      const poison = `{"type":"object","properties":{"__proto__":{"type":"string"},"constructor":{"type":"string"},"toString":{"type":"string"}},"required":["__proto__"]}`;
      const response = await call(
        gateway,
        pathTo(model),
        bodyTo(model, poison).replace(
          '{',
          '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},',
        ),
      );
      await response.text();
      expect(response.status).toBeLessThan(500);
      expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    }
  });

  it('with duplicate members goes by the last, and the upstream is told only once', async () => {
    if (client === 'gemini') return;
    const twice = bodyTo(modelFor(client)).replace('{"model"', '{"model":"nope-1","model"');
    const response = await call(gateway, pathOf, twice);
    expect(response.status).toBe(200);
    expect(
      gateway.simulator
        .recorded()
        .at(-1)
        ?.raw.match(/"model"/g)?.length,
    ).toBe(1);
  });

  it.each(upstreams)('with ten thousand tools is answered in time by %s', async (upstream) => {
    const model = modelFor(upstream);
    const [head, tail] = bodyTo(model, 'SPOT').split(/"tools":\[.*?\](?=\}$)/) as [string, string];
    const one = /"tools":\[(.*)\]\}$/.exec(bodyTo(model, object))?.[1] ?? '';
    const tools = Array.from({ length: 10_000 }, (_, index) =>
      one.replace('"f"', `"tool ${index % 5000} with spaces"`),
    );
    const many =
      client === 'gemini'
        ? `${head}"tools":[{"functionDeclarations":[${tools.map((tool) => /\[(.*)\]/.exec(tool)?.[1]).join()}]}]${tail}`
        : `${head}"tools":[${tools.join()}]${tail}`;
    const began = performance.now();
    const response = await call(gateway, pathTo(model), many);
    await response.text();
    expect(response.status).toBeLessThan(500);
    expect(performance.now() - began).toBeLessThan(3000);
  });
});

describe('compressed bodies', () => {
  const bomb = Buffer.alloc(200 << 20);
  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['br', (bytes: Buffer) => brotliCompressSync(bytes, { params: { 1: 1 } })],
    ['zstd', zstdCompressSync],
  ] as const)('that are bombs are refused without being unpacked (%s)', async (encoding, pack) => {
    const packed = pack(bomb);
    const told = await refused('openai-chat', '/v1/chat/completions', packed, { 'content-encoding': encoding });
    expect(told.error.code).toBe('request_too_large');
  });

  it.each(['gzip, gzip, gzip, gzip', 'constructor', '__proto__', 'toString', 'snappy', 'gzip'])(
    'that are not what they say are refused: %s',
    (encoding) => refused('anthropic-messages', '/v1/messages', '{"model":"x"}', { 'content-encoding': encoding }),
  );
});

describe('paths', () => {
  const post = (path: string, body = '{"contents":[]}', more = '') =>
    sendRaw(
      gateway.url,
      `POST ${path} HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer ${clientKey}\r\nContent-Length: ${body.length}\r\n${more}\r\n${body}`,
    );

  it.each([
    '/v1beta/models/../../etc/passwd:generateContent',
    '/v1beta/models/..%2f..%2fetc%2fpasswd:generateContent',
    '/v1beta/models/%00:generateContent',
    '/v1beta/models/:generateContent',
    '/v1beta/models/x:__proto__',
    '/v1beta/models/x:constructor',
    '/v1beta/models/x',
    '/v1beta/models/%zz:generateContent',
    '/v1beta/models/%ff:generateContent',
    `/v1beta/models/${'m'.repeat(5000)}:generateContent`,
    '//v1beta//models//x:generateContent',
    '/v1beta/models/x:generateContent/../../y',
    '/%',
    '/v1/responses/%E0%A4%A',
    '*',
    'http://elsewhere.example/v1/chat/completions',
  ])('that are odd get a 4xx as JSON: %s', async (path) => {
    const before = gateway.simulator.recorded().length;
    const { status, body } = await post(path);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(JSON.parse(body)).toHaveProperty('error');
    expect(gateway.simulator.recorded().length).toBe(before);
  });

  it('never repeat what a query holds', async () => {
    const { body } = await sendRaw(gateway.url, `GET /v1/%zz?key=${clientKey} HTTP/1.1\r\nHost: g\r\n\r\n`);
    expect(JSON.parse(body)).toHaveProperty('error');
    expect(body).not.toContain(clientKey);
    expect(logLines(gateway.observations).join('')).not.toContain(clientKey);
  });

  it.each(['PUT', 'PATCH', 'TRACE', 'PROPFIND', 'QUERY', 'GET', 'DELETE'])(
    'asked with %s say what is offered',
    async (method) => {
      for (const more of ['', 'Content-Type: nonsense\r\n']) {
        const { status, head, body } = await sendRaw(
          gateway.url,
          `${method} /v1/chat/completions HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer ${clientKey}\r\n${more}\r\n`,
        );
        expect(status).toBe(405);
        expect(head).toMatch(/^allow: POST\r$/im);
        expect(head.toLowerCase()).toContain('application/json');
        expect(JSON.parse(body)).toHaveProperty('error.message');
      }
    },
  );

  it('that do not exist are told before a body is read', async () => {
    const { status, body } = await post('/v1/nothing', '{', 'Content-Type: nonsense\r\nX-Big: y\r\n');
    expect([status, JSON.parse(body).error.code]).toEqual([404, 'unknown_path']);
    const unread = await sendRaw(
      gateway.url,
      'POST /v1/nothing HTTP/1.1\r\nHost: g\r\nContent-Length: 1000000\r\n\r\n{"model":',
    );
    expect(unread.status).toBe(404);
  });
});

describe('slow clients', () => {
  const open: Socket[] = [];
  afterEach(() => {
    for (const socket of open.splice(0)) socket.destroy();
  });
  const half = (bytes: string) =>
    new Promise<void>((resolve, reject) => {
      const { port } = new URL(gateway.url);
      const socket = connect(Number(port), '127.0.0.1', () => socket.write(bytes, () => resolve()));
      socket.on('error', reject);
      open.push(socket);
    });

  it('that never finish their headers or body keep nobody else waiting', async () => {
    const headers = 'POST /v1/messages HTTP/1.1\r\nHost: g\r\n';
    for (let i = 0; i < 200; i++) {
      await half(headers);
      await half(`${headers}Authorization: Bearer ${clientKey}\r\nContent-Length: 1000000\r\n\r\n{"model":`);
    }
    const began = performance.now();
    for (const client of upstreams) expect((await ask(gateway, client, modelFor(client))).status).toBe(200);
    expect(performance.now() - began).toBeLessThan(2000);
  });

  it('without a key are refused before their body is read, and other bodies are not waited for', async () => {
    const { status, body } = await sendRaw(
      gateway.url,
      'POST /v1/messages HTTP/1.1\r\nHost: g\r\nContent-Length: 1000000\r\n\r\n{"model":',
    );
    expect(status).toBe(401);
    expect(JSON.parse(body)).toMatchObject({ type: 'error', error: { type: 'authentication_error' } });
    const large = await sendRaw(
      gateway.url,
      `POST /v1/messages HTTP/1.1\r\nHost: g\r\nx-api-key: ${clientKey}\r\nContent-Length: 100000000\r\n\r\n{`,
    );
    expect(large.status).toBe(413);
  });

  it('that break off an upload leave nothing behind', async () => {
    for (let i = 0; i < 50; i++)
      await half(
        `POST /v1/chat/completions HTTP/1.1\r\nHost: g\r\nx-api-key: ${clientKey}\r\nContent-Length: 100000\r\n\r\n{"model":"to-gemini",`,
      );
    const before = gateway.simulator.recorded().length;
    for (const socket of open.splice(0)) socket.resetAndDestroy();
    expect((await ask(gateway, 'openai-chat', 'to-gemini')).status).toBe(200);
    expect(gateway.simulator.recorded().length).toBe(before + 1);
    const broken = gateway.observations.filter((one) => one.type === 'request-refused').slice(-50);
    expect(broken).toHaveLength(50);
    expect(broken.filter(({ error }) => error.status >= 500)).toEqual([]);
  });
});

it('a flood of bad requests with names of their own does not stay in memory', { timeout: 60_000 }, async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const flood = async (from: number) => {
    for (let i = from; i < from + 1000; i += 10)
      await Promise.all(
        Array.from({ length: 10 }, async (_, offset) =>
          (
            await ask(gateway, 'openai-chat', `${'n'.repeat(480)}-${i + offset}`, { prompt: 'x'.repeat(20_000) })
          ).text(),
        ),
      );
    (gateway.observations as unknown[]).length = 0;
    await turn();
    collect();
    return process.memoryUsage().heapUsed;
  };
  await flood(0);
  const before = await flood(10_000);
  const after = await flood(20_000);
  expect((after - before) / (1 << 20)).toBeLessThan(4);
});

describe('ids that clients give', () => {
  it.each(['a\r\nx-evil: 1', 'a b', '"><script>', 'x'.repeat(200), ''])('are not repeated when odd: %j', async (id) => {
    const headers = `GET /v1/chat/completions HTTP/1.1\r\nHost: g\r\nX-Request-Id: ${id}\r\n\r\n`;
    const { head } = await sendRaw(gateway.url, headers);
    expect(head).not.toMatch(/^x-evil/im);
    // A line break ends the header: what stands before it is a plain id.
    expect(head).toMatch(id.startsWith('a\r\n') ? /^x-request-id: a\r?$/im : /x-request-id: [0-9a-f-]{36}\r?$/im);
  });
});

it('the log has one line for each of these, and nothing of what they held', async () => {
  const before = gateway.observations.length;
  await call(gateway, '/v1/messages', '{"model":"x", "secret-content-of-a-body": }');
  await call(gateway, '/v1/messages', { model: 'x', messages: 'secret-content-of-a-body' });
  await ask(gateway, 'openai-chat', 'to-gemini', { prompt: 'secret-content-of-a-body' });
  const lines = logLines(gateway.observations.slice(before));
  expect(lines.length).toBe(3);
  expect(lines.join('')).not.toContain('secret-content-of-a-body');
});
