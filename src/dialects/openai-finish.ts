// Why a reply of Chat or of the legacy Completions ended, and the endings that are failures in disguise.

import { type ErrorKind, GatewayError } from '../errors.ts';
import type { FinishReason } from '../ir/reply.ts';

const reasons = new Map<string, FinishReason>(
  Object.entries({
    stop: 'stop',
    eos: 'stop',
    eos_token: 'stop',
    end_turn: 'stop',
    completed: 'stop',
    stop_sequence: 'stop-sequence',
    length: 'length',
    max_tokens: 'length',
    max_output_tokens: 'length',
    model_length: 'length',
    tool_calls: 'tool-calls',
    tool_call: 'tool-calls',
    tool_use: 'tool-calls',
    function_call: 'tool-calls',
    content_filter: 'filter',
    safety: 'filter',
    refusal: 'filter',
    sensitive: 'filter',
  } as const),
);

const failures = new Map<string, ErrorKind>(
  Object.entries({
    error: 'upstream',
    network_error: 'upstream',
    // DeepSeek: the inference system ran out of resources in the middle of the reply.
    insufficient_system_resource: 'overloaded',
  } as const),
);

/** wire → IR. Calls that end in a plain stop, or in a word nobody knows, are waiting for their results. */
export function decodeFinish(raw: string, hasCalls: boolean): { readonly reason: FinishReason; readonly raw?: string } {
  const known = reasons.get(raw.toLowerCase()) ?? (raw === '' ? 'stop' : 'other');
  const reason = hasCalls && (known === 'stop' || known === 'other') ? 'tool-calls' : known;
  return raw === '' ? { reason } : { reason, raw };
}

/** The failure that a finish reason confesses. */
export function failureOfFinish(raw: string): GatewayError | undefined {
  const kind = failures.get(raw.toLowerCase());
  return kind && new GatewayError(kind, `The upstream broke off its reply (${raw}).`);
}
