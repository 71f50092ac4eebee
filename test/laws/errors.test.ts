// Every kind of error has a body in every dialect, and a gateway behind this one understands it.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dialects } from '../../src/dialects/index.ts';
import { type ErrorKind, errorKinds, GatewayError, toGatewayError } from '../../src/errors.ts';
import { collect } from '../../src/ir/fold.ts';
import { asObject } from '../../src/json.ts';
import { contextFor, eventsOf } from '../support/fixtures.ts';

/**
 * Kinds that mean the same to whoever decides what to do next: whose fault it is, whether to ask elsewhere, whether to wait. The first is
 * preferred; vendors have no words for the difference.
 */
const sameSense: Readonly<Record<ErrorKind, readonly ErrorKind[]>> = {
  'bad-request': ['bad-request'],
  'model-not-found': ['model-not-found', 'not-found', 'bad-request'],
  'context-overflow': ['context-overflow', 'bad-request'],
  'seal-refused': ['seal-refused', 'bad-request'],
  unauthorized: ['unauthorized'],
  'quota-exhausted': ['quota-exhausted'],
  forbidden: ['forbidden'],
  // A missing thing that a parameter names is the request's own fault.
  'not-found': ['not-found', 'model-not-found', 'bad-request'],
  'too-large': ['too-large'],
  'rate-limited': ['rate-limited'],
  // An upstream that gives up on a request whose client is still there has failed.
  cancelled: ['cancelled', 'upstream'],
  internal: ['internal', 'upstream'],
  unsupported: ['unsupported', 'bad-request'],
  upstream: ['upstream', 'internal'],
  unreachable: ['unreachable', 'upstream', 'internal'],
  unavailable: ['unavailable', 'overloaded'],
  overloaded: ['overloaded', 'unavailable'],
  timeout: ['timeout'],
};
const kinds = Object.keys(errorKinds) as readonly ErrorKind[];

describe.each(dialects.map((dialect) => [dialect.id, dialect] as const))('%s', (_id, dialect) => {
  it.each(kinds)('says %s with its status and message, and reads it back in the same sense', (kind) => {
    const error = new GatewayError(kind, 'The sky fell on request 7.', {
      param: 'sky',
      code: 'sky_fell',
      retryAfter: 30,
    });
    const { status, body } = dialect.error.encode(error);
    expect(statusesOf(error)).toContain(status);
    expect(JSON.stringify(body)).toContain('The sky fell on request 7.');
    const back = dialect.error.decode(status, JSON.stringify(body), {});
    expect(sameSense[kind]).toContain(back.kind);
    expect(back.message).toContain('The sky fell on request 7.');
    expect(back.facts.wire?.body).toBe(JSON.stringify(body));
  });

  it('keeps the status that upstream gave', () => {
    const { status } = dialect.error.encode(new GatewayError('upstream', 'Odd.', { status: 520 }));
    expect([520, 502, 500]).toContain(status);
  });

  it.each(kinds)('says %s within a stream as a failure of the same sense', (kind) => {
    const context = contextFor(dialect);
    const encode = dialect.stream.encoder(context);
    const error = new GatewayError(kind, 'The sky fell.');
    const frames = [
      ...encode({ type: 'start', id: 'x', model: 'demo' }),
      ...encode({ type: 'part-start', index: 0, part: { type: 'text' } }),
      ...encode({ type: 'part-delta', index: 0, text: 'Half a sen' }),
      ...encode({ type: 'part-end', index: 0 }),
      ...encode({ type: 'failure', error }),
    ];
    const events = eventsOf(dialect.stream.decoder({ maker: dialect.maker }), frames);
    const failure = failureOf(() => collect(events));
    expect(failure.message).toContain('The sky fell.');
    // A stream has no status line: what is only told apart by it may come back as the upstream's fault, which is retried.
    expect([...sameSense[kind], 'upstream', 'bad-request', 'overloaded']).toContain(failure.kind);
    if (kind === 'upstream' || kind === 'overloaded' || kind === 'timeout')
      expect(failure.kind).not.toBe('bad-request');
  });

  it.each([
    ['an HTML page', 502, '<html><body>Bad gateway</body></html>', 'upstream'],
    ['nothing', 503, '', 'overloaded'],
    ['plain text', 401, 'No key.', 'unauthorized'],
    ['JSON of another shape', 429, '{"detail":"Slow down"}', 'rate-limited'],
    ['a list', 500, '[1]', 'upstream'],
    ['an error that is a string', 400, '{"error":"Broken"}', 'bad-request'],
  ] as const)('understands an answer that is %s', (_what, status, text, kind) => {
    const error = dialect.error.decode(status, text, { 'retry-after': '7' });
    const near: readonly ErrorKind[] = sameSense[kind];
    expect(near).toContain(error.kind);
    expect(error.message).not.toBe('');
    expect(error.message).not.toContain('<html');
    expect(error.facts.retryAfter).toBe(7);
    expect(error.facts.wire).toMatchObject({ status, body: text });
  });

  it('shows details where an error carries them', () => {
    const details = { error_code: 'thread_unsupported_request', unsupported: ['thread'] };
    const { body } = dialect.error.encode(new GatewayError('bad-request', 'No threads.', { details }));
    expect(JSON.stringify(asObject(body.error))).toContain('thread_unsupported_request');
  });
});

const waits = fc.oneof(
  fc.double(),
  fc.maxSafeInteger(),
  fc.string(),
  fc.date().map(String),
  fc.json(),
  fc.constant('-5'),
);

describe('waits', () => {
  it.each(dialects)('$id tells a number of seconds, whatever an upstream says of them', (dialect) => {
    const told = fc.record({
      message: fc.oneof(waits, fc.constant('Please try again in 1e999s, or reset after -3h')),
      resets_at: waits,
      resets_in_seconds: waits,
      metadata: fc.record({ retry_after_seconds: waits, quotaResetDelay: waits, quotaResetTimeStamp: waits }),
      details: fc.array(fc.record({ retryDelay: waits, metadata: fc.record({ quotaResetDelay: waits }) })),
    });
    const names = ['date', 'retry-after', 'retry-after-ms', 'x-ratelimit-reset', 'x-ratelimit-reset-requests'];
    const headers = fc.dictionary(fc.constantFrom(...names, 'anthropic-ratelimit-unified-5h-reset'), waits.map(String));
    fc.assert(
      fc.property(fc.constantFrom(400, 402, 429, 503), told, headers, (status, error, sent) => {
        const found = dialect.error.decode(status, JSON.stringify({ error }), {
          'anthropic-ratelimit-unified-5h-status': 'rejected',
          ...sent,
        });
        const wait = found.facts.retryAfter ?? 0;
        expect([wait, wait >= 0 && Number.isFinite(wait)]).toEqual([wait, true]);
      }),
      { numRuns: 60 },
    );
  });
});

/** Anthropic has a status of its own for overload, and says 404 to an unknown model. */
function statusesOf(error: GatewayError): readonly number[] {
  const own: Partial<Record<ErrorKind, number>> = { overloaded: 529, unavailable: 529, 'model-not-found': 404 };
  return [error.status, own[error.kind] ?? error.status];
}

function failureOf(run: () => unknown): GatewayError {
  try {
    run();
  } catch (error) {
    return toGatewayError(error);
  }
  throw new Error('The stream did not fail.');
}

describe.each(dialects)('a refusal of $id in a shape that is not its own', ({ error }) => {
  it.each([
    '{"detail":[{"loc":["body","messages"],"msg":"Field required","type":"missing"}]}',
    '{"errors":[{"message":"Field required","code":7003}],"success":false}',
    '{"fault":{"faultstring":"Field required"}}',
    '["Field required"]',
  ])('keeps its words: %s', (body) => {
    expect(error.decode(422, body, {}).message).toContain('Field required');
  });

  it.each(['{}', '[]', '{"error":null}', '{"error":""}', '{"code":""}'])('says that there are none: %s', (body) => {
    expect(error.decode(500, body, {}).message).toMatch(/without saying why/);
  });
});
