import { describe, expect, it } from 'vitest';
import { recordedRequest } from '../../../test/support/fixtures.ts';
import { refusal } from '../../../test/support/refusal.ts';
import { Body } from '../../body.ts';
import type { Target } from '../../envelope.ts';
import { writeSeal } from '../../ir/seal.ts';
import type { JsonObject } from '../../json.ts';
import type { Loss } from '../../loss.ts';
import type { InboundCall } from '../dialect.ts';
import { anthropicMessages } from './index.ts';

const { request, count } = anthropicMessages;

const fixture = (name: string): JsonObject => recordedRequest('anthropic-messages', name);

function target(more: Partial<Target> = {}): Target {
  return { model: 'claude-x', stream: false, limits: {}, maker: 'anthropic', accent: {}, ...more };
}

function call(json: JsonObject, headers: Record<string, string> = {}): InboundCall {
  return {
    operation: 'generate',
    path: '/v1/messages',
    query: new URLSearchParams(),
    header: (name) => headers[name],
    body: Body.of(json),
  };
}

describe('the envelope', () => {
  it('takes the session from the header, else from what Claude Code puts into user_id', () => {
    const older = { user_id: 'user_ab12_account_9f_session_0b8e6f52-3f0c' };
    expect(request.envelope(call(fixture('everything'))).session).toBe('0b8e6f52-3f0c-4a4c-9d0e-1f2a3b4c5d6e');
    expect(request.envelope(call({ model: 'm', metadata: older })).session).toBe('0b8e6f52-3f0c');
    expect(request.envelope(call({ model: 'm', metadata: older }, { 'x-claude-code-session-id': 's1' })).session).toBe(
      's1',
    );
    expect(request.envelope(call({ model: 'm', metadata: { user_id: '{not json' } }))).toEqual({
      dialect: 'anthropic-messages',
      operation: 'generate',
      model: 'm',
      stream: false,
      framing: 'sse',
      usageWanted: true,
    });
  });

  it('refuses a body without a model', () => {
    expect(refusal(() => request.envelope(call({ messages: [] })))).toMatchObject({
      kind: 'bad-request',
      facts: { param: 'model' },
    });
  });
});

describe('a body of its own dialect', () => {
  const text = (body: Body) => body.bytes.toString('utf8');

  it('gets the model and the stream switch, once, and nothing else', () => {
    const body = Body.read(Buffer.from('{ "model" : "alias", "messages":[ ] , "stream":true}'));
    const edited = request.retarget(body, target());
    expect(text(edited)).toBe('{ "model" : "claude-x", "messages":[ ] , "stream":false}');
    expect(request.retarget(edited, target())).toBe(edited);
    expect(text(request.retarget(Body.of({ model: 'a' }), target()))).toBe('{"model":"claude-x"}');
  });

  it('keeps seals of the maker it goes to, bare, and drops thoughts of others', () => {
    const thought = (signature: string) => ({ type: 'thinking', thinking: 't', signature });
    const body = Body.of({
      model: 'm',
      messages: [
        { role: 'user', content: 'Mentions cliproxy.seal. by chance' },
        {
          role: 'assistant',
          content: [
            thought(writeSeal({ maker: 'anthropic', token: 'own' })),
            thought('native'),
            { type: 'text', text: 'a' },
          ],
        },
        { role: 'assistant', content: [thought(writeSeal({ maker: 'google', token: 'theirs' }))] },
        { role: 'user', content: 'b' },
      ],
    });
    const losses: Loss[] = [];
    const unsealed = request.unseal(body, 'anthropic', (loss) => losses.push(loss));
    expect(unsealed.get('messages')).toEqual([
      { role: 'user', content: 'Mentions cliproxy.seal. by chance' },
      { role: 'assistant', content: [thought('own'), thought('native'), { type: 'text', text: 'a' }] },
      { role: 'user', content: 'b' },
    ]);
    expect(losses.map(({ what }) => what)).toEqual(['reasoning_history']);
    const plain = Body.of({ model: 'm', messages: [{ role: 'user', content: 'cliproxy.seal.' }] });
    expect(request.unseal(plain, 'anthropic', () => undefined)).toBe(plain);
  });
});

describe('counting', () => {
  it('leaves out what only generating needs, and reads the count', () => {
    const body = { model: 'a', max_tokens: 1, stream: true, messages: [], system: 's', temperature: 1 };
    expect(count?.wrap(body, target())).toEqual({ model: 'claude-x', messages: [], system: 's' });
    expect(count?.decode(count.encode(42))).toBe(42);
    expect(refusal(() => count?.decode({}))).toMatchObject({ kind: 'upstream' });
  });
});
