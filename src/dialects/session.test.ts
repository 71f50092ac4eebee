import { describe, expect, it } from 'vitest';
import { Body } from '../body.ts';
import type { JsonObject } from '../json.ts';
import { sessionOf } from './session.ts';

function session(body: JsonObject, headers: Record<string, string> = {}): string | undefined {
  return sessionOf({
    operation: 'generate',
    path: '/v1/messages',
    query: new URLSearchParams(),
    header: (name) => headers[name],
    body: Body.read(Buffer.from(JSON.stringify(body))),
  });
}

describe('the session that a client tells', () => {
  it.each([
    ['Claude Code, by header', { 'x-claude-code-session-id': 's' }, {}],
    ['Codex', { session_id: 's' }, { prompt_cache_key: 'k' }],
    ['Codex, with a hyphen', { 'session-id': 's' }, {}],
    ['Codex, older', { conversation_id: 's' }, {}],
    ['Codex, newer', { 'thread-id': 's' }, {}],
    ['OpenCode and pi', { 'x-session-affinity': 's' }, { metadata: { user_id: 'u' } }],
    ['OpenCode', { 'x-opencode-session': 's' }, {}],
    ['anyone, by header', { 'x-session-id': 's' }, { session_id: 'b' }],
    ['Claude Code, in words', {}, { metadata: { user_id: 'user_a1_account_9f_session_s' } }],
    ['Claude Code, as JSON', {}, { metadata: { user_id: '{"device_id":"d","session_id":"s"}' } }],
    ['Gemini clients', {}, { session_id: 's', prompt_cache_key: 'k' }],
    ['Gemini clients, in camel case', {}, { sessionId: 's' }],
    ['OpenAI clients', {}, { prompt_cache_key: 's', metadata: { user_id: 'u' }, conversation: 'c' }],
    ['a user, where nothing says more', {}, { metadata: { user_id: 's' }, conversation: 'c' }],
    ['a conversation kept upstream', {}, { conversation: 's' }],
    ['a conversation kept upstream, as an object', {}, { conversation: { id: 's' }, conversation_id: 'c' }],
    ['a conversation id', {}, { conversation_id: 's' }],
    ['a context that Gemini caches', {}, { cachedContent: 's' }],
  ] as const)('%s', (_, headers, body) => {
    expect(session(body, headers)).toBe('s');
  });

  it('is nothing where nothing, or nothing usable, is said', () => {
    for (const body of [
      {},
      { session_id: 7, prompt_cache_key: '', metadata: null, conversation: {}, sessionId: [] },
      { metadata: { user_id: '{not json' } },
      { metadata: { user_id: '{"device_id":"d"}' } },
    ])
      expect(session(body)).toBeUndefined();
    // It may change with every request.
    expect(session({}, { 'x-client-request-id': 'r' })).toBeUndefined();
  });

  it('is cut where it is long', () => {
    expect(session({ prompt_cache_key: 'k'.repeat(9999) })?.length).toBe(256);
  });
});
