// The supervisors' files of examples/: what they name is there, and does what they rely on.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { launcher, type Running, root, start, temporaryDirectory } from './programs.ts';

const read = (name: string): string => readFileSync(join(root, 'examples', name), 'utf8');
const home = () => temporaryDirectory();

/** The health of a gateway that was started by a command of a supervisor. */
async function healthOf(running: Running, path = '/health'): Promise<number> {
  const [, port] = /started successfully on: 127\.0\.0\.1:(\d+)/.exec(await running.printed(/Try it/)) ?? [];
  return (await fetch(`http://127.0.0.1:${port}${path}`)).status;
}

it('SEED-38: process-compose starts, probes and restarts it by the name "cliproxy"', async () => {
  const { processes } = parse(read('process-compose.dev.yaml'));
  const { command, availability, readiness_probe: probe, shutdown } = processes.cliproxy;
  expect(availability.restart).toBe('on_failure');
  expect(probe.http_get).toMatchObject({ host: '127.0.0.1', port: 8317 });
  const directory = home();
  for (const _start of [1, 2]) {
    const running = start('sh', ['-c', `exec ${command}`], { env: { HOME: directory, CLIPROXY_PORT: '0' } });
    expect(await healthOf(running, probe.http_get.path)).toBe(200);
    running.process.kill(shutdown.signal);
    expect((await running.ended).code).toBe(0);
  }
  expect(shutdown.timeout_seconds).toBeGreaterThan(12);
});

it('SEED-18: systemd and launchd start it, and start it again when it was killed', async () => {
  const unit = read('cliproxy.service');
  const [, line = ''] = /^ExecStart=(.+)$/m.exec(unit) ?? [];
  expect(unit).toMatch(/^Restart=on-failure$/m);
  const agent = read('cliproxy.plist');
  const words = [...(/<array>(.*?)<\/array>/s.exec(agent)?.[1] ?? '').matchAll(/<string>(.*)<\/string>/g)];
  expect(words.map(([, word]) => word).join(' ')).toBe(line);
  expect(agent).toMatch(/<key>SuccessfulExit<\/key>\s*<false\/>/);
  const directory = home();
  symlinkSync(launcher, join(directory, 'cliproxy'));
  const env = { HOME: directory, CLIPROXY_PORT: '0', PATH: `${directory}${delimiter}${process.env.PATH}` };
  const [program = '', ...rest] = line.split(' ');
  const first = start(program, rest, { env, directory });
  expect(await healthOf(first)).toBe(200);
  first.process.kill('SIGKILL');
  // Neither a clean exit nor anything left behind that would keep the next one from starting.
  expect(await first.ended).toMatchObject({ code: null, signal: 'SIGKILL' });
  expect(await healthOf(start(program, rest, { env, directory }))).toBe(200);
});

const systemd = '/usr/bin/systemd-analyze';

it.skipIf(!existsSync(systemd))('the unit is one by the measure of systemd', () => {
  const unit = join(root, 'examples', 'cliproxy.service');
  const { stderr, status } = spawnSync(systemd, ['verify', '--user', unit], { env: { XDG_RUNTIME_DIR: home() } });
  expect([status, stderr.toString()]).toEqual([0, '']);
});
