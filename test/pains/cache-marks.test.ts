// What clients pay whose own dialect has no cache marks, when the model is Anthropic's. Each test is named after what users of
// gateways suffered from.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { objects } from '../../src/json.ts';
import { everyUpstream, type Gateway, startGateway } from '../support/gateway.ts';
import { ask, bodyOf, lossesOf, type Said, type Talk } from '../support/talk.ts';
import { weather } from '../support/upstreams.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway((url) => everyUpstream(url).replace('claude-api-key:\n', caching(url)));
});
afterAll(() => gateway.close());

/** An Anthropic entry as at its home address, and one that is told to set no marks. */
const caching = (url: string): string => `claude-api-key:
  - { api-key: cached-key, base-url: "${url}", auto-cache: true, models: [{ name: m, alias: cached }] }
  - { api-key: uncached-key, base-url: "${url}", auto-cache: false, models: [{ name: m, alias: uncached }] }
`;

const ephemeral = { type: 'ephemeral' };
const hour = { type: 'ephemeral', ttl: '1h' };

describe('35: conversations of clients that know no marks', () => {
  const foreign = ['openai-chat', 'openai-responses', 'gemini'] as const;
  const turns: Said[] = [{ user: 'Hello' }, { answer: 'Hi.' }, { user: '#sim say fine' }];
  const agent: Talk = { system: 'Long rules.', tools: [weather], said: [{ user: '#sim say fine' }] };

  it.each(foreign)('%s: get one mark, beside what was said, and the same prefix in each turn', async (client) => {
    const first = await ask(gateway, client, 'cached', bodyOf[client]({ tools: [weather], said: turns.slice(0, 1) }));
    const second = await ask(gateway, client, 'cached', bodyOf[client]({ tools: [weather], said: turns }));
    for (const told of [first, second]) {
      expect(told.status, told.text).toBe(200);
      expect(told.sent.cache_control).toEqual(ephemeral);
      expect(told.raw.match(/cache_control/g)).toHaveLength(1);
      expect(lossesOf(told)).not.toContain('cache_control');
    }
    expect(objects(second.sent.messages)[0]).toEqual(objects(first.sent.messages)[0]);
    expect(second.sent.tools).toEqual(first.sent.tools);
  });

  it.each(foreign)('%s: a lone question, which nobody will read from the cache, gets none', async (client) => {
    const lone = await ask(gateway, client, 'cached', bodyOf[client]({ said: [{ user: '#sim say fine' }] }));
    expect(lone.raw).not.toContain('cache_control');
    const goesOn = await ask(gateway, client, 'cached', bodyOf[client]({ said: turns }));
    expect(goesOn.sent.cache_control).toEqual(ephemeral);
  });

  it('the client’s own marks are the only ones, wherever they stand', async () => {
    const text = { type: 'text', text: '#sim say fine', cache_control: ephemeral };
    const tool = { type: 'function', function: { name: 'f', parameters: weather.schema } };
    for (const body of [
      { messages: [{ role: 'user', content: [text] }], tools: [tool] },
      { messages: [{ role: 'user', content: '#sim say fine' }], tools: [{ ...tool, cache_control: hour }] },
    ]) {
      const told = await ask(gateway, 'openai-chat', 'cached', body);
      expect(told.status, told.text).toBe(200);
      expect(told.sent.cache_control).toBeUndefined();
      expect(told.raw.match(/cache_control/g)).toHaveLength(1);
    }
  });

  it('nothing is added for a Claude client, nor where the operator wants none or the host is not Anthropic’s', async () => {
    const own = await ask(gateway, 'anthropic-messages', 'cached', bodyOf['anthropic-messages'](agent));
    expect(own.raw).not.toContain('cache_control');
    for (const model of ['uncached', 'to-anthropic-messages'])
      for (const client of foreign) {
        const told = await ask(gateway, client, model, bodyOf[client](agent));
        expect(told.status, told.text).toBe(200);
        expect(told.raw).not.toContain('cache_control');
      }
  });
});
