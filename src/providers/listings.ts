// How services list their models: the three shapes in use, read tolerantly.

import { asArray, asNumber, asObject, asString, type Json, type JsonObject, objects } from '../json.ts';
import { messagesKey, versioned } from './endpoints.ts';
import { bearer, type Listing, type Model } from './provider.ts';

/** `GET {base}/models` as OpenAI has it; some services answer a bare array or `{"models":[…]}`. */
export const openAiListing: Listing = {
  url: (baseUrl) => `${baseUrl}/models`,
  sign: bearer,
  read: (reply) => entries(reply).flatMap((entry) => model(entry, asString(entry.id) ?? asString(entry.name))),
};

/** `GET /v1/models` as Anthropic has it. */
export const anthropicListing: Listing = {
  url: (baseUrl) => `${baseUrl}/v1/models?limit=1000`,
  sign: (key, home) => ({ ...messagesKey(key, home), 'anthropic-version': '2023-06-01' }),
  read: (reply) => entries(reply).flatMap((entry) => model(entry, asString(entry.id))),
};

/** `GET /v1beta/models` as Gemini has it; models that cannot generate (embedders) are listed too, for their own calls. */
export const geminiListing: Listing = {
  url: (baseUrl) => `${versioned(baseUrl, '/v1beta')}/models?pageSize=1000`,
  sign: (key) => ({ 'x-goog-api-key': key }),
  read: (reply) => entries(reply).flatMap((entry) => model(entry, asString(entry.name)?.replace(/^models\//, ''))),
};

function entries(reply: Json): readonly JsonObject[] {
  if (asArray(reply)) return objects(reply);
  const body = asObject(reply);
  return objects(body?.data ?? body?.models);
}

function model(entry: JsonObject, id: string | undefined): Model[] {
  if (!id) return [];
  const title = asString(entry.display_name) ?? asString(entry.displayName);
  const context = firstNumber(entry, [
    'max_input_tokens',
    'inputTokenLimit',
    'context_length',
    'context_window',
    'max_model_len',
  ]);
  const maxOutput = firstNumber(entry, [
    'max_tokens',
    'outputTokenLimit',
    'max_completion_tokens',
    'max_output_tokens',
  ]);
  const limits = { ...(context !== undefined && { context }), ...(maxOutput !== undefined && { maxOutput }) };
  return [{ id, limits, ...(title !== undefined && { title }) }];
}

function firstNumber(entry: JsonObject, keys: readonly string[]): number | undefined {
  for (const key of keys) {
    const value = asNumber(entry[key]);
    if (value !== undefined && value > 0) return value;
  }
  return undefined;
}
