// GET /v1/metrics/providers for everyone, and GET /metrics for Prometheus: without a key from this machine only.

import { dialectOf } from '../dialects/index.ts';
import { toGatewayError } from '../errors.ts';
import { writeWhole } from './answer.ts';
import { headerReader, type Mount, queryOf, refuse } from './call.ts';
import { isNear } from './near.ts';

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
