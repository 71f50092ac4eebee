// Which credential offers which model under which name. Built whole from the credentials, what their services list and the
// operator's rules; immutable.

import type { ThinkingWish } from '../envelope.ts';
import type { Model, Provider } from '../providers/provider.ts';
import type { Chain, ChainCondition } from './chain.ts';
import { buildChains, type ChainOffer } from './chain-offers.ts';
import type { ConfiguredModel, Credential } from './credential.ts';
import { matchesGlob } from './glob.ts';
import type { LoginAlias, Settings } from './settings.ts';
import { readSuffix } from './suffix.ts';

/** Somewhere a request could go: a model of one credential, under the name a client uses. */
export interface Candidate {
  readonly name: string;
  readonly credential: Credential;
  readonly model: ConfiguredModel;
  /** What the operator's own name for the model says of thinking (`name: gpt-5(high)`); goes before the client's suffix. */
  readonly thinking?: ThinkingWish;
  /** Where it stands in a chain. */
  readonly link?: Link;
}
/** A candidate's part in a chain. */
export interface Link {
  /** The place of its entry, from 0. */
  readonly place: number;
  readonly when: ChainCondition;
}

/** All names, and what goes by each. */
export interface Catalogue {
  /** Every name that routes but for chains, in the order of the configuration, with all that offer it. */
  readonly offers: ReadonlyMap<string, readonly Candidate[]>;
  /** The operator's chains by their names: these go before `offers`. */
  readonly chains: ReadonlyMap<string, ChainOffer>;
  /** Entries of chains whose names nothing goes by. */
  readonly missing: readonly { readonly chain: string; readonly model: string }[];
  /** Those of a name's offers that are of one provider; undefined where there is none. The same list each time. */
  pinned(provider: string, name: string): readonly Candidate[] | undefined;
}

/** What of the settings shapes a catalogue. */
export interface CatalogueRules {
  readonly chains?: readonly Chain[];
  readonly login?: Pick<Settings['login'], 'aliases' | 'excluded'>;
}

/**
 * Builds the catalogue. `discovered` holds what services listed, by credential id; a credential that lists models itself is
 * taken at its word, one whose service did not answer falls back to what the provider is known to have.
 */
export function buildCatalogue(
  credentials: readonly Credential[],
  discovered: ReadonlyMap<string, readonly Model[]>,
  forcePrefix: boolean,
  rules: CatalogueRules = {},
): Catalogue {
  const offers = new Map<string, Candidate[]>();
  const known = new Set<string>();
  for (const credential of credentials) {
    const models = modelsOf(credential, discovered.get(credential.id), rules);
    for (const offer of models.flatMap((model) => offersOf(credential, model, forcePrefix))) {
      const others = offers.get(offer.name);
      if (!others) offers.set(offer.name, [offer]);
      else if (!repeats(others, offer, known)) others.push(offer);
    }
    known.add(credential.id);
  }
  const pinned = pins(offers);
  return { offers, pinned, ...buildChains(rules.chains ?? [], { offers, pinned }) };
}

/** Finds the offers of one provider, each list made once: plans remember what is ready by the list. */
function pins(offers: ReadonlyMap<string, readonly Candidate[]>): Catalogue['pinned'] {
  const found = new Map<string, readonly Candidate[]>();
  return (provider, name) => {
    const key = `${provider}/${name}`;
    const known = found.get(key);
    if (known) return known;
    const own = offers.get(name)?.filter(({ credential }) => credential.provider.id === provider);
    // Kept only where there is something: the names are strangers' choice.
    if (!own?.length) return undefined;
    found.set(key, own);
    return own;
  };
}

/** Whether the operator wrote a model of a credential twice. Only a credential that came before can stand anywhere but at the end. */
function repeats(others: readonly Candidate[], { credential, model }: Candidate, known: ReadonlySet<string>): boolean {
  const same = (other: Candidate | undefined): boolean =>
    other?.credential.id === credential.id && other.model.id === model.id;
  if (known.has(credential.id)) return others.some(same);
  for (let at = others.length - 1; others[at]?.credential === credential; at--) if (same(others[at])) return true;
  return false;
}

/**
 * What lists of models show: every name that something offers, chains first. `shown` says of a candidate whether it counts; those
 * that cannot be used never do.
 */
export function listed(
  { offers, chains }: Catalogue,
  shown: (candidate: Candidate) => boolean = () => true,
): ReadonlyMap<string, readonly Candidate[]> {
  const visible = (candidate: Candidate): boolean => candidate.credential.unusable === undefined && shown(candidate);
  const all = new Map<string, readonly Candidate[]>();
  for (const [name, { candidates }] of chains) if (candidates.some(visible)) all.set(name, candidates);
  for (const [name, candidates] of offers) if (!all.has(name) && candidates.some(visible)) all.set(name, candidates);
  return all;
}

function modelsOf(
  credential: Credential,
  discovered: readonly Model[] | undefined,
  { login }: CatalogueRules,
): readonly ConfiguredModel[] {
  const { provider, channel } = credential;
  const ofChannel = channel === undefined ? [] : (login?.excluded.get(channel.toLowerCase()) ?? []);
  const hidden = [...credential.excluded, ...ofChannel].map((pattern) => pattern.toLowerCase());
  const isHidden = (name: string): boolean => hidden.some((pattern) => matchesGlob(pattern, name.toLowerCase()));
  const { exactly, dated } = shippedOf(provider);
  const said: readonly ConfiguredModel[] = credential.models ?? discovered ?? provider.models;
  const aliases = channel === undefined ? undefined : login?.aliases.get(channel.toLowerCase());
  const named = aliases?.length ? said.flatMap((model) => renamed(model, aliases)) : said;
  return named
    .filter((model) => !isHidden(model.id) && !isHidden(model.alias ?? model.id))
    .map((model) => {
      const shipped = exactly.get(model.id);
      const limits = (shipped ?? dated.get(model.id.replace(date, '')))?.limits;
      return limits ? { ...shipped, ...model, limits: { ...limits, ...model.limits } } : model;
    });
}

/** How ids of Anthropic and OpenAI end: a model goes by its name with a date, with `latest`, and without either. */
const date = /-(?:\d{8}|\d{4}-\d\d-\d\d|latest)$/;

/** What a provider is known to have, by id, and by id without a date. */
interface Shipped {
  readonly exactly: ReadonlyMap<string, Model>;
  readonly dated: ReadonlyMap<string, Model>;
}

const shippedBy = new WeakMap<Provider, Shipped>();

/** Made once for each provider: thousands of credentials share one. */
function shippedOf(provider: Provider): Shipped {
  let shipped = shippedBy.get(provider);
  if (!shipped) {
    const models = [...(provider.older ?? []), ...provider.models];
    shipped = {
      exactly: new Map(models.map((model) => [model.id, model])),
      dated: new Map(models.map((model) => [model.id.replace(date, ''), model])),
    };
    shippedBy.set(provider, shipped);
  }
  return shipped;
}

/** A login's model under its other names; under its own too where one of them is a fork, or none concerns it. */
function renamed(model: ConfiguredModel, aliases: readonly LoginAlias[]): readonly ConfiguredModel[] {
  const own = aliases.filter(({ name }) => name.toLowerCase() === model.id.toLowerCase());
  const others = own.map(({ alias, title, relabel }) => ({
    ...model,
    alias,
    ...(title !== undefined && { title }),
    ...(relabel && { relabel }),
  }));
  return own.length === 0 || own.some(({ fork }) => fork) ? [model, ...others] : others;
}

/** A model of a credential under each name that it is offered by. */
function offersOf(credential: Credential, model: ConfiguredModel, forcePrefix: boolean): readonly Candidate[] {
  const plain = withoutSuffix(model);
  return namesOf(credential, model.alias ?? model.id, forcePrefix).map((name) => ({ name, credential, ...plain }));
}

/** The upstream's own id of a model whose configured name says how much to think. */
function withoutSuffix(model: ConfiguredModel): Pick<Candidate, 'model' | 'thinking'> {
  const suffix = readSuffix(model.id);
  if (!suffix?.thinking) return { model };
  return { model: { ...model, id: suffix.base }, thinking: suffix.thinking };
}

function namesOf({ prefix: written }: Credential, name: string, forcePrefix: boolean): readonly string[] {
  const prefix = written?.replace(/^\/+|\/+$/g, '');
  // One with a slash inside would be taken apart as a pin.
  if (!prefix || prefix.includes('/')) return [name];
  const prefixed = `${prefix}/${name}`;
  // A prefix that is the model's own name hides nothing.
  return forcePrefix && prefix !== name ? [prefixed] : [name, prefixed];
}
