import { describe, expect, it } from 'vitest';
import { type ErrorKind, errorKinds, GatewayError } from '../../errors.ts';
import { asObject } from '../../json.ts';
import { anthropicMessages } from './index.ts';

const { error } = anthropicMessages;

function said(type: string, message: string, more: object = {}): string {
  return JSON.stringify({ type: 'error', error: { type, message, ...more }, request_id: 'req_1' });
}

describe('an upstream’s refusal', () => {
  it.each<[number, string, ErrorKind]>([
    [400, said('invalid_request_error', 'messages: at least one message is required'), 'bad-request'],
    [400, said('invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum'), 'context-overflow'],
    [401, said('authentication_error', 'invalid x-api-key'), 'unauthorized'],
    [402, said('billing_error', 'no credit'), 'quota-exhausted'],
    [403, said('permission_error', 'missing scope'), 'forbidden'],
    [404, said('not_found_error', 'model: claude-nope'), 'model-not-found'],
    [404, said('not_found_error', 'no such container'), 'bad-request'],
    [404, said('not_found_error', 'Not Found'), 'not-found'],
    [400, said('invalid_request_error', 'Your credit balance is too low to access the API.'), 'quota-exhausted'],
    [400, said('invalid_request_error', 'Invalid `signature` in `thinking` block'), 'seal-refused'],
    [400, said('invalid_request_error', 'thinking.type.enabled is not supported for this model.'), 'bad-request'],
    [403, said('permission_error', 'OAuth token has been revoked.'), 'unauthorized'],
    [429, said('insufficient_quota', 'pay'), 'quota-exhausted'],
    [520, said('api_error', 'Unknown error'), 'upstream'],
    [409, said('conflict_error', 'locked'), 'bad-request'],
    [413, said('request_too_large', 'Request exceeds the maximum size'), 'too-large'],
    [429, said('rate_limit_error', 'slow down'), 'rate-limited'],
    [429, said('rate_limit_error', 'Usage credits are required for fast mode'), 'bad-request'],
    [500, said('api_error', 'Internal server error'), 'upstream'],
    [504, said('timeout_error', 'took too long'), 'timeout'],
    [529, said('overloaded_error', 'Overloaded'), 'overloaded'],
    [429, '{"error":{"message":"busy","type":"tokens","code":"rate_limit_exceeded"}}', 'rate-limited'],
    [422, '{"detail":"nope"}', 'bad-request'],
    // Services beside Anthropic write the same type for everything.
    [401, said('invalid_request_error', 'no'), 'unauthorized'],
    [402, said('invalid_request_error', 'no'), 'quota-exhausted'],
    [403, said('invalid_request_error', 'no'), 'forbidden'],
    [404, said('api_error', 'no'), 'not-found'],
    [406, said('api_error', 'no'), 'bad-request'],
    [408, said('invalid_request_error', 'no'), 'timeout'],
    [429, said('invalid_request_error', 'no'), 'rate-limited'],
    [429, said('api_error', 'no'), 'rate-limited'],
    [499, said('invalid_request_error', 'no'), 'cancelled'],
    [500, said('not_found_error', 'no'), 'upstream'],
    [503, said('invalid_request_error', 'no'), 'overloaded'],
    [500, said('overloaded_error', 'no'), 'overloaded'],
    [400, said('authentication_error', 'no'), 'unauthorized'],
  ])('%i %s is %s', (status, body, kind) => {
    const decoded = error.decode(status, body, {});
    expect(decoded).toMatchObject({ kind, status, facts: { wire: { status, body } } });
    expect(body).toContain(decoded.message);
  });

  it('has a short message where it came with none', () => {
    expect(error.decode(502, '<!DOCTYPE html><html>…', {}).message).toBe(
      'The upstream answered 502 with an HTML page.',
    );
    expect(error.decode(503, '', {})).toMatchObject({
      kind: 'overloaded',
      message: 'The upstream answered 503 with an empty body.',
    });
    expect(error.decode(500, 'x'.repeat(5000), {}).message.length).toBeLessThan(400);
  });

  it.each<[Record<string, string>, string, number | undefined]>([
    [{ 'retry-after': '17' }, '', 17],
    [{ 'retry-after-ms': '1500', 'retry-after': '17' }, '', 1.5],
    [{ 'retry-after': 'Sun, 01 Nov 2026 10:00:30 GMT', date: 'Sun, 01 Nov 2026 10:00:00 GMT' }, '', 30],
    [{}, 'Please try again in 1h 2m 3.5s.', 3723.5],
    [{}, 'retry after 850ms', 0.85],
    [{}, 'no hint', undefined],
  ])('says when to come back: %j %s', (headers, message, seconds) => {
    expect(error.decode(429, said('rate_limit_error', message || 'x'), headers).facts.retryAfter).toBe(seconds);
  });

  it('tells a spent subscription window from a spent window of one model family', () => {
    const date = 'Sun, 01 Nov 2026 10:00:00 GMT';
    const at = (seconds: number): string => String(Date.parse(date) / 1000 + seconds);
    const limits = (windows: Record<string, number>) => ({
      date,
      ...Object.fromEntries(
        Object.entries(windows).flatMap(([window, reset]) => [
          [`anthropic-ratelimit-unified${window}-status`, 'rejected'],
          [`anthropic-ratelimit-unified${window}-reset`, at(reset)],
        ]),
      ),
    });
    const body = said('rate_limit_error', 'limit reached');
    expect(error.decode(429, body, limits({ '-5h': 600, '-7d': 90_000 }))).toMatchObject({
      kind: 'quota-exhausted',
      facts: { retryAfter: 90_000, scope: 'credential' },
    });
    expect(error.decode(429, body, limits({ '-7d_oi': 3600, '': 3600 }))).toMatchObject({
      kind: 'rate-limited',
      facts: { retryAfter: 3600 },
    });
  });

  it('marks the one that is cured by dropping old thinking', () => {
    const body = said('invalid_request_error', 'messages.1.content.0: Invalid `signature` in `thinking` block');
    expect(error.decode(400, body, {})).toMatchObject({
      kind: 'seal-refused',
      facts: { code: 'invalid_thinking_signature' },
    });
  });

  it('says when a usage limit of the account’s own ends, and that it is the whole account’s', () => {
    const message =
      'You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC.';
    const date = 'Mon, 30 Nov 2026 23:00:00 GMT';
    const decoded = error.decode(400, said('invalid_request_error', message), { date });
    expect(decoded).toMatchObject({ kind: 'quota-exhausted', facts: { retryAfter: 3600, scope: 'credential' } });
    expect(error.decode(400, said('invalid_request_error', message), {}).facts.retryAfter).toBeUndefined();
    const disabled = said('invalid_request_error', 'This organization has been disabled.');
    expect(error.decode(400, disabled, {})).toMatchObject({ kind: 'forbidden', facts: { scope: 'credential' } });
    expect(error.decode(403, said('permission_error', 'No access to this model.'), {}).facts.scope).toBeUndefined();
  });

  it('is taken for the way’s fault where Cloudflare sent a page', () => {
    const page = '<!DOCTYPE html><html><title>Just a moment...</title></html>';
    for (const status of [403, 429, 503])
      expect(error.decode(status, page, { 'retry-after': '3' })).toMatchObject({
        kind: 'rate-limited',
        status,
        facts: { scope: 'provider', retryAfter: 10, wire: { status, body: page } },
      });
    expect(error.decode(403, '<html>Forbidden</html>', {}).kind).toBe('forbidden');
    expect(
      error.decode(403, '<html></html>', { 'cf-mitigated': 'challenge', 'retry-after': '60' }).facts.retryAfter,
    ).toBe(60);
  });
});

describe('our refusal', () => {
  it.each(Object.keys(errorKinds) as ErrorKind[])('%s has a body that comes back as an error', (kind) => {
    const { status, body } = error.encode(new GatewayError(kind, 'Because.'));
    expect(body).toMatchObject({ type: 'error', error: { type: expect.stringMatching(/_error$|_large$/) } });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(error.decode(status, JSON.stringify(body), {}).message).toContain('Because.');
  });

  it('says too long in the words that Claude clients act on, and 529 for 503', () => {
    const { body } = error.encode(new GatewayError('context-overflow', 'maximum context length is 8192 tokens'));
    expect(asObject(body.error)?.message).toBe('prompt is too long: maximum context length is 8192 tokens');
    expect(error.encode(new GatewayError('overloaded', 'x')).status).toBe(529);
    expect(error.encode(new GatewayError('model-not-found', 'x')).status).toBe(404);
  });
});
