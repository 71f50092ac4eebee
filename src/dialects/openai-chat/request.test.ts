import { describe, expect, it } from 'vitest';
import { refusal } from '../../../test/support/refusal.ts';
import { Body } from '../../body.ts';
import type { Accent, Operation, Target } from '../../envelope.ts';
import { writeSeal } from '../../ir/seal.ts';
import type { JsonObject } from '../../json.ts';
import type { InboundCall } from '../dialect.ts';
import { openaiChat } from './index.ts';

const { request } = openaiChat;

function targetOf(accent: Accent = {}, more: Partial<Target> = {}): Target {
  return { model: 'up', stream: false, limits: {}, maker: 'deepseek', accent, ...more };
}
const messages: JsonObject[] = [{ role: 'user', content: 'hi' }];

describe('envelope', () => {
  function open(body: JsonObject, headers: Record<string, string> = {}, operation: Operation = 'generate') {
    const call: InboundCall = {
      operation,
      path: '/v1/chat/completions',
      query: new URLSearchParams(),
      header: (name) => headers[name],
      body: Body.of(body),
    };
    return request.envelope(call);
  }

  it('reads model, stream, usage and session from the top', () => {
    expect(
      open({ model: 'm', messages, stream: true, stream_options: { include_usage: true }, prompt_cache_key: 'k' }),
    ).toMatchObject({
      dialect: 'openai-chat',
      operation: 'generate',
      model: 'm',
      stream: true,
      framing: 'sse',
      usageWanted: true,
      session: 'k',
    });
    expect(open({ model: 'm', messages, prompt_cache_key: 'k' }, { 'x-session-affinity': 's' })).toMatchObject({
      stream: false,
      usageWanted: false,
      session: 's',
    });
    expect(open({ model: 'm', messages, metadata: null, stream_options: 7 }).session).toBeUndefined();
  });

  it('streams only what is generated', () => {
    expect(open({ model: 'm', input: 'x', stream: true }, {}, 'embed').stream).toBe(false);
  });

  it('refuses a body without a model, and one that is a Responses request', () => {
    expect(refusal(() => open({ messages })).facts).toMatchObject({ param: 'model' });
    expect(refusal(() => open({ model: 'm', input: 'hi' })).message).toContain('/v1/responses');
    expect(refusal(() => open({ model: 'm', instructions: 'x' })).message).toContain('/v1/responses');
  });
});

describe('retarget', () => {
  it('asks for a usage report, keeps other options and changes nothing twice', () => {
    const body = Body.read(
      Buffer.from('{"messages":[ ],"model":"a","stream":true,"stream_options":{"include_obfuscation":false},"x":1.0}'),
    );
    const target = targetOf({}, { stream: true });
    const once = request.retarget(body, target);
    expect(once.bytes.toString()).toBe(
      '{"messages":[ ],"model":"up","stream":true,"stream_options":{"include_obfuscation":false,"include_usage":true},"x":1.0}',
    );
    expect(request.retarget(once, target)).toBe(once);
    const whole = request.retarget(body, targetOf());
    expect(whole.bytes.toString()).toBe('{"messages":[ ],"model":"up","stream":false,"x":1.0}');
    expect(request.retarget(once, targetOf({ streamOptions: false }, { stream: true })).has('stream_options')).toBe(
      false,
    );
  });
});

describe('unseal', () => {
  const token = JSON.stringify({ reasoning_details: [{ type: 'reasoning.encrypted', data: 'z' }] });
  const sealed: JsonObject = {
    model: 'm',
    messages: [
      ...messages,
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          {
            id: 'a',
            type: 'function',
            function: { name: 'f', arguments: '{}' },
            extra_content: {
              google: { thought_signature: 'sig' },
              cliproxy: { seal: writeSeal({ maker: 'google', token: 'sig' }) },
            },
          },
          {
            id: 'b',
            type: 'function',
            function: { name: 'f', arguments: '{}' },
            extra_content: {
              cliproxy: { reasoning: [{ length: 3, seal: writeSeal({ maker: 'openrouter', token }) }] },
              other: 1,
            },
          },
        ],
      },
    ],
  };
  function unseal(maker: string) {
    const losses: string[] = [];
    const body = request.unseal(Body.of(sealed), maker, ({ what }) => losses.push(what));
    const [, message] = body.json.messages as JsonObject[];
    return { message, losses };
  }

  it('lays a seal bare for its maker alone', () => {
    const forGoogle = unseal('google');
    expect(forGoogle.message).toMatchObject({
      tool_calls: [{ extra_content: { google: { thought_signature: 'sig' } } }, { extra_content: { other: 1 } }],
    });
    expect(forGoogle.losses).toEqual(['reasoning_history']);
    const forRouter = unseal('openrouter');
    expect(forRouter.message).toMatchObject({ reasoning_details: [{ data: 'z' }] });
    expect(JSON.stringify(forRouter.message)).not.toContain('sig');
  });
});
