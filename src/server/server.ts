// The HTTP face: routes from the dialects, lists of models, health. It knows who is calling and which dialect they speak; what
// becomes of a request is the relay's business.

import { readFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import fastify, { type FastifyInstance } from 'fastify';
import { GatewayError, toGatewayError } from '../errors.ts';
import { type Mount, pathOf, refuse, refuseMethod, type ServerOptions } from './call.ts';
import { mountCooldowns } from './cooldown-routes.ts';
import { mountExplain } from './explain-routes.ts';
import { allowOrigin } from './head.ts';
import { tooLarge } from './inflate.ts';
import { mountMetrics } from './metrics-routes.ts';
import { mountModels } from './models-routes.ts';
import { methodsAt, unknownPath } from './offered.ts';
import { createRelayFront, mountRelay, type RelayFront, relayServerOf } from './relay-routes.ts';
import { mountResponses } from './responses-routes.ts';
import { refuseTunnel, refuseUnreadable } from './unreadable.ts';
import { Upload } from './upload.ts';

/** Milliseconds: a large body over a slow line needs some, a body that never ends shall not have for ever. */
const requestTimeout = 600_000;

/** Makes a server that does not listen yet. Throws the system's or OpenSSL's error where the files of `tls` cannot be used. */
export function createServer(options: ServerOptions): FastifyInstance {
  const { tls } = options;
  // Node's own refusal of a request without a host has no words.
  const http = { IncomingMessage: Upload, requireHostHeader: false };
  const app = fastify({
    ...(tls ? { https: { ...http, cert: readFileSync(tls.cert), key: readFileSync(tls.key) } } : { http }),
    bodyLimit: options.bodyLimit,
    // For the request to arrive, not for its answer: an agent's turn takes as long as it takes.
    requestTimeout,
    clientErrorHandler: (error, socket) => refuseUnreadable(error, socket, options.observe),
    frameworkErrors: (thrown, request, reply) => refuse(request.raw, reply.hijack().raw, unroutable(thrown), options),
    keepAliveTimeout: 75_000,
    forceCloseConnections: 'idle',
    // RFC 9110, 9.1: who offers GET offers HEAD. Claude Code asks for that of `/` at start.
    exposeHeadRoutes: true,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1024 },
  }) as unknown as FastifyInstance;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  const mount: Mount = { app, options, paths: new Set() };
  app.addHook('onRequest', (request, reply, done) => {
    if (isHostless(request.raw)) refuse(request.raw, reply.hijack().raw, hostless(), options);
    else if (request.method === 'OPTIONS') reply.headers(allowOrigin(request.raw)).code(204).send();
    // Before the body is read, which nobody wants.
    else if (request.is404) refuseUnrouted(mount, request.raw, reply.hijack().raw);
    else done();
  });
  mountPlain(mount);
  mountModels(mount);
  mountResponses(mount);
  const serveRelay = relayServerOf(options);
  mountRelay(mount, serveRelay);
  mountExplain(mount);
  mountCooldowns(mount);
  mountMetrics(mount);
  app.setErrorHandler((thrown, request, reply) =>
    refuse(request.raw, reply.hijack().raw, fromFastify(thrown, options.bodyLimit), options),
  );
  putInFront(app, createRelayFront(serveRelay));
  app.server.on('checkExpectation', (request, response) => refuse(request, response, unmet(), options));
  app.server.on('connect', (_request, socket) => refuseTunnel(socket, options.observe));
  return app;
}

function refuseUnrouted({ app, options, paths }: Mount, request: IncomingMessage, response: ServerResponse): void {
  const path = pathOf(request);
  const offered = methodsAt(path, app);
  if (offered.length > 0) refuseMethod(request, response, offered, options);
  else refuse(request, response, unknownPath(path, paths), options);
}

/** RFC 9112, 3.2: HTTP/1.1 names a host. */
function isHostless({ headers, httpVersion }: IncomingMessage): boolean {
  return headers.host === undefined && httpVersion === '1.1';
}

function hostless(): GatewayError {
  return new GatewayError('bad-request', 'The request has no Host header.', { code: 'missing_host' });
}

/** RFC 9110, 10.1.1: there is but one expectation, and Node meets it. */
function unmet(): GatewayError {
  return new GatewayError('bad-request', 'The only expectation that can be met is "Expect: 100-continue".', {
    status: 417,
    code: 'unmet_expectation',
  });
}

/**
 * Calls that a relay route is for do not go through the framework, unless they are spelled oddly, name no host or come while the server closes:
 * all it does for them costs as much as the relay.
 */
function putInFront({ server }: FastifyInstance, front: RelayFront): void {
  const rest = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    if (server.listening && request.headers.host !== undefined && front(request, response)) return;
    for (const listener of rest) listener(request, response);
  });
}

function mountPlain({ app, paths }: Mount): void {
  for (const url of ['/health', '/healthz']) {
    paths.add(url);
    app.get(url, ({ raw }, reply) => reply.headers(allowOrigin(raw)).send({ status: 'ok' }));
  }
  // Claude Code asks this at start, without a key, and only wants to know that somebody is there.
  app.head('/api/hello', ({ raw }, reply) => reply.headers(allowOrigin(raw)).send());
  app.get('/', ({ raw }, reply) =>
    reply.headers(allowOrigin(raw)).send({ message: 'cliproxyapi++', endpoints: [...paths].toSorted() }),
  );
}

/** Fastify's own words for a path it cannot read would repeat the query, where clients may carry their key. */
function unroutable(thrown: unknown): GatewayError {
  const status = (thrown as { statusCode?: number }).statusCode ?? 400;
  return new GatewayError('bad-request', 'The path is too long or not well percent-encoded.', { status });
}

function fromFastify(thrown: unknown, limit: number): GatewayError {
  const { code, statusCode, message } = thrown as { code?: string; statusCode?: number; message?: string };
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return tooLarge(limit);
  if (!(thrown instanceof GatewayError) && statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new GatewayError('bad-request', message ?? 'The request could not be read.', { status: statusCode });
  return toGatewayError(thrown);
}
