// OpenAI Chat's replies as strict schemas, written from the types of the vendor's client library. What compatible services add is
// allowed by name only: `reasoning_content`, `images`, and `extra_content` on a call.

import * as z from 'zod';

const count = z.int().min(0);

const usage = z.strictObject({
  prompt_tokens: count,
  completion_tokens: count,
  total_tokens: count,
  prompt_tokens_details: z
    .strictObject({
      audio_tokens: count.optional(),
      cached_tokens: count.optional(),
      cache_write_tokens: count.optional(),
    })
    .optional(),
  completion_tokens_details: z
    .strictObject({
      accepted_prediction_tokens: count.optional(),
      audio_tokens: count.optional(),
      reasoning_tokens: count.optional(),
      rejected_prediction_tokens: count.optional(),
    })
    .optional(),
});

const finish = z.enum(['stop', 'length', 'tool_calls', 'content_filter', 'function_call']);

const argumentsText = z.string().refine((text) => {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}, 'arguments are a JSON object');

const image = z.strictObject({
  type: z.literal('image_url'),
  image_url: z.strictObject({ url: z.string().startsWith('data:image/') }),
  index: z.int().optional(),
});

const annotation = z.strictObject({
  type: z.literal('url_citation'),
  url_citation: z.strictObject({ start_index: z.int(), end_index: z.int(), title: z.string(), url: z.string() }),
});

const call = z.strictObject({
  id: z.string().min(1),
  type: z.literal('function'),
  function: z.strictObject({ name: z.string().min(1), arguments: argumentsText }),
  extra_content: z.looseObject({}).optional(),
});

const base = {
  id: z.string().min(1),
  created: z.int().positive(),
  model: z.string().min(1),
  service_tier: z.enum(['auto', 'default', 'flex', 'scale', 'priority']).nullish(),
  system_fingerprint: z.string().optional(),
};

/** A whole reply. */
export const chatCompletion = z.strictObject({
  ...base,
  object: z.literal('chat.completion'),
  choices: z
    .array(
      z.strictObject({
        index: z.int().min(0),
        finish_reason: finish,
        logprobs: z.null(),
        message: z.strictObject({
          role: z.literal('assistant'),
          content: z.string().nullable(),
          refusal: z.string().nullable(),
          annotations: z.array(annotation).optional(),
          tool_calls: z.array(call).min(1).optional(),
          reasoning_content: z.string().min(1).optional(),
          images: z.array(image).min(1).optional(),
        }),
      }),
    )
    .min(1),
  usage: usage.optional(),
});

const callPiece = z.strictObject({
  index: z.int().min(0),
  id: z.string().min(1).optional(),
  type: z.literal('function').optional(),
  // Optional by the letter; readers count on it.
  function: z.strictObject({ name: z.string().min(1).optional(), arguments: z.string() }),
  extra_content: z.looseObject({}).optional(),
});

/** One event of a stream. */
export const chatChunk = z.strictObject({
  ...base,
  object: z.literal('chat.completion.chunk'),
  choices: z.array(
    z.strictObject({
      index: z.int().min(0),
      finish_reason: finish.nullable(),
      logprobs: z.null().optional(),
      delta: z.strictObject({
        role: z.literal('assistant').optional(),
        content: z.string().nullish(),
        refusal: z.string().nullish(),
        annotations: z.array(annotation).optional(),
        tool_calls: z.array(callPiece).min(1).optional(),
        reasoning_content: z.string().min(1).optional(),
        images: z.array(image).min(1).optional(),
      }),
    }),
  ),
  usage: usage.nullish(),
});
