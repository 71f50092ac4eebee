// The upstream lists of config.yaml: keys of the model makers, keys of the named services, services of the operator's own.

import * as z from 'zod';
import { compatibleEntry, serviceEntry, vendorEntry } from './entries.ts';
import { field } from './fields.ts';

const vendor = (title: string, sample: object) =>
  field(z.array(vendorEntry).default([]), `Keys of ${title}.`, [sample]);
const service = (title: string, sample: object) =>
  field(z.array(serviceEntry).default([]), `Keys of ${title}.`, [sample]);

/** Lists of keys of model makers. Each belongs to the provider that names it as its `configKey`. */
export const vendorLists = {
  'claude-api-key': vendor('Anthropic (Claude)', { 'api-key': `\${ANTHROPIC_API_KEY}` }),
  'gemini-api-key': vendor('the Google Gemini API', { 'api-key': `\${GEMINI_API_KEY}` }),
  'openai-api-key': vendor('OpenAI', { 'api-key': `\${OPENAI_API_KEY}` }),
  'codex-api-key': vendor('a host that speaks OpenAI Responses; base-url is required', {
    'api-key': `\${CODEX_API_KEY}`,
    'base-url': 'https://responses.example.com/v1',
  }),
  'vertex-api-key': vendor('Google Vertex AI', { 'api-key': `\${VERTEX_API_KEY}` }),
  'xai-api-key': vendor('xAI (Grok)', { 'api-key': `\${XAI_API_KEY}` }),
};

/** The same of named services; here a key is also the provider's id. */
export const serviceLists = {
  deepseek: service('DeepSeek', { 'api-key': `\${DEEPSEEK_API_KEY}` }),
  groq: service('Groq', { 'api-key': `\${GROQ_API_KEY}` }),
  mistral: service('Mistral', { 'api-key': `\${MISTRAL_API_KEY}` }),
  openrouter: service('OpenRouter', { 'api-key': `\${OPENROUTER_API_KEY}` }),
  together: service('Together', { 'api-key': `\${TOGETHER_API_KEY}` }),
  fireworks: service('Fireworks', { 'api-key': `\${FIREWORKS_API_KEY}` }),
  siliconflow: service('SiliconFlow', { 'api-key': `\${SILICONFLOW_API_KEY}` }),
  novita: service('Novita', { 'api-key': `\${NOVITA_API_KEY}` }),
  minimax: service('MiniMax', { 'api-key': `\${MINIMAX_API_KEY}` }),
  kimi: service('Kimi (Moonshot)', { 'api-key': `\${MOONSHOT_API_KEY}` }),
  zai: service('Z.ai (GLM)', { 'api-key': `\${ZAI_API_KEY}` }),
  qwen: service('Qwen (Alibaba Model Studio)', { 'api-key': `\${DASHSCOPE_API_KEY}` }),
  ollama: service('Ollama on this machine; no key needed', { 'base-url': 'http://127.0.0.1:11434/v1' }),
  vllm: service('vLLM; no key needed', { 'base-url': 'http://127.0.0.1:8000/v1' }),
  'lm-studio': service('LM Studio; no key needed', { 'base-url': 'http://127.0.0.1:1234/v1' }),
};

/** Services of the operator's own: each entry is a provider by itself. */
export const compatibleLists = {
  'openai-compatibility': field(
    z.array(compatibleEntry).default([]),
    'Any other service that speaks OpenAI Chat. Each entry is a service with its keys and models.',
    [
      {
        name: 'my-service',
        'base-url': 'https://llm.example.com/v1',
        'api-key-entries': [{ 'api-key': `\${MY_SERVICE_KEY}` }],
        models: [{ name: 'model-id', alias: 'fast' }],
      },
    ],
  ),
};
