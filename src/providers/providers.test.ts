import { describe, expect, it } from 'vitest';
import { Body } from '../body.ts';
import { isAt, messagesEndpoint } from './endpoints.ts';
import { providers } from './index.ts';
import { anthropicListing, geminiListing, openAiListing } from './listings.ts';
import type { EndpointCall } from './provider.ts';

function urls(id: string, more: Partial<EndpointCall> = {}): Record<string, string> {
  const provider = providers.find((one) => one.id === id);
  const call = {
    operation: 'generate',
    model: 'a/b',
    stream: false,
    action: undefined,
    baseUrl: provider?.baseUrl ?? 'https://host/v1',
    home: true,
    ...more,
  } as const;
  const entries = Object.entries(provider?.endpoints ?? {}).filter(([, endpoint]) =>
    endpoint.operations.includes(call.operation),
  );
  return Object.fromEntries(entries.map(([dialect, endpoint]) => [dialect, endpoint.url(call)]));
}

describe('providers', () => {
  it('have ids and configuration keys of their own, and endpoints with valid URLs', () => {
    expect(new Set(providers.map(({ id }) => id)).size).toBe(providers.length);
    expect(new Set(providers.map(({ configKey }) => configKey)).size).toBe(providers.length);
    for (const { id } of providers)
      for (const url of Object.values(urls(id))) expect(URL.canParse(url), url).toBe(true);
  });

  it('are reached where their services listen', () => {
    expect(urls('claude')).toEqual({ 'anthropic-messages': 'https://api.anthropic.com/v1/messages' });
    expect(urls('claude', { operation: 'count-tokens' })['anthropic-messages']).toBe(
      'https://api.anthropic.com/v1/messages/count_tokens',
    );
    expect(urls('gemini', { stream: true }).gemini).toBe(
      'https://generativelanguage.googleapis.com/v1beta/models/a%2Fb:streamGenerateContent?alt=sse',
    );
    expect(urls('gemini', { operation: 'embed', action: 'batchEmbedContents' }).gemini).toMatch(/:batchEmbedContents$/);
    expect(urls('vertex', { operation: 'count-tokens' }).gemini).toBe(
      'https://aiplatform.googleapis.com/v1/publishers/google/models/a%2Fb:countTokens',
    );
    expect(urls('openai', { operation: 'count-tokens' })).toEqual({
      'openai-responses': 'https://api.openai.com/v1/responses/input_tokens',
    });
    expect(urls('openai', { operation: 'embed' })).toEqual({ 'openai-chat': 'https://api.openai.com/v1/embeddings' });
    expect(urls('deepseek')).toEqual({
      'openai-chat': 'https://api.deepseek.com/chat/completions',
      'anthropic-messages': 'https://api.deepseek.com/anthropic/v1/messages',
    });
    expect(urls('deepseek', { baseUrl: 'https://api.deepseek.com/v1' })).toEqual({
      'openai-chat': 'https://api.deepseek.com/v1/chat/completions',
      'anthropic-messages': 'https://api.deepseek.com/anthropic/v1/messages',
    });
    expect(urls('openrouter')['openai-responses']).toBe('https://openrouter.ai/api/v1/responses');
  });

  it.each([
    ['gemini', 'https://x', 'https://x/v1beta/models/a%2Fb:generateContent'],
    ['gemini', 'https://x/v1', 'https://x/v1/models/a%2Fb:generateContent'],
    ['gemini', 'https://x/v1beta', 'https://x/v1beta/models/a%2Fb:generateContent'],
    ['gemini', 'https://x/v1alpha', 'https://x/v1alpha/models/a%2Fb:generateContent'],
    ['gemini', 'https://x/v1/gateway', 'https://x/v1/gateway/v1beta/models/a%2Fb:generateContent'],
    ['vertex', 'https://x/v1beta1', 'https://x/v1beta1/publishers/google/models/a%2Fb:generateContent'],
  ])('%s at %s keeps the version of the address', (id, baseUrl, expected) => {
    expect(urls(id, { baseUrl }).gemini).toBe(expected);
  });

  it('asks for the list of models at the version of the address', () => {
    expect(geminiListing.url('https://x/v1')).toBe('https://x/v1/models?pageSize=1000');
    expect(geminiListing.url('https://x')).toBe('https://x/v1beta/models?pageSize=1000');
  });

  it.each([
    ['kimi', 'https://api.moonshot.ai/v1', 'https://api.moonshot.ai/anthropic/v1/messages'],
    ['kimi', 'https://api.moonshot.cn/v1', 'https://api.moonshot.cn/anthropic/v1/messages'],
    ['kimi', 'https://api.kimi.com/coding/v1', 'https://api.kimi.com/coding/v1/messages'],
    ['zai', 'https://api.z.ai/api/coding/paas/v4', 'https://api.z.ai/api/anthropic/v1/messages'],
    ['zai', 'https://open.bigmodel.cn/api/paas/v4', 'https://open.bigmodel.cn/api/anthropic/v1/messages'],
    ['minimax', 'https://api.minimaxi.com/v1', 'https://api.minimaxi.com/anthropic/v1/messages'],
    [
      'qwen',
      'https://dashscope.aliyuncs.com/compatible-mode/v1',
      'https://dashscope.aliyuncs.com/apps/anthropic/v1/messages',
    ],
    ['kimi', 'https://api.moonshot.ai.example.com/v1', undefined],
    ['qwen', 'http://127.0.0.1:9000/v1', undefined],
  ])('%s at %s speaks Messages at %s', (id, baseUrl, expected) => {
    const endpoint = providers.find((one) => one.id === id)?.endpoints['anthropic-messages'];
    const spoken = endpoint?.hosts?.some((host) => isAt(baseUrl, host)) === true;
    expect(spoken ? urls(id, { baseUrl })['anthropic-messages'] : undefined).toBe(expected);
  });

  it('speak all their dialects at home', () => {
    for (const { id, baseUrl = '', endpoints } of providers)
      for (const { hosts = [] } of Object.values(endpoints))
        expect([id, hosts.length === 0 || hosts.some((host) => isAt(baseUrl, host))]).toEqual([id, true]);
  });

  it('show the key as each host expects it', () => {
    const call = { operation: 'generate', model: 'm', stream: false, action: undefined, baseUrl: 'https://x' } as const;
    expect(messagesEndpoint.sign('k', { ...call, home: true })).toEqual({ 'x-api-key': 'k' });
    expect(messagesEndpoint.sign('k', { ...call, home: false })).toEqual({ authorization: 'Bearer k' });
  });

  it('lift `betas` from the body into the header', () => {
    const body = Body.read(Buffer.from('{"model":"m", "betas": ["a","b"],"x":1}'));
    const call = {
      operation: 'generate',
      model: 'm',
      stream: false,
      action: undefined,
      baseUrl: 'https://x',
      home: true,
    } as const;
    const shaped = messagesEndpoint.shape?.(body, call);
    expect(shaped?.headers).toEqual({ 'anthropic-beta': 'a,b' });
    expect(shaped?.body.json).toEqual({ model: 'm', x: 1 });
  });
});

describe('model lists', () => {
  it('are read in every shape services have', () => {
    const ids = (models: readonly { id: string }[]) => models.map(({ id }) => id);
    expect(ids(openAiListing.read({ object: 'list', data: [{ id: 'a' }, { nope: 1 }, { id: 'b' }] }))).toEqual([
      'a',
      'b',
    ]);
    expect(ids(openAiListing.read([{ id: 'a' }]))).toEqual(['a']);
    expect(ids(openAiListing.read({ models: [{ name: 'a' }] }))).toEqual(['a']);
    expect(
      openAiListing.read({ data: [{ id: 'a', context_length: 1000, max_completion_tokens: 50 }] })[0]?.limits,
    ).toEqual({ context: 1000, maxOutput: 50 });
    expect(
      anthropicListing.read({ data: [{ id: 'c', display_name: 'C', max_input_tokens: 5, max_tokens: 2 }] }),
    ).toEqual([{ id: 'c', title: 'C', limits: { context: 5, maxOutput: 2 } }]);
    expect(ids(geminiListing.read({ models: [{ name: 'models/g' }] }))).toEqual(['g']);
    for (const junk of [null, 'x', 5, {}, { data: 'x' }, [null]]) expect(openAiListing.read(junk)).toEqual([]);
  });
});
