import { describe, expect, it } from 'vitest';
import { type ErrorKind, errorKinds, GatewayError } from '../errors.ts';
import { decodeOpenAiError, encodeOpenAiError, findOpenAiError } from './openai-error.ts';

const wrap = (error: object): string => JSON.stringify({ error });
type Case = readonly [status: number, body: string, kind: ErrorKind, message?: RegExp];

describe('decodeOpenAiError', () => {
  const cases: readonly Case[] = [
    [400, wrap({ message: 'bad field', type: 'invalid_request_error', param: 'x' }), 'bad-request', /^bad field$/],
    [
      400,
      wrap({ message: "This model's maximum context length is 8192 tokens", type: 'invalid_request_error' }),
      'context-overflow',
    ],
    [400, wrap({ message: 'exceeded model token limit: 131072', type: 'invalid_request_error' }), 'context-overflow'],
    [400, wrap({ message: 'x', code: 'context_too_large' }), 'context-overflow'],
    [
      422,
      '{"detail":[{"loc":["body","messages",0],"msg":"field required"}]}',
      'bad-request',
      /^body\.messages\.0: field required$/,
    ],
    [400, '{"detail":"Unsupported parameter: x"}', 'bad-request', /Unsupported parameter: x/],
    [400, `{"detail":"The 'o9' model is not supported when using Codex with a ChatGPT account."}`, 'model-not-found'],
    [400, wrap({ message: 'The requested model is not supported.', code: 'model_not_supported' }), 'model-not-found'],
    [422, wrap({ message: 'model gpt-9 is not supported' }), 'model-not-found'],
    [400, wrap({ message: "'temperature' is not supported with this model." }), 'bad-request'],
    [400, wrap({ message: 'Function calling for this model is not supported.' }), 'bad-request'],
    [400, wrap({ message: 'Invalid request for model gpt-5: unknown parameter foo' }), 'bad-request'],
    [400, wrap({ message: 'x', code: 'invalid_encrypted_content' }), 'seal-refused'],
    [400, wrap({ message: 'The encrypted content gAAA could not be verified.' }), 'seal-refused'],
    [400, wrap({ message: 'x', code: 'previous_response_not_found', param: 'previous_response_id' }), 'bad-request'],
    [500, wrap({ message: 'x', code: 'invalid_value' }), 'bad-request'],
    [429, wrap({ message: 'x', code: 'invalid_value' }), 'rate-limited'],
    [402, wrap({ message: 'x', code: 'invalid_request_error' }), 'quota-exhausted'],
    [413, wrap({ message: 'x', code: 'message_too_big' }), 'too-large'],
    [400, wrap({ message: 'x', code: 'invalid_grant' }), 'unauthorized'],
    [403, wrap({ message: 'Key limit exceeded (total limit)' }), 'quota-exhausted'],
    [403, wrap({ message: 'free allocated quota exceeded', code: 'x' }), 'quota-exhausted'],
    [429, wrap({ message: 'Insufficient balance or no resource package.', code: '1113' }), 'quota-exhausted'],
    [403, wrap({ message: 'Your input was flagged', code: 403 }), 'bad-request'],
    [404, wrap({ message: "Item with id 'rs_1' not found.", param: 'input' }), 'bad-request'],
    [404, wrap({ message: 'Nothing here', param: 'file_id' }), 'bad-request'],
    [406, wrap({ message: 'Not acceptable' }), 'bad-request'],
    [425, '{}', 'upstream'],
    [520, 'error code: 520', 'upstream'],
    [524, '{}', 'upstream'],
    [526, '<html></html>', 'upstream'],
    [400, wrap({ message: 'no', code: 'content_policy_violation' }), 'bad-request'],
    [400, wrap({ message: 'Model Not Exist', type: 'invalid_request_error' }), 'model-not-found'],
    [401, '{"error":"Unauthorized"}', 'unauthorized', /^Unauthorized$/],
    [402, wrap({ message: 'Insufficient Balance' }), 'quota-exhausted'],
    [403, '{"message":"no","code":"denied"}', 'forbidden', /^no$/],
    [404, wrap({ message: 'The model `q` does not exist', code: 'model_not_found' }), 'model-not-found'],
    [404, '{"detail":"Not Found"}', 'not-found'],
    [408, '', 'timeout', /with an empty body/],
    [409, wrap({ message: 'busy' }), 'bad-request'],
    [413, wrap({ message: 'too big' }), 'too-large'],
    [429, wrap({ message: 'slow', type: 'tokens', code: 'rate_limit_exceeded' }), 'rate-limited'],
    [429, wrap({ message: 'pay', code: 'insufficient_quota' }), 'quota-exhausted'],
    [429, wrap({ message: 'pay', type: 'exceeded_current_quota_error' }), 'quota-exhausted'],
    [429, wrap({ message: 'full', type: 'engine_overloaded_error' }), 'overloaded'],
    [429, wrap({ message: 'no plan', type: 'usage_not_included' }), 'forbidden'],
    [
      400,
      wrap({ message: 'Selected model is at capacity. Please try a different model.', type: 'server_error' }),
      'overloaded',
    ],
    [500, wrap({ message: 'Selected model is at capacity.', type: 'server_error' }), 'overloaded'],
    [500, wrap({ message: 'oops', type: 'server_error' }), 'upstream'],
    [502, '<html><body>Bad gateway</body></html>', 'upstream', /^The upstream answered 502 with an HTML page\.$/],
    [503, 'upstream connect error', 'overloaded', /upstream connect error/],
    [529, '{}', 'overloaded', /without saying why/],
    [400, '[{"error":{"code":400,"message":"bad","status":"INVALID_ARGUMENT"}}]', 'bad-request', /^bad$/],
  ];
  it.each(cases.map((row) => ({ row })))('$row', ({ row: [status, body, kind, message] }) => {
    const error = decodeOpenAiError(status, body, {});
    expect(error.kind).toBe(kind);
    expect(error.status).toBe(status);
    expect(error.facts.wire).toEqual({ status, body, headers: {} });
    if (message) expect(error.message).toMatch(message);
  });

  it('reads how long to wait, the most trusted place first', () => {
    const wait = (body: string, headers: Record<string, string> = {}) =>
      decodeOpenAiError(429, body, headers).facts.retryAfter;
    const date = 'Thu, 01 Jan 2026 00:00:00 GMT';
    const now = Date.parse(date) / 1000;
    expect(wait(wrap({ type: 'usage_limit_reached', resets_at: now + 90, resets_in_seconds: 5 }), { date })).toBe(90);
    expect(wait(wrap({ type: 'usage_limit_reached', resets_at: now + 90, resets_in_seconds: 5 }))).toBe(5);
    expect(wait('', { 'retry-after-ms': '1500', 'retry-after': '9' })).toBe(1.5);
    expect(wait('', { 'retry-after': '7' })).toBe(7);
    expect(wait('', { 'retry-after': 'Thu, 01 Jan 2026 00:01:00 GMT', date })).toBe(60);
    expect(wait('', { 'x-ratelimit-reset-requests': '6m0s', 'x-ratelimit-remaining-requests': '0' })).toBe(360);
    expect(wait('', { 'x-ratelimit-reset-requests': '6m0s', 'x-ratelimit-remaining-requests': '4' })).toBeUndefined();
    expect(wait('', { 'x-ratelimit-reset': String((now + 30) * 1000), date })).toBe(30);
    expect(wait(wrap({ message: 'Please try again in 7.2s.' }))).toBe(7.2);
    expect(wait(wrap({ message: 'Please try again in 850ms.' }))).toBeCloseTo(0.85);
    expect(wait(wrap({ message: 'Rate limited, retry after 2 minutes' }))).toBe(120);
    expect(wait(wrap({ message: 'quota resets in 1h2m3.5s' }))).toBe(3723.5);
    expect(wait(wrap({ message: 'Limit 30000, used 29000, requested 2000.' }))).toBeUndefined();
  });

  it('reads the resets that services name in other words, and never a negative wait', () => {
    const date = 'Thu, 01 Jan 2026 00:00:00 GMT';
    const now = Date.parse(date) / 1000;
    const wait = (error: object, headers: Record<string, string> = {}) =>
      decodeOpenAiError(429, wrap(error), { date, ...headers }).facts.retryAfter;
    expect(wait({ resets_at: '2026-01-01T00:02:00Z' })).toBe(120);
    expect(wait({ reset_time: now + 5 })).toBe(5);
    expect(wait({ metadata: { retry_after_seconds: 8 } })).toBe(8);
    expect(wait({ details: [{ retryDelay: '37s' }] })).toBe(37);
    expect(wait({ resets_at: now - 90 })).toBe(0);
    expect(wait({ resets_in_seconds: -5 })).toBe(0);
    expect(wait({ metadata: { headers: { 'X-RateLimit-Reset': String((now + 30) * 1000) } } })).toBe(30);
    const plan = { 'x-codex-primary-used-percent': '100.0', 'x-codex-primary-reset-at': String(now + 600) };
    expect(wait({ type: 'usage_limit_reached' }, plan)).toBe(600);
    expect(wait({ message: 'x' }, { ...plan, 'x-codex-primary-used-percent': '40' })).toBeUndefined();
  });

  it('says whose limit it is', () => {
    const scope = (status: number, error: object) => decodeOpenAiError(status, wrap(error), {}).facts.scope;
    expect(scope(429, { code: 'insufficient_quota' })).toBe('credential');
    expect(scope(429, { type: 'usage_limit_reached' })).toBe('credential');
    expect(scope(402, {})).toBe('credential');
    expect(scope(403, { message: 'Country, region, or territory not supported' })).toBe('credential');
    expect(scope(429, { code: 'rate_limit_exceeded' })).toBeUndefined();
    expect(decodeOpenAiError(429, '<html>cloudflare</html>', {}).facts).toMatchObject({
      scope: 'provider',
      retryAfter: 10,
    });
  });

  it('keeps what Codex shows of a spent window', () => {
    const body = wrap({ type: 'usage_limit_reached', message: 'spent', plan_type: 'plus', resets_in_seconds: 60 });
    const error = decodeOpenAiError(429, body, {});
    expect(error.kind).toBe('quota-exhausted');
    expect(encodeOpenAiError(error)).toEqual({
      status: 429,
      body: {
        error: {
          plan_type: 'plus',
          resets_in_seconds: 60,
          message: 'spent',
          type: 'usage_limit_reached',
          param: null,
          code: 'usage_limit_reached',
        },
      },
    });
  });
});

describe('findOpenAiError', () => {
  it('finds errors that came with status 200, whatever their shape', () => {
    expect(findOpenAiError({ error: { message: 'slow', code: 429 } })).toMatchObject({
      kind: 'rate-limited',
      status: 429,
    });
    expect(findOpenAiError({ error: { message: 'boom', type: 'server_error' } })?.kind).toBe('upstream');
    expect(findOpenAiError({ error: 'boom' })).toMatchObject({ kind: 'upstream', message: 'boom' });
    expect(findOpenAiError({ base_resp: { status_code: 1008, status_msg: 'insufficient balance' } })?.kind).toBe(
      'quota-exhausted',
    );
    expect(findOpenAiError({ object: 'error', message: 'no', code: 400 })?.kind).toBe('bad-request');
    expect(findOpenAiError({ message: 'no', type: 'overloaded_error' }, true)?.kind).toBe('overloaded');
    expect(findOpenAiError({}, true)?.kind).toBe('upstream');
  });

  it('finds none in a good reply', () => {
    expect(findOpenAiError({ error: null, choices: [] })).toBeUndefined();
    expect(findOpenAiError({ base_resp: { status_code: 0, status_msg: '' }, id: 'x' })).toBeUndefined();
    expect(findOpenAiError({ message: 'not an error by itself' })).toBeUndefined();
  });
});

describe('encodeOpenAiError', () => {
  it.each(Object.keys(errorKinds) as ErrorKind[])(
    'has a body for %s that decodes to a kind with the same meaning',
    (kind) => {
      const { status, body } = encodeOpenAiError(new GatewayError(kind, 'words'));
      expect(status).toBe(errorKinds[kind].status);
      expect(body.error).toMatchObject({ message: 'words', param: null });
      const same: Partial<Record<ErrorKind, ErrorKind>> = {
        internal: 'upstream',
        unavailable: 'overloaded',
        unreachable: 'upstream',
      };
      expect(decodeOpenAiError(status, JSON.stringify(body), {}).kind).toBe(same[kind] ?? kind);
    },
  );

  it('shows the facts of the error', () => {
    const error = new GatewayError('bad-request', 'no threads', {
      param: 'thread',
      code: 'thread_unsupported',
      details: { error_code: 'thread_unsupported_request' },
    });
    expect(encodeOpenAiError(error).body.error).toEqual({
      error_code: 'thread_unsupported_request',
      message: 'no threads',
      type: 'invalid_request_error',
      param: 'thread',
      code: 'thread_unsupported',
    });
  });
});
