// What the configuration says of routing and relaying, in the units of the code. Immutable, part of the snapshot.

import type { ChainItem } from '../config/chains.ts';
import { milliseconds } from '../config/duration.ts';
import type { LoginAliasItem } from '../config/logins.ts';
import type { Config } from '../config/schema.ts';
import type { Chain } from './chain.ts';
import { errorRulesOf } from './configured-rules.ts';
import type { ErrorRule, Timeouts } from './credential.ts';
import { type PayloadRules, payloadRulesOf } from './payload-rules.ts';

/** The word of a policy, as in `routing.strategy`. */
export type PolicyName = 'round-robin' | 'weighted' | 'fill-first' | 'least-busy';

/** All of a configuration that routing and relaying look at, credentials aside. Milliseconds, where nothing else is said. */
export interface Settings {
  readonly policy: PolicyName;
  /** Tiers in the order in which they are used up; those not named come after. Empty: tiers do not count. */
  readonly tiers: readonly string[];
  /** In the order of the configuration; no two of one name. */
  readonly chains: readonly Chain[];
  readonly affinity: { readonly enabled: boolean /** Milliseconds. */; readonly ttl: number };
  readonly retry: {
    /** Rounds after the first, when every candidate failed. */
    readonly rounds: number;
    /** The same for streams; never less. */
    readonly streamRounds: number;
    /** Candidates tried in one round; 0: all. */
    readonly candidates: number;
    /** Milliseconds: longest wait for a resting candidate between rounds. */
    readonly longestWait: number;
    /** Milliseconds: a told delay as short as this is waited for on the same candidate. */
    readonly shortWait: number;
  };
  readonly cooling: {
    /** Seconds after a passing error; 0: none. */
    readonly transientSeconds: number;
    /** Seconds: no rest that an upstream asks for is longer. */
    readonly longestTold: number;
  };
  /** A used-up quota may move a request to another credential of the same provider. */
  readonly switchCredential: boolean;
  /** A used-up quota may move a request to the model's preview or stable sibling. */
  readonly switchPreview: boolean;
  readonly timeouts: Timeouts;
  /** Let upstream's reply headers through to the client. */
  readonly passHeaders: boolean;
  readonly payload: PayloadRules;
  readonly login: LoginSettings;
}

/** Settings of credentials with a `channel`, by that channel in lower case. */
export interface LoginSettings {
  /** A channel with an empty list has none; one without a list has those of its provider, if that brings any. */
  readonly aliases: ReadonlyMap<string, readonly LoginAlias[]>;
  /** Patterns in lower case, as in `Credential.excluded`. */
  readonly excluded: ReadonlyMap<string, readonly string[]>;
  readonly errorRules: ReadonlyMap<string, readonly ErrorRule[]>;
}

/** Another name for a model of logins. */
export interface LoginAlias {
  /** The upstream's id. */
  readonly name: string;
  readonly alias: string;
  /** Offered under both names; otherwise the alias takes the id's place. */
  readonly fork: boolean;
  readonly title?: string;
  /** Put the alias back into the reply's model field. */
  readonly relabel: boolean;
}

/** The settings of a configuration. */
export function settingsOf(config: Config): Settings {
  const { routing, 'quota-exceeded': quota, 'request-retry': rounds } = config;
  const { connect, 'first-byte': firstByte, idle, total } = config['upstream-timeouts'];
  return {
    policy: routing.strategy,
    tiers: [...new Set(routing.tiers)],
    chains: config.chains.map(chainOf),
    affinity: { enabled: routing['session-affinity'], ttl: milliseconds(routing['session-affinity-ttl']) },
    retry: {
      rounds,
      streamRounds: Math.max(rounds, config.streaming['bootstrap-retries']),
      candidates: config['max-retry-credentials'],
      longestWait: config['max-retry-interval'] * 1000,
      shortWait: routing['short-wait-seconds'] * 1000,
    },
    cooling: {
      transientSeconds: transientSeconds(config['transient-error-cooldown-seconds']),
      longestTold: Math.round(routing['longest-cooldown-hours'] * 3600),
    },
    switchCredential: quota['switch-project'],
    switchPreview: quota['switch-preview-model'],
    timeouts: { connect: connect * 1000, headers: firstByte * 1000, idle: idle * 1000, total: total * 1000 },
    passHeaders: config['passthrough-headers'],
    payload: payloadRulesOf(config.payload),
    login: loginSettings(config),
  };
}

/** As older configurations say it: 0 is the default and -1 is none. */
function transientSeconds(configured: number): number {
  return configured < 0 ? 0 : configured || 60;
}

function chainOf({ alias, models, tiers, attempts }: ChainItem): Chain {
  return {
    alias,
    entries: models.map(({ model, when = {} }) => ({
      model,
      when: {
        ...(when['min-tokens'] !== undefined && { minTokens: when['min-tokens'] }),
        ...(when['max-tokens'] !== undefined && { maxTokens: when['max-tokens'] }),
        has: when.has ?? [],
        lacks: when.lacks ?? [],
      },
    })),
    ...(tiers && { tiers: [...new Set(tiers)] }),
    ...(attempts !== undefined && { attempts }),
  };
}

function loginSettings(config: Config): LoginSettings {
  return {
    aliases: byChannel(config['oauth-model-alias'], (items) => items.map(loginAlias)),
    excluded: byChannel(config['oauth-excluded-models'], (patterns) => [
      ...new Set(patterns.map((pattern) => pattern.toLowerCase())),
    ]),
    errorRules: byChannel(config['oauth-request-scoped-errors'], errorRulesOf),
  };
}

function byChannel<Item, Read>(
  channels: Readonly<Record<string, readonly Item[]>>,
  read: (items: readonly Item[]) => readonly Read[],
): ReadonlyMap<string, readonly Read[]> {
  return new Map(Object.entries(channels).map(([channel, items]) => [channel.trim().toLowerCase(), read(items)]));
}

function loginAlias(item: LoginAliasItem): LoginAlias {
  return {
    name: item.name,
    alias: item.alias,
    fork: item.fork,
    ...(item['display-name'] && { title: item['display-name'] }),
    relabel: item['force-mapping'],
  };
}
