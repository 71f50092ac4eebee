// GET /v1/metrics/providers for everyone, and GET /metrics for Prometheus: without a key from this machine only.

import type { IncomingMessage } from 'node:http';
import { dialectOf } from '../dialects/index.ts';
import { toGatewayError } from '../errors.ts';
import { writeWhole } from './answer.ts';
import { headerReader, type Mount, queryOf, refuse } from './call.ts';

/** Both tell numbers, with words of the configuration and of this program: nothing that a client or an upstream said. */
export function mountMetrics({ app, options, paths }: Mount): void {
  const { metrics } = options;
  paths.add('/v1/metrics/providers');
  app.get('/v1/metrics/providers', (_request, reply) =>
    writeWhole(reply.hijack().raw, 200, { 'cache-control': 'no-store' }, JSON.stringify(metrics.providers())),
  );
  paths.add('/metrics');
  app.get('/metrics', ({ raw }, reply) => {
    const response = reply.hijack().raw;
    try {
      if (!isNear(raw)) options.current().clients.authenticate(headerReader(raw), queryOf(raw));
      writeWhole(response, 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }, metrics.print());
    } catch (thrown) {
      refuse(raw, response, toGatewayError(thrown), options, { dialect: dialectOf('openai-chat') });
    }
  });
}

/** From this machine, and not by way of a proxy on it, behind which everybody would seem to be near. */
function isNear({ socket, headers }: IncomingMessage): boolean {
  const forwarded = headers['x-forwarded-for'] ?? headers.forwarded ?? headers['x-real-ip'] ?? headers.via;
  return forwarded === undefined && /^(?:::ffff:)?127\.|^::1$/.test(socket.remoteAddress ?? '');
}
