// GET and DELETE /v1/cooldowns: what rests, why and until when; and the end of it where somebody knows better.

import { GatewayError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { nearest } from '../nearest.ts';
import type { Credential } from '../routing/credential.ts';
import type { Resting } from '../routing/health.ts';
import type { Mount } from './call.ts';
import { mountQuestion, timeOf } from './questions.ts';

/** Without `credential`, DELETE ends the rests of all; `model` is the upstream's id. Rests that are over do not count as ended. */
export function mountCooldowns(mount: Mount): void {
  const { options } = mount;
  const credentials = () => options.current().snapshot.credentials;
  mountQuestion(mount, 'GET', '/v1/cooldowns', () => {
    const now = options.wallClock();
    const data = options.live.health
      .list(now)
      .toSorted((a, b) => a.until - b.until)
      .map((resting) => printCooldown(resting, now, credentials()));
    return { object: 'list', data };
  });
  mountQuestion(mount, 'DELETE', '/v1/cooldowns', ({ query }) => {
    const { health } = options.live;
    const model = query.get('model') ?? undefined;
    const now = options.wallClock();
    const named = query.get('credential');
    const ids = named === null ? [undefined] : idsOf(named, credentials());
    return { object: 'cooldowns', cleared: ids.reduce((sum, id) => sum + health.clear(id, model, now), 0) };
  });
}

/** The ids of the credentials that go by a label or an id. Throws `not-found` with the nearest ones. */
export function idsOf(named: string, credentials: readonly Credential[]): readonly string[] {
  const ids = credentials.filter(({ id, label }) => id === named || label === named).map(({ id }) => id);
  if (ids.length > 0) return ids;
  const labels = [...new Set(credentials.map(({ label }) => label))];
  const near = nearest(named.slice(0, 200), labels, 3);
  const hint = near.length > 0 ? ` The nearest are ${near.map((label) => `"${label}"`).join(' and ')}.` : '';
  throw new GatewayError('not-found', `No credential is called "${named.slice(0, 200)}".${hint}`, {
    code: 'credential_not_found',
    param: 'credential',
  });
}

function printCooldown(resting: Resting, now: number, credentials: readonly Credential[]): JsonObject {
  const { credential: id, model, scope, label, status, cause, since, until, failures } = resting;
  const credential = credentials.find((one) => one.id === id);
  return {
    provider: credential?.provider.id,
    credential: credential?.label ?? id,
    credential_id: id,
    model,
    scope,
    reason: label,
    status,
    cause,
    since: timeOf(since),
    until: timeOf(until),
    reset_seconds: Math.max(0, Math.ceil((until - now) / 1000)),
    failures,
  };
}
