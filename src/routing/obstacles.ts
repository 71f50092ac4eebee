// What keeps a candidate from being offered to one request, in words.

import type { Carried, Envelope, ModelLimits } from '../envelope.ts';
import { isAt } from '../providers/endpoints.ts';
import type { Endpoint } from '../providers/provider.ts';
import type { Candidate, Link } from './catalogue.ts';
import type { Credential } from './credential.ts';
import type { Cooldown } from './health.ts';
import type { Live } from './live.ts';
import type { Policy } from './policies/policy.ts';

/** Why a candidate is not offered, in words; `until` (wall-clock milliseconds) where that passes by itself. */
export interface Obstacle {
  readonly because: string;
  readonly until?: number;
  readonly cooldown?: Cooldown;
  /** It passes by itself, sooner or later. */
  readonly passing?: true;
  /** Another credential is the only one that can serve the request. */
  readonly elsewhere?: true;
  /** A chain's entry is not for this request. */
  readonly unfit?: true;
  /** The request is larger than the model reads, or than the chain's entry is for. */
  readonly tooLong?: true;
}

/** A candidate with what keeps it. */
export interface PassedOver extends Obstacle {
  readonly candidate: Candidate;
}

/** What is looked at for one request. */
export interface Asked {
  readonly envelope: Envelope;
  readonly live: Live;
  readonly now: () => number;
  readonly policy: Policy;
  readonly pinned: string | undefined;
  readonly without: ReadonlySet<string> | undefined;
  /** Bytes of the body. */
  readonly size: number;
  readonly carries: () => ReadonlySet<Carried>;
}

/** The first thing that keeps the candidate from being offered now. */
export function obstacleOf(candidate: Candidate, asked: Asked): Obstacle | undefined {
  const lasting = unfit(candidate, asked);
  if (lasting !== undefined) return { because: lasting };
  if (asked.pinned !== undefined && asked.pinned !== candidate.credential.id)
    return { because: 'another credential holds what the request refers to', elsewhere: true };
  const misplaced = candidate.link && misfit(candidate, candidate.link, asked);
  if (misplaced) return misplaced;
  const { live, now } = asked;
  const at = now();
  const cooldown = live.health.cooldownOf(candidate, at);
  if (cooldown) return { because: `resting: ${cooldown.cause}`, until: cooldown.until, cooldown, passing: true };
  const limit = live.rateLimits.obstacle(candidate.credential, at);
  return limit && { ...limit, passing: true };
}

function unfit(candidate: Candidate, { envelope, policy, without }: Asked): string | undefined {
  const { credential } = candidate;
  if (without?.has(credential.id) || without?.has(credential.label)) return 'left out as asked';
  if (credential.unusable !== undefined) return credential.unusable;
  if (!embeds(credential, envelope)) return `${credential.provider.title} offers no embeddings in this dialect`;
  return policy.refuses?.(candidate);
}

/** Embeddings are not translated: the service must have them in the client's own dialect. Whatever else is asked can be. */
export function embeds({ provider, baseUrl }: Credential, envelope: Envelope): boolean {
  if (envelope.operation !== 'embed') return true;
  const endpoint = provider.endpoints[envelope.dialect];
  return endpoint !== undefined && usable(endpoint, envelope, baseUrl);
}

/** Whether an endpoint can serve the operation from where the credential points. */
export function usable({ operations, hosts }: Endpoint, envelope: Envelope, baseUrl: string): boolean {
  return operations.includes(envelope.operation) && (!hosts || hosts.some((host) => isAt(baseUrl, host)));
}

/** What a model's limits call the things a request may bring. */
const families = [
  ['images', 'image'],
  ['documents', 'document'],
  ['audio', 'audio'],
  ['video', 'video'],
] as const satisfies readonly (readonly [Carried, NonNullable<ModelLimits['input']>[number]])[];

/** Whether a chain's entry is not for this request: by its condition, or by what its model is known to read. */
function misfit({ model }: Candidate, { when }: Link, { size, carries }: Asked): Obstacle | undefined {
  const tokens = Math.ceil(size / bytesPerToken);
  const { minTokens = 0, maxTokens = Number.POSITIVE_INFINITY, has, lacks } = when;
  const about = `the request has about ${tokens} tokens`;
  if (tokens < minTokens)
    return { because: `${about}, less than this entry of the chain is for (${minTokens})`, unfit: true };
  if (tokens > maxTokens) {
    return { because: `${about}, more than this entry of the chain is for (${maxTokens})`, tooLong: true };
  }
  const { context, input } = model.limits;
  if (has.length === 0 && lacks.length === 0 && !input && (context === undefined || tokens <= context))
    return undefined;
  const carried = carries();
  const absent = has.find((thing) => !carried.has(thing));
  if (absent)
    return { because: `the request brings no ${spoken(absent)}, which this entry of the chain is for`, unfit: true };
  const present = lacks.find((thing) => carried.has(thing));
  if (present)
    return { because: `the request brings ${spoken(present)}, which this entry of the chain is not for`, unfit: true };
  const unread = input && families.find(([thing, family]) => carried.has(thing) && !input.includes(family));
  if (unread) return { because: `the model does not read ${unread[0]}`, unfit: true };
  // The bytes of an image say nothing of its tokens.
  const media = families.some(([thing]) => carried.has(thing));
  if (context === undefined || tokens <= context || media) return undefined;
  return { because: `${about}, more than the model reads (${context})`, tooLong: true };
}

/** An estimate: close enough for English and code. */
const bytesPerToken = 4;

function spoken(thing: Carried): string {
  return thing.replace('-', ' ');
}
