// `cliproxy explain`, `models` and `cooldowns`: as an operator reads them, with a gateway that runs and without one.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../src/cli/program.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { temporaryDirectory } from '../start/programs.ts';
import { call, clientKey, type Gateway, startGateway } from '../support/gateway.ts';
import { startStub } from '../support/stub.ts';

let gateway: Gateway;
const upstreams = (url: string): string => `
claude-api-key:
  - { api-key: account-one-1111, base-url: "${url}", priority: 1, models: [{ name: claude-real, alias: shared }] }
gemini-api-key:
  - { api-key: account-two-2222, base-url: "${url}", models: [{ name: gemini-real, alias: shared, max-context-length: 1048576 }] }
deepseek:
  - { api-key: account-three-3333, base-url: "${url}/v1", models: [{ name: deepseek-chat }] }
`;
beforeAll(async () => {
  gateway = await startGateway(upstreams);
});
afterAll(() => gateway.close());

/** Runs a command line; `config` is written to a file of its own. */
async function cliproxy(words: readonly string[], config?: string, env: Readonly<Record<string, string>> = {}) {
  const heard = { printed: '', complained: '', code: 0 };
  const directory = temporaryDirectory();
  if (config !== undefined) writeFileSync(join(directory, 'config.yaml'), config);
  const terminal: Terminal = {
    env: { HOME: directory, ...env },
    directory,
    interactive: true,
    print: (text) => {
      heard.printed += text;
    },
    complain: (text) => {
      heard.complained += text;
    },
    end: (code) => {
      heard.code = code;
    },
    onSignal: () => undefined,
  };
  await run(words, terminal, () => Promise.reject(new Error('nothing is started here')));
  for (const line of heard.printed.split('\n'))
    if (!line.includes('://') && !words.includes('--json')) expect(line.length).toBeLessThanOrEqual(80);
  expect(heard.printed + heard.complained).not.toMatch(/account-(?:one|two|three)-\d/);
  return heard;
}

const running = (): string =>
  `host: 127.0.0.1\nport: ${new URL(gateway.url).port}\napi-keys: ["sha256:${'0'.repeat(64)}", ${clientKey}]\n`;
/** Nobody listens at port 1. */
const stopped = (): string => `port: 1\napi-keys: [${clientKey}]\n${upstreams(gateway.simulator.url)}`;

describe('explain', () => {
  it('asks the gateway of the configuration, and says it in plain words', async () => {
    const { printed, code } = await cliproxy(['explain', '--model', 'shared'], running());
    expect(code).toBe(0);
    expect(printed).toMatch(/^shared\n {2}"shared" is offered by 2 candidates\n/);
    expect(printed).toMatch(/Asked in this order, until one answers:\n {2}1\. claude \S+: claude-real\n/);
    expect(printed).toContain('\n     openai-chat is translated to anthropic-messages\n');
    expect(printed).toMatch(/: claude-real\n {5}POST http:\/\/127\.0\.0\.1:\d+\/v1\/messages\n/);
    expect(printed).toMatch(/\n {2}2\. gemini \S+: gemini-real\n/);
    expect(gateway.simulator.recorded()).toEqual([]);
  });

  it('takes a body, and an account away', async () => {
    const directory = temporaryDirectory();
    const path = join(directory, 'body.json');
    writeFileSync(
      path,
      JSON.stringify({ model: 'shared', logit_bias: { 1: 2 }, messages: [{ role: 'user', content: 'x' }] }),
    );
    const words = ['explain', '--body', path, '--stream', '--json'];
    const all = JSON.parse((await cliproxy(words, running())).printed);
    expect(all).toMatchObject({ model: 'shared', stream: true, request: 'given' });
    const gone = await cliproxy(['explain', '--body', path, '--without', all.candidates[0].credential], running());
    expect(gone.printed).toMatch(
      /1\. gemini[\s\S]*loses logit_bias[\s\S]*Passed over:\n {2}- claude \S+: claude-real\n/,
    );
    const nobody = all.candidates.flatMap((one: any) => ['--without', one.credential_id]);
    expect((await cliproxy(['explain', '--model', 'shared', ...nobody], running())).printed).toMatch(
      /Nobody would be asked\. The answer: 503 /,
    );
  });

  it('plans from the configuration alone where no gateway runs, and says so', async () => {
    const { printed, code } = await cliproxy(['explain', '--model', 'shared'], stopped());
    expect(code).toBe(0);
    expect(printed).toMatch(/^No gateway runs at http:\/\/127\.0\.0\.1:1: this is from the configuration\s+alone/);
    expect(printed).toMatch(/1\. claude \S+: claude-real\n[\s\S]*2\. gemini \S+: gemini-real\n/);
    const demo = await cliproxy(['explain', '--model', 'demo-anthropic'], `port: 1\napi-keys: [${clientKey}]\n`);
    expect(demo.printed).toContain('1. demo: demo-anthropic');
  });

  it.each([
    [['explain'], running, /explain needs a model/],
    [['explain', '--model', 'shard'], running, /"shard" is not offered .*"shared"/],
    [['explain', '--model', 'shard'], stopped, /"shard" is not offered .*"shared"[\s\S]*would answer 400/],
    [['explain', '--model', 'shared', '--without', 'x'], running, /No credential is called "x"/],
    [['explain', '--model', 'shared', '--body', 'none.json'], running, /failed to read .*none\.json/],
    [['explain', '--model', 'shared', '--dialect', 'morse'], running, /dialect must be one of "openai-chat"/],
    [['explain', '--model', 'shared', '--key', 'wrong'], running, /does not accept the key/],
    [['explain', '--model', 'shared', '--url', 'http://127.0.0.1:1'], running, /no gateway answers at/],
    [['models', '--url', 'nowhere'], running, /"nowhere" is no URL/],
    [['cooldowns'], stopped, /no gateway answers at http:\/\/127\.0\.0\.1:1/],
    [['cooldowns', '--model', 'm'], running, /--model says which rests to end/],
    [['models'], () => 'port: x\n', /has one problem/],
  ] satisfies readonly (readonly [readonly string[], () => string, RegExp])[])(
    '%j fails with words and a code',
    async (words, config, message) => {
      const { complained, code } = await cliproxy(words, config());
      expect([code, complained]).toEqual([1, expect.stringMatching(message)]);
      expect(complained).not.toContain('    at ');
    },
  );

  it('shows another gateway a key only of a configuration that is named with it', async () => {
    const { url } = gateway;
    const other = await cliproxy(['models', '--url', url], running());
    expect([other.code, other.complained]).toEqual([1, expect.stringMatching(/asks for a key\n.*--key/)]);
    expect(await cliproxy(['models', '--url', url, '--config', 'config.yaml'], running())).toMatchObject({ code: 0 });
    expect(await cliproxy(['models'], running(), { CLIPROXY_KEY: ' ' })).toMatchObject({ code: 0 });
    const down = await cliproxy(['models', '--url', 'http://127.0.0.1:1', '--config', 'config.yaml'], stopped());
    expect([down.code, down.complained]).toEqual([1, expect.stringMatching(/no gateway answers at/)]);
  });

  it('says so where something else answers, and where there is no configuration at all', async () => {
    const stub = await startStub((_request, response) => response.end('<html>hello</html>'));
    const other = await cliproxy(['models', '--url', stub.url, '--key', 'k']);
    expect([other.code, other.complained]).toEqual([1, expect.stringMatching(/is no cliproxyapi\+\+/)]);
    await stub.close();
    const nothing = await cliproxy(['models']);
    expect([nothing.code, nothing.complained]).toEqual([1, expect.stringMatching(/no configuration file yet/)]);
  });
});

describe('models', () => {
  it('are a table with provider, limits and state', async () => {
    const { printed } = await cliproxy(['models'], running());
    const lines = printed.split('\n');
    expect(lines[0]).toMatch(/^MODEL +PROVIDER +CONTEXT +OUTPUT +STATE$/);
    expect(lines.find((line) => line.startsWith('shared '))).toMatch(/claude \+1 .* ready$/);
    expect(lines.find((line) => line.startsWith('deepseek-chat'))).toMatch(/deepseek +\S+ +\S+ +ready$/);
    const alone = await cliproxy(['models', '--json'], stopped());
    expect(
      JSON.parse(alone.printed)
        .data.map(({ id }: any) => id)
        .toSorted(),
    ).toEqual(['deepseek-chat', 'shared']);
  });
});

describe('cooldowns', () => {
  it('are listed in words, and cleared', async () => {
    const list = () => cliproxy(['cooldowns'], running());
    expect((await list()).printed).toBe('Nothing rests.\n');
    gateway.simulator.script({ say: 'status 401', match: { key: 'account-three-3333' } });
    const body = { model: 'deepseek-chat', messages: [{ role: 'user', content: 'x' }] };
    await (await call(gateway, '/v1/chat/completions', body)).text();
    const { printed } = await list();
    expect(printed).toMatch(
      /^CREDENTIAL +RESTS +REASON +STILL +FAILURES\ndeepseek \S+ +all models +unauthorized +\d+ min +1\n/,
    );
    expect((await cliproxy(['models'], running())).printed).toMatch(/deepseek-chat .*rests \d+ min: /);
    const label = /^(deepseek \S+)/m.exec(printed)?.[1] ?? '';
    expect((await cliproxy(['cooldowns', '--clear', label], running())).printed).toBe('One rest is over.\n');
    expect((await cliproxy(['cooldowns', '--clear'], running())).printed).toBe('Nothing rested.\n');
    expect(JSON.parse((await cliproxy(['cooldowns', '--json'], running())).printed)).toEqual({
      object: 'list',
      data: [],
    });
  });
});
