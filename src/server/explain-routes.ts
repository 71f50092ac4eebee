// GET /v1/explain[/{id}]: what became of a client's own exchanges. POST /v1/explain: what would become of a request. GET /v1/catalogue:
// every name with its state.

import { Body } from '../body.ts';
import { dialects } from '../dialects/index.ts';
import { badRequest, GatewayError } from '../errors.ts';
import { asArray, asBoolean, asObject, asString, type Json, saidAs } from '../json.ts';
import type { Snapshot } from '../routing/snapshot.ts';
import type { Mount } from './call.ts';
import { idsOf } from './cooldown-routes.ts';
import { printExchange, printExchangeLine } from './exchanges.ts';
import { explainPlan, type Question } from './explanation.ts';
import { printOffers } from './offers.ts';
import { mountQuestion } from './questions.ts';
import { deepest } from './visit.ts';

/** Exchanges in the list, unless the query says `limit`; and at most. */
const usual = 50;
const most = 500;

/** Exchanges are told to the client that made them, and to no other. Nothing is sent upstream for any of these questions. */
export function mountExplain(mount: Mount): void {
  const { options } = mount;
  mountQuestion(mount, 'GET', '/v1/explain', ({ client, query }) => {
    const asked = Number(query.get('limit') ?? usual);
    const limit = Number.isInteger(asked) && asked > 0 ? Math.min(asked, most) : usual;
    return { object: 'list', data: options.traces.last(client.fingerprint, limit).map(printExchangeLine) };
  });
  mountQuestion(mount, 'GET', '/v1/explain/:id', ({ client, named: { id = '' } }) => {
    const kept = options.traces.get(id, client.fingerprint);
    if (kept) return printExchange(kept);
    throw new GatewayError(
      'not-found',
      `No exchange with id "${id}" is known for this key. The last ones are kept until newer ones take their place, or the gateway stops.`,
      { code: 'exchange_not_found' },
    );
  });
  mountQuestion(mount, 'POST', '/v1/explain', ({ client, body }) => {
    const { snapshot, strict } = options.current();
    const { live, keptUpstream } = options;
    const owner = client.fingerprint;
    const question = readQuestion(Body.read(body, deepest), snapshot);
    return explainPlan(question, { snapshot, live, keptUpstream, now: options.wallClock(), owner, strict });
  });
  mountQuestion(mount, 'GET', '/v1/catalogue', () =>
    printOffers(options.current().snapshot, options.live, options.wallClock()),
  );
}

/** Reads `{ model, dialect?, stream?, request?, without?, session? }`. Throws `bad-request` with the member at fault. */
export function readQuestion(body: Body, { credentials }: Snapshot): Question {
  const { model, dialect, stream, request, without, session } = body.json;
  const given = request === undefined ? undefined : asObject(request);
  if (request !== undefined && !given) throw badRequest('request must be an object: a body of the dialect.', 'request');
  const nameless = (): GatewayError => badRequest('model must be the name of a model.', 'model');
  const name = saidAs(model, asString, nameless) ?? asString(given?.model);
  if (name === undefined || name === '') throw nameless();
  const named = dialect ?? 'openai-chat';
  const known = dialects.find(({ id }) => id === named);
  if (!known) throw badRequest(`dialect must be one of ${dialects.map(({ id }) => `"${id}"`).join(', ')}.`, 'dialect');
  const streamed = saidAs(stream, asBoolean, () => badRequest('stream must be true or false.', 'stream'));
  return {
    model: name,
    dialect: known,
    ...(streamed !== undefined && { stream: streamed }),
    ...(given && { request: given }),
    without: new Set(wordsOf(without).flatMap((word) => idsOf(word, credentials))),
    ...sessionIn(session),
  };
}

function wordsOf(without: Json | undefined): readonly string[] {
  if (without === undefined || without === null) return [];
  const words = typeof without === 'string' ? [without] : asArray(without);
  if (words?.every((word) => typeof word === 'string')) return words;
  throw badRequest('without must be a list of credentials, by label or id.', 'without');
}

function sessionIn(session: Json | undefined): { session?: string } {
  if (session === undefined || session === null) return {};
  const word = asString(session);
  if (word === undefined) throw badRequest('session must be a text.', 'session');
  return { session: word };
}
