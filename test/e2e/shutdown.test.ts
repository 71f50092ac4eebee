// The end of a gateway: open streams may finish for a while, nothing else delays it, and what is cut is told so in its dialect.

import { writeFileSync } from 'node:fs';
import { Agent, request as send } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { launcher, start, temporaryDirectory } from '../start/programs.ts';
import { ask } from '../support/ask.ts';
import { clientKey, everyUpstream, startGateway } from '../support/gateway.ts';
import { upstreams } from '../support/upstreams.ts';

const paced = (words: number, pace: number) => `#sim text ${words}; pace ${pace}`;

async function reading(response: Response): Promise<{ rest: () => Promise<string> }> {
  const reader = response.body?.getReader();
  const first = await reader?.read();
  return {
    async rest() {
      const pieces = [first?.value ?? new Uint8Array()];
      for (;;) {
        const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
        if (done || !value) return Buffer.concat(pieces).toString();
        pieces.push(value);
      }
    },
  };
}

describe('SIGTERM', () => {
  async function running(more = '') {
    const home = temporaryDirectory();
    writeFileSync(join(home, 'config.yaml'), `api-keys: [${clientKey}]\n${more}`);
    const program = start(process.execPath, [launcher, '--port', '0', '--config', join(home, 'config.yaml')], {
      directory: home,
      env: { HOME: home },
    });
    const [, port] = /started successfully on: 127\.0\.0\.1:(\d+)/.exec(await program.printed(/Bearer/)) ?? [];
    const chat = (content: string, stream = true) =>
      fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${clientKey}` },
        body: JSON.stringify({ model: 'demo-anthropic', stream, messages: [{ role: 'user', content }] }),
      });
    return { program, port: Number(port), chat };
  }

  it('drains an open stream also when nobody reads the output any more', async () => {
    const { program, chat } = await running();
    const stream = await reading(await chat(paced(20, 20)));
    program.process.stdout?.destroy();
    program.process.kill('SIGTERM');
    expect(await stream.rest()).toMatch(/data: \[DONE\]\n\n$/);
    expect((await program.ended).code).toBe(0);
  });

  it('drains an open stream, refuses new connections, then ends with 0, and the log has it all', async () => {
    const { program, port, chat } = await running();
    const stream = await reading(await chat(paced(40, 20)));
    program.process.kill('SIGTERM');
    await program.printed(/stopping/);
    await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow();
    expect(await stream.rest()).toMatch(/data: \[DONE\]\n\n$/);
    const { code, output } = await program.ended;
    expect(code).toBe(0);
    const lines = output.split('\n').filter((line) => line.startsWith('{'));
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual(['listening', 'exchange', 'stopped']);
    expect(lines.every((line) => line.includes('"level":"info"'))).toBe(true);
    expect(lines.at(-1)).toContain('"drained":true');
  });

  it('does not wait longer than it is told to', async () => {
    const { program, chat } = await running('shutdown-timeout-seconds: 1\n');
    const stream = await reading(await chat(paced(5000, 50)));
    const began = performance.now();
    program.process.kill('SIGTERM');
    expect(await stream.rest()).toMatch(/data: \{"error":.*\n\n$/);
    const { code, output } = await program.ended;
    expect(code).toBe(0);
    expect(performance.now() - began).toBeGreaterThan(900);
    expect(performance.now() - began).toBeLessThan(20_000);
    expect(output).toContain('"drained":false');
  });
});

describe('closing', () => {
  it('is not delayed by connections that are kept alive, were never used, or end their stream meanwhile', async () => {
    const gateway = await startGateway((url) => `shutdown-timeout-seconds: 20\n${everyUpstream(url)}`);
    const { port } = new URL(gateway.url);
    const unused = connect(Number(port), '127.0.0.1');
    unused.on('error', () => undefined);
    const agent = new Agent({ keepAlive: true, keepAliveMsecs: 60_000 });
    const exchange = (body?: string) =>
      new Promise<string>((resolve, reject) => {
        const call = send(
          `${gateway.url}${body ? '/v1/chat/completions' : '/health'}`,
          { agent, method: body ? 'POST' : 'GET', headers: { authorization: `Bearer ${clientKey}` } },
          async (response) => {
            let text = '';
            for await (const chunk of response) text += chunk;
            resolve(text);
          },
        );
        call.on('error', reject);
        call.end(body);
      });
    await exchange();
    const streaming = exchange(
      JSON.stringify({ model: 'to-gemini', stream: true, messages: [{ role: 'user', content: paced(30, 15) }] }),
    );
    await expect.poll(() => gateway.simulator.recorded().length).toBe(1);
    const began = performance.now();
    await gateway.app.close();
    expect(performance.now() - began).toBeLessThan(3000);
    expect(await streaming).toContain('[DONE]');
    agent.destroy();
    unused.destroy();
    await gateway.close();
  });

  it('takes nothing new from a connection that is still busy', async () => {
    const gateway = await startGateway((url) => `shutdown-timeout-seconds: 20\n${everyUpstream(url)}`);
    const request = (content: string, more = '') => {
      const body = JSON.stringify({ model: 'to-openai-chat', messages: [{ role: 'user', content }] });
      return `POST /v1/chat/completions HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer ${clientKey}\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`;
    };
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1', () =>
      socket.write(request('#sim slow 400')),
    );
    let text = '';
    socket.on('data', (data) => {
      text += data;
    });
    const gone = new Promise((resolve) => socket.on('close', resolve));
    await expect.poll(() => gateway.simulator.recorded().length).toBe(1);
    const closed = gateway.app.close();
    await expect
      .poll(() =>
        fetch(`${gateway.url}/health`)
          .then(({ status }) => status)
          .catch(() => 0),
      )
      .toBe(0);
    socket.write(request('#sim say hi'));
    await closed;
    await gone;
    expect([...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual(['200', '503']);
    expect(gateway.simulator.recorded()).toHaveLength(1);
    socket.destroy();
    await gateway.close();
  });

  it.each(upstreams)('cuts a stream with an error that %s can retry', async (client) => {
    const gateway = await startGateway((url) => `shutdown-timeout-seconds: 0\n${everyUpstream(url)}`);
    const streams = await Promise.all(
      upstreams.map(async (upstream) =>
        reading(await ask(gateway, client, `to-${upstream}`, { stream: true, prompt: paced(5000, 50) })),
      ),
    );
    await gateway.app.close();
    for (const stream of streams) expect(await stream.rest()).toMatch(/"error"|response\.failed/);
    const ends = gateway.observations.flatMap((one) => (one.type === 'exchange-finished' ? one.endedBy : []));
    expect(ends).toEqual(upstreams.map(() => 'gateway'));
    await gateway.close();
  });

  it('answers what waits for its upstream', async () => {
    const gateway = await startGateway((url) => `shutdown-timeout-seconds: 0\n${everyUpstream(url)}`);
    const pending = ask(gateway, 'anthropic-messages', 'to-openai-chat', { prompt: '#sim hang' });
    await expect.poll(() => gateway.simulator.recorded().length).toBe(1);
    await gateway.app.close();
    const response = await pending;
    expect([response.status, await response.json()]).toMatchObject([529, { error: { type: 'overloaded_error' } }]);
    await gateway.close();
  });
});
