// GET /v1/models and its relatives: four shapes, one list.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { GatewayError, toGatewayError } from '../errors.ts';
import { type Candidate, type Catalogue, listed } from '../routing/catalogue.ts';
import { findName, modelNotFound } from '../routing/names.ts';
import { shownNow } from '../routing/shown.ts';
import { writeWhole } from './answer.ts';
import { headerReader, type Mount, pathOf, queryOf, refuse, refuseMethod, type ServerOptions } from './call.ts';
import { type ListShape, printModel, printModels, shapeOf } from './models.ts';
import { methodsOfAction } from './offered.ts';

/** Lists and single models. The shape follows from who asks, but below `/v1beta`, which is Gemini's alone. */
export function mountModels({ app, options, paths }: Mount): void {
  const serve = (path: string, fixed?: ListShape): void => {
    paths.add(path);
    for (const url of [path, `${path}/*`]) {
      app.get(url, (request, reply) => {
        const raw = reply.hijack().raw;
        const header = headerReader(request.raw);
        const query = queryOf(request.raw);
        try {
          const { clients, snapshot } = options.current();
          clients.authenticate(header, query);
          const shape = fixed ?? shapeOf(header, query);
          const { catalogue } = snapshot;
          const shown = shownNow(options.live, options.wallClock(), snapshot.settings);
          const id = decoded(pathOf(request.raw).slice(path.length + 1)).replace(/^models\//, '');
          const body =
            id === ''
              ? printModels(catalogue, shape, query, shown)
              : printModel(id, offersOf(catalogue, id, shown), shape);
          writeWhole(raw, 200, {}, JSON.stringify(body));
        } catch (thrown) {
          refuseModels(request.raw, raw, missing(thrown), options);
        }
      });
    }
  };
  serve('/v1/models');
  serve('/models');
  serve('/v1beta/models', 'gemini');
}

/** What is no model may be something that is done with one. */
function refuseModels(
  request: IncomingMessage,
  response: ServerResponse,
  error: GatewayError,
  options: ServerOptions,
): void {
  const offered = error.kind === 'not-found' ? methodsOfAction(pathOf(request)) : [];
  if (offered.length > 0) refuseMethod(request, response, offered, options);
  else refuse(request, response, error, options);
}

/** What goes by an id that is listed, also with a provider's pin. Suffixes are no part of ids: they say how a model is asked. */
function offersOf(catalogue: Catalogue, id: string, shown: (candidate: Candidate) => boolean): readonly Candidate[] {
  const visible = findName(catalogue, id)?.candidates.filter(
    (candidate) => candidate.credential.unusable === undefined && shown(candidate),
  );
  if (visible?.length) return visible;
  throw modelNotFound(id, [...listed(catalogue, shown).keys()]);
}

/** Asking for a model that is not there is 404 here; in a request body it is 400. */
function missing(thrown: unknown): GatewayError {
  const error = toGatewayError(thrown);
  return error.kind === 'model-not-found' ? new GatewayError('not-found', error.message, error.facts) : error;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
