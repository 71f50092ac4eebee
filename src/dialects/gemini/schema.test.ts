import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asArray, asObject, type Json, type JsonObject } from '../../json.ts';
import { allowedKeywords, encodeParameters, encodeSchema, plainKeywords, schemaMember } from './schema.ts';
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

const subsetTypes = ['STRING', 'NUMBER', 'INTEGER', 'BOOLEAN', 'ARRAY', 'OBJECT'];
const plainTypes = [...subsetTypes.map((type) => type.toLowerCase()), undefined];

/** A result obeys the form under whose name it is sent. */
function checkSent(encoded: JsonObject, where: string): void {
  const { own, plain } = schemaMember('own', 'plain', encoded);
  if (own) check(own as JsonObject, where);
  else check(plain as JsonObject, where, [...allowedKeywords, ...plainKeywords], plainTypes);
}

/** Every schema position of a result obeys the subset. */
function check(
  value: JsonObject,
  where: string,
  keywords: readonly string[] = allowedKeywords,
  types: readonly (string | undefined)[] = subsetTypes,
): void {
  for (const key of Object.keys(value)) expect(keywords, `${where}.${key}`).toContain(key);
  const properties = asObject(value.properties) ?? {};
  if (value.anyOf !== undefined) expect(Object.keys(value)).toEqual(['anyOf']);
  else expect(types).toContain(value.type);
  for (const name of asArray(value.required) ?? []) expect(Object.hasOwn(properties, String(name))).toBe(true);
  for (const word of asArray(value.enum) ?? []) expect(typeof word).toBe('string');
  if (value.enum !== undefined) expect(String(value.type).toUpperCase()).toBe('STRING');
  if (value.type === 'ARRAY') expect(value.items).toBeDefined();
  for (const inner of nestedIn(value)) check(inner, `${where}.…`, keywords, types);
}

function nestedIn(value: JsonObject): JsonObject[] {
  const single = [value.items, value.additionalProperties].filter((inner) => inner !== undefined);
  const lists = [...(asArray(value.anyOf) ?? []), ...(asArray(value.prefixItems) ?? [])];
  return [...Object.values(asObject(value.properties) ?? {}), ...single, ...lists] as JsonObject[];
}

describe('the down-leveller', () => {
  it('keeps to the subset whatever it is given', () => {
    fc.assert(
      fc.property(schema, (given) => {
        checkSent(encodeSchema(given), 'schema');
        const parameters = encodeParameters(given);
        if (!parameters) return;
        checkSent(parameters, 'parameters');
        expect(parameters.type).toBe('OBJECT');
        expect(parameters.properties ?? parameters.additionalProperties).toBeDefined();
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
        tags: { type: 'array', items: { type: 'string' }, uniqueItems: true },
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
        tags: { type: 'ARRAY', items: { type: 'STRING' }, description: '(items are unique)' },
      },
      required: ['count'],
    });
  });

  it('goes as JSON Schema where the subset would turn it into something else', () => {
    const any = { type: 'object', properties: { a: {}, size: { type: 'integer', minimum: 1 } }, required: ['a'] };
    const sent = (schema: JsonObject) => schemaMember('parameters', 'json', encodeParameters(schema) ?? {});
    expect(sent(any)).toEqual({
      json: {
        type: 'object',
        properties: { a: {}, size: { type: 'integer', minimum: 1 } },
        required: ['a'],
      },
    });
    expect(
      sent({ properties: { at: { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }] } } }),
    ).toEqual({
      json: {
        type: 'object',
        properties: { at: { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }] } },
      },
    });
    expect(sent({ type: 'object', additionalProperties: { type: 'array', items: { type: 'string' } } })).toEqual({
      json: { type: 'object', additionalProperties: { type: 'array', items: { type: 'string' } } },
    });
    expect(sent({ properties: { a: { type: 'string' } } })).toEqual({
      parameters: { type: 'OBJECT', properties: { a: { type: 'STRING' } } },
    });
  });

  it('says in words what no form of a schema can demand here', () => {
    const encoded = encodeParameters({
      type: 'object',
      $defs: { Short: { type: 'string', maxLength: 3 } },
      properties: {
        a: { type: 'string', not: { $ref: '#/$defs/Short' } },
        b: { type: 'array', items: { type: 'string' }, contains: { const: 'x' } },
      },
      if: { required: ['a'] },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { required: ['b'] },
      dependentRequired: { b: ['a'] },
      propertyNames: { pattern: '^[a-z]$' },
      anyOf: [{ required: ['a'] }, { required: ['b'] }],
    });
    expect(encoded).toEqual({
      type: 'OBJECT',
      properties: {
        a: { type: 'STRING', description: '(not {"type":"string","maxLength":3})' },
        b: { type: 'ARRAY', items: { type: 'STRING' }, description: '(contains an item that is {"const":"x"})' },
      },
      description:
        'Must have a, or b. (if {"required":["a"]}; then {"required":["b"]}; members that demand others: {"b":["a"]}; ' +
        'names of members are {"pattern":"^[a-z]$"})',
    });
  });

  it('keeps every kind of a member that the alternatives of a root describe differently', () => {
    const kind = (word: string, member: string) => ({
      type: 'object',
      properties: { kind: { const: word }, [member]: { type: 'string' } },
      required: ['kind', member],
    });
    expect(encodeParameters({ oneOf: [kind('a', 'x'), kind('b', 'y')] })).toEqual({
      type: 'OBJECT',
      description: 'Must have kind and x, or kind and y.',
      properties: { kind: { type: 'STRING', enum: ['a', 'b'] }, x: { type: 'STRING' }, y: { type: 'STRING' } },
      required: ['kind'],
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
    checkSent(encodeSchema(deep), 'schema');
    expect(JSON.stringify(decodeSchema(deep)).length).toBeLessThan(3_000);
  });

  it('says by the order of its members in which order they are to be written', () => {
    const decoded = decodeSchema({
      type: 'OBJECT',
      property_ordering: ['why', 'constructor', 'answer'],
      properties: { answer: { type: 'STRING' }, more: { type: 'STRING' }, why: { type: 'STRING' } },
    });
    expect(Object.keys(asObject(decoded.properties) ?? {})).toEqual(['why', 'answer', 'more']);
    expect(Object.keys(decoded)).toEqual(['type', 'properties']);
  });

  it('says nothing of a tool without arguments', () => {
    expect(encodeParameters({ type: 'object', properties: {} })).toBeUndefined();
    expect(encodeParameters({})).toBeUndefined();
  });
});
