// From a model's name as a client says it to what was meant: chains, names as they are listed, provider pins, the suffix that says
// how much to think, and `auto`.

import type { ThinkingWish } from '../envelope.ts';
import { GatewayError } from '../errors.ts';
import { nearest } from '../nearest.ts';
import { type Candidate, type Catalogue, listed } from './catalogue.ts';
import type { Chain } from './chain.ts';
import { count, findOffer } from './lookup.ts';
import { describeWish, readSuffix } from './suffix.ts';

/** What a name was taken to mean. */
export interface Resolution {
  /** The name that was found, without suffix; with its pin, where that is what it was found by. Requests for it take turns. */
  readonly name: string;
  /** What the suffix asked for. A candidate's own `thinking` goes before it. */
  readonly thinking?: ThinkingWish;
  /** How it was found, step by step, in words. */
  readonly steps: readonly string[];
  /** All that go by it, in the order of the configuration, or of the chain; never empty. The same list each time. */
  readonly candidates: readonly Candidate[];
  /** The chain that the name stands for. */
  readonly chain?: Chain;
}

type Found = Omit<Resolution, 'thinking'>;

/** What a name means. `ready` says of a candidate whether it could answer now: `auto` asks. Throws `model-not-found` with the nearest names. */
export function resolve(
  catalogue: Catalogue,
  name: string,
  ready: (candidate: Candidate) => boolean = () => true,
): Resolution {
  const found = findName(catalogue, name);
  if (found) return found;
  const suffix = readSuffix(name);
  if (suffix) {
    const { base, word, thinking } = suffix;
    const step = thinking
      ? `the suffix "(${word})" asks for ${describeWish(thinking)}`
      : `the suffix "(${word})" names no level and no number of tokens: it asks for nothing`;
    const plain = findName(catalogue, base) ?? findAuto(catalogue, base, ready);
    if (plain) return { ...plain, steps: [step, ...plain.steps], ...(thinking && { thinking }) };
  }
  const any = findAuto(catalogue, name, ready);
  if (any) return any;
  throw modelNotFound(name, [...catalogue.chains.keys(), ...catalogue.offers.keys()]);
}

/** A name without a suffix: a chain, else a name as listed, else a provider's id with a name that it offers. */
export function findName(catalogue: Catalogue, name: string): Found | undefined {
  const linked = catalogue.chains.get(name);
  if (linked) {
    const { chain, candidates } = linked;
    return { name, candidates, chain, steps: [`"${name}" is a chain of ${count(chain.entries.length, 'model')}`] };
  }
  return findOffer(catalogue, name);
}

function findAuto(catalogue: Catalogue, name: string, ready: (candidate: Candidate) => boolean): Found | undefined {
  if (name !== 'auto') return undefined;
  const all = listed(catalogue);
  const open = [...all].find(([, candidates]) => candidates.some(ready));
  const chosen = open?.[0] ?? all.keys().next().value;
  const found = chosen === undefined ? undefined : findName(catalogue, chosen);
  if (!found) return undefined;
  const why = open ? 'the first listed model that is ready' : 'the first listed model, as none is ready';
  return { ...found, steps: [`"auto" is ${why}: "${found.name}"`, ...found.steps] };
}

/** Longer names are shown cut off, and compared with nothing: their length is a stranger's choice. */
const longest = 200;

/** The error for a name that nothing goes by; tells the nearest names that do. */
export function modelNotFound(name: string, known: readonly string[]): GatewayError {
  const near = name.length > longest ? [] : nearest(name, [...new Set(known)], 3);
  const hint = near.length > 0 ? ` Did you mean ${near.map((id) => `"${id}"`).join(' or ')}?` : '';
  return new GatewayError(
    'model-not-found',
    `The model "${name.length > longest ? `${name.slice(0, longest)}…` : name}" is not offered by any configured provider.${hint} GET /v1/models lists every id that can be used.`,
    { code: 'model_not_found', param: 'model' },
  );
}
