// Stored responses: reading and deleting what this gateway keeps, and the refusal of the WebSocket form.

import { GatewayError, toGatewayError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { writeWhole } from './answer.ts';
import { headerReader, type Mount, queryOf, refuse } from './call.ts';

type Act = (id: string, owner: string) => JsonObject | undefined;

export function mountResponses({ app, options, paths }: Mount): void {
  const { responses, clients } = options;
  const mount = (method: 'GET' | 'DELETE', suffix: string, act: Act): void => {
    for (const prefix of ['/v1', '']) {
      app.route({
        method,
        url: `${prefix}/responses/:id${suffix}`,
        handler(request, reply) {
          const raw = reply.hijack().raw;
          try {
            const { fingerprint } = clients.authenticate(headerReader(request.raw), queryOf(request.raw));
            const { id } = request.params as { id: string };
            const found = act(id, fingerprint);
            if (!found) throw notStored(id);
            writeWhole(raw, 200, {}, JSON.stringify(found));
          } catch (thrown) {
            refuse(request.raw, raw, toGatewayError(thrown), options);
          }
        },
      });
    }
  };
  mount('GET', '', (id, owner) => responses.get(id, owner));
  mount('GET', '/input_items', (id, owner) => {
    const items = responses.inputOf(id, owner);
    return items && { object: 'list', data: items, has_more: false, first_id: null, last_id: null };
  });
  mount('DELETE', '', (id, owner) =>
    responses.delete(id, owner) ? { id, object: 'response', deleted: true } : undefined,
  );

  for (const url of ['/v1/responses', '/responses']) {
    paths.add(url);
    // Codex tries a WebSocket first; 426 makes it go on over HTTP at once, where 404 or 405 would cost it seven tries.
    app.get(url, (request, reply) => {
      const upgrade = request.headers.upgrade?.toLowerCase() === 'websocket';
      const error = upgrade
        ? new GatewayError('unsupported', 'Responses over WebSocket is not offered yet; use POST over HTTP.', {
            status: 426,
            code: 'websocket_unsupported',
          })
        : new GatewayError('not-found', `GET is not offered at ${url}; POST a request, or GET ${url}/{id}.`, {
            status: 405,
            code: 'method_not_allowed',
          });
      refuse(request.raw, reply.hijack().raw, error, options);
    });
  }
}

function notStored(id: string): GatewayError {
  return new GatewayError(
    'not-found',
    `No response with id "${id}" is kept by this gateway. It keeps those of models that do not store responses themselves, for a bounded time (responses-store in config.yaml).`,
    { code: 'response_not_found' },
  );
}
