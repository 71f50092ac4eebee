// What Node cannot read as a request, or would refuse without a word: each is told why, once, in the dialect of its path.

import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { clientKey, everyUpstream, type Gateway, startGateway } from '../support/gateway.ts';
import { sendRaw } from '../support/stub.ts';
import { type UpstreamName, upstreams } from '../support/upstreams.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway((url) => everyUpstream(url));
});
afterEach(async () => {
  expect((await fetch(`${gateway.url}/health`)).status).toBe(200);
});
afterAll(() => gateway.close());

const paths: Readonly<Record<UpstreamName, string>> = {
  'openai-chat': '/v1/chat/completions',
  'openai-responses': '/v1/responses',
  'anthropic-messages': '/v1/messages',
  gemini: '/v1beta/models/m:generateContent?alt=sse',
};
const openai = { error: { message: expect.any(String), type: expect.any(String), code: expect.any(String) } };
const shapes: Readonly<Record<UpstreamName, object>> = {
  'openai-chat': openai,
  'openai-responses': openai,
  'anthropic-messages': { type: 'error', error: { message: expect.any(String) } },
  gemini: { error: { code: expect.any(Number), status: expect.any(String) } },
};

describe('what is no HTTP', () => {
  it.each([
    ['headers that are too large', `GET /health HTTP/1.1\r\nHost: g\r\nX-A: ${'a'.repeat(40_000)}\r\n\r\n`, 431],
    ['headers that are too many', `GET /health HTTP/1.1\r\nHost: g\r\n${'X-A: aaaaaaaaaa\r\n'.repeat(5000)}\r\n`, 431],
    ['noise', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', 400],
    ['a header with a NUL', 'GET /health HTTP/1.1\r\nHost: g\r\nX-A: a\0b\r\n\r\n', 400],
    ['two lengths', 'POST /v1/messages HTTP/1.1\r\nHost: g\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}', 400],
    [
      'a length and chunks',
      'POST /v1/messages HTTP/1.1\r\nHost: g\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['a length that is none', 'POST /v1/messages HTTP/1.1\r\nHost: g\r\nContent-Length: -1\r\n\r\n{}', 400],
  ])('is refused as JSON: %s', async (_what, bytes, expected) => {
    const { status, body } = await sendRaw(gateway.url, bytes);
    expect(status).toBe(expected);
    expect(JSON.parse(body)).toMatchObject({ error: { message: expect.any(String), type: 'invalid_request_error' } });
  });

  const bearing = `Host: g\r\nAuthorization: Bearer ${clientKey}\r\n`;
  const chunked = `${bearing}Transfer-Encoding: chunked\r\n`;
  it.each([
    ['an expectation', `${bearing}Expect: something\r\nContent-Length: 2\r\n\r\n{}`, 417],
    ['no host', `Authorization: Bearer ${clientKey}\r\nContent-Length: 2\r\n\r\n{}`, 400],
    ['a coding and no end', `${bearing}Content-Length: 5\r\nTransfer-Encoding: gzip\r\n\r\n{}`, 400],
    ['a chunk that is none', `${chunked}\r\nzz\r\n`, 400],
    ['a broken chunk later on', `${chunked}\r\n2\r\n{}\r\nzz\r\n`, 400],
    ['a chunk with much beside it', `${chunked}\r\n2;${'a'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`, 413],
    ['a coding that is not the last', `${bearing}Transfer-Encoding: gzip\r\n\r\n{}`, 400],
    ['headers that are too large', `Host: g\r\nX-A: ${'a'.repeat(40_000)}\r\n\r\n`, 431],
    ['headers that are far too large', `Host: g\r\nX-A: ${'a'.repeat(4_000_000)}\r\n\r\n`, 431],
    ['a header with a NUL', 'Host: g\r\nX-A: a\0b\r\n\r\n', 400],
  ])('is refused once, in the dialect of its path: %s', async (_what, rest, expected) => {
    for (const client of upstreams) {
      const path = paths[client];
      const before = gateway.observations.length;
      const { status, body } = await sendRaw(gateway.url, `POST ${path} HTTP/1.1\r\n${rest}`);
      expect([path, status]).toEqual([path, expected]);
      expect(JSON.parse(body), body).toMatchObject(shapes[client]);
      await turn();
      const told = gateway.observations.slice(before).filter(({ type }) => type === 'request-refused');
      expect(told).toHaveLength(1);
    }
  });

  it('is told apart from a proxy that somebody takes the gateway for', async () => {
    const { status, body } = await sendRaw(gateway.url, 'CONNECT api.example.com:443 HTTP/1.1\r\nHost: g\r\n\r\n');
    expect([status, JSON.parse(body).error.code]).toEqual([501, 'no_proxy']);
  });
});
