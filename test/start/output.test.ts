// Standard output that cannot be written: nobody who uses the gateway shall notice.

import { spawn } from 'node:child_process';
import { existsSync, openSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { listening } from '../support/stub.ts';
import { launcher, temporaryDirectory } from './programs.ts';

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Serves with its output to somewhere, until it is told to stop. */
async function served(output: number | 'pipe') {
  const home = temporaryDirectory();
  const port = await freePort();
  writeFileSync(join(home, 'config.yaml'), `port: ${port}\napi-keys: [client]\n`);
  const env = { PATH: process.env.PATH, HOME: home };
  const child = spawn(process.execPath, [launcher], { cwd: home, env, stdio: ['ignore', output, 'ignore'] });
  cleanUps.push(() => child.kill('SIGKILL'));
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const url = `http://127.0.0.1:${port}`;
  const health = () => fetch(`${url}/health`).then((response) => response.status);
  await expect.poll(() => health().catch(() => 0), { timeout: 15_000 }).toBe(200);
  return {
    child,
    /** Requests that are refused: each leaves a line in the log. */
    async ask(times: number) {
      for (let i = 0; i < times; i++) expect((await fetch(`${url}/v1/models`)).status).toBe(401);
    },
    async stop() {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

it.skipIf(!existsSync('/dev/full'))('a full disk ends nothing', async () => {
  const gateway = await served(openSync('/dev/full', 'w'));
  await gateway.ask(60);
  expect(await gateway.stop()).toBe(0);
});

it('a reader that is gone ends nothing', async () => {
  const gateway = await served('pipe');
  gateway.child.stdout?.destroy();
  await gateway.ask(60);
  expect(await gateway.stop()).toBe(0);
});

it('a reader that does not read holds nobody up, and gets all of it when it does', async () => {
  const gateway = await served('pipe');
  // More than a pipe holds.
  await gateway.ask(500);
  let log = '';
  gateway.child.stdout?.on('data', (bytes: Buffer) => {
    log += bytes.toString();
  });
  await expect.poll(() => log.match(/"status_code":401/g)?.length, { timeout: 5000 }).toBe(500);
  expect(await gateway.stop()).toBe(0);
});
