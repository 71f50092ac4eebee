// The gateway that runs by a configuration, as commands ask it: where it listens, with which key, and what its answers mean.

import { codeOf, StartFailure } from '../config/failure.ts';
import { findConfig, readConfig, stands } from '../config/find.ts';
import { isLoopback, loadWhole, withoutBrackets } from '../config/open.ts';
import type { Config } from '../config/schema.ts';
import { asArray, asObject, asString, type JsonObject, parseObject } from '../json.ts';
import { rejected } from './serve.ts';
import type { Terminal } from './terminal.ts';

/** How commands are told which gateway to ask. */
export interface GatewayFlags {
  readonly config?: string;
  readonly url?: string;
  readonly key?: string;
}

/** A gateway that may or may not run. */
export interface Gateway {
  readonly url: string;
  /** What it is run by, where that is known: a gateway elsewhere has its own. */
  readonly config?: Config;
  /** The answer; undefined where nobody listens. Throws StartFailure for an error, in its words. */
  ask(method: 'GET' | 'POST' | 'DELETE', path: string, body?: JsonObject): Promise<JsonObject | undefined>;
}

/** Milliseconds until an answer; it is computed, not waited for. */
const patience = 10_000;

/** Finds the gateway of the flags, else that of the configuration. Throws StartFailure where neither says enough. */
export async function findGateway(flags: GatewayFlags, terminal: Terminal): Promise<Gateway> {
  // The key of whatever configuration is found here is not for a gateway elsewhere, unless both are named.
  const config = flags.url === undefined || flags.config ? await configOf(flags, terminal) : undefined;
  const url = (flags.url ?? (config && urlOf(config, terminal)) ?? '').replace(/\/+$/, '');
  if (!URL.canParse(url)) throw new StartFailure(`"${url}" is no URL`, 'For example: --url http://127.0.0.1:8317');
  const key = flags.key ?? (terminal.env.CLIPROXY_KEY?.trim() || plainKeyOf(config));
  const ask: Gateway['ask'] = (method, path, body) => askAt(url, key, { method, path, body });
  return { url, ask, ...(flags.url === undefined && config && { config }) };
}

async function configOf(flags: GatewayFlags, terminal: Terminal): Promise<Config> {
  const place = findConfig(flags.config, terminal);
  if (!place.required && !stands(place.path))
    throw new StartFailure(
      `there is no configuration file yet; ${place.path} would be used`,
      'Start the gateway once with "cliproxy serve", or say which one to ask with --url and --key.',
    );
  const loaded = await loadWhole(await readConfig(place), place.path, {}, terminal.env);
  if ('problems' in loaded) throw rejected(loaded, place.path, terminal);
  return loaded.config;
}

/** Where the gateway listens, as this machine reaches it. */
function urlOf({ host, port, tls }: Config, { env }: Terminal): string {
  const address = withoutBrackets(env.CLIPROXY_HOST?.trim() || host);
  const near = address === '0.0.0.0' || address === '' ? '127.0.0.1' : address === '::' ? '::1' : address;
  const shown = near.includes(':') ? `[${near}]` : near;
  return `${tls.enable ? 'https' : 'http'}://${shown}:${env.CLIPROXY_PORT?.trim() || port}`;
}

function plainKeyOf(config: Config | undefined): string | undefined {
  return config?.['api-keys'].find((key) => !key.startsWith('sha256:'));
}

interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: JsonObject | undefined;
}

async function askAt(url: string, key: string | undefined, call: Call): Promise<JsonObject | undefined> {
  // A certificate made for the gateway's public name, or by nobody, is no danger on the way to this machine itself.
  const near = isLoopback(new URL(url).hostname.replace(/^\[|\]$/g, ''));
  // Loaded only here: other commands start faster without it.
  const { Agent, request } = await import('undici');
  const agent = new Agent({ connect: { rejectUnauthorized: !near, timeout: patience } });
  try {
    const { statusCode, body } = await request(`${url}${call.path}`, {
      dispatcher: agent,
      method: call.method,
      headers: {
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
        ...(call.body && { 'content-type': 'application/json' }),
      },
      body: call.body ? JSON.stringify(call.body) : null,
      headersTimeout: patience,
      bodyTimeout: patience,
    });
    return read(url, statusCode, await body.text(), key);
  } catch (thrown) {
    if (thrown instanceof StartFailure) throw thrown;
    if (codeOf(thrown) === 'ECONNREFUSED' || isRefused(thrown)) return undefined;
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new StartFailure(
      `failed to ask the gateway at ${url}: ${reason}`,
      'Check --url, or host, port and tls in config.yaml.',
    );
  } finally {
    await agent.destroy();
  }
}

/** `localhost` has two addresses, and each may refuse. */
function isRefused(thrown: unknown): boolean {
  return thrown instanceof AggregateError && thrown.errors.every((one) => codeOf(one) === 'ECONNREFUSED');
}

function read(url: string, status: number, text: string, key: string | undefined): JsonObject {
  const answer = parseObject(text);
  if (status === 401)
    throw new StartFailure(
      `the gateway at ${url} ${key === undefined ? 'asks for a key' : 'does not accept the key'}`,
      'Give one of its api-keys with --key, or in CLIPROXY_KEY; of hashed keys only their owner knows the plain one.',
    );
  const message = asString(asObject(answer?.error)?.message);
  if (status >= 400 && message !== undefined)
    throw new StartFailure(message, `The gateway at ${url} answered ${status}.`);
  if (status !== 200 || !answer || (asArray(answer.data) === undefined && answer.object === undefined))
    throw new StartFailure(
      `what answers at ${url} is no cliproxyapi++, or an older one (status ${status})`,
      'Check --url, or host and port in config.yaml.',
    );
  return answer;
}
