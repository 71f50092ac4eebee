import { describe, expect, it } from 'vitest';
import { credential, snapshot } from '../../test/support/routing.ts';
import { Body } from '../body.ts';
import { openaiResponses } from '../dialects/openai-responses/index.ts';
import { codex } from '../providers/vendors.ts';
import type { Credential } from '../routing/credential.ts';
import type { UpstreamRequest } from '../transport/http.ts';
import { createKeptUpstream } from './kept-upstream.ts';

const account = (key: string, more: Partial<Credential> = {}): Credential =>
  credential('codex:account.json', { provider: codex, key, ...more });
const call = {
  operation: 'generate' as const,
  path: '/v1/responses/r1',
  query: new URLSearchParams(),
  header: () => undefined,
  body: Body.of({}),
};

describe('a response that its upstream keeps', () => {
  const sent: UpstreamRequest[] = [];
  const kept = createKeptUpstream({
    async send(request) {
      sent.push(request);
      const body = { flow: (sink: { end(): void }) => sink.end(), resume() {}, abort() {} };
      return { status: 200, headers: {}, body };
    },
  });
  kept.note('r1', { owner: 'alice', credential: 'codex:account.json', dialect: openaiResponses });
  const ask = (credentials: readonly Credential[], owner = 'alice') =>
    kept.ask(
      { method: 'GET', id: 'r1', rest: '' },
      { owner, call, snapshot: snapshot(credentials), signal: new AbortController().signal },
    );

  it('is asked for with the key that its account has now', async () => {
    expect((await ask([account('old-key')]))?.status).toBe(200);
    await ask([account('new-key')]);
    expect(sent.map(({ headers }) => headers.authorization)).toEqual(['Bearer old-key', 'Bearer new-key']);
  });

  it('is nobody’s once its account is gone or cannot be used, or for another client', async () => {
    expect(await ask([credential('other', { provider: codex })])).toBeUndefined();
    expect(await ask([account('key', { unusable: 'it has no api-key' })])).toBeUndefined();
    expect(await ask([account('key')], 'bob')).toBeUndefined();
    expect(sent.length).toBe(2);
  });
});
