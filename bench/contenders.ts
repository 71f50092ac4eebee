// Who competes: how each is started, when it is ready, and how it is asked.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Dialect, kinds } from './workloads.ts';

export interface Contender {
  readonly name: string;
  readonly dialect: Dialect;
  readonly port: number;
  /** Undefined: nothing stands between the client and the stub. */
  readonly child?: Child | undefined;
}
interface Child {
  readonly pid: number;
  /** Milliseconds from each of its starts to the first answer of /health. */
  readonly starts: readonly number[];
}

export interface Stage {
  contenders(names: readonly string[]): Promise<Contender[]>;
  /** Names and reasons of those that did not come up. */
  readonly failed: readonly string[];
  /** Ends those that are up, so that others can be started. */
  clear(): Promise<void>;
  close(): void;
}

const root = join(import.meta.dirname, '..');
/** Relays that do nothing else, and their programs. */
const relays = [
  ['bare', 'bare-relay.ts'],
  ['twin', 'bare-relay.ts'],
  ['lean', 'lean-relay.ts'],
] as const;
/** What everyone is compared with: the same program twice, so that what two equal ones differ by is seen too. */
export const yardsticks: readonly string[] = ['bare', 'twin'];
/**
 * The gateway and what its clients speak, a process for each: what one slice of work leaves behind in memory is cleared away at the
 * expense of the next, and a bare relay has no translations among its own.
 */
const gateways = [
  ['gateway', 'chat'],
  ['translated', 'messages'],
] as const satisfies readonly (readonly [string, Dialect])[];
export const contenderNames: readonly string[] = [
  'direct',
  ...relays.map(([name]) => name),
  'nginx',
  ...gateways.map(([name]) => name),
];

/** Starts contenders in front of the stub at this port; `starts` times each, of which the last one stays up. */
export function openStage(stubPort: number, starts: number): Stage {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const children = new Set<ChildProcess>();
  const failed: string[] = [];

  const launch = async (name: string, port: number, command: string, args: readonly string[]) => {
    const log = join(folder, `${name}.log`);
    const output = openSync(log, 'a');
    const began = performance.now();
    const environment = { ...process.env, NODE_ENV: 'production', HOME: folder };
    const child = spawn(command, args, { cwd: folder, env: environment, stdio: ['ignore', output, output] });
    children.add(child);
    child.on('exit', () => children.delete(child));
    while (!(await healthy(port))) {
      if (!children.has(child) || performance.now() - began > 15_000) {
        child.kill('SIGKILL');
        throw new Error(`${name} does not answer on /health.\n${readFileSync(log, 'utf8').slice(-2000)}`);
      }
      await sleep(3);
    }
    return { pid: child.pid ?? 0, start: performance.now() - began };
  };
  const up = async (name: string, prepare: (port: number) => readonly [string, readonly string[]]) => {
    const times: number[] = [];
    for (let turn = 1; ; turn++) {
      const port = await freePort();
      const [command, args] = prepare(port);
      const { pid, start } = await launch(name, port, command, args);
      times.push(start);
      if (turn >= starts) return { port, child: { pid, starts: times } };
      await stop(pid, children);
    }
  };

  const relay = (program: string) => (port: number) =>
    [process.execPath, [join(import.meta.dirname, program), String(port), String(stubPort)]] as const;
  const nginx = (port: number) => {
    writeFileSync(join(folder, 'nginx.conf'), nginxConfig(folder, port, stubPort));
    return ['nginx', ['-p', folder, '-c', 'nginx.conf', '-e', 'error.log', '-g', 'daemon off;']] as const;
  };
  const gateway = (name: string) => (port: number) => {
    const config = join(folder, `${name}.yaml`);
    writeFileSync(config, gatewayConfig(port, stubPort));
    return [process.execPath, [join(root, 'bin/cliproxy.js'), 'serve', '--config', config]] as const;
  };

  const open = async (names: readonly string[]): Promise<Contender[]> => {
    const found: Contender[] = [];
    const attempt = async (name: string, start: () => Promise<Contender[]>): Promise<void> => {
      try {
        found.push(...(await start()));
      } catch (error) {
        failed.push(`${name}: ${error instanceof Error ? error.message : error}`);
      }
    };
    if (names.includes('direct')) found.push({ name: 'direct', dialect: 'chat', port: stubPort });
    for (const [name, program] of relays.filter(([one]) => names.includes(one)))
      await attempt(name, async () => [{ name, dialect: 'chat', ...(await up(name, relay(program))) }]);
    if (names.includes('nginx') && spawnSync('nginx', ['-v']).status === 0)
      await attempt('nginx', async () => [{ name: 'nginx', dialect: 'chat', ...(await up('nginx', nginx)) }]);
    for (const [name, dialect] of gateways.filter(([one]) => names.includes(one)))
      await attempt(name, async () => [{ name, dialect, ...(await up(name, gateway(name))) }]);
    return found;
  };

  return {
    contenders: open,
    failed,
    async clear() {
      await Promise.all([...children].map(({ pid = 0 }) => stop(pid, children)));
    },
    close() {
      for (const child of children) child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** One provider, the stub, and one key, as an operator would write it. */
function gatewayConfig(port: number, stubPort: number): string {
  const models = kinds.map((kind) => `      - { name: bench-${kind}, alias: bench-${kind} }`).join('\n');
  return `host: 127.0.0.1
port: ${port}
auth-dir: auth
api-keys: [bench-key]
openai-compatibility:
  - name: stub
    base-url: http://127.0.0.1:${stubPort}/v1
    api-key-entries:
      - api-key: k
    models:
${models}
`;
}

function nginxConfig(folder: string, port: number, stubPort: number): string {
  return `worker_processes 1;
master_process off;
pid nginx.pid;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  client_max_body_size 64m;
  client_body_buffer_size 4m;
  keepalive_requests 1000000;
  upstream stub { server 127.0.0.1:${stubPort}; keepalive 512; keepalive_requests 1000000; }
  server {
    listen 127.0.0.1:${port};
    location = /health { return 200; }
    location / { proxy_pass http://stub; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; }
  }
}
`;
}

/** Whether something answers on /health. */
export function healthy(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = request({ port, host: '127.0.0.1', path: '/health', agent: false, timeout: 1000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    probe.on('error', () => resolve(false));
    probe.end();
  });
}

/** A port of 127.0.0.1 that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

async function stop(pid: number, children: ReadonlySet<ChildProcess>): Promise<void> {
  const child = [...children].find((one) => one.pid === pid);
  if (!child) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 2000);
  await gone;
  clearTimeout(late);
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
