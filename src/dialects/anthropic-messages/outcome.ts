// Token counts and the reason a reply ended, both ways. Messages counts cached tokens beside `input_tokens`, the IR within
// `input`; a stream's counts are totals so far.

import type { FinishReason, Usage } from '../../ir/reply.ts';
import { asNumber, type JsonObject } from '../../json.ts';
import type { Lookup } from '../../lookup.ts';
import type { UsageValue } from './wire.ts';

const finishReasons: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop-sequence',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool-calls',
  pause_turn: 'pause',
  refusal: 'filter',
};
const stopReasons: Readonly<Record<FinishReason, string>> = {
  stop: 'end_turn',
  'stop-sequence': 'stop_sequence',
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  filter: 'refusal',
  pause: 'pause_turn',
  other: 'end_turn',
};

/** What a `stop_reason` means. A reply that calls tools waits for them, whatever a careless service says. */
export function decodeFinish(stopReason: string | undefined, called: boolean): FinishReason {
  const reason = (stopReason !== undefined && finishReasons[stopReason]) || 'other';
  return called && (reason === 'stop' || reason === 'other') ? 'tool-calls' : reason;
}

/** What is said at the end of a reply. */
export interface Ending {
  readonly reason: FinishReason;
  readonly raw?: string | undefined;
  readonly stopSequence?: string | undefined;
}

/** `stop_reason` and `stop_sequence`. Without the text that stopped it a stopped reply counts as ended by itself. */
export function encodeFinish(ending: Ending, called: boolean): { stop_reason: string; stop_sequence: string | null } {
  const { reason, raw, stopSequence } = ending;
  if (reason === 'length' && raw === 'model_context_window_exceeded') return { stop_reason: raw, stop_sequence: null };
  if (called && (reason === 'stop' || reason === 'other')) return { stop_reason: 'tool_use', stop_sequence: null };
  if (reason === 'stop-sequence' && stopSequence === undefined) return { stop_reason: 'end_turn', stop_sequence: null };
  return { stop_reason: stopReasons[reason], stop_sequence: stopSequence ?? null };
}

/** wire → IR: `input_tokens` are those that no cache was concerned with, so what was read from and written to one is added. */
export function decodeUsage(told: Lookup): Usage {
  const fresh = told.number('input_tokens');
  const cacheRead = told.number('cache_read_input_tokens');
  const cacheWrite = told.number('cache_creation_input_tokens');
  return {
    input: fresh === undefined ? undefined : fresh + (cacheRead ?? 0) + (cacheWrite ?? 0),
    output: told.number('output_tokens'),
    cacheRead,
    cacheWrite,
    cacheWrite1h: told.object('cache_creation')?.number('ephemeral_1h_input_tokens'),
    reasoning: told.object('output_tokens_details')?.number('thinking_tokens'),
    searches: told.object('server_tool_use')?.number('web_search_requests'),
  };
}

/** The raw counts of a stream so far: later ones win, but null or a zero after a count does not untell it. */
export function laterCounts(earlier: JsonObject | undefined, later: JsonObject): JsonObject {
  if (!earlier) return later;
  const told = Object.entries(later).filter(([key, value]) => {
    if (value === null || value === undefined) return earlier[key] === undefined;
    return value !== 0 || !asNumber(earlier[key]);
  });
  return { ...earlier, ...Object.fromEntries(told) };
}

/** IR → wire. Counts that upstream did not tell are 0, since clients add them up. */
export function encodeUsage(usage: Usage | undefined): UsageValue {
  const { input = 0, output = 0, cacheRead = 0, cacheWrite = 0, cacheWrite1h, reasoning, searches } = usage ?? {};
  return {
    input_tokens: Math.max(0, input - cacheRead - cacheWrite),
    cache_creation_input_tokens: cacheWrite,
    cache_read_input_tokens: cacheRead,
    output_tokens: output,
    ...(cacheWrite1h !== undefined && {
      cache_creation: {
        ephemeral_5m_input_tokens: Math.max(0, cacheWrite - cacheWrite1h),
        ephemeral_1h_input_tokens: cacheWrite1h,
      },
    }),
    ...(reasoning !== undefined && { output_tokens_details: { thinking_tokens: reasoning } }),
    ...(searches !== undefined && { server_tool_use: { web_search_requests: searches, web_fetch_requests: 0 } }),
  };
}
