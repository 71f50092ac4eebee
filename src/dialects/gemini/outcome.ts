// How a reply ended and what it cost: finish reasons and usage, both ways.

import { GatewayError } from '../../errors.ts';
import type { FinishReason, Reply, Usage } from '../../ir/reply.ts';
import { asArray, asNumber, asObject, asString, compact, type JsonObject } from '../../json.ts';
import { camelOf, section } from './wire.ts';

const reasons: ReadonlyMap<string, FinishReason> = new Map([
  ['STOP', 'stop'],
  ['MAX_TOKENS', 'length'],
  ['SAFETY', 'filter'],
  ['PROHIBITED_CONTENT', 'filter'],
  ['BLOCKLIST', 'filter'],
  ['SPII', 'filter'],
  ['RECITATION', 'filter'],
  ['IMAGE_SAFETY', 'filter'],
  ['IMAGE_PROHIBITED_CONTENT', 'filter'],
  ['IMAGE_RECITATION', 'filter'],
  ['CONTINUATION', 'pause'],
  ['MALFORMED_FUNCTION_CALL', 'other'],
  ['MALFORMED_RESPONSE', 'other'],
  ['UNEXPECTED_TOOL_CALL', 'other'],
  ['TOO_MANY_TOOL_CALLS', 'other'],
  ['LANGUAGE', 'other'],
  ['NO_IMAGE', 'other'],
  ['IMAGE_OTHER', 'other'],
  ['OTHER', 'other'],
]);

/** What a chunk (or a whole reply) says of the end, if it says anything. */
export interface Ending {
  readonly raw?: string;
  /** The service's own words for it. */
  readonly words?: string;
  /** The prompt was refused: there are no candidates at all. */
  readonly blocked?: string;
  /** A last chunk without content and without a reason: nothing more comes. */
  readonly empty?: boolean;
}

const notYet: Ending = {};

/** Chunk and its first candidate in camelCase. */
export function endingOf(chunk: JsonObject, candidate: JsonObject | undefined): Ending {
  const raw = asString(candidate?.finishReason);
  const words = asString(candidate?.finishMessage);
  if (raw && raw !== 'FINISH_REASON_UNSPECIFIED') return { raw, ...(words && { words }) };
  const blocked = chunk.promptFeedback && asString(section(chunk, 'promptFeedback').blockReason);
  if (blocked) return { blocked };
  if (candidate && asArray(section(candidate, 'content').parts)?.length) return notYet;
  const closing = asObject(chunk.usageMetadata) !== undefined || asArray(chunk.candidates)?.length === 0;
  return closing ? { empty: true } : notYet;
}

/** The candidate that counts: the first one, in camelCase. */
export function firstCandidate(chunk: JsonObject): JsonObject | undefined {
  const first = asArray(chunk.candidates)?.[0];
  return asObject(first) && camelOf(first);
}

/** There is no reason for tool calls on this wire: they end with `STOP`. */
export function decodeFinish(ending: Ending, called: boolean): Reply['finish'] {
  if (ending.blocked !== undefined) return { reason: 'filter', raw: ending.blocked };
  const stopped: FinishReason = called ? 'tool-calls' : 'stop';
  if (ending.raw === undefined) return { reason: stopped };
  const reason = reasons.get(ending.raw) ?? 'other';
  return { reason: reason === 'stop' ? stopped : reason, raw: ending.raw };
}

/** The model's call could not be read, or was none that may be made: what it meant to do did not happen. */
const failing = new Set([
  'MALFORMED_FUNCTION_CALL',
  'MALFORMED_RESPONSE',
  'UNEXPECTED_TOOL_CALL',
  'TOO_MANY_TOOL_CALLS',
]);
/** Endings that are a failure only where nothing was said before. */
const wanting = new Set(['LANGUAGE', 'NO_IMAGE', 'IMAGE_OTHER', 'OTHER']);

/**
 * The failure that a finish reason confesses, for those who read the reply in another dialect, where it would look like an answer that
 * is done. Gemini's own clients know these words and get them as they came.
 */
export function failureOfFinish({ raw = '', words }: Ending, said: boolean): GatewayError | undefined {
  if (!failing.has(raw) && (said || !wanting.has(raw))) return undefined;
  return new GatewayError('upstream', `The upstream broke off its reply (${raw})${words ? `: ${words}` : '.'}`);
}

const words: Record<FinishReason, string> = {
  stop: 'STOP',
  'stop-sequence': 'STOP',
  'tool-calls': 'STOP',
  pause: 'STOP',
  length: 'MAX_TOKENS',
  filter: 'SAFETY',
  other: 'OTHER',
};

/** The reason as it came, where it came in this dialect's own words. */
export function encodeFinish({ reason, raw }: Reply['finish']): string {
  const known = raw === undefined ? undefined : reasons.get(raw);
  const same = known === reason || (known === 'stop' && reason === 'tool-calls');
  return raw !== undefined && same ? raw : words[reason];
}

/** The prompt includes what was read from a cache and what Google's tools put in; the output includes the thoughts. */
export function decodeUsage(value: unknown): Usage | undefined {
  const given = asObject(value);
  if (!given) return undefined;
  const raw = camelOf(given);
  return compact({
    input: sum(asNumber(raw.promptTokenCount), asNumber(raw.toolUsePromptTokenCount)),
    output: sum(asNumber(raw.candidatesTokenCount), asNumber(raw.thoughtsTokenCount)),
    cacheRead: asNumber(raw.cachedContentTokenCount),
    reasoning: asNumber(raw.thoughtsTokenCount),
    total: asNumber(raw.totalTokenCount),
  });
}

function sum(first: number | undefined, second: number | undefined): number | undefined {
  return first === undefined && second === undefined ? undefined : (first ?? 0) + (second ?? 0);
}

/** IR → wire: thoughts are counted beside the answer. What upstream did not tell is left out. */
export function encodeUsage(usage: Usage): JsonObject {
  const { input, output, reasoning, cacheRead } = usage;
  return compact({
    promptTokenCount: input,
    cachedContentTokenCount: cacheRead,
    candidatesTokenCount: output === undefined ? undefined : Math.max(0, output - (reasoning ?? 0)),
    thoughtsTokenCount: reasoning,
    totalTokenCount: usage.total ?? sum(input, output),
  });
}
