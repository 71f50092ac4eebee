// One plain question in every client dialect, whole or streaming, and the models that an answer names.

import { call, type Gateway } from './gateway.ts';
import type { UpstreamName } from './upstreams.ts';

export function ask(
  gateway: Gateway,
  client: UpstreamName,
  model: string,
  { prompt = 'Hello', stream = false, headers = {} as Record<string, string> } = {},
): Promise<Response> {
  const messages = [{ role: 'user', content: prompt }];
  const path = `/v1beta/models/${model}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`;
  const requests: Record<UpstreamName, readonly [path: string, body: unknown]> = {
    'openai-chat': ['/v1/chat/completions', { model, messages, stream }],
    'openai-responses': ['/v1/responses', { model, input: prompt, stream, store: false }],
    'anthropic-messages': ['/v1/messages', { model, messages, stream, max_tokens: 4000 }],
    gemini: [path, { contents: [{ role: 'user', parts: [{ text: prompt }] }] }],
  };
  const [url, body] = requests[client];
  return call(gateway, url, body, headers);
}

/** Every model name that an answer shows, each once. */
export function modelsIn(answer: string): readonly string[] {
  const names = [...answer.matchAll(/"(?:model|modelVersion)"\s*:\s*"([^"]*)"/g)].map(([, name]) => name ?? '');
  return [...new Set(names)];
}
