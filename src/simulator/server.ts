// The simulator on a socket: plays the steps of a simulation's answers over HTTP, and notices when the client leaves.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from './clock.ts';
import type { Step } from './faults.ts';
import type { Recorded, Report } from './recorder.ts';
import type { ScriptOrder } from './scripts.ts';
import { type Simulation, type SimulationOptions, simulation } from './simulation.ts';
import type { Call } from './speaker.ts';

/** What it simulates, and where it listens. */
interface SimulatorOptions extends SimulationOptions {
  /** Default 0: any free port. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
}

/** A simulator that listens. */
export interface Simulator {
  readonly url: string;
  readonly port: number;
  /** Breaks all connections and stops listening. */
  close(): Promise<void>;
  /** What it got so far, oldest first. */
  recorded(): readonly Recorded[];
  /** Scripts requests to come. Throws ScriptError. */
  script(order: ScriptOrder): void;
  /** Resolves when no request is under way. */
  idle(): Promise<void>;
  /** Forgets everything: records, scripts, caches, stored responses. */
  reset(): void;
}

/** Starts a simulator of its own on a socket of its own. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const service = simulation(options);
  const server = createServer({ keepAliveTimeout: 60_000 }, listenerOf(service));
  const host = options.host ?? '127.0.0.1';
  server.listen(options.port ?? 0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
    recorded: () => service.recorded(),
    script: (order) => service.script(order),
    idle: () => service.idle(),
    reset: () => service.reset(),
  };
}

/** A listener for a Node HTTP server that answers as the simulation does. */
export function listenerOf(service: Simulation): RequestListener {
  return (request, response) => {
    serve(service, request, response).catch(() => response.destroy());
  };
}

async function serve(service: Simulation, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const left = new AbortController();
  const call = await callOf(request);
  const { steps, report } = service.respond(call);
  response.on('close', () => {
    if (response.writableFinished) report.done();
    else report.left();
    left.abort();
  });
  // The client may have left while its body was read.
  if (response.destroyed) return report.left();
  await play(steps, response, { clock: service.clock, signal: left.signal, report });
}

async function callOf(request: IncomingMessage): Promise<Call> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const headers = Object.entries(request.headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value] as const],
  );
  return {
    method: request.method ?? 'GET',
    path: request.url ?? '/',
    headers: Object.fromEntries(headers),
    body: Buffer.concat(chunks).toString('utf8'),
  };
}

interface Stage {
  readonly clock: Clock;
  /** Aborts when the client leaves. */
  readonly signal: AbortSignal;
  readonly report: Report;
}

async function play(steps: Iterable<Step>, response: ServerResponse, stage: Stage): Promise<void> {
  for (const step of steps) {
    if (stage.signal.aborted) return;
    await take(step, response, stage);
  }
}

async function take(step: Step, response: ServerResponse, { clock, signal, report }: Stage): Promise<void> {
  switch (step.do) {
    case 'wait':
      return clock.wait(step.ms, signal);
    case 'head':
      response.writeHead(step.status, step.headers);
      response.flushHeaders();
      return report.head(step.status);
    case 'write':
      report.sent(step.bytes.length);
      // Rejects only when the client left, which ends the play anyway.
      if (!response.write(step.bytes)) await once(response, 'drain', { signal }).catch(() => undefined);
      return;
    case 'end':
      response.end();
      return;
    case 'reset':
      report.done();
      // What was written leaves the process a turn later; only then may the connection go.
      await turn();
      response.socket?.destroySoon();
      return;
  }
}
