// The keys that say where requests go, what is done when that fails, and what is changed in their bodies.

import * as z from 'zod';
import { chains } from './chains.ts';
import { choice, duration, field, forgiving, later, seconds, word } from './fields.ts';
import { loginErrorKeys, loginKeys } from './logins.ts';
import { payload } from './payload.ts';

const strategy = choice(['round-robin', 'weighted', 'fill-first', 'least-busy'], {
  roundrobin: 'round-robin',
  rr: 'round-robin',
  // Sticky is session-affinity, a key of its own.
  'sticky-round-robin': 'round-robin',
  'weighted-round-robin': 'weighted',
  weightedroundrobin: 'weighted',
  wrr: 'weighted',
  fillfirst: 'fill-first',
  ff: 'fill-first',
  leastbusy: 'least-busy',
});

/** Which of the credentials that offer a model. */
export const choosing = {
  routing: field(
    z
      .strictObject({
        strategy: field(
          forgiving(strategy.default('round-robin')),
          'Which credential goes first among equals: each in turn, by weight, always the first that is ready, or the one with the fewest requests under way.',
        ),
        'session-affinity': field(
          z.boolean().default(true),
          'A conversation goes back to the credential that served it, while that is ready: its prompt cache is there.',
        ),
        'session-affinity-ttl': field(forgiving(duration().default('1h')), 'How long after its last request.'),
        tiers: field(
          z.array(word()).default([]),
          'Tiers of entries in the order in which they are used up; those not named come last. None: tiers do not count.',
          ['subscription', 'paid', 'free'],
        ),
        'short-wait-seconds': field(
          z.number().min(0).max(60).default(3),
          'When an upstream asks for a wait as short as this, it is waited for where nothing else is ready or the conversation belongs there; 0: never.',
        ),
        'longest-cooldown-hours': field(
          z.number().min(0.01).max(720).default(6),
          'When an upstream asks for a longer rest than this, the credential rests for this long.',
        ),
      })
      .prefault({}),
    'How requests are spread over the credentials that offer a model.',
    {
      strategy: 'round-robin',
      'session-affinity': true,
      'session-affinity-ttl': '1h',
      tiers: ['subscription', 'paid'],
      'short-wait-seconds': 3,
      'longest-cooldown-hours': 6,
    },
  ),
  chains: field(chains, 'Names of your own for several models in order, across providers.', [
    {
      alias: 'best',
      models: ['claude-sonnet-5', { model: 'gemini-2.5-pro', when: { has: ['images'], 'max-tokens': 60_000 } }],
      tiers: ['subscription', 'paid'],
      attempts: 4,
    },
  ]),
  ...loginKeys,
};

/** What is done about upstreams that fail. */
export const failing = {
  'request-retry': field(
    forgiving(z.int().min(0).max(100).default(0)),
    'Extra rounds over the candidates when all of them failed with something that may pass.',
    3,
  ),
  'max-retry-credentials': field(forgiving(z.int().min(0).default(0)), 'Candidates tried in one round; 0: all.'),
  'max-retry-interval': field(
    forgiving(seconds().default(0)),
    'Longest wait for resting credentials before an extra round, in seconds, and in all for one request; 0: no waiting.',
    30,
  ),
  'disable-cooling': field(z.boolean().default(false), 'Rest no credential after errors. An entry’s own setting wins.'),
  'transient-error-cooldown-seconds': field(
    forgiving(z.int().min(-1).max(86_400).default(0)),
    'How long a credential rests for a model after an error that passes by itself; 0: 60 seconds, -1: not at all.',
    60,
  ),
  'quota-exceeded': field(
    z
      .strictObject({
        'switch-project': field(
          z.boolean().default(true),
          'Move to another credential of the same provider; false: the client gets the refusal at once.',
        ),
        'switch-preview-model': field(
          z.boolean().default(false),
          'When all credentials of a model have used up their quota, try its preview, or the model it is the preview of.',
        ),
        'antigravity-credits': later(z.boolean(), 'Fall back on paid credits.'),
      })
      .prefault({}),
    'What to do when a quota is used up.',
    { 'switch-project': true, 'switch-preview-model': false },
  ),
  ...loginErrorKeys,
};

/** What is changed in bodies. */
export const editing = {
  payload: field(
    payload.prefault({}),
    'What is set in request bodies or taken out of them, as the last step before the upstream.',
    {
      default: [
        {
          models: [{ name: 'gemini-*', protocol: 'gemini' }],
          params: { 'generationConfig.temperature': 0.2 },
        },
      ],
      filter: [{ models: [{ name: 'deepseek-*' }], params: ['parallel_tool_calls'] }],
    },
  ),
};
