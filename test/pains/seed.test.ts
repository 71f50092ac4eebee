// Behaviours that users of the seed were promised, where they concern translation: each test carries the row's id.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asObject, type JsonObject, objects } from '../../src/json.ts';
import { everyUpstream, type Gateway, startGateway } from '../support/gateway.ts';
import { framesOf } from '../support/hearing.ts';
import { chatChunk, chatCompletion } from '../support/openai-shapes.ts';
import { seen } from '../support/sight.ts';
import { faultsOfChat, faultsOfMessages, faultsOfResponses } from '../support/stream-judges.ts';
import { ask, bodyOf, type ClientName, lossesOf } from '../support/talk.ts';
import { modelFor, pixel, upstreams, weather } from '../support/upstreams.ts';

let gateway: Gateway;
beforeAll(async () => {
  const limited = (url: string) => `
openai-api-key:
  - { api-key: k, base-url: "${url}/v1", models: [{ name: gpt-5.4 }] }
xai-api-key:
  - { api-key: k, base-url: "${url}/v1", models: [{ name: grok-4.5 }] }
`;
  const claude =
    '  - { api-key: c, base-url: URL, models: [{ name: claude-sonnet-4-5-20250929 }, { name: claude-opus-4-8 }] }';
  const google =
    '  - { api-key: g, base-url: URL, models: [{ name: gemini-2.5-pro }, { name: gemini-3-pro-preview }] }';
  gateway = await startGateway((url) =>
    `${everyUpstream(url)}${google.replace('URL', `"${url}"`)}\n${limited(url)}`.replace(
      'gemini-api-key:',
      `${claude.replace('URL', `"${url}"`)}\ngemini-api-key:`,
    ),
  );
});
afterAll(() => gateway.close());

describe('SEED-08: a tool result without content, or with odd content, is an empty or a plain result everywhere', () => {
  const contents: readonly (readonly [string, JsonObject, string | RegExp])[] = [
    ['missing', {}, ''],
    ['null', { content: null }, ''],
    ['empty list', { content: [] }, ''],
    ['empty text', { content: '' }, ''],
    ['text', { content: 'sunny' }, 'sunny'],
    ['object', { content: { type: 'text', text: 'sunny' } }, 'sunny'],
    ['some JSON', { content: { celsius: 21 } }, '{"celsius":21}'],
    ['mixed list', { content: ['sunny', { type: 'text', text: 'and warm' }] }, /sunny.*and warm/s],
    ['image', { content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: pixel } }] }, /.*/],
  ];
  it.each(
    upstreams
      .filter((name) => name !== 'anthropic-messages')
      .flatMap((upstream) => contents.map((one) => [upstream, ...one] as const)),
  )('%s: %s', async (upstream, _what, result, expected) => {
    const body: JsonObject = {
      ...bodyOf['anthropic-messages']({ tools: [weather], said: [] }),
      messages: [
        { role: 'user', content: 'Go.' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'get_weather', input: {} }] },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 't1', ...result },
            { type: 'text', text: '#sim say fine' },
          ],
        },
      ],
    };
    const told = await ask(gateway, 'anthropic-messages', modelFor(upstream), body);
    expect(told.status, told.text).toBe(200);
    const line = seen[upstream](told.sent).find((one) => one.includes('result t1=')) ?? '';
    const text = /result t1=(.*?)(?:, text #sim|$)/s.exec(line)?.[1];
    if (typeof expected === 'string') expect(text).toBe(expected);
    else expect(text).toMatch(expected);
  });
});

describe('SEED-13: an effort that the model does not know is refused in its own dialect and brought to the nearest one from others', () => {
  const words = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;
  const levels: Readonly<Record<string, readonly string[]>> = {
    'gpt-5.4': ['low', 'medium', 'high', 'xhigh'],
    'grok-4.5': ['low', 'medium', 'high'],
    'claude-opus-4-8': ['low', 'medium', 'high', 'xhigh', 'max'],
    'gemini-3-pro-preview': ['LOW', 'HIGH'],
  };
  const levelSent = (sent: JsonObject): unknown =>
    asObject(sent.reasoning)?.effort ??
    sent.reasoning_effort ??
    asObject(sent.output_config)?.effort ??
    asObject(asObject(sent.generationConfig)?.thinkingConfig)?.thinkingLevel;

  /** In the service's own dialect nothing is bent. */
  const isRefused = (client: ClientName, model: string, effort: string): boolean => {
    const own = client === 'anthropic-messages' ? model.startsWith('claude') : /gpt|grok/.test(model);
    return own && !['none', ...(levels[model] ?? [])].includes(effort);
  };

  it.each(Object.keys(levels).flatMap((model) => words.map((word) => [model, word] as const)))(
    '%s: %s',
    async (model, effort) => {
      const asking: Readonly<Record<string, readonly [ClientName, JsonObject]>> = {
        chat: ['openai-chat', { reasoning_effort: effort }],
        responses: ['openai-responses', { reasoning: { effort } }],
        ...(effort !== 'none' &&
          effort !== 'minimal' && {
            messages: ['anthropic-messages', { thinking: { type: 'adaptive' }, output_config: { effort } }],
          }),
      };
      for (const [client, more] of Object.values(asking)) {
        const told = await ask(gateway, client, model, {
          ...bodyOf[client]({ said: [{ user: '#sim say fine' }] }),
          ...more,
        });
        if (isRefused(client, model, effort)) {
          const valid = levels[model]?.join(', ');
          expect(told.status, told.text).toBe(400);
          expect(told.text).toContain(`level \\"${effort}\\" not supported, valid levels: ${valid} (model ${model})`);
          continue;
        }
        expect(told.status, told.text).toBe(200);
        const sent = levelSent(told.sent);
        if (effort !== 'none') expect(levels[model]).toContain(sent);
        else expect([...(levels[model] ?? []), undefined]).toContain(sent);
      }
    },
  );

  it('auto and nothing at all never fail, and nothing is sent for nothing', async () => {
    for (const model of Object.keys(levels)) {
      const plain = bodyOf['openai-chat']({ said: [{ user: '#sim say fine' }] });
      expect(
        (
          await ask(gateway, 'openai-chat', model, {
            ...plain,
            reasoning_effort: 'auto',
          })
        ).status,
      ).toBe(200);
      const omitted = await ask(gateway, 'openai-chat', model, plain);
      expect(omitted.status).toBe(200);
      expect(levelSent(omitted.sent)).toBeUndefined();
    }
  });

  it('a word that no model knows, and a budget outside the range, are refused by name in every dialect of their own', async () => {
    const own: readonly (readonly [ClientName, string, JsonObject, string])[] = [
      [
        'openai-chat',
        'gpt-5.4',
        { reasoning_effort: 'ultra' },
        'level "ultra" not supported, valid levels: low, medium, high',
      ],
      [
        'openai-responses',
        'gpt-5.4',
        { reasoning: { effort: 'ultra' } },
        'level "ultra" not supported, valid levels: low',
      ],
      ['anthropic-messages', 'claude-opus-4-8', { output_config: { effort: 'ultra' } }, 'level "ultra" not supported'],
      [
        'anthropic-messages',
        'claude-sonnet-4-5-20250929',
        { max_tokens: 2000, thinking: { type: 'enabled', budget_tokens: 500 } },
        'budget 500 out of range [1024,128000]',
      ],
      [
        'gemini',
        'gemini-3-pro-preview',
        { generationConfig: { thinkingConfig: { thinkingLevel: 'MEDIUM' } } },
        'level "MEDIUM" not supported, valid levels: low, high',
      ],
      [
        'gemini',
        'gemini-2.5-pro',
        { generationConfig: { thinkingConfig: { thinkingBudget: 99_999 } } },
        'budget 99999 out of range [128,32768]',
      ],
    ];
    for (const [client, model, more, message] of own) {
      const before = gateway.simulator.recorded().length;
      const told = await ask(gateway, client, model, { ...bodyOf[client]({ said: [{ user: 'Hi' }] }), ...more });
      expect([model, told.status]).toEqual([model, 400]);
      expect(JSON.parse(told.text).error.message).toContain(message);
      expect(JSON.parse(told.text).error.message).toContain(model);
      expect(gateway.simulator.recorded().length).toBe(before);
    }
  });

  it.each<[ClientName, string, JsonObject]>([
    ['openai-chat', 'gpt-5.4(max)', { reasoning: { effort: 'xhigh' } }],
    ['anthropic-messages', 'gpt-5.4(8192)', { reasoning: { effort: 'medium' } }],
    ['openai-responses', 'grok-4.5(xhigh)', { reasoning: { effort: 'high' } }],
    ['anthropic-messages', 'claude-opus-4-8(2000)', { output_config: { effort: 'medium' } }],
    ['gemini', 'gemini-3-pro-preview(medium)', { generationConfig: { thinkingConfig: { thinkingLevel: 'LOW' } } }],
    ['openai-chat', 'gemini-2.5-pro(none)', { generationConfig: { thinkingConfig: { thinkingBudget: 128 } } }],
  ])('%s: the suffix of %s beats the body and is clamped', async (client, model, expected) => {
    const bodies: Readonly<Record<ClientName, JsonObject>> = {
      'openai-chat': { reasoning_effort: 'low' },
      'openai-responses': { reasoning: { effort: 'low' } },
      'anthropic-messages': { thinking: { type: 'adaptive' }, output_config: { effort: 'max' } },
      gemini: { generationConfig: { thinkingConfig: { thinkingLevel: 'HIGH' } } },
    };
    const told = await ask(gateway, client, model, {
      ...bodyOf[client]({ said: [{ user: '#sim say fine' }] }),
      ...bodies[client],
    });
    expect(told.status, told.text).toBe(200);
    const effort = asObject(expected.reasoning)?.effort;
    if (client === 'openai-chat' && effort !== undefined) expect(told.sent.reasoning_effort).toBe(effort);
    else expect(told.sent).toMatchObject(expected);
  });
});

describe('SEED-17: a Gemini reply that holds only thoughts, or an image, is a well-formed answer', () => {
  it.each(upstreams)('for clients of %s, whole and streamed', async (client) => {
    const more: Readonly<Record<ClientName, JsonObject>> = {
      'openai-chat': {},
      'openai-responses': { reasoning: { summary: 'auto' } },
      'anthropic-messages': { thinking: { type: 'adaptive' } },
      gemini: { generationConfig: { thinkingConfig: { includeThoughts: true } } },
    };
    for (const stream of [false, true]) {
      const body = { ...bodyOf[client]({ said: [{ user: '#sim think 2' }] }), ...more[client] };
      const told = await ask(gateway, client, 'to-gemini', body, { stream });
      expect(told.status, told.text).toBe(200);
      expect(told.answer.thoughts).toMatch(/Step 1/);
      expect(told.answer.text).toBe('');
      expect(['stop', 'completed', 'end_turn', 'STOP']).toContain(told.answer.finish);
    }
  });

  it('an image is a data URL in message.images, whole and streamed', async () => {
    const body = bodyOf['openai-chat']({ said: [{ user: '#sim image' }] });
    const whole = await ask(gateway, 'openai-chat', 'to-gemini', body);
    const images = objects(asObject(objects(whole.reply.choices)[0]?.message)?.images);
    expect(images).toMatchObject([{ image_url: { url: `data:image/png;base64,${pixel}` } }]);
    const streamed = await ask(gateway, 'openai-chat', 'to-gemini', body, { stream: true });
    expect(streamed.text).toContain(`data:image/png;base64,${pixel}`);
  });
});

describe('SEED-22: a stream says the same as the whole reply, and ends as it must', () => {
  it.each(upstreams.flatMap((client) => upstreams.map((upstream) => [client, upstream] as const)))(
    '%s client, %s upstream',
    async (client, upstream) => {
      const body = bodyOf[client]({ tools: [weather], said: [{ user: '#sim text 120 unicode\n#sim drip 11' }] });
      const whole = await ask(gateway, client, modelFor(upstream), body);
      const streamed = await ask(gateway, client, modelFor(upstream), body, { stream: true });
      expect(streamed.answer.text).toBe(whole.answer.text);
      expect(streamed.answer.finish).toBe(whole.answer.finish);
      expect(streamed.headers.get('cache-control')).toBe('no-cache');
      const judges = {
        'openai-chat': faultsOfChat,
        'openai-responses': faultsOfResponses,
        'anthropic-messages': faultsOfMessages,
      };
      if (client in judges) expect(judges[client as keyof typeof judges](streamed.text)).toEqual([]);
      else expect(framesOf(streamed.text).at(-1)?.data).toContain('"finishReason":"STOP"');
    },
  );
});

describe('SEED-27: a thinking budget leaves room for the answer', () => {
  const thinkingSent = (sent: JsonObject): unknown => asObject(sent.thinking)?.budget_tokens;
  const budgets: readonly (readonly [number, number, number | undefined])[] = [
    [1600, 4000, 1599],
    [1600, 1600, 1599],
    [1600, 1500, 1500],
    [1000, 4000, undefined],
    [1025, 4000, 1024],
    [1024, 1024, undefined],
  ];
  it.each(budgets)('max_tokens %i, budget %i: upstream sees %s', async (max, budget, expected) => {
    const user = { user: '#sim say fine' };
    const own = await ask(gateway, 'anthropic-messages', 'claude-sonnet-4-5-20250929', {
      ...bodyOf['anthropic-messages']({ said: [user] }),
      max_tokens: max,
      thinking: { type: 'enabled', budget_tokens: budget },
    });
    expect(own.status, own.text).toBe(200);
    expect(thinkingSent(own.sent)).toBe(expected);
    const foreign = await ask(gateway, 'gemini', 'claude-sonnet-4-5-20250929', {
      ...bodyOf.gemini({ said: [user] }),
      generationConfig: { maxOutputTokens: max, thinkingConfig: { thinkingBudget: budget } },
    });
    expect(foreign.status, foreign.text).toBe(200);
    expect(thinkingSent(foreign.sent)).toBe(expected);
    const told = expected === budget ? [] : ['thinking'];
    expect([lossesOf(own), lossesOf(foreign)]).toEqual([told, told]);
  });

  it('without a limit there is room, and a forced tool goes before thinking', async () => {
    const open = await ask(gateway, 'openai-chat', 'claude-sonnet-4-5-20250929', {
      ...bodyOf['openai-chat']({ said: [{ user: '#sim say fine' }] }),
      reasoning_effort: 'high',
    });
    expect(open.status, open.text).toBe(200);
    expect(Number(open.sent.max_tokens)).toBeGreaterThan(Number(thinkingSent(open.sent)));
    const { max_tokens: _, ...unlimited } = bodyOf['anthropic-messages']({ said: [{ user: '#sim say fine' }] });
    const own = await ask(gateway, 'anthropic-messages', 'claude-sonnet-4-5-20250929', {
      ...unlimited,
      top_p: 0.5,
      thinking: { type: 'enabled', budget_tokens: 100_000 },
    });
    expect(own.status, own.text).toBe(200);
    expect(own.sent).toMatchObject({ max_tokens: 64_000, thinking: { budget_tokens: 63_999 } });
    expect(lossesOf(own)).toEqual(['thinking', 'top_p']);
    for (const client of ['openai-chat', 'anthropic-messages'] as const) {
      const choice =
        client === 'openai-chat'
          ? { tool_choice: 'required', reasoning_effort: 'high' }
          : { tool_choice: { type: 'any' }, thinking: { type: 'enabled', budget_tokens: 2000 } };
      const forced = await ask(gateway, client, 'claude-sonnet-4-5-20250929', {
        ...bodyOf[client]({ tools: [weather], said: [{ user: 'Go.' }] }),
        ...choice,
      });
      expect(forced.status, forced.text).toBe(200);
      expect(thinkingSent(forced.sent)).toBeUndefined();
      expect(asObject(forced.sent.tool_choice)?.type).toBe('any');
    }
  });
});

describe('SEED-30: what Chat clients get is what OpenAI’s own types say', () => {
  const scripts: readonly (readonly [string, string])[] = [
    ['say hello', 'stop'],
    ['text 40; finish MAX_TOKENS', 'length'],
    ['refuse', 'content_filter'],
    ['refuse prompt', 'content_filter'],
    ['say x; finish SAFETY', 'content_filter'],
    ['say x; finish RECITATION', 'content_filter'],
    ['say x; finish OTHER', 'stop'],
    ['say x; finish SOMETHING_NEW', 'stop'],
    ['think 2; say hello', 'stop'],
    ['think 2', 'stop'],
    ['image', 'stop'],
    ['say here; image', 'stop'],
    ['tool get_weather {"city":"Paris"}; tool get_weather {"city":"Rome"}', 'tool_calls'],
    ['think 2; tool get_weather {"city":"Paris"}', 'tool_calls'],
    ['say x; usage none', 'stop'],
    ['say x; usage input=10 output=5 cached=3 reasoning=2', 'stop'],
  ];
  /** What only Gemini says. */
  const own = /finish [A-Z]|image|refuse prompt/;
  const cases = (['gemini', 'anthropic-messages', 'openai-responses'] as const).flatMap((upstream) =>
    scripts.filter(([script]) => upstream === 'gemini' || !own.test(script)).map((one) => [upstream, ...one] as const),
  );
  it.each(cases)('from %s: %s is %s', async (upstream, script, finish) => {
    const body = bodyOf['openai-chat']({ tools: [weather], said: [{ user: 'Go.' }] });
    gateway.simulator.script({ say: script.split('; '), times: 2 });
    const whole = await ask(gateway, 'openai-chat', modelFor(upstream), body);
    expect(whole.status, whole.text).toBe(200);
    chatCompletion.parse(JSON.parse(whole.text));
    expect(whole.answer.finish).toBe(finish);
    const streamed = await ask(
      gateway,
      'openai-chat',
      modelFor(upstream),
      { ...body, stream_options: { include_usage: true } },
      { stream: true },
    );
    expect(faultsOfChat(streamed.text)).toEqual([]);
    for (const { data } of framesOf(streamed.text).slice(0, -1)) chatChunk.parse(JSON.parse(data));
    expect(streamed.answer.finish).toBe(finish);
  });
});
