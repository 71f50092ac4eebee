// The lists of models, in the shape each client expects: OpenAI's, Anthropic's, Gemini's, and the catalogue Codex asks for.

import type { Effort, ModelLimits, ReasoningLimits } from '../envelope.ts';
import type { JsonObject } from '../json.ts';
import { type Candidate, type Catalogue, listed } from '../routing/catalogue.ts';

/** Whose list it is. `codex` is a catalogue that tells Codex how to use each model. */
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

/** One model of a list. `offers` are all that go by the name: the first that can be used speaks for them. */
export function printModel(name: string, offers: readonly Candidate[], shape: ListShape): JsonObject {
  const offer = spokesmanOf(offers);
  const limits = limitsOf(offers);
  const title = offer?.link ? name : (offer?.model.title ?? name);
  if (shape === 'anthropic') return anthropicModel(name, title, limits);
  if (shape === 'gemini') return geminiModel(name, title, limits);
  if (shape === 'codex') return codexModel(name, title, limits);
  const owner = offer?.link ? 'chain' : (offer?.credential.provider.id ?? 'unknown');
  return { id: name, object: 'model', created, owned_by: owner, ...facts(limits) };
}

/** Of all that go by a name, the one whose facts are told. */
function spokesmanOf(offers: readonly Candidate[]): Candidate | undefined {
  return offers.find(({ credential }) => credential.unusable === undefined) ?? offers[0];
}

/**
 * What is told of the limits of a name that goes by these. A chain passes over what a request is too large for: it reads as much as
 * the largest of its models.
 */
export function limitsOf(offers: readonly Candidate[]): ModelLimits {
  const offer = spokesmanOf(offers);
  const { limits = {} } = offer?.model ?? {};
  if (!offer?.link) return limits;
  const contexts = offers.flatMap(({ model }) => model.limits.context ?? []);
  const context = contexts.reduce((most, one) => Math.max(most, one), 0);
  return context > 0 ? { ...limits, context } : limits;
}

/** Limits where known. OpenAI has no names for them: the first three are those that most compatible services use, the last is ours. */
function facts({ context, maxOutput, input, reasoning }: ModelLimits): JsonObject {
  return {
    ...(context !== undefined && { context_length: context }),
    ...(maxOutput !== undefined && { max_completion_tokens: maxOutput }),
    ...(input && { input_modalities: input }),
    ...(reasoning && { reasoning: reasoningFacts(reasoning) }),
  };
}

/** Levels and tokens that a model thinks with, whether it can be told not to, and whether it decides itself. */
function reasoningFacts(reasoning: ReasoningLimits): JsonObject {
  const { levels, budget, off, auto } = reasoning;
  return {
    supported: thinks(reasoning),
    ...(levels && { levels }),
    ...(budget && { budget: { min: budget.min, max: budget.max } }),
    ...(off !== undefined && { off }),
    ...(auto !== undefined && { auto }),
  };
}

function thinks({ levels, budget }: ReasoningLimits): boolean {
  return (levels?.length ?? 0) > 0 || budget !== undefined;
}

function anthropicModel(id: string, title: string, limits: ModelLimits): JsonObject {
  const { context, maxOutput } = limits;
  return {
    type: 'model',
    id,
    display_name: title,
    created_at: createdAt,
    max_input_tokens: context ?? null,
    max_tokens: maxOutput ?? null,
    capabilities: capabilitiesOf(limits),
  };
}

/** What is known of a model in Anthropic's words; null where nothing is. */
function capabilitiesOf({ input, reasoning }: ModelLimits): JsonObject | null {
  if (!input && !reasoning) return null;
  return {
    ...(input && {
      image_input: { supported: input.includes('image') },
      pdf_input: { supported: input.includes('document') },
    }),
    ...(reasoning && thinkingCapabilities(reasoning)),
  };
}

const anthropicEfforts: readonly Effort[] = ['low', 'medium', 'high', 'xhigh', 'max'];

function thinkingCapabilities(reasoning: ReasoningLimits): JsonObject {
  const { levels = [], budget, off, auto } = reasoning;
  const supports = (supported: boolean): JsonObject => ({ supported });
  return {
    thinking: {
      supported: thinks(reasoning),
      types: {
        enabled: supports(budget !== undefined),
        adaptive: supports(auto === true && levels.length > 0),
        disabled: supports(off !== false),
      },
    },
    effort: {
      supported: levels.length > 0,
      ...Object.fromEntries(anthropicEfforts.map((level) => [level, supports(levels.includes(level))])),
    },
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
    ...(reasoning && { thinking: thinks(reasoning) }),
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

/** One page of the list; `query` carries the paging words of each dialect, and `pinned=true` asks for the pinned names too. */
export function printModels(
  catalogue: Catalogue,
  shape: ListShape,
  query: URLSearchParams,
  shown?: (candidate: Candidate) => boolean,
): JsonObject {
  const names = listed(catalogue, shown);
  const whole = query.get('pinned') === 'true' ? withPins(names) : names;
  const all = [...whole].map(([name, offers]) => printModel(name, offers, shape));
  if (shape === 'anthropic') return anthropicPage(all, query);
  if (shape === 'gemini') return geminiPage(all, query);
  return shape === 'codex' ? { models: all } : { object: 'list', data: all };
}

/** Each name also with the id of each provider in front that offers it; what is listed as such already stays what it is. */
function withPins(names: ReadonlyMap<string, readonly Candidate[]>): ReadonlyMap<string, readonly Candidate[]> {
  const pinned = [...names].flatMap(([name, offers]) => {
    const plain = offers.filter(({ link }) => link === undefined);
    const byProvider = Map.groupBy(plain, ({ credential }) => `${credential.provider.id}/${name}`);
    return [...byProvider].filter(([pin]) => !names.has(pin));
  });
  return new Map([...names, ...pinned]);
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
