import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../json.ts';
import { constrainedSchema } from './constrained-schema.ts';

function constrained(schema: JsonObject): { schema: JsonObject | undefined; lost: string[] } {
  const lost: string[] = [];
  return { schema: constrainedSchema(schema, ({ what }) => lost.push(what)), lost };
}

const text = { type: 'string' };
const shut = (properties: JsonObject, more: JsonObject = {}) => ({
  type: 'object',
  properties,
  ...more,
  additionalProperties: false,
});

describe('a schema that output is constrained to', () => {
  it.each<[string, JsonObject, JsonObject]>([
    [
      'tells bounds in words',
      { type: 'integer', description: 'Age.', minimum: 0, maximum: 120 },
      { type: 'integer', description: 'Age. (minimum 0; maximum 120)' },
    ],
    [
      'and lengths, patterns and formats that are not known',
      { type: 'string', minLength: 1, pattern: '^a', format: 'iri' },
      { type: 'string', description: '(minLength 1; pattern "^a"; format "iri")' },
    ],
    ['keeps formats that are known', { type: 'string', format: 'date' }, { type: 'string', format: 'date' }],
    [
      'keeps a least number of items up to one',
      { type: 'array', items: text, minItems: 1 },
      { type: 'array', items: text, minItems: 1 },
    ],
    [
      'but tells a greater one',
      { type: 'array', items: text, minItems: 2 },
      { type: 'array', items: text, description: '(minItems 2)' },
    ],
    ['says oneOf as anyOf', { oneOf: [text, { type: 'null' }] }, { anyOf: [text, { type: 'null' }] }],
    [
      'keeps a note beside branches there',
      { anyOf: [text, { type: 'null' }], default: null, title: 'T' },
      { anyOf: [text, { type: 'null' }], description: '(default null)', title: 'T' },
    ],
    [
      'puts what stands beside branches into each',
      {
        type: 'object',
        properties: { p: text },
        anyOf: [{ properties: { q: text }, required: ['q'] }, { required: ['p'] }],
      },
      { anyOf: [shut({ p: text, q: text }, { required: ['q'] }), shut({ p: text }, { required: ['p'] })] },
    ],
    [
      'makes one of allOf',
      {
        allOf: [
          { type: 'object', properties: { p: text }, required: ['p'] },
          { type: 'object', properties: { q: text }, required: ['q'] },
        ],
      },
      shut({ p: text, q: text }, { required: ['p', 'q'] }),
    ],
    [
      'keeps references, and follows one that something stands beside',
      {
        type: 'object',
        properties: { a: { $ref: '#/$defs/A' }, b: { $ref: '#/$defs/A', description: 'B.' } },
        $defs: { A: { type: 'string', maxLength: 3 } },
      },
      {
        $defs: { A: { type: 'string', description: '(maxLength 3)' } },
        ...shut({ a: { $ref: '#/$defs/A' }, b: { type: 'string', description: 'B. (maxLength 3)' } }),
      },
    ],
    [
      'parts a list of types where members belong to one of them',
      { type: ['object', 'null'], properties: { a: text } },
      { anyOf: [shut({ a: text }), { type: 'null' }] },
    ],
    ['keeps a list of plain types', { type: ['string', 'null'] }, { type: ['string', 'null'] }],
    ['names no list of types beside literals', { type: ['string', 'null'], enum: ['a', null] }, { enum: ['a', null] }],
    [
      'knows a type by what speaks of it',
      { properties: { a: { maximum: 3 } } },
      shut({ a: { type: 'number', description: '(maximum 3)' } }),
    ],
  ])('%s', (_name, schema, expected) => {
    expect(constrained(schema)).toEqual({ schema: expected, lost: [] });
    expect(constrained(expected)).toEqual({ schema: expected, lost: [] });
  });

  it('reports rules that nothing enforces, and objects that were open', () => {
    expect(constrained({ ...text, not: { const: 'x' } })).toEqual({
      schema: { ...text, description: '(not {"const":"x"})' },
      lost: ['schema'],
    });
    expect(constrained({ type: 'object', additionalProperties: text })).toEqual({
      schema: shut({}),
      lost: ['additionalProperties'],
    });
  });

  it.each<[string, JsonObject]>([
    ['recursion', { type: 'object', properties: { next: { $ref: '#' } } }],
    [
      'recursion by turns',
      {
        $ref: '#/$defs/A',
        $defs: {
          A: { type: 'array', items: { $ref: '#/$defs/B' } },
          B: { anyOf: [text, { $ref: '#/$defs/A' }] },
        },
      },
    ],
    ['references out of the schema', { type: 'array', items: { $ref: 'https://example.com/schema.json' } }],
    ['references to nothing', { $ref: '#/$defs/A' }],
    ['values of any kind', { type: 'object', properties: { any: {} } }],
    ['members that cannot be', { type: 'object', properties: {}, required: ['a'] }],
  ])('cannot be for %s', (_name, schema) => {
    expect(constrained(schema)).toEqual({ schema: undefined, lost: [] });
  });
});
