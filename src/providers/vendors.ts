// The model makers that are reached with a key of their own: Anthropic, Google, OpenAI, xAI.

import { GatewayError } from '../errors.ts';
import { chatEndpoint, geminiEndpoint, messagesEndpoint, responsesEndpoint, vertexEndpoint } from './endpoints.ts';
import { anthropicListing, geminiListing, openAiListing } from './listings.ts';
import { claudeModels, codexModels, geminiModels, olderGptModels, vertexModels, xaiModels } from './models.ts';
import type { Provider } from './provider.ts';

const openAiAccent = { outputLimit: 'max_completion_tokens', developerRole: true, cacheKey: true } as const;

/** Anthropic's API. */
export const claude: Provider = {
  id: 'claude',
  title: 'Anthropic Claude',
  configKey: 'claude-api-key',
  maker: 'anthropic',
  baseUrl: 'https://api.anthropic.com',
  version: '/v1',
  endpoints: { 'anthropic-messages': messagesEndpoint },
  accent: { autoCache: true },
  models: claudeModels,
  listing: anthropicListing,
};

/** The Gemini API, as Google's AI Studio gives keys for it. */
export const gemini: Provider = {
  id: 'gemini',
  title: 'Google Gemini',
  configKey: 'gemini-api-key',
  maker: 'google',
  baseUrl: 'https://generativelanguage.googleapis.com',
  version: '/v1beta',
  endpoints: { gemini: geminiEndpoint },
  accent: {},
  models: geminiModels,
  listing: geminiListing,
};

/** Vertex AI by its publisher paths. It has no `listing`: what it offers is what is known here, unless the operator says. */
export const vertex: Provider = {
  id: 'vertex',
  title: 'Google Vertex AI (API key)',
  configKey: 'vertex-api-key',
  maker: 'google',
  baseUrl: 'https://aiplatform.googleapis.com',
  version: '/v1',
  endpoints: { gemini: vertexEndpoint },
  accent: { noCallIds: true },
  models: vertexModels,
};

/** OpenAI's API, in both of its dialects; embeddings lie beside Chat. */
export const openai: Provider = {
  id: 'openai',
  title: 'OpenAI',
  configKey: 'openai-api-key',
  maker: 'openai',
  sealsBoundTo: 'account',
  baseUrl: 'https://api.openai.com/v1',
  endpoints: { 'openai-responses': responsesEndpoint, 'openai-chat': chatEndpoint },
  accent: openAiAccent,
  models: codexModels,
  older: olderGptModels,
  listing: openAiListing,
};

/** A Responses-compatible host, as Codex talks to: the operator names the base URL. */
export const codex: Provider = {
  id: 'codex',
  title: 'Codex-style Responses host',
  configKey: 'codex-api-key',
  maker: 'openai',
  sealsBoundTo: 'account',
  endpoints: { 'openai-responses': { ...responsesEndpoint, operations: ['generate'] } },
  accent: openAiAccent,
  models: codexModels,
  older: olderGptModels,
  listing: openAiListing,
};

/** xAI's API, which speaks both of OpenAI's dialects. */
export const xai: Provider = {
  id: 'xai',
  title: 'xAI Grok',
  configKey: 'xai-api-key',
  maker: 'xai',
  baseUrl: 'https://api.x.ai/v1',
  endpoints: {
    'openai-responses': { ...responsesEndpoint, operations: ['generate'] },
    'openai-chat': { ...chatEndpoint, operations: ['generate'] },
  },
  accent: { webSearch: false },
  models: xaiModels,
  listing: openAiListing,
  judge: freeUsage,
};

const freeUsageDay = 24 * 3600;

/** xAI says so as a rate limit, without telling when: the free allowance of an account is spent for a day. */
function freeUsage(error: GatewayError): GatewayError {
  const { kind, message, facts } = error;
  if (kind !== 'rate-limited' || !/free-usage-exhausted/.test(`${facts.code ?? ''} ${message}`)) return error;
  return new GatewayError('quota-exhausted', message, {
    ...facts,
    scope: 'credential',
    retryAfter: facts.retryAfter ?? freeUsageDay,
  });
}
