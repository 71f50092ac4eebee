// The upstreams of the end-to-end tests: one per dialect, by the model name that reaches it.

export const upstreams = ['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini'] as const;
export type UpstreamName = (typeof upstreams)[number];

export const modelFor = (upstream: UpstreamName): string => `to-${upstream}`;

/** A tool as every dialect's tests use it. */
export const weather = {
  name: 'get_weather',
  description: 'The weather in a city.',
  schema: {
    type: 'object',
    properties: { city: { type: 'string' }, unit: { type: 'string', enum: ['c', 'f'] } },
    required: ['city'],
    additionalProperties: false,
  },
} as const;

export const twoCalls = '#sim tool get_weather {"city":"Paris"}\n#sim tool get_weather {"city":"Rome","unit":"c"}';

export const answerSchema = {
  type: 'object',
  properties: { answer: { type: 'string' }, count: { type: 'integer' } },
  required: ['answer', 'count'],
  additionalProperties: false,
} as const;

/** A 1x1 PNG. */
export const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
