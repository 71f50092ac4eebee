import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { manualClock } from './clock.ts';
import { simulation } from './simulation.ts';

/** Bodies that are nearly requests: the right names with anything under them, a few levels deep. */
const names =
  'model messages input contents role content parts text type tools function name parameters input_schema tool_calls id call_id arguments ' +
  'functionDeclarations functionCall functionResponse response generationConfig thinkingConfig stream tool_choice system instructions ' +
  'thinking signature tool_use_id tool_call_id output summary response_format json_schema schema properties items $ref anyOf max_tokens ' +
  'toolConfig functionCallingConfig mode thoughtSignature user assistant tool function_call reasoning';
const words = names.split(' ');
const { body } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.oneof(
      fc.constantFrom(...words, 'object', 'array', '#', '#sim text 3', ''),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
    ),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...words), tie('value'), { maxKeys: 6 }),
  ),
  body: fc.dictionary(fc.constantFrom(...words), tie('value'), { maxKeys: 8 }),
}));

const paths = [
  '/v1/chat/completions',
  '/v1/responses',
  '/v1/responses/input_tokens',
  '/v1/messages',
  '/v1/messages/count_tokens',
  '/v1beta/models/m:generateContent',
  '/v1beta/models/m:streamGenerateContent',
  '/v1beta/models/m:countTokens',
  '/v1beta/models/m:batchEmbedContents',
  '/v1/embeddings',
  '/_simulator/script',
];

describe('a simulation', () => {
  it.each([true, false])('answers any JSON with 200 or a refusal, and never fails (strict: %s)', (strict) => {
    const service = simulation({ clock: manualClock(), strict });
    fc.assert(
      fc.property(fc.constantFrom(...paths), body, (path, value) => {
        const headers = { 'x-api-key': 'k', 'anthropic-version': '2023-06-01' };
        const steps = [...service.respond({ method: 'POST', path, headers, body: JSON.stringify(value) }).steps];
        const head = steps.find((step) => step.do === 'head');
        expect([200, 400, 404]).toContain(head?.status);
        expect(steps.at(-1)).toEqual({ do: 'end' });
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['a letter', 'xxxx', ''],
    ['a data URL', 'QUJD', 'data:application/pdf;base64,'],
  ])('hears a prompt of eight megabytes, of %s', (_, unit, start) => {
    const content = start + unit.repeat(2_000_000);
    const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content }], max_tokens: 9 });
    const call = {
      method: 'POST',
      path: '/v1/messages',
      headers: { 'x-api-key': 'k', 'anthropic-version': '1' },
      body,
    };
    const [head] = simulation().respond(call).steps;
    expect(head).toMatchObject({ do: 'head', status: 200 });
  });

  it('takes for itself what is not well percent-encoded, in a path as in a reference', () => {
    const schema = { type: 'object', properties: { a: { $ref: '#/$defs/%zz' } }, $defs: { '%zz': { type: 'string' } } };
    const format = { type: 'json_schema', json_schema: { name: 'a', schema } };
    const messages = [{ role: 'user', content: 'Hello' }];
    const calls = [
      ['POST', '/v1beta/models/%zz:generateContent', { contents: [{ role: 'user', parts: [{ text: 'Hello' }] }] }],
      ['GET', '/v1beta/models/%zz', undefined],
      ['POST', '/v1/chat/completions', { model: 'm', messages, response_format: format }],
    ] as const;
    const service = simulation({ clock: manualClock() });
    for (const [method, path, value] of calls) {
      const call = { method, path, headers: { 'x-goog-api-key': 'k' }, body: value ? JSON.stringify(value) : '' };
      expect([...service.respond(call).steps].find((step) => step.do === 'head')?.status).toBe(200);
    }
    expect(service.recorded().map(({ model }) => model)).toEqual(['%zz', '%zz', 'm']);
  });

  it('keeps what instances remember apart', () => {
    const [one, two] = [simulation(), simulation()];
    one.script({ say: 'status 500' });
    const call = { method: 'GET', path: '/v1/models', headers: { 'x-api-key': 'k' }, body: '' };
    const status = (service: typeof one) => [...service.respond(call).steps].find((step) => step.do === 'head')?.status;
    expect([status(two), status(one), status(one)]).toEqual([200, 500, 200]);
    expect([one.recorded().length, two.recorded().length]).toEqual([2, 1]);
    one.reset();
    expect(one.recorded()).toEqual([]);
  });
});
