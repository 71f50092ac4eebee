// What the model makers are known to offer, with limits: used where neither the operator nor the service lists models, and to
// fill in limits that a service's list leaves out. Token counts as the vendors publish them (August 2026).

import type { Effort, ModelLimits, ReasoningLimits } from '../envelope.ts';
import type { Model } from './provider.ts';

function model(
  id: string,
  context: number,
  maxOutput: number,
  reasoning?: ReasoningLimits,
  more: ModelLimits = {},
): Model {
  return { id, limits: { context, maxOutput, ...(reasoning && { reasoning }), ...more } };
}

const toMax: readonly Effort[] = ['low', 'medium', 'high', 'max'];
const toXhighMax: readonly Effort[] = ['low', 'medium', 'high', 'xhigh', 'max'];
const claudeBudget: ReasoningLimits = { budget: { min: 1024, max: 128_000 }, off: true, auto: false };
const claudeEither: ReasoningLimits = { ...claudeBudget, levels: toMax, auto: true };
/** From Opus 4.7 on a numeric budget, temperature, top_p and top_k are answered with 400. */
const claudeLevels: ReasoningLimits = { levels: toXhighMax, off: true, auto: true };
const noSampling: ModelLimits = { sampling: false };

/** Anthropic's, by the ids of its API. */
export const claudeModels: readonly Model[] = [
  model('claude-haiku-4-5-20251001', 200_000, 64_000, claudeBudget),
  model('claude-sonnet-4-5-20250929', 200_000, 64_000, claudeBudget),
  model('claude-sonnet-4-6', 200_000, 64_000, claudeEither),
  model('claude-opus-4-6', 1_000_000, 128_000, claudeEither),
  model('claude-opus-4-7', 1_000_000, 128_000, claudeLevels, noSampling),
  model('claude-opus-4-8', 1_000_000, 128_000, claudeLevels, noSampling),
  model('claude-opus-5', 1_000_000, 128_000, claudeLevels, noSampling),
  model('claude-sonnet-5', 1_000_000, 128_000, claudeLevels, noSampling),
  model('claude-fable-5', 1_000_000, 128_000, claudeLevels, noSampling),
  model('claude-opus-4-5-20251101', 200_000, 64_000, claudeBudget),
  model('claude-opus-4-1-20250805', 200_000, 32_000, claudeBudget),
  model('claude-opus-4-20250514', 200_000, 32_000, claudeBudget),
  model('claude-sonnet-4-20250514', 200_000, 64_000, claudeBudget),
  model('claude-3-7-sonnet-20250219', 200_000, 8192, claudeBudget),
  model('claude-3-5-haiku-20241022', 200_000, 8192, {}),
];

const geminiContext = 1_048_576;
const geminiOutput = 65_536;
function geminiLevels(...levels: Effort[]): ReasoningLimits {
  return { levels, budget: { min: 128, max: 32_768 }, off: false, auto: true };
}
function geminiBudget(min: number, max: number): ReasoningLimits {
  return { budget: { min, max }, off: min === 0, auto: true };
}
const anyLevel = geminiLevels('minimal', 'low', 'medium', 'high');

function google(id: string, reasoning: ReasoningLimits): Model {
  return model(id, geminiContext, geminiOutput, reasoning);
}
const gemini25: readonly Model[] = [
  google('gemini-2.5-pro', geminiBudget(128, 32_768)),
  google('gemini-2.5-flash', geminiBudget(0, 24_576)),
  google('gemini-2.5-flash-lite', geminiBudget(0, 24_576)),
];
const gemini35: readonly Model[] = [
  google('gemini-3.5-flash', anyLevel),
  google('gemini-3.5-flash-lite', anyLevel),
  google('gemini-3.6-flash', anyLevel),
  google('gemini-3.7-flash', { ...anyLevel, budget: { min: 128, max: 65_535 } }),
];

/** Google's, by the ids of the Gemini API. */
export const geminiModels: readonly Model[] = [
  ...gemini25,
  google('gemini-3-pro-preview', geminiLevels('low', 'high')),
  google('gemini-3.1-pro-preview', geminiLevels('low', 'medium', 'high')),
  google('gemini-3.1-flash-image-preview', geminiLevels('minimal', 'high')),
  google('gemini-3-flash-preview', anyLevel),
  google('gemini-3.1-flash-lite-preview', geminiLevels('minimal', 'high')),
  google('gemini-3-pro-image-preview', geminiLevels('low', 'high')),
  ...gemini35,
];

/** Google's, by the ids of Vertex AI. */
export const vertexModels: readonly Model[] = [
  ...gemini25,
  google('gemini-2.5-flash-image', geminiBudget(0, 24_576)),
  google('gemini-3-pro', geminiLevels('low', 'high')),
  google('gemini-3-flash', anyLevel),
  google('gemini-3.1-pro', geminiLevels('low', 'medium', 'high')),
  google('gemini-3.1-pro-preview', geminiLevels('low', 'medium', 'high')),
  google('gemini-3.1-flash-image', geminiLevels('minimal', 'high')),
  google('gemini-3.1-flash-lite', anyLevel),
  google('gemini-3-pro-image', geminiLevels('low', 'high')),
  ...gemini35,
];

const gptLevels: ReasoningLimits = { levels: ['low', 'medium', 'high', 'xhigh'], off: false, auto: true };
const gptLevelsToMax: ReasoningLimits = { ...gptLevels, levels: toXhighMax };

/** OpenAI's reasoning models, at its own API as at a Responses host that the operator names. */
export const codexModels: readonly Model[] = [
  model('gpt-5.4-mini', 400_000, 128_000, gptLevels, noSampling),
  model('gpt-5.4', 1_050_000, 128_000, gptLevels, noSampling),
  model('gpt-5.5', 272_000, 128_000, gptLevels, noSampling),
  model('gpt-5.6-terra', 372_000, 128_000, gptLevelsToMax, noSampling),
  model('gpt-5.6-luna', 372_000, 128_000, gptLevelsToMax, noSampling),
  model('gpt-5.6-sol', 372_000, 128_000, gptLevelsToMax, noSampling),
];

/** Whether or not they are told how hard to think, these answer temperature and top_p with 400. */
export const olderGptModels: readonly Model[] = [
  ...['o1', 'o1-pro', 'o3', 'o3-mini', 'o3-pro', 'o4-mini'],
  ...['gpt-5', 'gpt-5-mini', 'gpt-5-nano', 'gpt-5-pro', 'gpt-5-codex', 'gpt-5-codex-mini'],
].map((id) => ({ id, limits: noSampling }));

const threeLevels: ReasoningLimits = { levels: ['low', 'medium', 'high'], off: false, auto: true };

/** xAI's. Those whose reasoning is `{}` cannot be told how much to think. */
export const xaiModels: readonly Model[] = [
  model('grok-4.6', 500_000, 65_536, { ...threeLevels, levels: ['low', 'medium', 'high', 'xhigh'] }),
  model('grok-build-0.1', 256_000, 256_000, {}),
  model('grok-4.5', 500_000, 65_536, threeLevels),
  model('grok-4.3', 1_000_000, 65_536, { ...threeLevels, off: true }),
  model('grok-4.20-0309-reasoning', 2_000_000, 65_536, {}),
  model('grok-4.20-0309-non-reasoning', 2_000_000, 65_536, {}),
  model('grok-4.20-multi-agent-0309', 2_000_000, 65_536, threeLevels),
  model('grok-3-mini', 131_072, 32_768, threeLevels),
  model('grok-3-mini-fast', 131_072, 32_768, threeLevels),
  model('grok-composer-2.5-fast', 200_000, 32_768, {}),
];

const lowHigh: ReasoningLimits = { levels: ['low', 'high'], off: true, auto: true };
/** Models that always think. */
const lowHighOn: ReasoningLimits = { ...lowHigh, off: false };
const lowHighMax: ReasoningLimits = { ...lowHighOn, levels: ['low', 'high', 'max'] };

/** Moonshot's. */
export const kimiModels: readonly Model[] = [
  model('kimi-k2', 131_072, 32_768, {}),
  model('kimi-k2-thinking', 131_072, 32_768, lowHigh),
  model('kimi-k2.5', 262_144, 32_768, lowHigh),
  model('kimi-k2.6', 262_144, 65_536, lowHigh),
  model('kimi-k2.7-code', 262_144, 65_536, lowHighOn),
  model('kimi-k2.7-code-highspeed', 262_144, 65_536, lowHighOn),
  model('kimi-k3', 1_048_576, 65_536, lowHighMax),
  model('kimi-k3-256k', 262_144, 65_536, lowHighMax),
];
