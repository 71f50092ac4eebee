// What rests, since when, until when and why. Live state: it survives a reload, by credential id, and ends with the process.

import type { GatewayError } from '../errors.ts';
import type { Candidate } from './catalogue.ts';
import type { Credential } from './credential.ts';
import { scopeOf, staggered, tableRest, toldDelay } from './rest.ts';
import type { Settings } from './settings.ts';
import type { CoolingLabel, Scope, Verdict } from './verdicts.ts';

/** A rest, as it is shown. Times are wall-clock milliseconds. */
export interface Cooldown {
  readonly scope: Scope;
  readonly label: CoolingLabel;
  /** The failure that began it: its status and words. */
  readonly status: number;
  readonly cause: string;
  readonly since: number;
  readonly until: number;
  /** Failures in a row. */
  readonly failures: number;
}

/** A cooldown with what it covers. */
export interface Resting extends Cooldown {
  /** The credential's id; of a rest of the whole provider, the one whose failure began it. */
  readonly credential: string;
  readonly label: CoolingLabel;
  readonly model?: string;
}

/** What rests. All times are wall-clock milliseconds. */
export interface Health {
  /** Counts up with whatever may change an answer of `cooldownOf` or `probing`, the mere passing of time excepted. */
  readonly version: number;
  /** What keeps the candidate from being used now; undefined: it is ready. Of several rests, the one that ends last. */
  cooldownOf(candidate: Candidate, now: number): Cooldown | undefined;
  /** Its rest is over and a request is trying it at this moment: others go elsewhere where they can. */
  probing(candidate: Candidate): boolean;
  /** An attempt begins; call the result when it is over, however it ended. */
  begun(candidate: Candidate): () => void;
  /**
   * An attempt that began at that time succeeded: everything that rested the candidate is forgotten, but for a limit that was
   * reached since.
   */
  succeeded(candidate: Candidate, begun: number): void;
  /** An attempt failed. Rests what the verdict says and returns the rest that is now in force; undefined: nothing rests. */
  failed(candidate: Candidate, failure: Failure): Cooldown | undefined;
  /** Ends what rests the candidate, where all of that passes by itself; says whether it did. */
  spare(candidate: Candidate, now: number): boolean;
  /** All that rests now. */
  list(now: number): readonly Resting[];
  /** Ends rests: of one credential, of one of its models, or all. Returns how many; those over by `now`, if told, do not count. */
  clear(credential?: string, model?: string, now?: number): number;
  /** Forgets credentials that are gone. */
  keep(credentials: ReadonlySet<string>): void;
}

/** How an attempt failed, and what it is judged by. Times are wall-clock milliseconds. */
export interface Failure {
  readonly error: GatewayError;
  readonly verdict: Verdict;
  readonly now: number;
  /** When the attempt began: one that was under way already when a rest began does not lengthen the next. */
  readonly begun: number;
  /** No other candidate would be ready if this one rested (see `covers`): what passes by itself rests nothing then. */
  readonly alone: boolean;
  /** Of the exchange's own configuration. */
  readonly cooling: Settings['cooling'];
}

/** Whether a rest of this scope, begun by one candidate, covers the other too. */
export function covers(scope: Scope, failed: Candidate, other: Candidate): boolean {
  if (scope === 'provider') return wayOf(failed.credential) === wayOf(other.credential);
  if (failed.credential.id !== other.credential.id) return false;
  return scope === 'credential' || failed.model.id === other.model.id;
}

/** What goes to the same address the same way fails together. */
function wayOf({ provider, baseUrl, proxy }: Credential): string {
  return `${provider.id} ${baseUrl} ${proxy ?? 'direct'}`;
}

/** One thing that rests, or has rested and was not answered since. */
interface Entry {
  cooldown: Cooldown;
  readonly credential: string;
  readonly model: string | undefined;
  /** Attempts that began after the failure and are under way. */
  trials: number;
}

type Cool = NonNullable<Verdict['cool']>;

/** Where an entry lies. */
interface Place {
  readonly entries: Map<string, Entry>;
  readonly key: string;
}

/** What passes by itself is shown under these words. */
const passing: ReadonlySet<CoolingLabel> = new Set(['transient', 'unreachable']);
const nothing: readonly Entry[] = [];
const noTrial = (): void => undefined;
/** Characters of a failure's words that are kept. */
const causeLength = 300;

class Rests implements Health {
  version = 0;
  /** By credential, then model. */
  readonly #models = new Map<string, Map<string, Entry>>();
  readonly #credentials = new Map<string, Entry>();
  readonly #ways = new Map<string, Entry>();
  /** The way of each credential that was looked up while a way had failed. */
  readonly #wayOf = new Map<string, { readonly of: Credential; readonly way: string }>();

  cooldownOf(candidate: Candidate, now: number): Cooldown | undefined {
    let last: Cooldown | undefined;
    for (const entry of this.#covering(candidate)) {
      const cooldown = inForce(entry, now);
      if (cooldown && !(last && last.until >= cooldown.until)) last = cooldown;
    }
    return last;
  }

  probing(candidate: Candidate): boolean {
    return this.#covering(candidate).some(({ trials }) => trials > 0);
  }

  begun(candidate: Candidate): () => void {
    const tried = this.#covering(candidate);
    if (tried.length === 0) return noTrial;
    for (const entry of tried) entry.trials += 1;
    this.version += 1;
    let over = false;
    return () => {
      if (over) return;
      over = true;
      for (const entry of tried) entry.trials -= 1;
      this.version += 1;
    };
  }

  succeeded(candidate: Candidate, begun: number): void {
    if (this.#covering(candidate) === nothing) return;
    for (const scope of ['model', 'credential', 'provider'] as const) {
      const place = this.#placeOf(candidate, scope);
      const cooldown = place.entries.get(place.key)?.cooldown;
      if (cooldown && !(cooldown.label === 'quota' && cooldown.since > begun)) this.#remove(place);
    }
  }

  failed(candidate: Candidate, failure: Failure): Cooldown | undefined {
    const { error, verdict, alone } = failure;
    if (error.facts.wire) this.#reached(candidate);
    if (!verdict.cool || !candidate.credential.cooling) return undefined;
    if (alone && verdict.passing) return undefined;
    return this.#rest(candidate, failure, verdict.cool);
  }

  spare(candidate: Candidate, now: number): boolean {
    const resting = this.#covering(candidate).filter((entry) => inForce(entry, now));
    if (resting.length === 0 || resting.some(({ cooldown }) => !passing.has(cooldown.label))) return false;
    for (const { cooldown } of resting) this.#remove(this.#placeOf(candidate, cooldown.scope));
    return true;
  }

  list(now: number): readonly Resting[] {
    return this.#all().flatMap(([, entry]) => {
      const cooldown = inForce(entry, now);
      const { credential, model } = entry;
      return cooldown ? [{ ...cooldown, credential, ...(model !== undefined && { model }) }] : [];
    });
  }

  clear(credential?: string, model?: string, now?: number): number {
    let ended = 0;
    for (const [place, entry] of this.#all()) {
      if (credential !== undefined && !this.#concerns(place, entry, credential)) continue;
      if (model !== undefined && entry.model !== model) continue;
      if (now === undefined || inForce(entry, now)) ended += 1;
      this.#remove(place);
    }
    return ended;
  }

  keep(credentials: ReadonlySet<string>): void {
    for (const [place, entry] of this.#all()) if (!credentials.has(entry.credential)) this.#remove(place);
    for (const id of this.#wayOf.keys()) if (!credentials.has(id)) this.#wayOf.delete(id);
  }

  #rest(candidate: Candidate, { error, now, begun, cooling }: Failure, cool: Cool): Cooldown | undefined {
    const scope = scopeOf(cool.scope, error);
    const place = this.#placeOf(candidate, scope);
    const previous = place.entries.get(place.key);
    const running = previous && inForce(previous, now);
    const told = toldDelay(error, cooling);
    const row = previous?.cooldown.label === cool.label ? previous.cooldown : undefined;
    const known = row !== undefined && begun < row.until;
    if (known && told === undefined) return running;
    const failures = (row?.failures ?? 0) + (known ? 0 : 1);
    const rest = told ?? tableRest(cool.rest, failures, cooling);
    if (rest <= 0) return running;
    const until = now + staggered(rest, scope === 'provider' ? place.key : candidate.credential.id);
    if (running && running.until >= until) return running;
    const cause = error.message.slice(0, causeLength);
    const cooldown = { scope, label: cool.label, status: error.status, cause, since: now, until, failures };
    const model = scope === 'model' ? candidate.model.id : undefined;
    if (model !== undefined) this.#models.set(candidate.credential.id, place.entries);
    place.entries.set(place.key, { cooldown, credential: candidate.credential.id, model, trials: 0 });
    this.version += 1;
    return cooldown;
  }

  /** Whoever answers can be reached. */
  #reached(candidate: Candidate): void {
    if (this.#ways.size === 0) return;
    const place = this.#placeOf(candidate, 'provider');
    if (this.#ways.get(place.key)?.cooldown.label === 'unreachable') this.#remove(place);
  }

  #covering({ credential, model }: Candidate): readonly Entry[] {
    if (this.#models.size === 0 && this.#credentials.size === 0 && this.#ways.size === 0) return nothing;
    const own = this.#models.get(credential.id)?.get(model.id);
    const whole = this.#credentials.get(credential.id);
    const way = this.#ways.size > 0 ? this.#ways.get(this.#way(credential)) : undefined;
    if (!own && !whole && !way) return nothing;
    return [own, whole, way].filter((entry) => entry !== undefined);
  }

  #placeOf({ credential, model }: Candidate, scope: Scope): Place {
    if (scope === 'provider') return { entries: this.#ways, key: this.#way(credential) };
    if (scope === 'credential') return { entries: this.#credentials, key: credential.id };
    return { entries: this.#models.get(credential.id) ?? new Map(), key: model.id };
  }

  #way(credential: Credential): string {
    const found = this.#wayOf.get(credential.id);
    if (found?.of === credential) return found.way;
    const way = wayOf(credential);
    this.#wayOf.set(credential.id, { of: credential, way });
    return way;
  }

  #concerns(place: Place, entry: Entry, credential: string): boolean {
    return (
      entry.credential === credential ||
      (place.entries === this.#ways && this.#wayOf.get(credential)?.way === place.key)
    );
  }

  #all(): readonly (readonly [Place, Entry])[] {
    return [this.#credentials, this.#ways, ...this.#models.values()].flatMap((entries) =>
      [...entries].map(([key, entry]) => [{ entries, key }, entry] as const),
    );
  }

  #remove({ entries, key }: Place): void {
    const entry = entries.get(key);
    if (!entry) return;
    entries.delete(key);
    if (entry.model !== undefined && entries.size === 0) this.#models.delete(entry.credential);
    this.version += 1;
  }
}

/** The entry's rest, if it is not over. A clock that was put back does not make it longer than it was meant to be. */
function inForce(entry: Entry, now: number): Cooldown | undefined {
  const { cooldown } = entry;
  if (now < cooldown.since) {
    const until = now + (cooldown.until - cooldown.since);
    entry.cooldown = { ...cooldown, since: now, until };
  }
  return entry.cooldown.until > now ? entry.cooldown : undefined;
}

/** Nothing rests yet. */
export function createHealth(): Health {
  return new Rests();
}
