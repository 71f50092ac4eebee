import { describe, expect, it } from 'vitest';
import { listener } from '../../test/support/fixtures.ts';
import type { Target } from '../envelope.ts';
import type { JsonObject } from '../json.ts';
import { anthropicMessages } from './anthropic-messages/index.ts';
import type { Dialect } from './dialect.ts';
import { gemini } from './gemini/index.ts';
import { openaiChat } from './openai-chat/index.ts';
import { openaiResponses } from './openai-responses/index.ts';

type Client = readonly [string, Dialect, JsonObject];

const clients: readonly Client[] = [
  ['openai-chat', openaiChat, { model: 'm', messages: [{ role: 'user', content: 'x' }] }],
  ['openai-responses', openaiResponses, { model: 'm', input: 'x' }],
];
const upstreams = { openaiChat, openaiResponses, anthropicMessages, gemini };

function sent(client: Client, upstream: keyof typeof upstreams, more: JsonObject, maker: string) {
  const { report, losses } = listener();
  const target: Target = { model: 'up', stream: false, limits: {}, maker, accent: {} };
  const asked = client[1].request.decode({ ...client[2], ...more }, report);
  const body = upstreams[upstream].request.encode(asked, target, report);
  return {
    tier: body.service_tier,
    retention: body.prompt_cache_retention,
    losses: losses.map(({ what }) => what),
  };
}

describe.each(clients)('terms of a client of %s', (...client) => {
  it.each(['flex', 'scale', 'default', 'priority'] as const)('are carried to OpenAI: %s', (service_tier) => {
    const more = { service_tier, prompt_cache_retention: '24h' };
    for (const upstream of ['openaiChat', 'openaiResponses'] as const)
      expect(sent(client, upstream, more, 'openai')).toEqual({ tier: service_tier, retention: '24h', losses: [] });
  });

  it('are told where nobody has them, and where nobody knows them', () => {
    const more = { service_tier: 'flex', prompt_cache_retention: '24h' };
    for (const upstream of Object.keys(upstreams) as (keyof typeof upstreams)[])
      expect(sent(client, upstream, more, 'other'), upstream).toEqual({
        tier: undefined,
        retention: undefined,
        losses: ['service_tier', 'prompt_cache_retention'],
      });
    const odd = sent(client, 'openaiChat', { service_tier: 'odd', prompt_cache_retention: 'odd' }, 'openai');
    expect(odd.losses).toEqual(['service_tier', 'prompt_cache_retention']);
    const ultra = sent(client, 'openaiChat', { service_tier: 'ultrafast' }, 'openai');
    expect(ultra).toMatchObject({ tier: 'priority', losses: ['service_tier'] });
  });

  it.each([{ mode: 'explicit' }, { ttl: '12h' }, { prewarm: true }, { odd: 1 }, 'odd'])(
    'are told where a cache is to be written otherwise: %j',
    (prompt_cache_options) => {
      expect(sent(client, 'openaiChat', { prompt_cache_options }, 'openai').losses).toEqual(['prompt_cache_options']);
    },
  );

  it('that ask for what happens anyway lose nothing', () => {
    for (const more of [
      { service_tier: 'auto', prompt_cache_retention: 'in_memory' },
      { service_tier: 'default', prompt_cache_retention: null },
      { service_tier: null, prompt_cache_retention: '' },
      { prompt_cache_options: { mode: 'implicit', ttl: '30m' } },
      { prompt_cache_options: { prewarm: false, comparison_response_id: null } },
    ])
      for (const upstream of Object.keys(upstreams) as (keyof typeof upstreams)[])
        expect(sent(client, upstream, more, 'other').losses, upstream).toEqual([]);
  });
});
