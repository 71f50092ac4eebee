// Chains as they are written: one name for several models in order.

import * as z from 'zod';
import type { Carried } from '../envelope.ts';
import { type Frozen, field, word } from './fields.ts';

const carried = ['images', 'documents', 'audio', 'video', 'tools', 'reasoning'] as const satisfies readonly Carried[];

const when = z.strictObject({
  'min-tokens': field(z.int().min(0).optional(), 'Requests of at least about so many tokens.', 100_000),
  'max-tokens': field(z.int().min(1).optional(), 'Requests of at most about so many tokens.', 60_000),
  has: field(z.array(z.enum(carried)).optional(), `Requests that bring all of these: ${carried.join(', ')}.`, [
    'images',
  ]),
  lacks: field(z.array(z.enum(carried)).optional(), 'Requests that bring none of these.', ['tools']),
});

const entry = z
  .strictObject({
    model: field(
      word(),
      'A name that is listed, also with a provider in front or a thinking suffix.',
      'gemini-2.5-pro',
    ),
    when: field(when.optional(), 'Which requests it is for. Unset: all.', { has: ['images'] }),
  })
  .meta({ shorthand: 'model' });

const chain = z.strictObject({
  alias: field(word(), 'The name clients use. It may be that of a model in the chain.', 'best'),
  models: field(z.array(entry).min(1), 'The models in order: names, or blocks with a condition.', [
    'claude-sonnet-5',
    { model: 'gemini-2.5-pro', when: { has: ['images'] } },
  ]),
  tiers: field(
    z.array(word()).optional(),
    'Instead of routing.tiers: each of these is used up over all models before the next.',
    ['subscription', 'paid'],
  ),
  attempts: field(
    z.int().min(1).max(1000).optional(),
    'Attempts for one request, over all models. Unset: all there are.',
    4,
  ),
});
/** One chain as the schema reads it. Whether its models exist is known only with the catalogue. */
export type ChainItem = Frozen<z.output<typeof chain>>;

/** The list `chains`. */
export const chains = z.array(chain).default([]);
