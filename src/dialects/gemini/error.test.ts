import { describe, expect, it } from 'vitest';
import { type ErrorKind, errorKinds, GatewayError } from '../../errors.ts';
import type { JsonObject } from '../../json.ts';
import { gemini } from './index.ts';

const { error } = gemini;
const rpc = 'type.googleapis.com/google.rpc';

function body(code: number, status: string, message: string, ...details: JsonObject[]): string {
  return JSON.stringify({ error: { code, status, message, details } });
}
const reason = (word: string): JsonObject => ({ '@type': `${rpc}.ErrorInfo`, reason: word });
const retry = (delay: string): JsonObject => ({ '@type': `${rpc}.RetryInfo`, retryDelay: delay });
const quota = (quotaId: string): JsonObject => ({ '@type': `${rpc}.QuotaFailure`, violations: [{ quotaId }] });

describe('decode', () => {
  it('classifies by status, reason and words', () => {
    const cases: [number, string, ErrorKind, number?][] = [
      [400, body(400, 'INVALID_ARGUMENT', 'Unknown name "x"'), 'bad-request'],
      [400, body(400, 'INVALID_ARGUMENT', 'API key not valid.', reason('API_KEY_INVALID')), 'unauthorized'],
      [400, body(400, 'INVALID_ARGUMENT', 'API key expired. Renew it.'), 'unauthorized'],
      [400, body(400, 'FAILED_PRECONDITION', 'User location is not supported'), 'forbidden'],
      [
        400,
        body(400, 'INVALID_ARGUMENT', 'The input token count (9) exceeds the maximum number of tokens allowed (8).'),
        'context-overflow',
      ],
      [401, body(401, 'UNAUTHENTICATED', 'no'), 'unauthorized'],
      [403, body(403, 'PERMISSION_DENIED', 'no', reason('SERVICE_DISABLED')), 'forbidden'],
      [404, body(404, 'NOT_FOUND', 'models/x is not found for API version v1beta'), 'model-not-found'],
      [404, body(404, 'NOT_FOUND', 'Requested entity was not found.'), 'not-found'],
      [403, body(403, 'PERMISSION_DENIED', 'CachedContent not found (or permission denied)'), 'bad-request'],
      [403, body(403, 'PERMISSION_DENIED', 'You may not access the File abc or it may not exist.'), 'bad-request'],
      [400, body(400, 'INVALID_ARGUMENT', 'Thought signature is not valid'), 'seal-refused'],
      [400, body(400, 'INVALID_ARGUMENT', 'Corrupted thought signature.'), 'seal-refused'],
      [400, body(400, 'INVALID_ARGUMENT', 'Function call is missing a thought_signature in part 1'), 'bad-request'],
      [
        503,
        body(503, 'UNAVAILABLE', 'No capacity available for model x', reason('MODEL_CAPACITY_EXHAUSTED')),
        'overloaded',
      ],
      [429, body(429, 'RESOURCE_EXHAUSTED', 'No capacity available for model x'), 'overloaded'],
      [
        429,
        body(429, 'RESOURCE_EXHAUSTED', 'slow', quota('GenerateRequestsPerMinute'), retry('12.5s')),
        'rate-limited',
        12.5,
      ],
      [429, body(429, 'RESOURCE_EXHAUSTED', 'Please retry in 850ms.'), 'rate-limited', 0.85],
      [429, body(429, 'RESOURCE_EXHAUSTED', 'spent', retry('3600s')), 'quota-exhausted', 3600],
      [
        429,
        body(429, 'RESOURCE_EXHAUSTED', 'spent', reason('QUOTA_EXHAUSTED'), {
          metadata: { quotaResetDelay: '1h2m3.5s' },
        }),
        'quota-exhausted',
        3723.5,
      ],
      [429, body(429, 'RESOURCE_EXHAUSTED', 'Quota exceeded, limit: 0, model: x'), 'forbidden'],
      [429, body(429, 'RESOURCE_EXHAUSTED', 'busy', reason('MODEL_CAPACITY_EXHAUSTED')), 'overloaded'],
      [499, body(499, 'CANCELLED', 'cancelled'), 'upstream'],
      [500, body(500, 'INTERNAL', 'oops'), 'upstream'],
      [503, body(503, 'UNAVAILABLE', 'The model is overloaded.'), 'overloaded'],
      [504, body(504, 'DEADLINE_EXCEEDED', 'late'), 'timeout'],
      [200, body(429, 'RESOURCE_EXHAUSTED', 'in a stream'), 'rate-limited'],
      [200, JSON.stringify({ error: { status: 'UNAVAILABLE' } }), 'overloaded'],
    ];
    for (const [status, text, kind, wait] of cases) {
      const decoded = error.decode(status, text, {});
      expect([decoded.kind, decoded.facts.retryAfter], text).toEqual([kind, wait]);
      if (status !== 200) expect(decoded.status).toBe(status);
      expect(decoded.facts.wire).toEqual({ status, body: text, headers: {} });
    }
  });

  it('waits for the end of the day in California where a day is spent', () => {
    const spent = body(429, 'RESOURCE_EXHAUSTED', 'spent', quota('GenerateRequestsPerDayPerProject'), retry('37s'));
    const decoded = error.decode(429, spent, { date: 'Sat, 21 Nov 2026 07:00:00 GMT' });
    expect(decoded.facts).toMatchObject({ retryAfter: 3600, code: 'insufficient_quota' });
    expect(error.decode(429, spent, {}).facts.retryAfter).toBe(37);
  });

  it('says whether a limit is one model’s or the whole project’s', () => {
    const scope = (text: string, status = 429) => error.decode(status, text, {}).facts.scope;
    const limited = (...details: JsonObject[]) => body(429, 'RESOURCE_EXHAUSTED', 'spent', ...details);
    expect(scope(limited(quota('GenerateRequestsPerDayPerProjectPerModel-FreeTier')))).toBe('model');
    expect(scope(limited(quota('GenerateContentPerProjectPerMinute')))).toBe('credential');
    expect(scope(limited(reason('QUOTA_EXHAUSTED'), { metadata: { model: 'gemini-3-pro' } }))).toBe('model');
    expect(scope(limited(reason('INSUFFICIENT_G1_CREDITS_BALANCE')))).toBeUndefined();
    expect(scope(body(403, 'PERMISSION_DENIED', 'no', reason('CONSUMER_SUSPENDED')), 403)).toBe('credential');
    expect(scope(body(403, 'PERMISSION_DENIED', 'no'), 403)).toBeUndefined();
    expect(scope(body(400, 'FAILED_PRECONDITION', 'User location is not supported'), 400)).toBe('credential');
  });

  it('reads the moment of a reset against the answer’s own date', () => {
    const stamped = body(429, 'RESOURCE_EXHAUSTED', 'spent', reason('QUOTA_EXHAUSTED'), {
      metadata: { quotaResetTimeStamp: '2026-11-22T10:30:00Z' },
    });
    const date = 'Sun, 22 Nov 2026 10:00:00 GMT';
    expect(error.decode(429, stamped, { date }).facts.retryAfter).toBe(1800);
    expect(error.decode(429, stamped, { date: 'Sun, 22 Nov 2026 11:00:00 GMT' }).facts.retryAfter).toBe(0);
    expect(error.decode(429, stamped, {}).facts.retryAfter).toBeUndefined();
  });

  it('reads waits from headers', () => {
    const wait = (headers: Record<string, string>) => error.decode(503, '', headers).facts.retryAfter;
    expect(wait({ 'retry-after-ms': '1500', 'retry-after': '9' })).toBe(1.5);
    expect(wait({ 'retry-after': '9' })).toBe(9);
    const date = 'Sun, 22 Nov 2026 10:00:00 GMT';
    expect(wait({ date, 'retry-after': 'Sun, 22 Nov 2026 10:00:30 GMT' })).toBe(30);
    expect(wait({ 'retry-after': 'soon' })).toBeUndefined();
  });

  it('finds the message wherever it hides, and says something short where there is none', () => {
    const nested = JSON.stringify({
      error: { code: 400, message: body(429, 'RESOURCE_EXHAUSTED', 'inner', retry('5s')) },
    });
    expect(error.decode(429, `[${nested}]`, {})).toMatchObject({ message: 'inner', facts: { retryAfter: 5 } });
    expect(error.decode(500, '{"error":"plain"}', {}).message).toBe('plain');
    expect(error.decode(502, '<!DOCTYPE html><html>', {}).message).toBe('The upstream answered 502 with an HTML page.');
    expect(error.decode(502, ' ', {}).message).toBe('The upstream answered 502 with an empty body.');
    expect(error.decode(502, 'bad gateway', {}).message).toBe('The upstream answered 502: bad gateway');
    for (const junk of ['null', '[]', '{}', '{"error":[]}', '{"error":{"details":{"a":1},"message":{}}}', '"x"'])
      expect(error.decode(500, junk, {}).kind).toBe('upstream');
  });
});

describe('encode', () => {
  it('has a body for every kind', () => {
    for (const kind of Object.keys(errorKinds) as ErrorKind[]) {
      const { status, body: made } = error.encode(new GatewayError(kind, 'Why.'));
      expect(made).toEqual({ error: { code: status, message: 'Why.', status: expect.stringMatching(/^[A-Z_]+$/) } });
    }
  });

  it('puts the facts where Google puts them', () => {
    const facts = { code: 'model_not_found', param: 'model', retryAfter: 2, details: { extra: 1 } };
    expect(error.encode(new GatewayError('model-not-found', 'No model x.', facts)).body).toEqual({
      error: {
        extra: 1,
        code: 404,
        message: 'No model x.',
        status: 'NOT_FOUND',
        details: [
          { '@type': `${rpc}.ErrorInfo`, reason: 'MODEL_NOT_FOUND', domain: 'gateway' },
          { '@type': `${rpc}.BadRequest`, fieldViolations: [{ field: 'model', description: 'No model x.' }] },
          { '@type': `${rpc}.RetryInfo`, retryDelay: '2s' },
        ],
      },
    });
  });
});
