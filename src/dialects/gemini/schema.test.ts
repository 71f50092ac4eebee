import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asArray, asObject, type Json, type JsonObject } from '../../json.ts';
import { allowedKeywords, encodeParameters, encodeSchema } from './schema.ts';
import { decodeSchema } from './schema-decode.ts';

const keywords = [
  ...['$schema', '$id', '$ref', '$defs', '$comment', 'definitions', 'const', 'additionalProperties', 'propertyNames'],
  ...['patternProperties', 'if', 'then', 'else', 'not', 'deprecated', 'x-note', 'minLength', 'maxLength', 'pattern'],
  ...['exclusiveMinimum', 'exclusiveMaximum', 'minItems', 'maxItems', 'uniqueItems', 'format', 'default', 'examples'],
  ...['title', 'nullable', 'oneOf', 'allOf', 'anyOf', 'type', 'enum', 'required', 'properties', 'items', 'prefixItems'],
];

const { schema } = fc.letrec<{ schema: JsonObject }>((tie) => ({
  schema: fc.dictionary(
    fc.constantFrom(...keywords),
    fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.jsonValue({ maxDepth: 1 }),
      fc.constantFrom(
        'string',
        'integer',
        'object',
        'array',
        'null',
        '#',
        '#/$defs/A',
        '#/properties/title',
        'http://x/y',
      ),
      fc.array(fc.constantFrom('string', 'null', 'number', 'A', 'title'), { maxLength: 3 }),
      tie('schema'),
      fc.array(tie('schema'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('A', '$ref', 'title', 'default', '__proto__'), tie('schema'), { maxKeys: 3 }),
    ),
    { maxKeys: 6 },
  ) as fc.Arbitrary<JsonObject>,
}));

/** Every schema position of a result obeys the subset. */
function check(value: JsonObject, where: string): void {
  for (const key of Object.keys(value)) expect(allowedKeywords, `${where}.${key}`).toContain(key);
  const properties = asObject(value.properties) ?? {};
  if (value.anyOf !== undefined) expect(Object.keys(value)).toEqual(['anyOf']);
  else expect(['STRING', 'NUMBER', 'INTEGER', 'BOOLEAN', 'ARRAY', 'OBJECT']).toContain(value.type);
  for (const name of asArray(value.required) ?? []) expect(Object.hasOwn(properties, String(name))).toBe(true);
  for (const word of asArray(value.enum) ?? []) expect(typeof word).toBe('string');
  if (value.enum !== undefined) expect(value.type).toBe('STRING');
  if (value.type === 'ARRAY') expect(value.items).toBeDefined();
  for (const [name, inner] of Object.entries(properties)) check(inner as JsonObject, `${where}.properties.${name}`);
  if (value.items !== undefined) check(value.items as JsonObject, `${where}.items`);
  for (const branch of asArray(value.anyOf) ?? []) check(branch as JsonObject, `${where}.anyOf`);
}

describe('the down-leveller', () => {
  it('keeps to the subset whatever it is given', () => {
    fc.assert(
      fc.property(schema, (given) => {
        check(encodeSchema(given), 'schema');
        const parameters = encodeParameters(given);
        if (!parameters) return;
        check(parameters, 'parameters');
        expect(parameters.type).toBe('OBJECT');
        expect(parameters.properties).toBeDefined();
      }),
      { numRuns: 300 },
    );
  });

  it('keeps every property, however it is named', () => {
    const names = fc.uniqueArray(fc.oneof(fc.constantFrom(...keywords, '__proto__'), fc.string()), { minLength: 1 });
    fc.assert(
      fc.property(names, (given) => {
        const properties = Object.fromEntries(given.map((name) => [name, { type: 'string', $comment: 'x' }]));
        const encoded = encodeParameters({ type: 'object', properties, required: [...given, 'absent'] });
        expect(Object.keys(asObject(encoded?.properties) ?? {}).toSorted()).toEqual(Object.keys(properties).toSorted());
        expect(encoded?.required).toEqual(given);
      }),
    );
  });

  it('reads what it wrote', () => {
    fc.assert(
      fc.property(schema, (given) => {
        const once = encodeSchema(given);
        expect(encodeSchema(decodeSchema(once))).toEqual(once);
      }),
      { numRuns: 200 },
    );
  });

  it('moves into words what the subset cannot say', () => {
    const encoded = encodeSchema({
      type: 'object',
      properties: {
        count: { type: ['integer', 'null'], exclusiveMinimum: 0, maximum: 9, default: 3, description: 'How many.' },
        mail: { type: 'string', format: 'email', maxLength: 80 },
        size: { type: 'integer', enum: [1, 2] },
        kind: { enum: ['a', null] },
        on: { const: true },
        tags: { type: 'array', uniqueItems: true },
        env: { type: 'object', additionalProperties: { type: 'string' } },
        any: {},
      },
      required: ['count', 'gone'],
      additionalProperties: false,
    });
    expect(encoded).toEqual({
      type: 'OBJECT',
      properties: {
        count: { type: 'INTEGER', description: 'How many. (may be null; greater than 0; default 3)', maximum: 9 },
        mail: { type: 'STRING', description: '(format email; at most 80 characters)' },
        size: { type: 'INTEGER', description: '(one of 1, 2)' },
        kind: { type: 'STRING', enum: ['a'], description: '(may be null)' },
        on: { type: 'BOOLEAN', description: '(one of true)' },
        tags: {
          type: 'ARRAY',
          items: { type: 'STRING', description: 'Any JSON value.' },
          description: '(items are unique)',
        },
        env: { type: 'OBJECT', description: '(further members allowed, each of type string)' },
        any: { type: 'STRING', description: '(any JSON value)' },
      },
      required: ['count'],
    });
  });

  it('writes references out, cuts cycles, and merges what is combined', () => {
    const encoded = encodeParameters({
      $defs: {
        Node: { type: 'object', properties: { name: { $ref: '#/$defs/Name' }, next: { $ref: '#/$defs/Node' } } },
        Name: { type: 'string', minLength: 1 },
      },
      allOf: [{ properties: { root: { $ref: '#/$defs/Node', description: 'The root.' } }, required: ['root'] }],
      anyOf: [
        { type: 'object', properties: { a: { type: 'string' } }, required: ['a', 'root'] },
        { type: 'object', properties: { b: { anyOf: [{ const: 'x' }, { const: 'y' }, { type: 'null' }] } } },
      ],
    });
    expect(encoded).toEqual({
      type: 'OBJECT',
      properties: {
        a: { type: 'STRING' },
        b: { type: 'STRING', enum: ['x', 'y'], description: '(may be null)' },
        root: {
          type: 'OBJECT',
          description: 'The root.',
          properties: {
            name: { type: 'STRING', description: '(at least 1 characters)' },
            next: { type: 'OBJECT', description: 'Again a Node.' },
          },
        },
      },
      required: ['root'],
    });
  });

  it('keeps real alternatives, with nothing beside them', () => {
    expect(
      encodeSchema({
        description: 'When.',
        oneOf: [{ type: 'string', format: 'date' }, { type: 'integer' }, { type: 'null' }],
      }),
    ).toEqual({
      anyOf: [
        { type: 'STRING', description: 'When. (may be null; format date)' },
        { type: 'INTEGER', description: 'When. (may be null)' },
      ],
    });
  });

  it('is not led into billions of nodes', () => {
    const $defs: Record<string, Json> = { L30: { type: 'string' } };
    for (let level = 0; level < 30; level++) {
      const $ref = `#/$defs/L${level + 1}`;
      $defs[`L${level}`] = { type: 'object', properties: { a: { $ref }, b: { $ref }, c: { $ref } } };
    }
    check(encodeSchema({ $ref: '#/$defs/L0', $defs }), 'schema');
    let deep: JsonObject = { type: 'string' };
    for (let level = 0; level < 3_000; level++) deep = { type: 'array', items: deep };
    check(encodeSchema(deep), 'schema');
    expect(JSON.stringify(decodeSchema(deep)).length).toBeLessThan(3_000);
  });

  it('says nothing of a tool without arguments', () => {
    expect(encodeParameters({ type: 'object', properties: {} })).toBeUndefined();
    expect(encodeParameters({})).toBeUndefined();
  });
});
