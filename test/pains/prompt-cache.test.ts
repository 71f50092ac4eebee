// Prompt caches that are lost in translation: marks dropped, prefixes that shift, keys that change. Each test is named after what
// users of gateways suffered from.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asObject, type Json, type JsonObject, objects } from '../../src/json.ts';
import { everyUpstream, type Gateway, startGateway } from '../support/gateway.ts';
import { seen } from '../support/sight.ts';
import { ask, bodyOf, type ClientName, lossesOf, pairsOf, type Said } from '../support/talk.ts';
import { modelFor, type UpstreamName, upstreams, weather } from '../support/upstreams.ts';

const arn = 'arn:aws:bedrock:us-east-1:1234:inference-profile/us.anthropic.sonnet';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway(
    (url) => `${everyUpstream(url).replace('openai-compatibility:', marked(url))}
`,
  );
});
afterAll(() => gateway.close());

/** A service of the operator's own that takes Anthropic's marks, and one that knows the cache key. */
function marked(url: string): string {
  return `openai-compatibility:
  - name: marked
    base-url: ${url}/v1
    support-cache-control: true
    api-key-entries: [{ api-key: marked-key }]
    models: [{ name: m, alias: marked }, { name: "${arn}", alias: "${arn}" }]
  - name: keyed
    base-url: ${url}/v1
    support-prompt-cache-key: true
    api-key-entries: [{ api-key: keyed-key }]
    models: [{ name: m, alias: keyed }]`;
}

const ephemeral = { type: 'ephemeral' };
const hour = { type: 'ephemeral', ttl: '1h' };

/** A request as Claude Code marks it: the system text, and the newest message (its tools come before the system's mark). */
const claudeCode = (turns: number, more: JsonObject = {}): JsonObject => ({
  max_tokens: 4096,
  system: [
    { type: 'text', text: `x-anthropic-billing-header: cc_version=2.1; cch=${turns}f00d` },
    { type: 'text', text: 'You are Claude Code.' },
    { type: 'text', text: 'Long rules.', cache_control: ephemeral },
  ],
  tools: [
    {
      name: 'get_weather',
      description: 'Weather.',
      input_schema: { type: 'object', properties: { city: { type: 'string' } } },
    },
  ],
  messages: Array.from({ length: turns }, (_, turn) => loop(turn, turn === turns - 1)).flat(),
  ...more,
});

function loop(turn: number, last: boolean): JsonObject[] {
  const id = `toolu_${turn}`;
  return [
    {
      role: 'user',
      content: [
        { type: 'text', text: `Question ${turn}` },
        { type: 'text', text: '<system-reminder>x</system-reminder>' },
      ],
    },
    {
      role: 'assistant',
      content: [
        { type: 'text', text: 'Let me see.' },
        { type: 'tool_use', id, name: 'get_weather', input: { city: `c${turn}` } },
      ],
    },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: id, content: `sunny ${turn}`, ...(last && { cache_control: ephemeral }) },
      ],
    },
    ...(last ? [] : [{ role: 'assistant', content: [{ type: 'text', text: `Answer ${turn}.` }] }]),
  ];
}

describe('29: cache marks', () => {
  it('of Claude Code reach a Chat service that takes them, where they stood', async () => {
    const told = await ask(gateway, 'anthropic-messages', 'marked', claudeCode(2));
    expect(told.status, told.text).toBe(200);
    const marks = objects(told.sent.messages).flatMap(({ role, content }) =>
      objects(content)
        .filter((part) => part.cache_control)
        .map((part) => `${String(role)}: ${String(part.text)}`),
    );
    expect(marks).toEqual(['system: Long rules.', 'tool: sunny 1']);
    expect(lossesOf(told)).not.toContain('cache_control');
  });

  it('on tools and on single messages of Chat clients reach Anthropic', async () => {
    const told = await ask(gateway, 'openai-chat', 'to-anthropic-messages', {
      messages: [
        { role: 'system', content: [{ type: 'text', text: 'Rules.', cache_control: ephemeral }] },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Long text.', cache_control: ephemeral },
            { type: 'text', text: '#sim say fine' },
          ],
        },
      ],
      tools: [
        {
          type: 'function',
          function: { name: 'f', parameters: { type: 'object', properties: {} } },
          cache_control: ephemeral,
        },
      ],
    });
    expect(told.status, told.text).toBe(200);
    expect(objects(told.sent.tools)[0]?.cache_control).toEqual(ephemeral);
    expect(objects(told.sent.system)[0]?.cache_control).toEqual(ephemeral);
    expect(objects(objects(told.sent.messages)[0]?.content)[0]?.cache_control).toEqual(ephemeral);
  });

  it('are left out with a word where the service takes none', async () => {
    for (const upstream of ['openai-chat', 'openai-responses', 'gemini'] as const) {
      const told = await ask(gateway, 'anthropic-messages', modelFor(upstream), claudeCode(1));
      expect(told.status, told.text).toBe(200);
      expect(told.raw).not.toContain('cache_control');
      expect(lossesOf(told)).toContain('cache_control');
    }
  });
});

const question: Said = { user: 'How is the weather?' };
const rounds: readonly Said[] = [
  question,
  {
    calls: [
      { id: 'a:1', name: 'get_weather', input: '{"city":"Paris"}' },
      { id: 'b', name: 'get_weather', input: '{}' },
    ],
  },
  {
    results: [
      { id: 'b', name: 'get_weather', text: 'rainy' },
      { id: 'a:1', name: 'get_weather', text: 'sunny' },
    ],
  },
  { answer: 'Mixed.' },
  { user: 'And tomorrow?' },
  { calls: [{ id: 'a:1', name: 'get_weather', input: '{"city":"Rome"}' }] },
  { results: [{ id: 'a:1', name: 'get_weather', text: 'windy' }] },
  { answer: 'Windy.' },
  { user: 'Thanks.' },
];

describe('29: the beginning of a conversation stays the same bytes', () => {
  it.each(upstreams.flatMap((client) => upstreams.map((upstream) => [client, upstream] as const)))(
    'turn after turn: %s client, %s upstream',
    async (client, upstream) => {
      const sent: JsonObject[] = [];
      for (const length of [1, 3, 5, 7, 9]) {
        const body = bodyOf[client]({ system: 'Be brief.', tools: [weather], said: rounds.slice(0, length) });
        // Gemini clients of old send no ids.
        const told = await ask(gateway, client, modelFor(upstream), body);
        if (client !== upstream) expect(told.status, told.text).toBe(200);
        sent.push(told.sent);
      }
      expectStable(upstream, sent);
    },
  );

  it.each(upstreams)('also while Claude Code moves its marks and changes its billing note: %s', async (upstream) => {
    const sent: JsonObject[] = [];
    for (const turns of [1, 2, 3]) {
      const told = await ask(gateway, 'anthropic-messages', modelFor(upstream), claudeCode(turns));
      expect(told.status, told.text).toBe(200);
      sent.push(unmarked(told.sent));
    }
    if (upstream !== 'anthropic-messages') expectStable(upstream, sent);
  });

  const noted = pairsOf(upstreams).flatMap(([client, upstream]) =>
    client === 'gemini' ? [] : [[client, upstream] as const],
  );
  it.each(noted)(
    '33: system text in mid-conversation stays where it was said, and the prefix with it: %s client, %s upstream',
    async (client, upstream) => {
      const sent: JsonObject[] = [];
      for (const length of [1, 2, 3]) {
        const told = await ask(gateway, client, modelFor(upstream), withNotes(client, length));
        expect(told.status, told.text).toBe(200);
        sent.push(told.sent);
        const order = [
          ...seen[upstream](told.sent)
            .join('\n')
            .matchAll(/Question \d|Note \d/g),
        ].map(String);
        expect(order).toEqual(
          ['Question 0', 'Note 0', 'Question 1', 'Note 1', 'Question 2', 'Note 2'].slice(0, 2 * length),
        );
      }
      expectStable(upstream, sent);
    },
  );
});

/** A talk with a note of the system after each question. */
function withNotes(client: Exclude<ClientName, 'gemini'>, length: number): JsonObject {
  const turns = Array.from({ length }, (_, turn): JsonObject[] => [
    { role: 'user', content: `Question ${turn}.` },
    { role: client === 'openai-responses' ? 'developer' : 'system', content: `Note ${turn}.` },
    ...(turn < length - 1 ? [{ role: 'assistant', content: `Answer ${turn}.` }] : []),
  ]).flat();
  if (client === 'openai-responses') return { instructions: 'Rules.', input: turns };
  if (client === 'openai-chat') return { messages: [{ role: 'system', content: 'Rules.' }, ...turns] };
  return { max_tokens: 100, system: 'Rules.', messages: turns };
}

const turnsIn: Readonly<Record<UpstreamName, (body: JsonObject) => Json | undefined>> = {
  'openai-chat': ({ messages }) => messages,
  'openai-responses': ({ input }) => input,
  'anthropic-messages': ({ messages }) => messages,
  gemini: ({ contents }) => contents,
};

/** Each body begins as the one before it: the same head, and the same turns but for the end of the last one. */
function expectStable(upstream: UpstreamName, bodies: readonly JsonObject[]): void {
  const head = ({ system, systemInstruction, instructions, tools }: JsonObject): string =>
    JSON.stringify([system, systemInstruction, instructions, tools]);
  const texts = bodies.map((body) => JSON.stringify(turnsIn[upstream](body)));
  for (const [index, text] of texts.slice(0, -1).entries()) {
    const next = texts[index + 1] ?? '';
    expect(head(bodies[index + 1] ?? {})).toBe(head(bodies[index] ?? {}));
    // What ends a body (brackets, a turn that grows) goes on in the next.
    const open = text.replace(/["}\]]*$/, '');
    expect(next.slice(0, open.length)).toBe(open);
  }
}

function unmarked(body: JsonObject): JsonObject {
  return JSON.parse(
    JSON.stringify(body, (key, value: unknown) => (key === 'cache_control' ? undefined : value)),
  ) as JsonObject;
}

describe('30: a model whose name does not say Claude', () => {
  it('gets the marks that its service takes', async () => {
    const told = await ask(gateway, 'anthropic-messages', arn, claudeCode(1));
    expect(told.status, told.text).toBe(200);
    expect(told.sent.model).toBe(arn);
    expect(told.raw.match(/cache_control/g)).toHaveLength(2);
  });
});

describe('31: a mark on the request as a whole', () => {
  const body = { max_tokens: 50, cache_control: ephemeral, messages: [{ role: 'user', content: '#sim say fine' }] };
  it('becomes a mark on its last part for a Chat service with marks', async () => {
    const told = await ask(gateway, 'anthropic-messages', 'marked', body);
    expect(told.status, told.text).toBe(200);
    expect(told.sent.cache_control).toBeUndefined();
    expect(objects(objects(told.sent.messages).at(-1)?.content).at(-1)).toMatchObject({ cache_control: ephemeral });
  });
  it('reaches Anthropic as it came', async () => {
    const told = await ask(gateway, 'anthropic-messages', 'to-anthropic-messages', body);
    expect(told.sent.cache_control).toEqual(ephemeral);
  });
});

describe('32: how long a mark holds', () => {
  const part = (text: string, cache: JsonObject): JsonObject => ({ type: 'text', text, cache_control: cache });
  it('is lowered, with a word, where an hour may not follow five minutes, and five marks become four', async () => {
    const told = await ask(gateway, 'openai-chat', 'to-anthropic-messages', {
      messages: [
        { role: 'system', content: [part('a', hour)] },
        { role: 'user', content: [part('b', ephemeral), part('c', hour), part('#sim say fine', ephemeral)] },
      ],
    });
    expect(told.status, told.text).toBe(200);
    expect(lossesOf(told)).toContain('cache_control');
    const marks = [...objects(told.sent.system), ...objects(objects(told.sent.messages)[0]?.content)].map(
      ({ cache_control }) => asObject(cache_control)?.ttl ?? '5m',
    );
    expect(marks).toEqual(['1h', '5m', '5m', '5m']);
    const five = await ask(gateway, 'openai-chat', 'to-anthropic-messages', {
      messages: [{ role: 'user', content: ['a', 'b', 'c', 'd', '#sim say fine'].map((text) => part(text, hour)) }],
    });
    expect(five.status, five.text).toBe(200);
    expect(five.raw.match(/cache_control/g)).toHaveLength(4);
    expect(lossesOf(five)).toContain('cache_control');
  });
});

describe('40: the cache key', () => {
  const body = (session: string | undefined, turns: number): JsonObject =>
    claudeCode(
      turns,
      session === undefined ? {} : { metadata: { user_id: JSON.stringify({ device_id: 'd', session_id: session }) } },
    );

  it.each(['to-openai-responses', 'keyed'])(
    'is made of the session that Claude Code names, the same in every turn: %s',
    async (model) => {
      const keys = [];
      for (const [session, turns] of [
        ['s-1', 1],
        ['s-1', 2],
        ['s-2', 1],
        [undefined, 1],
      ] as const) {
        const told = await ask(gateway, 'anthropic-messages', model, body(session, turns));
        expect(told.status, told.text).toBe(200);
        expect(lossesOf(told)).not.toContain('prompt_cache_key');
        keys.push(told.sent.prompt_cache_key);
      }
      expect(keys).toEqual(['s-1', 's-1', 's-2', undefined]);
    },
  );

  it('is made of a session header too, but never overrides the client’s own', async () => {
    const fromHeader = await ask(gateway, 'anthropic-messages', 'to-openai-responses', body(undefined, 1), {
      headers: { 'x-claude-code-session-id': 's-3' },
    });
    expect(fromHeader.sent.prompt_cache_key).toBe('s-3');
    const own = await ask(
      gateway,
      'openai-chat',
      'to-openai-responses',
      { messages: [{ role: 'user', content: '#sim say fine' }], prompt_cache_key: 'mine' },
      { headers: { session_id: 's-4' } },
    );
    expect(own.sent.prompt_cache_key).toBe('mine');
  });

  it('is not sent, and not missed, where the service does not know it', async () => {
    for (const model of ['to-openai-chat', 'to-gemini', 'marked']) {
      const told = await ask(gateway, 'anthropic-messages', model, body('s-1', 1));
      expect(told.status, told.text).toBe(200);
      expect(told.sent.prompt_cache_key).toBeUndefined();
      expect(lossesOf(told)).not.toContain('prompt_cache_key');
    }
  });
});

describe('the client’s own cache key, at services that find their cache by content', () => {
  const asked = { input: '#sim say fine', prompt_cache_key: 'k'.repeat(300) };
  const others = ['to-anthropic-messages', 'to-gemini', 'marked'];

  it.each(others)('is no loss where the conversation stays with an account by it: %s', async (model) => {
    const told = await ask(gateway, 'openai-responses', model, asked);
    expect(told.status, told.text).toBe(200);
    expect(told.sent.prompt_cache_key).toBeUndefined();
    expect(lossesOf(told)).not.toContain('prompt_cache_key');
  });

  it.each(others)('is one where the conversation goes by another name: %s', async (model) => {
    const headers = { 'x-session-id': 's-9' };
    expect(lossesOf(await ask(gateway, 'openai-responses', model, asked, { headers }))).toContain('prompt_cache_key');
  });

  it('is one where conversations stay with nobody', async () => {
    const loose = await startGateway((url) => `${everyUpstream(url)}\nrouting: { session-affinity: false }\n`);
    const told = await ask(loose, 'openai-responses', 'to-anthropic-messages', asked);
    await loose.close();
    expect(lossesOf(told)).toContain('prompt_cache_key');
  });
});

describe('29: what was cached is seen by the client', () => {
  it.each(pairsOf(upstreams))(
    '%s client, %s upstream: cache reads are told in its own words',
    async (client, upstream) => {
      const told = await ask(
        gateway,
        client,
        modelFor(upstream),
        bodyOf[client]({ said: [{ user: '#sim say x\n#sim usage input=100 output=7 cached=80' }] }),
      );
      const usage = asObject(told.reply.usage) ?? asObject(told.reply.usageMetadata) ?? {};
      const details = asObject(usage.prompt_tokens_details) ?? asObject(usage.input_tokens_details) ?? {};
      expect(details.cached_tokens ?? usage.cache_read_input_tokens ?? usage.cachedContentTokenCount).toBe(80);
    },
  );
});
