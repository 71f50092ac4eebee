// The ways to reach a model, one per dialect, as services with a plain base URL have them.

import type { Body } from '../body.ts';
import { asArray, asString } from '../json.ts';
import { bearer, type Endpoint, type EndpointCall, type Shaped } from './provider.ts';

/** OpenAI Chat Completions below `{base}`; embeddings live beside it. */
export const chatEndpoint: Endpoint = {
  operations: ['generate', 'embed'],
  url: ({ baseUrl, operation }) => `${baseUrl}/${operation === 'embed' ? 'embeddings' : 'chat/completions'}`,
  sign: bearer,
};

/** OpenAI's legacy completions below `{base}`: what the model goes on with, without a chat's template around it. */
export const completionsEndpoint: Endpoint = {
  operations: ['generate'],
  url: ({ baseUrl }) => `${baseUrl}/completions`,
  sign: bearer,
};

/** OpenAI Responses below `{base}`; only OpenAI itself counts tokens there. */
export const responsesEndpoint: Endpoint = {
  operations: ['generate', 'count-tokens'],
  url: ({ baseUrl, operation }) => `${baseUrl}/responses${operation === 'count-tokens' ? '/input_tokens' : ''}`,
  sign: bearer,
};

/** A Messages key where Anthropic wants it or, at other hosts, as a bearer token. */
export function messagesKey(key: string, home: boolean): Readonly<Record<string, string>> {
  return home ? { 'x-api-key': key } : bearer(key);
}

/** Anthropic Messages below `{base}/v1`. */
export const messagesEndpoint: Endpoint = {
  operations: ['generate', 'count-tokens'],
  headers: { 'anthropic-version': '2023-06-01' },
  url: ({ baseUrl, operation }) => `${baseUrl}/v1/messages${operation === 'count-tokens' ? '/count_tokens' : ''}`,
  sign: (key, { home }) => messagesKey(key, home),
  shape: liftBetas,
};

/** A base URL with a version: the one that it ends in, else the one given. */
export function versioned(baseUrl: string, version: string): string {
  return /\/v1(?:alpha|beta)?\d*$/.test(baseUrl) ? baseUrl : `${baseUrl}${version}`;
}

/** Gemini below `{base}/v1beta`. */
export const geminiEndpoint: Endpoint = {
  operations: ['generate', 'count-tokens', 'embed'],
  url: (call) => `${versioned(call.baseUrl, '/v1beta')}/models/${encodeURIComponent(call.model)}:${geminiAction(call)}`,
  sign: (key) => ({ 'x-goog-api-key': key }),
};

/** Vertex AI with an API key: the publisher path. */
export const vertexEndpoint: Endpoint = {
  operations: ['generate', 'count-tokens'],
  url: (call) =>
    `${versioned(call.baseUrl, '/v1')}/publishers/google/models/${encodeURIComponent(call.model)}:${geminiAction(call)}`,
  sign: (key) => ({ 'x-goog-api-key': key }),
};

/**
 * The same endpoint at another path below the base URL. Operators write DeepSeek's base URL with `/v1` and without, as its
 * documentation does; a path with a version of its own stands beside it.
 */
export function below(endpoint: Endpoint, path: string): Endpoint {
  const root = (baseUrl: string) => (path.includes('/v1/') ? baseUrl.replace(/\/v1$/, '') : baseUrl);
  return { ...endpoint, operations: ['generate'], url: ({ baseUrl }) => `${root(baseUrl)}${path}`, sign: bearer };
}

/** The same endpoint where it stands beside the base URL: at one address on each of the service's own hosts. */
export function beside(endpoint: Endpoint, urls: readonly string[]): Endpoint {
  const byHost = new Map(urls.map((url) => [new URL(url).origin, url]));
  const hosts = [...byHost.keys()];
  return {
    ...endpoint,
    operations: ['generate'],
    hosts,
    url: ({ baseUrl }) => byHost.get(hosts.find((host) => isAt(baseUrl, host)) ?? '') ?? baseUrl,
    sign: bearer,
  };
}

/** Whether a base URL is at a host: `https://api.example.com`. */
export function isAt(baseUrl: string, host: string): boolean {
  return `${baseUrl}/`.startsWith(`${host}/`);
}

function geminiAction({ operation, stream, action }: EndpointCall): string {
  if (operation === 'count-tokens') return 'countTokens';
  if (operation === 'embed') return action ?? 'embedContent';
  return stream ? 'streamGenerateContent?alt=sse' : 'generateContent';
}

/** `betas` in the body is an SDK convenience; the service reads the header and refuses the member. */
function liftBetas(body: Body): Shaped {
  const betas = asArray(body.get('betas'))?.flatMap((beta) => asString(beta) ?? []);
  if (!betas) return { body };
  return { body: body.without('betas'), headers: betas.length > 0 ? { 'anthropic-beta': betas.join(',') } : {} };
}
