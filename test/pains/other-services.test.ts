// Services that speak a maker's dialect with quirks of their own: what reaches them is what they take. Named after what users of
// gateways suffered from.

import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, type Gateway, startGateway } from '../support/gateway.ts';

interface Heard {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}
const heard: Heard[] = [];
/** Answers anything as a Messages service that does not count tokens. */
const service = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    heard.push({ path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString() });
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'deepseek-chat',
        content: [{ type: 'text', text: 'fine' }],
        stop_reason: 'end_turn',
        stop_sequence: null,
        usage: { input_tokens: 3, output_tokens: 1 },
      }),
    );
  });
});

let gateway: Gateway;
beforeAll(async () => {
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  const { port } = service.address() as AddressInfo;
  gateway = await startGateway(
    () => `
deepseek:
  - { api-key: deep-key, base-url: "http://127.0.0.1:${port}", models: [{ name: deepseek-chat, alias: deep }] }
`,
  );
});
afterAll(async () => {
  await gateway.close();
  service.close();
  service.closeAllConnections();
});

describe('11: Claude Code with DeepSeek’s own Messages endpoint', () => {
  const own = '{"type":"thinking","thinking":"mine","signature":"deepseek-signature"}';
  const unsigned = '{"type":"thinking","thinking":"old","signature":""}';
  const text = `{"model":"deep","max_tokens":64,"system":[{"type":"text","text":"Rules.","cache_control":{"type":"ephemeral"}}],
    "messages":[{"role":"user","content":"Go."},{"role":"assistant","content":[${own},${unsigned},{"type":"text","text":"a"}]},
    {"role":"user","content":[{"type":"text","text":"On."}]}],"thinking":{"type":"enabled","budget_tokens":32000}}`;

  it('is spoken to in its own dialect, with its own key, and nothing is put right that only Anthropic refuses', async () => {
    const response = await call(gateway, '/v1/messages?beta=true', text, {
      'anthropic-beta': 'interleaved-thinking-2025-05-14',
    });
    expect(response.status).toBe(200);
    const { path, headers, body } = heard.at(-1) ?? { path: '', headers: {}, body: '' };
    expect(path).toBe('/anthropic/v1/messages');
    expect(headers.authorization).toBe('Bearer deep-key');
    expect(headers['x-api-key']).toBeUndefined();
    expect(headers['anthropic-beta']).toContain('interleaved-thinking');
    expect(body).toBe(text.replace('"deep"', '"deepseek-chat"'));
  });

  it('counts tokens by estimate, since the service has no counter', async () => {
    const before = heard.length;
    const response = await call(gateway, '/v1/messages/count_tokens', text);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ input_tokens: expect.any(Number) });
    expect(response.headers.get('x-cliproxy-estimate')).toBe('tokens');
    expect(heard.length).toBe(before);
  });
});
