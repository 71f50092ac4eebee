import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Body } from '../body.ts';
import type { DialectId } from '../envelope.ts';
import { type Json, parseObject } from '../json.ts';
import type { PayloadMatcher, PayloadRules } from '../routing/payload-rules.ts';
import { applyOverrides, hasRules } from './overrides.ts';
import type { RuleContext } from './payload-matching.ts';

fc.configureGlobal({ seed: 20_261_122 });

const read = (text: string): Body => Body.read(Buffer.from(text));
const everyone: readonly PayloadMatcher[] = [{ name: '*' }];

interface Written {
  readonly defaults?: readonly Readonly<Record<string, Json>>[];
  readonly overrides?: readonly Readonly<Record<string, Json>>[];
  readonly filters?: readonly (readonly string[])[];
}

function rulesOf({ defaults = [], overrides = [], filters = [] }: Written, models = everyone): PayloadRules {
  return {
    defaults: defaults.map((params) => ({ models, params: Object.entries(params) })),
    overrides: overrides.map((params) => ({ models, params: Object.entries(params) })),
    filters: filters.map((params) => ({ models, params })),
  };
}

function contextOf(original: Body, more: Partial<RuleContext> = {}): RuleContext {
  const header = (name: string) => ({ 'x-team': 'red-1' })[name];
  return {
    upstream: 'openai-chat',
    client: 'openai-chat',
    names: ['up', 'base', 'base(high)'],
    header,
    original,
    ...more,
  };
}

function apply(text: string, written: Written, more: Partial<RuleContext> = {}) {
  const body = read(text);
  const { body: made, edits } = applyOverrides(body, rulesOf(written), contextOf(body, more));
  return { text: made.bytes.toString(), edits, same: made === body };
}

describe('defaults', () => {
  it('are set where the client has nothing, and the first rule for a path wins', () => {
    const written = {
      defaults: [
        { temperature: 0.2, 'a.b': 1 },
        { temperature: 0.9, 'a.b': 2, 'a.c': 3 },
      ],
    };
    expect(apply('{ "n": 1.0 }', written)).toEqual({
      text: '{ "n": 1.0,"temperature":0.2,"a":{"b":1,"c":3} }',
      edits: ['payload default set temperature', 'payload default set a.b', 'payload default set a.c'],
      same: false,
    });
    expect(apply('{"temperature":null,"a":{"b":0,"c":0}}', written).same).toBe(true);
    expect(apply('{"temperature":1,"a":{"b":0}}', written).text).toBe('{"temperature":1,"a":{"b":0,"c":3}}');
  });

  it("count what the client's own body had, not what became of it; a translated body counts as it was translated", () => {
    const rules = rulesOf({ defaults: [{ 'reasoning.effort': 'high', top_p: 0.5 }] });
    const original = read('{"top_p":1}');
    const body = read('{"reasoning":{"effort":"low"}}');
    const own = applyOverrides(body, rules, contextOf(original));
    expect(own.body.json).toEqual({ reasoning: { effort: 'high' } });
    const foreign = applyOverrides(body, rules, contextOf(original, { client: 'gemini' }));
    expect(foreign.body.json).toEqual({ reasoning: { effort: 'low' }, top_p: 0.5 });
  });

  it('reach into every element that a query finds and that has nothing there', () => {
    const text = '{"tools":[{"type":"f","strict":false},{"type":"f"},{"type":"g"}]}';
    expect(apply(text, { defaults: [{ 'tools.#(type=="f")#.strict': true }] }).text).toBe(
      '{"tools":[{"type":"f","strict":false},{"type":"f","strict":true},{"type":"g"}]}',
    );
  });
});

describe('overrides', () => {
  it('always set, the last one wins, and what is already so is no edit', () => {
    expect(apply('{"store":true ,"x":1}', { overrides: [{ store: 1 }, { store: false }] }).text).toBe(
      '{"store":false ,"x":1}',
    );
    expect(apply('{"store": false}', { overrides: [{ store: false, 'a.b': { c: [] } }] })).toMatchObject({
      text: '{"store": false,"a":{"b":{"c":[]}}}',
      edits: ['payload override set a.b'],
    });
    expect(apply('{"n":1.5,"o":{"b":2,"a":[1]}}', { overrides: [{ n: 1.5, o: { a: [1], b: 2 } }] }).same).toBe(true);
  });

  it.each<[string, string, Json, string]>([
    ['an index', 'messages.1.role', 'user', '{"messages":[{"role": "a"},{"role":"user"}]}'],
    ['the end', 'messages.-1', 7, '{"messages":[{"role": "a"},{"role": "b"},7]}'],
    [
      'the end of a list that is not there',
      'a.b.-1.c',
      7,
      '{"messages":[{"role": "a"},{"role": "b"}],"a":{"b":[{"c":7}]}}',
    ],
    ['the place behind the last', 'messages.2.x', 7, '{"messages":[{"role": "a"},{"role": "b"},{"x":7}]}'],
    ['a query', 'messages.#(role=="b").role', 'c', '{"messages":[{"role": "a"},{"role":"c"}]}'],
    ['an escaped dot', 'a\\.b.c', 7, '{"messages":[{"role": "a"},{"role": "b"}],"a.b":{"c":7}}'],
    ['an escaped number', 'a.\\0', 7, '{"messages":[{"role": "a"},{"role": "b"}],"a":{"0":7}}'],
    [
      'a name of the prototype',
      '__proto__.polluted',
      true,
      '{"messages":[{"role": "a"},{"role": "b"}],"__proto__":{"polluted":true}}',
    ],
    [
      'another one',
      'constructor.prototype.x',
      1,
      '{"messages":[{"role": "a"},{"role": "b"}],"constructor":{"prototype":{"x":1}}}',
    ],
  ])('reach %s', (_what, path, value, expected) => {
    expect(apply('{"messages":[{"role": "a"},{"role": "b"}]}', { overrides: [{ [path]: value }] }).text).toBe(expected);
    expect(Object.prototype).not.toHaveProperty('polluted');
    expect(Object.prototype).not.toHaveProperty('x');
  });

  it.each([
    ['', 'cannot read the path '],
    ['a..b', 'cannot read the path a..b'],
    ['a.#(x', 'cannot read the path a.#(x'],
    ['a.#(x==1)y', 'cannot read the path'],
    ['#(x==1)', 'cannot read the path'],
    ['list.name', '"name" is no place in a list'],
    ['list.9', 'the list ends before 9'],
    ['text.x', '"x" would be in something that is neither an object nor a list'],
    ['list.#(a==3).b', 'nothing there matches'],
    ['text.#(a==3)#.b', 'nothing there matches'],
  ])('tell what they cannot reach: %s', (path, why) => {
    const { same, edits } = apply('{"list":[{"a":1}],"text":"t"}', { overrides: [{ [path]: 1 }] });
    expect(same).toBe(true);
    expect(edits).toHaveLength(1);
    expect(edits[0]).toContain(why);
  });

  it.each<[string, readonly number[]]>([
    ['n==2', [1]],
    ['n=2', [1]],
    ['n!=2', [0, 2]],
    ['n>1', [1, 2]],
    ['n<=2 && s%"a*"', [0]],
    ['s=="ab" || n>=3', [0, 2]],
    ['s == "x && y"', [2]],
    ['s!%"a*"', [1, 2]],
    ['s>"b"', [1, 2]],
    ['deep', [1]],
    ['deep.a.#(b=="(").c==true', [1]],
    ['big==12345678901234567890', [2]],
    ['s==ab', [0]],
    ['absent!=1', []],
  ])('ask of elements: %s', (condition, found) => {
    const text =
      '{"l":[{"n":1,"s":"ab"},{"n":2,"s":"ba","deep":{"a":[{"b":"(","c":true}]}},{"n":3,"s":"x && y","big":12345678901234567890}]}';
    const made = parseObject(apply(text, { overrides: [{ [`l.#(${condition})#.hit`]: 1 }] }).text)?.l as {
      hit?: number;
    }[];
    expect(made.flatMap(({ hit }, index) => (hit ? [index] : []))).toEqual(found);
  });

  it('ask of plain elements too', () => {
    expect(apply('{"l":["a","b","a"]}', { overrides: [{ 'l.#(=="a")#': 'c' }] }).text).toBe('{"l":["c","b","c"]}');
  });
});

describe('filters', () => {
  it('take away last, the later places of a list first, each once', () => {
    const text = '{"l":[0,1,2,3,{"a":1 ,"b": 2}],"x":1 , "y":2}';
    expect(
      apply(text, {
        overrides: [{ x: 5, z: 1 }],
        filters: [
          ['l.1', 'x', 'l.3', 'nothing.here'],
          ['l.1', 'l.4.a', 'l.0', 'l.-1.a'],
        ],
      }),
    ).toMatchObject({ text: '{"l":[2,{"b":2}] , "y":2,"z":1}' });
    expect(apply(text, { filters: [['l', 'l.0', 'l.4.a']] }).text).toBe('{"x":1 , "y":2}');
    expect(apply('{"t":[{"k":1},{"k":2},{"k":1}]}', { filters: [['t.#(k==1)#']] })).toMatchObject({
      text: '{"t":[{"k":2}]}',
      edits: ['payload filter removed t.#(k==1)#'],
    });
    expect(apply(text, { filters: [['a..b', 'l.x', 'l.9', 'x.y']] })).toMatchObject({
      same: true,
      edits: ['payload filter cannot read the path a..b'],
    });
  });
});

describe('matchers', () => {
  const body = read('{"model":"m","stream":true,"tools":[{"type":"f"}],"user":null}');
  const fits = (matcher: PayloadMatcher, more: Partial<RuleContext> = {}) =>
    applyOverrides(body, rulesOf({ overrides: [{ hit: 1 }] }, [matcher]), contextOf(body, more)).body.has('hit');

  it.each<[PayloadMatcher, boolean]>([
    [{}, true],
    [{ name: 'up' }, true],
    [{ name: 'base' }, true],
    [{ name: 'base(high)' }, true],
    [{ name: 'b*(h*)' }, true],
    [{ name: 'Base' }, false],
    [{ name: 'bas' }, false],
    [{ name: '*ase*e' }, false],
    [{ protocol: 'openai-chat' }, true],
    [{ protocol: 'gemini' }, false],
    [{ fromProtocol: 'openai-chat' }, true],
    [{ fromProtocol: 'anthropic-messages' }, false],
    [{ headers: { 'X-Team': 'red-*' } }, true],
    [{ headers: { 'x-team': 'red-*', 'x-absent': '*' } }, false],
    [{ match: [['stream', true]] }, true],
    [{ match: [['tools.0', { type: 'f' }]] }, true],
    [{ match: [['tools.#(type==f)#.type', 'g']] }, false],
    [{ notMatch: [['stream', true]] }, false],
    [
      {
        notMatch: [
          ['stream', false],
          ['absent', 1],
        ],
      },
      true,
    ],
    [{ exist: ['tools', 'tools.0.type'] }, true],
    [{ exist: ['user'] }, false],
    [{ notExist: ['user', 'absent', 'a..b'] }, true],
    [{ notExist: ['tools.#(type==f)'] }, false],
    [{ name: 'up', match: [['stream', false]] }, false],
  ])('%j: %s', (matcher, expected) => {
    expect(fits(matcher)).toBe(expected);
  });

  it('take completions for Chat, any of several will do, and none is none', () => {
    expect(fits({ fromProtocol: 'openai-chat' }, { client: 'openai-completions' })).toBe(true);
    const rules = (models: readonly PayloadMatcher[]) =>
      applyOverrides(body, rulesOf({ overrides: [{ hit: 1 }] }, models), contextOf(body)).body.has('hit');
    expect(rules([{ name: 'other' }, { name: 'up' }])).toBe(true);
    expect(rules([])).toBe(false);
  });

  it('see the body as it was before any rule', () => {
    const rules: PayloadRules = {
      ...rulesOf({ overrides: [{ stream: false }] }),
      filters: [{ models: [{ match: [['stream', true]] }], params: ['tools'] }],
    };
    expect(applyOverrides(body, rules, contextOf(body)).body.json).toEqual({ model: 'm', stream: false, user: null });
  });
});

describe('whatever the rules, whatever the body', () => {
  const name = fc.constantFrom(
    'a',
    'b',
    '0',
    '1',
    '-1',
    '__proto__',
    'constructor',
    'a\\.b',
    '#(a==1)',
    '#(a)#',
    '#(',
    '',
  );
  const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('.'));
  const key = fc.constantFrom('a', 'b', '0', '__proto__', 'constructor', 'a.b', 'c');
  const value: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom<Json>(1, 'x', null, true),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.array(fc.tuple(key, tie('value')), { maxLength: 3 }).map((pairs) => Object.fromEntries(pairs) as Json),
    ),
  })).value;
  const root = fc
    .array(fc.tuple(key, value), { maxLength: 4 })
    .map((pairs) => JSON.stringify(Object.fromEntries(pairs)));
  const written = fc.record({
    defaults: fc.array(fc.dictionary(path, value, { maxKeys: 2 }), { maxLength: 2 }),
    overrides: fc.array(fc.dictionary(path, value, { maxKeys: 2 }), { maxLength: 2 }),
    filters: fc.array(fc.array(path, { maxLength: 3 }), { maxLength: 2 }),
  });

  it('only members that a path begins with change, the rest keeps its bytes, and nothing throws or pollutes', () => {
    const kept = '"kept" : {"n":12345678901234567890.10,"s":"\\u00e9\\/" , "l":[ 1e2 ]}';
    fc.assert(
      fc.property(root, written, fc.constantFrom<DialectId>('openai-chat', 'gemini'), (text, rules, client) => {
        const whole = text === '{}' ? `{${kept}}` : `${text.slice(0, -1)}, ${kept}}`;
        const body = read(whole);
        const { body: made, edits } = applyOverrides(body, rulesOf(rules), contextOf(body, { client }));
        expect(made.bytes.toString()).toContain(kept);
        const named = [...rules.defaults, ...rules.overrides].flatMap((params) => Object.keys(params));
        const heads = [...named, ...rules.filters.flat()].map((one) =>
          one.replaceAll('\\.', '\u0000').split('.')[0]?.replaceAll('\u0000', '.'),
        );
        for (const key of new Set([...Object.keys(body.json), ...Object.keys(made.json)]))
          if (!heads.includes(key)) expect(made.raw(key)).toEqual(body.raw(key));
        if (edits.length === 0) expect(made).toBe(body);
        expect(Object.keys(Object.prototype)).toEqual([]);
        expect(({} as Record<string, unknown>).a).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });

  it('no rules are known as none', () => {
    const none = rulesOf({});
    expect(hasRules(none)).toBe(false);
    for (const kind of ['defaults', 'overrides'] as const)
      expect(hasRules({ ...none, [kind]: [{ models: [], params: [] }] })).toBe(true);
    const body = read('{"a":1}');
    expect(applyOverrides(body, none, contextOf(body))).toEqual({ body, edits: [] });
  });

  it('patterns take linear time', () => {
    const names = ['a'.repeat(20_000)];
    const models = [{ name: `${'a*'.repeat(2000)}b` }];
    const started = performance.now();
    const body = read('{}');
    expect(applyOverrides(body, rulesOf({ overrides: [{ x: 1 }] }, models), contextOf(body, { names })).body).toBe(
      body,
    );
    expect(performance.now() - started).toBeLessThan(500);
  });
});
