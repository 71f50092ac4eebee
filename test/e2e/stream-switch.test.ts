// What says how a client wants its answer, whole or as a stream and how many, where it says neither in a way that can be read.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { call, everyUpstream, type Gateway, startGateway } from '../support/gateway.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway((url) => everyUpstream(url));
});
afterAll(() => gateway.close());

it.each([
  ['/v1/chat/completions', { messages: [{ role: 'user', content: 'Hi' }] }],
  ['/v1/completions', { prompt: 'Hi' }],
  ['/v1/messages', { max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] }],
  ['/v1/responses', { input: 'Hi' }],
])('that neither ask for a stream nor do not are refused at %s', async (path, rest) => {
  for (const stream of ['true', 1, {}]) {
    const response = await call(gateway, path, { model: 'to-gemini', ...rest, stream });
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('stream must be true or')]);
  }
  const response = await call(gateway, path, { model: 'to-gemini', ...rest, stream: null });
  expect([response.status, await response.text()]).toMatchObject([200, expect.stringMatching(/^\{/)]);
});

it.each([
  ['/v1/chat/completions', { messages: [{ role: 'user', content: 'Hi' }] }],
  ['/v1/completions', { prompt: 'Hi' }],
])('answers that are not counted in numbers are refused at %s', async (path, rest) => {
  const response = await call(gateway, path, { model: 'to-gemini', ...rest, n: '2' });
  expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('n must be a number')]);
});
