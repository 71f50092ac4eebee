// Failures within a stream: what Codex is told decides whether it tries again.

import { describe, expect, it } from 'vitest';
import { errorKinds, GatewayError } from '../../errors.ts';
import { decodeFailure, encodeFailure } from './error.ts';
import { openaiResponses } from './index.ts';

describe('a failure', () => {
  it('never blames the client for what upstream did', () => {
    const final = ['invalid_prompt', 'context_length_exceeded', 'insufficient_quota'];
    for (const kind of Object.keys(errorKinds) as (keyof typeof errorKinds)[]) {
      const { code, message } = encodeFailure(new GatewayError(kind, 'Sorry.'));
      expect(message).toBe('Sorry.');
      const fault = ['bad-request', 'too-large', 'context-overflow', 'quota-exhausted'].includes(kind);
      expect([kind, final.includes(code)]).toEqual([kind, fault]);
    }
    expect(encodeFailure(new GatewayError('upstream', 'x', { code: 'vendor_word' })).code).toBe('vendor_word');
  });

  it('that passes by itself is not said in the words by which Codex gives up', () => {
    expect(encodeFailure(new GatewayError('overloaded', 'Full.')).code).toBe('server_error');
    for (const code of ['server_is_overloaded', 'slow_down'])
      expect(encodeFailure(new GatewayError('overloaded', 'Full.', { code })).code).toBe('server_error');
  });

  it('keeps status, code and wire, so that it can still be an HTTP answer', () => {
    const error = decodeFailure({
      type: 'response.failed',
      response: { error: { code: 'rate_limit_exceeded', message: 'Please try again in 850ms.' } },
    });
    expect(error).toMatchObject({
      kind: 'rate-limited',
      status: 429,
      facts: { code: 'rate_limit_exceeded', retryAfter: 0.85 },
    });
    expect(error.facts.wire?.body).toContain('"code":"rate_limit_exceeded"');
    expect(decodeFailure({ type: 'response.failed', response: null })).toMatchObject({ kind: 'upstream' });
    const worded = decodeFailure({ type: 'error', error: { type: 'rate_limit_error', message: 'Too fast.' } });
    expect(worded).toMatchObject({ kind: 'rate-limited', status: 429 });
    const waiting = decodeFailure({
      type: 'error',
      status: 429,
      error: { message: 'x' },
      headers: { 'Retry-After': 9 },
    });
    expect(waiting.facts.retryAfter).toBe(9);
  });

  it('of HTTP is read and written as the other OpenAI dialect does', () => {
    const error = openaiResponses.error.decode(400, '{"detail":"Unsupported parameter: n"}', {});
    expect(error).toMatchObject({ kind: 'bad-request', message: 'Unsupported parameter: n' });
    expect(openaiResponses.error.encode(error).body).toMatchObject({ error: { type: 'invalid_request_error' } });
  });
});
