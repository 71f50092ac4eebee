// Stored responses: reading and deleting what this gateway keeps or an upstream keeps, and the refusal of the WebSocket form.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { Body } from '../body.ts';
import type { InboundCall } from '../dialects/dialect.ts';
import { badRequest, GatewayError, toGatewayError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import type { WholeAnswer } from '../relay/exchange.ts';
import { listInput } from '../relay/input-items.ts';
import type { Question } from '../relay/kept-upstream.ts';
import { Departure } from '../signal.ts';
import { writeWhole } from './answer.ts';
import { headerReader, type Mount, pathOf, queryOf, refuse, type ServerOptions } from './call.ts';
import { withoutKeys } from './clients.ts';

/** What this gateway itself keeps of a response. */
type Own = (id: string, owner: string, query: URLSearchParams) => JsonObject | undefined;

/** Each with `/v1` in front and without. What neither the gateway nor the upstream that it knows of keeps is 404. */
export function mountResponses({ app, options, paths }: Mount): void {
  const { responses } = options;
  const mount = (method: Question['method'], suffix: string, own: Own): void => {
    for (const prefix of ['/v1', '']) {
      app.route({
        method,
        url: `${prefix}/responses/:id${suffix}`,
        async handler(request, reply) {
          const raw = reply.hijack().raw;
          const { id } = request.params as { id: string };
          try {
            const query = withoutKeys(queryOf(request.raw));
            const question = { method, id, rest: query.size > 0 ? `${suffix}?${query}` : suffix };
            const { status, headers, body } = await find(question, own, request.raw, raw, options);
            writeWhole(raw, status, headers, body);
          } catch (thrown) {
            refuse(request.raw, raw, toGatewayError(thrown), options);
          }
        },
      });
    }
  };
  mount('GET', '', (id, owner, query) => {
    const response = responses.get(id, owner);
    if (response && query.get('stream') === 'true')
      throw badRequest('stream: a response that this gateway keeps is read whole. Ask without stream.', 'stream');
    return response;
  });
  mount('GET', '/input_items', (id, owner, query) => {
    const items = responses.inputOf(id, owner);
    return items && listInput(items, id, query);
  });
  mount('DELETE', '', (id, owner) =>
    responses.delete(id, owner) ? { id, object: 'response', deleted: true } : undefined,
  );

  for (const url of ['/v1/responses', '/responses']) {
    paths.add(url);
    // Codex tries a WebSocket first; 426 makes it go on over HTTP at once, where 404 or 405 would cost it seven tries.
    app.get(url, (request, reply) => {
      const upgrade = request.headers.upgrade?.toLowerCase() === 'websocket';
      const [error, headers] = upgrade ? noWebSocket() : notOffered(url);
      refuse(request.raw, reply.hijack().raw, error, options, { headers });
    });
  }
}

type Refused = readonly [error: GatewayError, headers: Record<string, string>];

/** A 426 must name the protocol to go on with (RFC 9110 §15.5.22): it is the one the client would have left. */
function noWebSocket(): Refused {
  const error = new GatewayError('unsupported', 'Responses over WebSocket is not offered yet; use POST over HTTP.', {
    status: 426,
    code: 'websocket_unsupported',
  });
  return [error, { upgrade: 'HTTP/1.1', connection: 'Upgrade' }];
}

function notOffered(url: string): Refused {
  const error = new GatewayError('not-found', `GET is not offered at ${url}; POST a request, or GET ${url}/{id}.`, {
    status: 405,
    code: 'method_not_allowed',
  });
  return [error, { allow: 'POST' }];
}

/** The gateway's own record, else what the upstream says that made the response. */
async function find(
  question: Question,
  own: Own,
  request: IncomingMessage,
  response: ServerResponse,
  { current, keptUpstream }: ServerOptions,
): Promise<WholeAnswer> {
  const header = headerReader(request);
  const query = queryOf(request);
  const { clients, snapshot } = current();
  const { fingerprint } = clients.authenticate(header, query);
  const kept = own(question.id, fingerprint, query);
  if (kept) return { type: 'whole', status: 200, headers: {}, body: JSON.stringify(kept) };
  const left = new Departure();
  response.on('close', () => left.abort());
  const call: InboundCall = { operation: 'generate', path: pathOf(request), query, header, body: Body.of({}) };
  const answer = await keptUpstream.ask(question, { owner: fingerprint, call, snapshot, signal: left });
  if (!answer) throw notStored(question.id);
  return answer;
}

function notStored(id: string): GatewayError {
  return new GatewayError(
    'not-found',
    `No response with id "${id}" is kept by this gateway. It keeps those of models that do not store responses themselves, for a bounded time (responses-store in config.yaml).`,
    { code: 'response_not_found' },
  );
}
