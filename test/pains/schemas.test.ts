// One down-leveller of schemas per target, used from every source: whatever schema a client sends with a tool, the service takes it.
// Named after what users of gateways suffered from.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dialectOf } from '../../src/dialects/index.ts';
import { repair } from '../../src/ir/repair.ts';
import { type JsonObject, parseObject } from '../../src/json.ts';
import { verdict } from '../../src/simulator/testing.ts';
import { targetFor } from '../support/fixtures.ts';
import { bodyOf } from '../support/talk.ts';
import { upstreams } from '../support/upstreams.ts';

fc.configureGlobal({ seed: 20_261_122 });

const scalar = fc.oneof(fc.string({ maxLength: 4 }), fc.integer(), fc.boolean(), fc.constant(null));
const type = fc.constantFrom('string', 'number', 'integer', 'boolean', 'null');
const name = fc.constantFrom('a', 'b', 'type', 'items', 'enum', 'x-y', '$ref', 'ünï');

const { schema } = fc.letrec<{ schema: JsonObject }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.record(
      {
        type: fc.oneof(type, fc.uniqueArray(type, { minLength: 1, maxLength: 3 })),
        description: fc.string({ maxLength: 8 }),
        enum: fc.array(scalar, { minLength: 1, maxLength: 3 }),
        const: scalar,
        default: scalar,
        examples: fc.array(scalar, { maxLength: 2 }),
        pattern: fc.constant('^[a-z]+$'),
        format: fc.constantFrom('uri', 'date-time', 'int64', 'email'),
        minLength: fc.nat(3),
        exclusiveMinimum: fc.integer(),
        multipleOf: fc.constant(0.5),
        nullable: fc.boolean(),
      },
      { requiredKeys: ['type'] },
    ),
    fc.record(
      { type: fc.constant('array'), items: tie('schema'), uniqueItems: fc.boolean() },
      { requiredKeys: ['type'] },
    ),
    fc.record({ $ref: fc.constantFrom('#/$defs/node', '#/$defs/gone', '#', 'https://example.com/s.json') }),
    fc.record({ anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }) }),
    fc.record(
      { oneOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }), not: tie('schema') },
      { requiredKeys: ['oneOf'] },
    ),
    fc.record({ allOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }) }),
    fc.record(
      {
        type: fc.constant('object'),
        properties: fc.dictionary(name, tie('schema'), { maxKeys: 3 }),
        required: fc.array(name, { maxLength: 2 }),
        additionalProperties: fc.oneof(fc.boolean(), tie('schema')),
        patternProperties: fc.dictionary(fc.constant('^x'), tie('schema'), { maxKeys: 1 }),
        title: fc.string({ maxLength: 4 }),
      },
      { requiredKeys: ['type'] },
    ),
  ) as fc.Arbitrary<JsonObject>,
}));

const root = fc.record(
  {
    $schema: fc.constant('http://json-schema.org/draft-07/schema#'),
    type: fc.constant('object'),
    properties: fc.dictionary(name, schema, { maxKeys: 4 }),
    required: fc.array(name, { maxLength: 2 }),
    additionalProperties: fc.boolean(),
    $defs: fc.record({ node: schema }),
    anyOf: fc.array(schema, { minLength: 1, maxLength: 2 }),
  },
  { requiredKeys: ['type'] },
) as fc.Arbitrary<JsonObject>;

const paths = {
  'openai-chat': '/v1/chat/completions',
  'openai-responses': '/v1/responses',
  'anthropic-messages': '/v1/messages',
  gemini: '/v1beta/models/gemini-3.1-pro-preview:generateContent',
} as const;

describe('15: schemas that a service takes only in part', () => {
  it.each(upstreams)('any schema of a tool is one that %s takes', (upstream) => {
    const target = dialectOf(upstream);
    const source = dialectOf('openai-chat');
    fc.assert(
      fc.property(root, (parameters) => {
        const body = bodyOf['openai-chat']({ tools: [{ name: 'f', schema: parameters }], said: [{ user: 'Go.' }] });
        const decoded = source.request.decode({ model: 'm', ...body }, () => undefined);
        const { request } = repair(decoded, target, targetFor(target), () => undefined);
        const sent = parseObject(JSON.stringify(target.request.encode(request, targetFor(target), () => undefined)));
        expect(verdict(paths[upstream], sent ?? {})).toBe('200');
      }),
      { numRuns: 300 },
    );
  });
});
