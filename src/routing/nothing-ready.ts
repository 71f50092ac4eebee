// What to answer when a plan offers nothing and nothing was tried: when to come back, or why there is nobody.

import type { Envelope } from '../envelope.ts';
import { GatewayError } from '../errors.ts';
import { compact } from '../json.ts';
import { embeds, type PassedOver } from './obstacles.ts';
import type { Plan } from './plan.ts';
import type { Snapshot } from './snapshot.ts';

/** The error for a request that nobody could be asked for. */
export function nothingReady(envelope: Envelope, plan: Plan, snapshot: Snapshot): GatewayError {
  const left = plan.passedOver();
  if (left.every(({ candidate }) => !embeds(candidate.credential, envelope)))
    return noEmbeddings(envelope, left, snapshot);
  if (left.length > 0 && left.every(({ elsewhere }) => elsewhere)) return notHeld(envelope);
  const waiting = left.filter(({ passing }) => passing);
  return waiting.length > 0 ? coolingDown(envelope, waiting, left, plan.now()) : nobody(envelope, left);
}

/** Candidates told in a body; thousands may stand behind one name. */
const mostTold = 20;

/** Shaped as the seed has it, and with the cause: clients look for the code and the seconds. */
function coolingDown(
  { model }: Envelope,
  waiting: readonly PassedOver[],
  left: readonly PassedOver[],
  now: number,
): GatewayError {
  const soonest = waiting.reduce((least, other) => ((other.until ?? now) < (least.until ?? now) ? other : least));
  const seconds = Math.max(1, Math.ceil(((soonest.until ?? now) - now) / 1000));
  const ids = new Set(left.map(({ candidate }) => candidate.credential.provider.id));
  const provider = ids.size === 1 ? [...ids][0] : undefined;
  const via = provider === undefined ? '' : ` via provider ${provider}`;
  // Most clients show their user the message alone.
  const message = `All credentials for model ${model} are cooling down${via}: ${soonest.because}`;
  return new GatewayError('rate-limited', message, {
    code: 'model_cooldown',
    retryAfter: seconds,
    detail: left.map(({ candidate, because }) => `${candidate.credential.label}: ${because}`).join('; '),
    details: compact({
      model,
      reset_time: duration(seconds),
      reset_seconds: seconds,
      provider,
      candidates: left.slice(0, mostTold).map((passed) => told(passed, now)),
    }),
  });
}

/** A candidate as a client may see it: no credential by name. */
function told({ candidate, because, until, cooldown }: PassedOver, now: number) {
  return compact({
    provider: candidate.credential.provider.id,
    model: candidate.model.id,
    reason: because,
    status: cooldown?.status,
    reset_seconds: until === undefined ? undefined : Math.max(1, Math.ceil((until - now) / 1000)),
  });
}

/** `30s`, `1m30s`, `2h0m0s`: as Go prints a duration. */
function duration(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const rest = `${seconds % 60}s`;
  if (hours > 0) return `${hours}h${minutes}m${rest}`;
  return minutes > 0 ? `${minutes}m${rest}` : rest;
}

/** Nothing that passes by itself keeps them: the request does not fit, or the configuration is at fault. */
function nobody({ model }: Envelope, left: readonly PassedOver[]): GatewayError {
  const detail = left.map(({ candidate, because }) => `${candidate.credential.label}: ${because}`).join('; ');
  const reasons = [
    ...new Set(left.map(({ candidate, because }) => `${candidate.credential.provider.title}: ${because}`)),
  ];
  const shown = reasons.slice(0, mostTold).join('; ');
  if (left.every(({ tooLong }) => tooLong))
    return new GatewayError('context-overflow', `No model of "${model}" takes a request of this size: ${shown}.`, {
      detail,
    });
  if (left.some(({ unfit }) => unfit) && left.every(({ unfit, tooLong }) => unfit || tooLong))
    return new GatewayError('bad-request', `No model of "${model}" is for this request: ${shown}.`, {
      code: 'no_fitting_model',
      param: 'model',
      detail,
    });
  return new GatewayError('unavailable', `No configured credential can serve the model "${model}" now: ${shown}.`, {
    code: 'auth_unavailable',
    detail,
  });
}

/** The request continues what a credential holds that does not offer the model: no waiting mends that. */
function notHeld({ model }: Envelope): GatewayError {
  return new GatewayError(
    'bad-request',
    `What the request continues is kept by another account, which does not offer the model "${model}". Send the whole conversation instead.`,
    { code: 'previous_response_not_found', param: 'previous_response_id' },
  );
}

function noEmbeddings(envelope: Envelope, left: readonly PassedOver[], { credentials }: Snapshot): GatewayError {
  const { model } = envelope;
  const able = credentials.filter((credential) => credential.unusable === undefined && embeds(credential, envelope));
  const titles = [...new Set(able.map(({ provider }) => provider.title))];
  const others = [...new Set(left.map(({ because }) => because))].join('; ');
  const advice =
    titles.length > 0
      ? `Models of ${titles.join(' or ')} can.`
      : 'No configured provider does; add one that speaks it.';
  return new GatewayError(
    'unsupported',
    `The model "${model}" cannot be asked for embeddings here: ${others}. ${advice}`,
    {
      status: 400,
      code: 'unsupported_operation',
      param: 'model',
    },
  );
}
