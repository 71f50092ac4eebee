// The gateway of the fault load: a process as operators start it, with watch.ts looking on from inside, and the questions that anyone
// may ask it from outside.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, openSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type JsonObject, objects, parseObject } from '../../src/json.ts';
import { freePort, healthy, sleep } from '../contenders.ts';
import { cpuSeconds } from '../process-tree.ts';
import { clientKey, gatewayConfig, type Ports, type Setting } from './pool.ts';
import type { Question, Sight } from './watch.ts';

/** What the gateway counts by itself. */
export interface Counts {
  /** Upstream calls that came to their end; of them, those to the service whose door is shut now and then. */
  readonly attempts: number;
  readonly atDoor: number;
  readonly failed: number;
  readonly underWay: number;
}

export interface Gateway {
  readonly port: number;
  /** Seconds of processor time so far. */
  cpu(): number;
  /** What is seen from inside. */
  look(question?: Question): Promise<Sight>;
  /** Sockets that the process has open. */
  sockets(): number;
  counts(): Promise<Counts>;
  cooldowns(): Promise<readonly JsonObject[]>;
  clearCooldowns(): Promise<void>;
  close(): Promise<void>;
}

const root = join(import.meta.dirname, '../..');

export async function startGateway(ports: Ports, setting: Setting): Promise<Gateway> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-faults-'));
  const port = await freePort();
  const config = join(folder, 'config.yaml');
  const log = join(folder, 'gateway.log');
  writeFileSync(config, gatewayConfig(port, ports, setting));
  const output = openSync(log, 'a');
  const watch = pathToFileURL(join(import.meta.dirname, 'watch.ts')).href;
  const args = ['--import', watch, join(root, 'bin/cliproxy.js'), 'serve', '--config', config];
  const env = { ...process.env, NODE_ENV: 'production', HOME: folder };
  const child = spawn(process.execPath, args, { cwd: folder, env, stdio: ['ignore', output, output, 'ipc'] });
  const pid = child.pid ?? 0;
  const end = performance.now() + 15_000;
  while (!(await healthy(port))) {
    if (child.exitCode !== null || performance.now() > end) {
      child.kill('SIGKILL');
      throw new Error(`The gateway does not answer on /health.\n${readFileSync(log, 'utf8').slice(-2000)}`);
    }
    await sleep(5);
  }
  const ask = async (path: string, method = 'GET'): Promise<string> => {
    const headers = { authorization: `Bearer ${clientKey}`, connection: 'close' };
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return text;
  };
  return {
    port,
    cpu: () => cpuSeconds(pid),
    look: (question = 'look') => answerOf(child, question),
    sockets: () => socketsOf(pid),
    counts: async () => countsIn(await ask('/metrics')),
    cooldowns: async () => objects(parseObject(await ask('/v1/cooldowns'))?.data),
    clearCooldowns: async () => void (await ask('/v1/cooldowns', 'DELETE')),
    async close() {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), 5000);
      if (child.exitCode === null) await gone;
      clearTimeout(late);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function answerOf(child: ChildProcess, question: Question): Promise<Sight> {
  return new Promise((resolve, reject) => {
    const lost = (): void => reject(new Error('The gateway’s process ended.'));
    child.once('exit', lost);
    child.once('message', (sight) => {
      child.off('exit', lost);
      resolve(sight as Sight);
    });
    child.send(question);
  });
}

function socketsOf(pid: number): number {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).filter((name) => {
    try {
      return readlinkSync(join(folder, name)).startsWith('socket:');
    } catch {
      return false;
    }
  }).length;
}

function countsIn(text: string): Counts {
  const total = (name: string, label = ''): number =>
    text
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) && line.includes(label))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  return {
    attempts: total('cliproxy_attempts_total'),
    atDoor: total('cliproxy_attempts_total', 'provider="door"'),
    failed: total('cliproxy_attempt_failures_total'),
    underWay: total('cliproxy_upstream_requests_in_flight'),
  };
}
