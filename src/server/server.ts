// The HTTP face: routes from the dialects, lists of models, health. It knows who is calling and which dialect they speak; what
// becomes of a request is the relay's business.

import { readFileSync } from 'node:fs';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { GatewayError, toGatewayError } from '../errors.ts';
import { nearest } from '../nearest.ts';
import { type Mount, pathOf, refuse, type ServerOptions } from './call.ts';
import { tooLarge } from './inflate.ts';
import { mountModels } from './models-routes.ts';
import { mountRelay } from './relay-routes.ts';
import { mountResponses } from './responses-routes.ts';

export function createServer(options: ServerOptions): FastifyInstance {
  const tls = options.tls && { https: { cert: readFileSync(options.tls.cert), key: readFileSync(options.tls.key) } };
  const app = fastify({
    ...tls,
    bodyLimit: options.bodyLimit,
    // An agent's turn takes as long as it takes; what a client waits for is its own decision.
    requestTimeout: 0,
    keepAliveTimeout: 75_000,
    forceCloseConnections: 'idle',
    exposeHeadRoutes: false,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1024 },
  }) as unknown as FastifyInstance;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.addHook('onRequest', async (request, reply) => allowOrigins(request, reply));
  const mount: Mount = { app, options, paths: new Set() };
  mountPlain(mount);
  mountModels(mount);
  mountResponses(mount);
  mountRelay(mount);
  app.setNotFoundHandler((request, reply) =>
    refuse(request.raw, reply.hijack().raw, unknownPath(request, mount.paths), options),
  );
  app.setErrorHandler((thrown, request, reply) =>
    refuse(request.raw, reply.hijack().raw, fromFastify(thrown, options.bodyLimit), options),
  );
  return app;
}

/** The seed's CORS: a gateway on loopback is used by pages of editors and chat clients alike. */
async function allowOrigins(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  for (const [name, value] of Object.entries(cors)) reply.raw.setHeader(name, value);
  return request.method === 'OPTIONS' ? reply.code(204).send() : undefined;
}

const cors = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE, OPTIONS',
  'access-control-allow-headers': '*',
  'access-control-expose-headers': 'x-request-id, request-id, retry-after, x-cliproxy-loss, x-cliproxy-estimate',
};

function mountPlain({ app, paths }: Mount): void {
  for (const url of ['/health', '/healthz']) {
    paths.add(url);
    app.get(url, async () => ({ status: 'ok' }));
    app.head(url, async (_request, reply) => reply.send());
  }
  // Claude Code asks this at start, without a key, and only wants to know that somebody is there.
  app.head('/api/hello', async (_request, reply) => reply.send());
  app.get('/', async () => ({
    message: 'cliproxyapi++',
    endpoints: [...paths].toSorted(),
  }));
}

function unknownPath(request: FastifyRequest, paths: ReadonlySet<string>): GatewayError {
  const path = pathOf(request.raw);
  const known = [...paths];
  if (known.includes(path))
    return new GatewayError('not-found', `${request.method} is not offered at ${path}.`, {
      status: 405,
      code: 'method_not_allowed',
    });
  const near = nearest(path, known, 1)[0] ?? '/v1/models';
  return new GatewayError('not-found', `There is nothing at ${path}. The nearest path is ${near}.`, {
    code: 'unknown_path',
  });
}

function fromFastify(thrown: unknown, limit: number): GatewayError {
  const { code, statusCode, message } = thrown as { code?: string; statusCode?: number; message?: string };
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return tooLarge(limit);
  if (!(thrown instanceof GatewayError) && statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new GatewayError('bad-request', message ?? 'The request could not be read.', { status: statusCode });
  return toGatewayError(thrown);
}
