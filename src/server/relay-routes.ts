// The routes of the dialects: read the call, make it an exchange, write the answer.

import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Body } from '../body.ts';
import type { Dialect, InboundCall, Route } from '../dialects/dialect.ts';
import { dialects } from '../dialects/index.ts';
import type { Envelope } from '../envelope.ts';
import { GatewayError, toGatewayError } from '../errors.ts';
import type { Exchange } from '../relay/exchange.ts';
import { Departure, type Signal } from '../signal.ts';
import { writeAnswer } from './answer.ts';
import {
  admit,
  clientOf,
  headerReader,
  type Mount,
  pathOf,
  queryOf,
  refuse,
  requestId,
  type ServerOptions,
  type Serving,
} from './call.ts';
import { decompress } from './inflate.ts';

export function mountRelay({ app, options, paths }: Mount): void {
  for (const dialect of dialects) {
    for (const route of dialect.routes) {
      for (const url of spellings(route.path)) {
        if (!url.endsWith('*')) paths.add(url);
        app.route({
          method: route.method,
          url,
          onRequest: (request, reply, done) => (admit(request, reply, options) ? done() : undefined),
          handler: (request, reply) => serve(dialect, route, request, reply, options),
        });
      }
    }
  }
}

/** `/v1/messages` works as `/messages` too; Gemini's wildcards share their root with the lists of models and have no short form. */
function spellings(path: string): readonly string[] {
  return path.startsWith('/v1/') && !path.endsWith('*') ? [path, path.slice('/v1'.length)] : [path];
}

async function serve(
  dialect: Dialect,
  route: Route,
  request: FastifyRequest,
  reply: FastifyReply,
  options: ServerOptions,
): Promise<void> {
  const response = reply.hijack().raw;
  const serving = options.current();
  const left = new Departure();
  response.once('close', () => {
    if (!response.writableFinished) left.abort();
  });
  if (response.closed) left.abort();
  let exchange: Exchange;
  try {
    exchange = await open(dialect, route, request, left, { options, serving });
  } catch (thrown) {
    refuse(request.raw, response, toGatewayError(thrown), options);
    return;
  }
  const ids = { 'x-request-id': exchange.id, 'request-id': exchange.id };
  await writeAnswer(response, exchange, options.relay(exchange), ids, serving.keepAlive);
}

async function open(
  dialect: Dialect,
  route: Route,
  request: FastifyRequest,
  signal: Signal,
  { options, serving }: { readonly options: ServerOptions; readonly serving: Serving },
): Promise<Exchange> {
  const { raw } = request;
  const startedAt = options.now();
  const header = headerReader(raw);
  const query = queryOf(raw);
  const { fingerprint } = clientOf(raw) ?? serving.clients.authenticate(header, query);
  const received = bodyOf(await bytesOf(request, header('content-encoding'), options.bodyLimit));
  const body = dialect.storesReplies ? options.responses.resolve(received, fingerprint) : received;
  const call: InboundCall = { operation: route.operation, path: pathOf(raw), query, header, body };
  return {
    id: requestId(raw),
    token: randomUUID().replaceAll('-', '').slice(0, 24),
    owner: fingerprint,
    dialect,
    envelope: bounded(dialect.request.envelope(call)),
    call,
    body,
    snapshot: serving.snapshot,
    signal,
    strict: strictness(header('x-cliproxy-strict'), serving.strict),
    created: Math.floor(options.wallClock() / 1000),
    startedAt,
  };
}

async function bytesOf({ body }: FastifyRequest, encoding: string | undefined, limit: number): Promise<Buffer> {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
  return encoding === undefined ? bytes : decompress(bytes, encoding, limit);
}

/** Levels of nesting. No service takes more, and JavaScript's own stack ends at a few thousand. */
const deepest = 1000;

function bodyOf(bytes: Buffer): Body {
  if (!isUtf8(bytes))
    throw new GatewayError('bad-request', 'The request body is not valid UTF-8.', { code: 'invalid_json' });
  return Body.read(bytes, deepest);
}

/** No service has names this long; they would be searched for, shown and logged. */
const longestName = 512;

function bounded(envelope: Envelope): Envelope {
  if (envelope.model.length <= longestName) return envelope;
  throw new GatewayError('bad-request', `The name of the model is longer than ${longestName} characters.`, {
    code: 'model_not_found',
    param: 'model',
  });
}

function strictness(header: string | undefined, otherwise: boolean): boolean {
  if (header === undefined) return otherwise;
  if (/^(?:1|true|yes|on)$/i.test(header.trim())) return true;
  if (/^(?:0|false|no|off)$/i.test(header.trim())) return false;
  throw new GatewayError('bad-request', 'The header x-cliproxy-strict must be true or false.', {
    param: 'x-cliproxy-strict',
  });
}
