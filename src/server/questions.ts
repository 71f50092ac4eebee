// Questions about the gateway itself: a known client asks, and gets JSON with nothing secret in it. Errors have the shape of OpenAI's.

import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { dialectOf } from '../dialects/index.ts';
import { toGatewayError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { writeWhole } from './answer.ts';
import { headerReader, type Mount, queryOf, refuse } from './call.ts';
import type { Client } from './clients.ts';

/** Who asks, and what. */
export interface Asked {
  readonly client: Client;
  readonly query: URLSearchParams;
  /** What stands in the path where the route has a name. */
  readonly named: Readonly<Record<string, string>>;
  /** Empty where there is none. */
  readonly body: Buffer;
}

/** Mounts a question at a path. `answer` throws a GatewayError where there is no answer. */
export function mountQuestion(
  { app, options, paths }: Mount,
  method: 'GET' | 'POST' | 'DELETE',
  url: string,
  answer: (asked: Asked) => JsonObject,
): void {
  if (!url.includes(':')) paths.add(url);
  const clients = new WeakMap<IncomingMessage, Client>();
  const authenticate = ({ raw }: FastifyRequest): Client => {
    const client = options.current().clients.authenticate(headerReader(raw), queryOf(raw));
    clients.set(raw, client);
    return client;
  };
  app.route({
    method,
    url,
    // Before the body is read: strangers shall not make the gateway hold theirs.
    onRequest: (request, reply, done) => {
      try {
        authenticate(request);
        done();
      } catch (thrown) {
        refuse(request.raw, reply.hijack().raw, toGatewayError(thrown), options, { dialect: dialectOf('openai-chat') });
      }
    },
    handler: (request, reply) => {
      const response = reply.hijack().raw;
      try {
        const asked: Asked = {
          client: clients.get(request.raw) ?? authenticate(request),
          query: queryOf(request.raw),
          named: request.params as Record<string, string>,
          body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
        };
        writeWhole(response, 200, { 'cache-control': 'no-store' }, options.redact(JSON.stringify(answer(asked))));
      } catch (thrown) {
        refuse(request.raw, response, toGatewayError(thrown), options, { dialect: dialectOf('openai-chat') });
      }
    },
  });
}

/** Wall-clock milliseconds as they are shown. */
export function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
