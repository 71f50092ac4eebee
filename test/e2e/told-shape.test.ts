// In whose words a call is refused that never became an exchange: those of its path's dialect, else those of the client that made it.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { everyUpstream, type Gateway, startGateway } from '../support/gateway.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway((url) => everyUpstream(url));
});
afterAll(() => gateway.close());

/** Whose error it is. */
function shapeOf(body: any): string {
  if (body.type === 'error') return 'Anthropic';
  return typeof body.error.status === 'string' ? 'Gemini' : 'OpenAI';
}

async function told(method: string, path: string, headers: Record<string, string>): Promise<readonly unknown[]> {
  const response = await fetch(`${gateway.url}${path}`, { method, headers });
  return [response.status, shapeOf(await response.json())];
}

const clients = {
  nobody: {},
  'x-goog-api-key': { 'x-goog-api-key': 'wrong' },
  'x-goog-api-client': { 'x-goog-api-client': 'google-genai-sdk/1' },
  'anthropic-version': { 'x-api-key': 'wrong', 'anthropic-version': '2023-06-01' },
  'claude-cli': { 'user-agent': 'claude-cli/2.1.330 (external, cli)' },
} as const;

describe.each(Object.entries(clients))('with the headers of %s', (name, headers) => {
  it.each([
    ['/v1/chat/completions', 'OpenAI'],
    ['/chat/completions', 'OpenAI'],
    ['/v1/chat/complet%69ons', 'OpenAI'],
    ['/v1/completions', 'OpenAI'],
    ['/v1/embeddings', 'OpenAI'],
    ['/v1/responses', 'OpenAI'],
    ['/v1/responses/input_tokens', 'OpenAI'],
    ['/v1/messages', 'Anthropic'],
    ['/messages', 'Anthropic'],
    ['/v1/messages/count_tokens', 'Anthropic'],
    ['/v1beta/models/m:generateContent', 'Gemini'],
    ['/v1/models/m:streamGenerateContent', 'Gemini'],
    ['/v1/models/m', 'Gemini'],
  ])('POST %s is refused in the words of %s', async (path, shape) => {
    expect(await told('POST', path, headers)).toEqual([401, shape]);
  });

  const own = name.startsWith('x-goog') ? 'Gemini' : name === 'nobody' ? 'OpenAI' : 'Anthropic';

  it.each([
    ['/v1/responses/resp_1', 401, 'OpenAI'],
    ['/v1/messages/batches', 404, 'Anthropic'],
    ['/v1/chat/completions', 405, 'OpenAI'],
    ['/v1/messages', 405, 'Anthropic'],
    ['/v1beta/models', 401, 'Gemini'],
    ['/v1beta/files', 404, 'Gemini'],
    ['/v1/explain', 401, 'OpenAI'],
    ['/v1/models', 401, own],
    ['/models', 401, own],
    ['/v1/models/llama:8b', 401, own],
    ['/nowhere', 404, own],
  ])('GET %s is refused with %d in the words of %s', async (path, status, shape) => {
    expect(await told('GET', path, headers)).toEqual([status, shape]);
  });
});

it('a key in the query is Gemini’s way, where the path tells nothing', async () => {
  expect(await told('GET', '/v1/models?key=wrong', {})).toEqual([401, 'Gemini']);
  expect(await told('POST', '/v1/chat/completions?key=wrong', {})).toEqual([401, 'OpenAI']);
});
