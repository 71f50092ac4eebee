// The routes of the dialects, and which calls are for them.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { dialects } from '../dialects/index.ts';
import { toGatewayError } from '../errors.ts';
import { headerReader, type Mount, queryOf, refuse, type ServerOptions } from './call.ts';
import { createPulses } from './pulse.ts';
import { Upload } from './upload.ts';
import { type Destination, Visit } from './visit.ts';

/** Takes a call over: whatever becomes of it, its response is written or cut. */
export type RelayServer = (destination: Destination, request: IncomingMessage, response: ServerResponse) => void;

/** Serves calls to the end. Keys come before the body: strangers shall not make the gateway hold theirs. */
export function relayServerOf(options: ServerOptions): RelayServer {
  const pulseOf = createPulses();
  return (destination, request, response) => {
    const header = headerReader(request);
    const query = queryOf(request);
    let owner: string;
    try {
      owner = options.current().clients.authenticate(header, query).fingerprint;
    } catch (thrown) {
      refuse(request, response, toGatewayError(thrown), options, { dialect: destination.dialect });
      return;
    }
    const visit = new Visit({ destination, request, response, header, query, owner, options, pulseOf });
    if (!(request instanceof Upload)) throw new Error('the server was made without its own class of requests');
    request.gather(options.bodyLimit, visit);
  };
}

/** All spellings that the framework understands. */
export function mountRelay({ app, paths }: Mount, serve: RelayServer): void {
  for (const { url, destination } of addresses()) {
    if (!url.endsWith('*')) paths.add(url);
    app.route({
      method: destination.route.method,
      url,
      // The framework shall not read the body.
      onRequest: (request, reply, _done) => serve(destination, request.raw, reply.hijack().raw),
      handler: () => undefined,
    });
  }
}

/** Serves a call if it is for a relay route, spelled plainly; says whether it does. */
export type RelayFront = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Knows every route and its short form by the plain spelling; says no to all else, which the framework may still understand. */
export function createRelayFront(serve: RelayServer): RelayFront {
  const exact = new Map<string, Destination>();
  const below: { readonly prefix: string; readonly destination: Destination }[] = [];
  for (const { url, destination } of addresses()) {
    if (url.endsWith('*')) below.push({ prefix: url.slice(0, -1), destination });
    else exact.set(url, destination);
  }
  return (request, response) => {
    const { url = '', method } = request;
    const query = url.indexOf('?');
    const path = query < 0 ? url : url.slice(0, query);
    const destination =
      exact.get(path) ?? below.find(({ prefix }) => path.startsWith(prefix) && isPlain(path, prefix))?.destination;
    if (!destination || destination.route.method !== method) return false;
    serve(destination, request, response);
    return true;
  };
}

/** Whether a name stands below, without anything to decode. */
function isPlain(path: string, prefix: string): boolean {
  return path.length > prefix.length && !path.endsWith('/') && !path.includes('%');
}

/** Where each route is found. `/v1/messages` works as `/messages` too; Gemini's wildcards share their root with the lists of models and have no short form. */
function addresses(): readonly { readonly url: string; readonly destination: Destination }[] {
  return dialects.flatMap((dialect) =>
    dialect.routes.flatMap((route) => {
      const { path } = route;
      const urls = path.startsWith('/v1/') && !path.endsWith('*') ? [path, path.slice('/v1'.length)] : [path];
      return urls.map((url) => ({ url, destination: { dialect, route } }));
    }),
  );
}
