// The lists of models, in the shape each client expects: OpenAI's, Anthropic's, Gemini's, and the catalogue Codex asks for.

import type { ModelLimits } from '../envelope.ts';
import type { JsonObject } from '../json.ts';
import { type Catalogue, listed, type Offer } from '../routing/catalogue.ts';

export type ListShape = 'openai' | 'anthropic' | 'gemini' | 'codex';

/** Which list a `GET /v1/models` wants: the only path that four kinds of clients share. */
export function shapeOf(header: (name: string) => string | undefined, query: URLSearchParams): ListShape {
  if (header('anthropic-version') !== undefined || header('user-agent')?.startsWith('claude-cli')) return 'anthropic';
  if (header('x-goog-api-key') !== undefined || header('x-goog-api-client') !== undefined || query.has('key'))
    return 'gemini';
  if (query.has('client_version')) return 'codex';
  return 'openai';
}

/** When a model was made is not known for most; a fixed date keeps the list the same from call to call. */
const created = 1_735_689_600;
const createdAt = '2025-01-01T00:00:00Z';

export function printModel(name: string, offers: readonly Offer[], shape: ListShape): JsonObject {
  const offer = offers[0];
  const limits = offer?.model.limits ?? {};
  const title = offer?.model.title ?? name;
  if (shape === 'anthropic') return anthropicModel(name, title, limits);
  if (shape === 'gemini') return geminiModel(name, title, limits);
  if (shape === 'codex') return codexModel(name, title, limits);
  return { id: name, object: 'model', created, owned_by: offer?.credential.provider.id ?? 'unknown', ...facts(limits) };
}

/** Limits where known, under the names that most OpenAI-compatible services use. */
function facts({ context, maxOutput }: ModelLimits): JsonObject {
  return {
    ...(context !== undefined && { context_length: context }),
    ...(maxOutput !== undefined && { max_completion_tokens: maxOutput }),
  };
}

function anthropicModel(id: string, title: string, { context, maxOutput }: ModelLimits): JsonObject {
  return {
    type: 'model',
    id,
    display_name: title,
    created_at: createdAt,
    max_input_tokens: context ?? 200_000,
    max_tokens: maxOutput ?? 64_000,
  };
}

function geminiModel(name: string, title: string, { context, maxOutput, reasoning }: ModelLimits): JsonObject {
  return {
    name: `models/${name}`,
    version: '001',
    displayName: title,
    description: title,
    ...(context !== undefined && { inputTokenLimit: context }),
    ...(maxOutput !== undefined && { outputTokenLimit: maxOutput }),
    supportedGenerationMethods: ['generateContent', 'streamGenerateContent', 'countTokens'],
    ...(reasoning && { thinking: Boolean(reasoning.levels?.length ?? reasoning.budget) }),
  };
}

/**
 * Codex refuses a catalogue without instructions, and uses those of the catalogue in place of its own: with an empty text its agent
 * would not know what it is.
 */
const codexInstructions = [
  'You are a coding agent that works for the user in a terminal, in the directory where it was started.',
  'Read the files that matter before you change them, and follow the conventions that you find there.',
  'Do what was asked, no more; finish it, check that it works by running what can be run, and correct what does not.',
  'Edit files with the tool for patches and use the shell for everything else. Never undo changes that are not yours.',
  'Ask before anything that cannot be undone. When you are done, say briefly what you did and what is left.',
].join('\n');

function codexModel(slug: string, title: string, { context, reasoning, input }: ModelLimits): JsonObject {
  const levels = reasoning?.levels ?? [];
  return {
    slug,
    display_name: title,
    description: title,
    default_reasoning_level: levels.includes('medium') ? 'medium' : (levels[0] ?? null),
    supported_reasoning_levels: levels.map((effort) => ({ effort, description: `${effort} reasoning effort` })),
    shell_type: 'shell_command',
    visibility: 'list',
    supported_in_api: true,
    priority: 1,
    upgrade: null,
    base_instructions: codexInstructions,
    supports_reasoning_summaries: levels.length > 0,
    support_verbosity: false,
    default_verbosity: null,
    apply_patch_tool_type: 'freeform',
    truncation_policy: { mode: 'tokens', limit: 10_000 },
    supports_parallel_tool_calls: true,
    context_window: context ?? 200_000,
    max_context_window: context ?? 200_000,
    experimental_supported_tools: [],
    input_modalities: input?.filter((kind) => kind === 'text' || kind === 'image') ?? ['text', 'image'],
    prefer_websockets: false,
  };
}

/** One page of the list; `query` carries the paging words of each dialect. */
export function printModels(catalogue: Catalogue, shape: ListShape, query: URLSearchParams): JsonObject {
  const all = [...listed(catalogue)].map(([name, offers]) => printModel(name, offers, shape));
  if (shape === 'anthropic') return anthropicPage(all, query);
  if (shape === 'gemini') return geminiPage(all, query);
  return shape === 'codex' ? { models: all } : { object: 'list', data: all };
}

function anthropicPage(all: readonly JsonObject[], query: URLSearchParams): JsonObject {
  const after = query.get('after_id');
  const before = query.get('before_id');
  const limit = positive(query.get('limit'), 20);
  const start = after === null ? 0 : all.findIndex((model) => model.id === after) + 1;
  const end = before === null ? -1 : all.findIndex((model) => model.id === before);
  const data = end >= 0 ? all.slice(Math.max(0, end - limit), end) : all.slice(start, start + limit);
  const more = end >= 0 ? end - limit > 0 : start + limit < all.length;
  return { data, has_more: more, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
}

function geminiPage(all: readonly JsonObject[], query: URLSearchParams): JsonObject {
  const size = positive(query.get('pageSize'), 50);
  const start = positive(query.get('pageToken'), 0);
  const next = start + size;
  return { models: all.slice(start, next), ...(next < all.length && { nextPageToken: String(next) }) };
}

function positive(text: string | null, otherwise: number): number {
  const number = Number(text ?? Number.NaN);
  return Number.isInteger(number) && number > 0 ? number : otherwise;
}
