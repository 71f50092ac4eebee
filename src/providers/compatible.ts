// Services that speak OpenAI Chat and nothing odd: one row each, with their second and third dialect where they have one.

import type { Accent } from '../envelope.ts';
import { below, beside, chatEndpoint, completionsEndpoint, messagesEndpoint, responsesEndpoint } from './endpoints.ts';
import { openAiListing } from './listings.ts';
import { kimiModels } from './models.ts';
import type { Model, Provider } from './provider.ts';

interface Row {
  readonly title: string;
  readonly baseUrl: string;
  /** Where it also speaks Anthropic Messages: a path below the base URL, or a URL on each of its own hosts. */
  readonly messages?: string | readonly string[];
  /** Where it also speaks OpenAI Responses. */
  readonly responses?: string;
  readonly embeddings?: boolean;
  /** Whether it also takes a bare prompt, and with it what a chat has no words for: `suffix`, `echo`, several prompts. */
  readonly completions?: boolean;
  readonly accent?: Accent;
  /** Listed when the service's own list cannot be had. */
  readonly models?: readonly string[];
  readonly catalogue?: readonly Model[];
  readonly keyless?: boolean;
}

const rows = {
  deepseek: {
    title: 'DeepSeek',
    baseUrl: 'https://api.deepseek.com',
    messages: '/anthropic/v1/messages',
    accent: { replayReasoning: 'reasoning_content', thinking: 'thinking-type' },
    models: ['deepseek-chat', 'deepseek-reasoner'],
  },
  groq: {
    title: 'Groq',
    baseUrl: 'https://api.groq.com/openai/v1',
    responses: '/responses',
    // Among the fields that "will result in a 400 error (yikes) if they are supplied".
    accent: { logprobs: false },
    models: ['llama-3.3-70b-versatile', 'llama-3.1-8b-instant'],
  },
  mistral: {
    title: 'Mistral',
    baseUrl: 'https://api.mistral.ai/v1',
    embeddings: true,
    // "Expected last role User or Tool (or Assistant with prefix True) for serving".
    accent: { prefix: true },
    models: ['mistral-large-latest', 'codestral-latest'],
  },
  openrouter: {
    title: 'OpenRouter',
    baseUrl: 'https://openrouter.ai/api/v1',
    messages: '/messages',
    responses: '/responses',
    embeddings: true,
    completions: true,
    accent: { cacheMarks: true, thinking: 'openrouter', replayReasoning: 'reasoning' },
    models: ['openrouter/auto'],
  },
  together: {
    title: 'Together',
    baseUrl: 'https://api.together.xyz/v1',
    embeddings: true,
    completions: true,
    models: ['deepseek-ai/DeepSeek-V3', 'deepseek-ai/DeepSeek-R1'],
  },
  fireworks: {
    title: 'Fireworks',
    baseUrl: 'https://api.fireworks.ai/inference/v1',
    embeddings: true,
    completions: true,
    models: ['accounts/fireworks/models/deepseek-v3', 'accounts/fireworks/models/deepseek-r1'],
  },
  siliconflow: {
    title: 'SiliconFlow',
    baseUrl: 'https://api.siliconflow.cn/v1',
    embeddings: true,
    accent: { thinking: 'enable_thinking' },
    models: ['deepseek-ai/DeepSeek-V3', 'deepseek-ai/DeepSeek-R1'],
  },
  novita: {
    title: 'Novita',
    baseUrl: 'https://api.novita.ai/v3/openai',
    models: ['deepseek/deepseek-v3', 'deepseek/deepseek-r1'],
  },
  minimax: {
    title: 'MiniMax',
    baseUrl: 'https://api.minimax.io/v1',
    messages: ['https://api.minimax.io/anthropic/v1/messages', 'https://api.minimaxi.com/anthropic/v1/messages'],
    models: ['minimax-m2', 'minimax-m2.1', 'minimax-m2.5'],
  },
  kimi: {
    title: 'Kimi (Moonshot)',
    baseUrl: 'https://api.moonshot.ai/v1',
    messages: [
      'https://api.moonshot.ai/anthropic/v1/messages',
      'https://api.moonshot.cn/anthropic/v1/messages',
      // Keys of a Kimi Code subscription.
      'https://api.kimi.com/coding/v1/messages',
    ],
    accent: { replayReasoning: 'reasoning_content', thinking: 'thinking-type' },
    catalogue: kimiModels,
  },
  zai: {
    title: 'Z.ai GLM',
    baseUrl: 'https://api.z.ai/api/paas/v4',
    messages: ['https://api.z.ai/api/anthropic/v1/messages', 'https://open.bigmodel.cn/api/anthropic/v1/messages'],
    accent: { thinking: 'thinking-type', replayReasoning: 'reasoning_content' },
    models: ['glm-5', 'glm-4.7', 'glm-4.6'],
  },
  qwen: {
    title: 'Qwen (Alibaba Model Studio)',
    baseUrl: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1',
    messages: [
      'https://dashscope-intl.aliyuncs.com/apps/anthropic/v1/messages',
      'https://dashscope.aliyuncs.com/apps/anthropic/v1/messages',
    ],
    embeddings: true,
    accent: { thinking: 'enable_thinking' },
    models: ['qwen3-max', 'qwen3-coder-plus', 'qwen3-coder-flash'],
  },
  ollama: {
    title: 'Ollama',
    baseUrl: 'http://127.0.0.1:11434/v1',
    embeddings: true,
    completions: true,
    keyless: true,
  },
  vllm: {
    title: 'vLLM',
    baseUrl: 'http://127.0.0.1:8000/v1',
    responses: '/responses',
    embeddings: true,
    completions: true,
    keyless: true,
  },
  'lm-studio': {
    title: 'LM Studio',
    baseUrl: 'http://127.0.0.1:1234/v1',
    responses: '/responses',
    embeddings: true,
    completions: true,
    keyless: true,
  },
} as const satisfies Record<string, Row>;

/** `web_search_options` is OpenAI's own; others refuse it. */
const plain: Accent = { webSearch: false };

/** The named services, in the order of the table. */
export const compatibleProviders: readonly Provider[] = Object.entries(rows).map(([id, row]) => fromRow(id, row));

function fromRow(id: string, row: Row): Provider {
  const { title, baseUrl, messages, responses, completions, accent = {}, models = [], catalogue, keyless } = row;
  return {
    id,
    title,
    configKey: id,
    maker: id,
    baseUrl,
    endpoints: {
      'openai-chat': row.embeddings ? chatEndpoint : { ...chatEndpoint, operations: ['generate'] },
      ...(responses && { 'openai-responses': below(responsesEndpoint, responses) }),
      ...(messages && {
        'anthropic-messages':
          typeof messages === 'string' ? below(messagesEndpoint, messages) : beside(messagesEndpoint, messages),
      }),
      ...(completions && { 'openai-completions': completionsEndpoint }),
    },
    accent: { ...plain, ...accent },
    models: catalogue ?? models.map((model) => ({ id: model, limits: {} })),
    listing: openAiListing,
    ...(keyless && { keyless }),
  };
}

/** A row that the operator made: one entry of `openai-compatibility`. Its base URL is its own home. */
export function compatibleProvider(name: string, baseUrl: string, accent: Accent): Provider {
  return {
    id: name.toLowerCase(),
    title: name,
    configKey: 'openai-compatibility',
    maker: name.toLowerCase(),
    baseUrl,
    endpoints: { 'openai-chat': chatEndpoint },
    accent: { ...plain, ...accent },
    models: [],
    listing: openAiListing,
    keyless: true,
  };
}
