// The models each service lists, and what it says of one that it does not have. Any other name is served too.

import type { JsonObject } from '../json.ts';
import type { Complaint, Tongue } from './speaker.ts';

/** The model that each dialect's list names; it answers as any other would. */
export const demoModels = {
  'openai-chat': 'demo-openai-chat',
  'openai-responses': 'demo-openai-responses',
  'anthropic-messages': 'demo-anthropic',
  gemini: 'demo-gemini',
} as const satisfies Record<Tongue, string>;

const openaiModels: readonly string[] = [demoModels['openai-chat'], demoModels['openai-responses']];

/** The list in the service's shape. OpenAI has one list for both of its dialects. */
export function modelList(tongue: Tongue): JsonObject {
  if (tongue === 'anthropic-messages') {
    const data = [demoModels[tongue]].map(anthropicModel);
    return { data, has_more: false, first_id: demoModels[tongue], last_id: demoModels[tongue] };
  }
  if (tongue === 'gemini') return { models: [demoModels.gemini].map(geminiModel) };
  return { object: 'list', data: openaiModels.map(openaiModel) };
}

/** One model in the service's shape. */
export function modelEntry(tongue: Tongue, id: string): JsonObject {
  if (tongue === 'anthropic-messages') return anthropicModel(id);
  return tongue === 'gemini' ? geminiModel(id.replace(/^models\//, '')) : openaiModel(id);
}

const openaiModel = (id: string): JsonObject => ({
  id,
  object: 'model',
  created: 1_785_500_000,
  owned_by: 'simulator',
});

const anthropicModel = (id: string): JsonObject => ({
  type: 'model',
  id,
  display_name: `Simulator ${id}`,
  created_at: '2026-07-31T00:00:00Z',
  max_input_tokens: 200_000,
  max_tokens: 64_000,
});

const geminiModel = (id: string): JsonObject => ({
  name: `models/${id}`,
  version: '1',
  displayName: `Simulator ${id}`,
  description: 'Answers without an account.',
  inputTokenLimit: 1_048_576,
  outputTokenLimit: 65_536,
  supportedGenerationMethods: ['generateContent', 'streamGenerateContent', 'countTokens', 'embedContent'],
  thinking: true,
});

/** Whether this is a model that the simulator pretends not to have. */
export const isMissing = (model: string): boolean => model.replace(/^models\//, '').startsWith('missing-');

/** The refusal of an unknown model, as the vendor says it. */
export function missingModel(tongue: Tongue, model: string): Complaint {
  switch (tongue) {
    case 'openai-chat':
      return {
        status: 404,
        message: `The model \`${model}\` does not exist or you do not have access to it.`,
        code: 'model_not_found',
      };
    case 'openai-responses':
      return {
        status: 400,
        message: `The requested model '${model}' does not exist.`,
        param: 'model',
        code: 'model_not_found',
      };
    case 'anthropic-messages':
      return { status: 404, message: `model: ${model}` };
    case 'gemini':
      return {
        status: 404,
        message: `models/${model} is not found for API version v1beta, or is not supported for generateContent. Call ListModels to see the list of available models and their supported methods.`,
      };
  }
}
