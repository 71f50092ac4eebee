// Refusals that services word alike whatever their dialect: what of the request, the account or the way is at fault where status and
// code do not say.

import { type ErrorKind, GatewayError } from '../errors.ts';
import { headerWait } from './retry-after.ts';

interface Prose {
  /** The statuses that such words come with. */
  readonly statuses: readonly number[];
  readonly words: RegExp;
  readonly kind: ErrorKind;
}

/** In the order in which they are looked for. */
const prose: readonly Prose[] = [
  {
    statuses: [400, 422],
    words:
      /signature.{0,60}\bthinking\b|\bthinking\b.{0,80}\bsignature|(?:invalid|corrupt).{0,30}thought[ _]?signature|thought[ _]?signature.{0,60}(?:invalid|not valid|corrupt)|encrypted[ _](?:content|reasoning).{0,100}(?:could not|cannot|can't|invalid|not valid)|invalid.{0,40}encrypted[ _](?:content|reasoning)/is,
    kind: 'seal-refused',
  },
  {
    // "… is not supported for this model" is a parameter's fault, and says nothing of the model.
    statuses: [400, 404, 413, 422],
    words:
      /\bmodels?\b.{0,120}(?:not found|does not exist|not exist|is unknown|is not available|no longer available)|(?:unknown|invalid|no such|unsupported) model\b(?! (?:output|parameter|setting|response))|(?<!\b(?:for|with|by|on|in|of|to) (?:this|the|that|your) )(?<!\b(?:for|with|by|on|in|of|to) )\bmodel\s{0,8}(?:["'`][^"'`]{1,100}["'`]|[\w./:-]{1,100})?\s{0,8}(?:is|are) not (?:currently )?supported/is,
    kind: 'model-not-found',
  },
  {
    statuses: [403, 404],
    words:
      /\b(?:item|response|file|container|conversation|vector store|thread|batch|skill|upload|cached ?content)\b.{0,120}(?:not found|(?:does|may) not exist|no longer exists)|no such (?:item|response|file|container|conversation|batch|skill)/is,
    kind: 'bad-request',
  },
  { statuses: [403], words: /\b(?:flagged|moderation|content[ _](?:policy|filter))/i, kind: 'bad-request' },
  {
    statuses: [400, 402, 403, 422, 429],
    words:
      /credit balance is too low|insufficient (?:account )?(?:balance|credits?|funds)|out of credits|reached your specified (?:api )?usage limits?/i,
    kind: 'quota-exhausted',
  },
  {
    statuses: [400, 403, 422],
    words: /quota (?:has been |is )?(?:exceeded|exhausted|used up)|exceeded your current quota|key limit exceeded/i,
    kind: 'quota-exhausted',
  },
  {
    statuses: [400, 403],
    words: /\boauth token (?:has been|was) revoked|\binvalid_grant\b/i,
    kind: 'unauthorized',
  },
];

const wholeAccount =
  /\b(?:organization|account|project|workspace|consumer|api key)\b.{0,60}\b(?:disabled|suspended|deactivated|blocked)|(?:country|region|territory|location).{0,40}not supported/i;

/** What an error's words say, where they say more than its status; no status: it came within a stream. */
export function kindOfProse(status: number | undefined, message: string): ErrorKind | undefined {
  const row = prose.find(
    ({ statuses, words }) => (status === undefined || statuses.includes(status)) && words.test(message),
  );
  if (row) return row.kind;
  return (status === 400 || status === 403) && wholeAccount.test(message) ? 'forbidden' : undefined;
}

/** Whether a refusal concerns all that the credential could be used for. */
export function concernsAccount(kind: ErrorKind, message: string): boolean {
  return kind === 'forbidden' && wholeAccount.test(message);
}

/** Seconds that a protective page is believed for, at least. */
const challengeRest = 10;

/** A page of Cloudflare's where an answer should be: it judges the way that was taken, not the key. */
export function challenge(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>>,
): GatewayError | undefined {
  if (![403, 429, 503].includes(status) || !/^\s*<(?:!doctype|html)/i.test(body)) return undefined;
  const page = body.slice(0, 20_000);
  if (headers['cf-mitigated'] !== 'challenge' && !/cloudflare|cf-chl|challenge-platform|just a moment/i.test(page))
    return undefined;
  return new GatewayError(
    'rate-limited',
    `The upstream answered ${status} with an HTML page: Cloudflare keeps the gateway's calls out for now.`,
    {
      status,
      code: 'cloudflare_challenge',
      scope: 'provider',
      retryAfter: Math.max(challengeRest, headerWait(headers) ?? 0),
      wire: { status, body, headers },
    },
  );
}
