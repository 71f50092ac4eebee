// What is offered at which path, and what is said where nothing is.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientKey, type Gateway, startGateway } from '../support/gateway.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

const bearer = { authorization: `Bearer ${clientKey}` };
const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  fetch(`${gateway.url}${path}`, { method, headers });

it.each(['/', '/v1/models', '/v1beta/models', '/v1/metrics/providers'])(
  'HEAD of %s is GET without its body',
  async (path) => {
    const head = await get(path, bearer, 'HEAD');
    const whole = await get(path, bearer);
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect(head.headers.get('content-type')).toBe(whole.headers.get('content-type'));
    expect(Number(head.headers.get('content-length'))).toBe((await whole.bytes()).length);
  },
);

describe('unknown paths', () => {
  it('get a short JSON 404 that names the nearest one', async () => {
    const response = await get('/v1/chat/completion', bearer);
    expect(response.headers.get('content-type')).toContain('application/json');
    expect([response.status, await response.json()]).toMatchObject([
      404,
      { error: { message: expect.stringContaining('/v1/chat/completions') } },
    ]);
  });

  it.each([
    ['/v1/messages/count_token', '/v1/messages/count_tokens'],
    ['/completion', '/completions'],
    ['/v1/mesages', '/v1/messages'],
    ['/v1/responses/compact', '/v1/responses'],
    ['/v1beta/model/m:generateContent', '/v1beta/models/m:generateContent'],
    ['/v1beta/tunedModels/m:countTokens', '/v1beta/models/m:countTokens'],
    ['/models/m:generateContent', '/v1/models/m:generateContent'],
    ['/v1', '/v1/models'],
    ['/v1beta', '/v1beta/models'],
    ['/v1/chat', '/v1/chat/completions'],
    ['/openai/v1/chat/completions', '/v1/chat/completions'],
    ['/backend-api/codex/responses', '/responses'],
    ['/v1beta1/projects/p/locations/l/publishers/google/models/m:generateContent', '/v1beta/models/m:generateContent'],
  ])('such as %s name %s', async (path, nearest) => {
    const response = await get(path, bearer, 'POST');
    const { error } = (await response.json()) as any;
    expect([response.status, error.message]).toEqual([404, expect.stringMatching(`nearest path is ${nearest}\\.$`)]);
  });

  it.each(['/favicon.ico', '/v0/management/config', '/api/tags', `/${'x'.repeat(300)}`])(
    'such as %s, which are near to none, are told where to look',
    async (path) => {
      const { error } = (await (await get(path, bearer)).json()) as any;
      expect(error.message.startsWith(`There is nothing at ${path}. The nearest path is /`)).toBe(true);
      expect(error.message).toMatch(/; GET \/ lists them all\.$/);
    },
  );

  it.each([
    ['PUT', '/v1/models/to-gemini', 'GET, HEAD'],
    ['PUT', '/v1beta/models/to-gemini', 'GET, HEAD'],
    ['GET', '/v1beta/models/to-gemini:generateContent', 'POST'],
    ['GET', '/v1/models/to-gemini:countTokens', 'POST'],
    ['PUT', '/v1beta/models/to-gemini:generateContent', 'POST'],
    ['HEAD', '/v1/responses', 'POST'],
    ['PUT', '/responses', 'POST'],
    ['PUT', '/v1/responses/input_tokens', 'POST'],
    ['POST', '/v1/responses/resp_1', 'GET, HEAD, DELETE'],
    ['POST', '/v1/models', 'GET, HEAD'],
  ])('and %s at %s is told of %s', async (method, path, allow) => {
    const { status, headers } = await get(path, bearer, method);
    expect([status, headers.get('allow')]).toEqual([405, allow]);
  });

  it('and methods that are not offered are told apart', async () => {
    const wrong = await get('/v1/chat/completions', bearer);
    expect([wrong.status, await wrong.text()]).toEqual([405, expect.stringContaining('POST is')]);
    expect(wrong.headers.get('allow')).toBe('POST');
    const response = await get('/v1/responses', bearer);
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });
});
