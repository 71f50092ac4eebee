// The demo: the simulator as an upstream, one model for each dialect spoken natively, so that every translation can be tried
// without an account.

import type { DialectId } from '../envelope.ts';
import { chatEndpoint, geminiEndpoint, messagesEndpoint, responsesEndpoint } from './endpoints.ts';
import type { Endpoint, Provider } from './provider.ts';

const reasoning = {
  levels: ['low', 'medium', 'high'],
  budget: { min: 1024, max: 32_000 },
  off: true,
  auto: true,
} as const;

const demos: readonly [model: string, DialectId, Endpoint, path: string, maker: string][] = [
  ['demo-openai-chat', 'openai-chat', chatEndpoint, '/v1', 'demo-chat'],
  ['demo-openai-responses', 'openai-responses', responsesEndpoint, '/v1', 'openai'],
  ['demo-anthropic', 'anthropic-messages', messagesEndpoint, '', 'anthropic'],
  ['demo-gemini', 'gemini', geminiEndpoint, '', 'google'],
];

/** The demo providers, served by a simulator at `origin`. */
export function demoProviders(origin: string): readonly Provider[] {
  return demos.map(([model, dialect, endpoint, path, maker]) => ({
    id: 'demo',
    title: 'Built-in demo',
    configKey: 'demo',
    maker,
    baseUrl: `${origin}${path}`,
    endpoints: { [dialect]: endpoint },
    accent:
      dialect === 'openai-chat' ? { outputLimit: 'max_completion_tokens', developerRole: true, plainRoots: true } : {},
    models: [{ id: model, limits: { context: 200_000, maxOutput: 64_000, reasoning } }],
  }));
}
