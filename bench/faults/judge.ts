// Which failures that clients saw the rules allow. Judged by what the upstream itself recorded: what the gateway says of an exchange
// is only taken for whom it asked, and held against that record.

import { asArray, asObject, type JsonObject, objects, parseObject } from '../../src/json.ts';
import { type CoolingLabel, verdicts } from '../../src/routing/verdicts.ts';
import type { Failure, Heard } from './clients.ts';
import { toldSeconds } from './fates.ts';
import { accounts, type Setting, upstreamModel } from './pool.ts';
import type { Call, Ledger } from './upstream.ts';

export interface Judged {
  /** How many of each sort were seen, and what is wrong with those that are not allowed. */
  readonly sorts: ReadonlyMap<string, { seen: number; readonly wrong: string[] }>;
  /** What concerns no single failure that a client saw. */
  readonly wrong: readonly string[];
}

/** Milliseconds from one process to the other, beyond what the gateway's event loop was late. */
const travel = 100;
/** Rests of a minute and more are staggered by up to a tenth. */
const stagger = 1.1;

/** `late`: milliseconds by which the gateway may have noticed a fault later than the upstream made it. */
export function judge(heard: Heard, ledger: Ledger, setting: Setting, late: number): Judged {
  const slack = late + travel;
  const byRequest = Map.groupBy(ledger.calls, ({ request }) => request);
  const byCandidate = Map.groupBy(ledger.calls, ({ account, model }) => `${account} ${model}`);
  const restsOf = new Map([...byCandidate].map(([candidate, calls]) => [candidate, restsAfter(calls, setting)]));
  const court: Court = {
    callsOf: (request) => byRequest.get(request) ?? [],
    readySince: (account, model, at) => {
      const begun = (restsOf.get(`${account} ${model}`) ?? []).filter(({ from }) => from <= at + slack);
      const since = at - Math.max(0, ...begun.map(({ until }) => until));
      return since > slack ? since : undefined;
    },
    doorFailed: (at) => ledger.shut.some((from) => from <= at && at <= from + longestUnreachable),
  };
  const sorts = new Map<string, { seen: number; readonly wrong: string[] }>();
  for (const failure of heard.failures) {
    const sort = failure.ending === 'refused' ? `refused with ${failure.status}` : words[failure.ending];
    const one = sorts.get(sort) ?? { seen: 0, wrong: [] };
    sorts.set(sort, one);
    one.seen += 1;
    const why = objection(failure, court);
    if (why !== undefined) one.wrong.push(`${failure.request}: ${why}`);
  }
  return { sorts, wrong: saidTwice(byRequest) };
}

const words: Readonly<Record<Exclude<Failure['ending'], 'refused'>, string>> = {
  broken: 'broken off after content, with an error event',
  'error-event': 'an error event before any content',
  truncated: 'ended without an end or an error',
  garbled: 'deltas missing, out of order or there twice',
  lost: 'the connection was lost',
  stuck: 'no end in 30 s',
};

interface Court {
  callsOf(request: string): readonly Call[];
  /** For how many milliseconds this candidate cannot have been resting then; undefined: it may have been. */
  readySince(account: string, model: string, at: number): number | undefined;
  doorFailed(at: number): boolean;
}

/** Why a failure is not allowed; undefined where it is. */
function objection(failure: Failure, court: Court): string | undefined {
  if (failure.ending === 'broken') return objectionAfterContent(failure, court);
  if (failure.ending === 'refused' || failure.ending === 'error-event') return objectionBeforeContent(failure, court);
  return `is never allowed (${failure.text.slice(-200)})`;
}

function objectionAfterContent({ request, heard }: Failure, { callsOf }: Court): string | undefined {
  const last = callsOf(request).at(-1);
  if (last?.fault === 'cut-late') return last.said === heard ? undefined : `got ${heard} of ${last.said} deltas`;
  return `its last call did not fail after content (${last ? (last.fault ?? 'it succeeded') : 'there was none'})`;
}

/** Allowed only where nobody was left to ask: each candidate was asked or rested. */
function objectionBeforeContent(failure: Failure, court: Court): string | undefined {
  const { request, model, status, explained, text } = failure;
  const told = explained === undefined ? undefined : parseObject(explained);
  if (!told) return 'the gateway cannot explain it';
  const attempts = objects(told.attempts);
  const asked = new Set(attempts.map(({ credential }) => credential));
  const calls = court.callsOf(request);
  const [traced, seen] = [attempts.map(({ credential }) => String(credential)), calls.map(({ account }) => account)];
  if (beyondDoor(traced) !== beyondDoor(seen)) return `its trace has ${traced}, the upstream saw ${seen}`;
  if (calls.some((call) => call.fault === undefined)) return 'one of its calls succeeded';
  const at = decidedAt(told, attempts);
  const idle = accounts.flatMap(({ service, label }) => {
    if (asked.has(label) || (service === 'door' && court.doorFailed(at))) return [];
    const since = court.readySince(label, upstreamModel(model), at);
    return since === undefined ? [] : [`${label} for ${Math.round(since)} ms`];
  });
  if (idle.length > 0) return `could have gone to ${idle.join(', ')} (${text.slice(0, 200)})`;
  if (attempts.length === 0 && !(status === 429 && failure.waits))
    return `everybody rested, and it was told ${status}${failure.waits ? '' : ' without Retry-After'}`;
  if (asArray(told.considered)?.length !== accounts.length) return 'its trace does not show who was considered';
  return undefined;
}

/** When the gateway gave up: at the end of its last attempt, and else at once. Wall-clock milliseconds. */
function decidedAt({ time }: JsonObject, attempts: readonly JsonObject[]): number {
  const times = asObject(attempts.at(-1)?.times_ms);
  return Date.parse(String(time)) + Number(times?.begun ?? 0) + Number(times?.total ?? 0);
}

/** Without the service whose door is shut now and then: the system itself ends connections that were waiting there. */
function beyondDoor(labels: readonly string[]): string {
  return labels.filter((label) => !label.startsWith('door ')).join();
}

interface Span {
  readonly from: number;
  readonly until: number;
}

/** For how long the table lets a candidate rest after each of its failures, at most. */
function restsAfter(calls: readonly Call[], { transient }: Setting): readonly Span[] {
  let limits = 0;
  return calls
    .toSorted((a, b) => a.at - b.at)
    .flatMap(({ fault, failedAt, said }) => {
      if (fault === undefined || said > 0) limits = 0;
      if (fault === undefined || failedAt === undefined) return [];
      if (fault === 'limit' || fault === 'limit-told') limits += 1;
      const seconds =
        fault === 'limit' ? 2 ** (limits - 1) : fault === 'limit-told' ? toldSeconds : transient * stagger;
      return [{ from: failedAt, until: failedAt + seconds * 1000 }];
    });
}

const longestUnreachable = 1000 * stagger * longestOf('unreachable');

/** Seconds that a rest shown by this word may last by the table, but for the configured ones. */
function longestOf(label: CoolingLabel): number {
  const rests = Object.values(verdicts).flatMap(({ cool }) => (cool?.label === label ? [cool.rest] : []));
  return Math.max(...rests.map((rest) => ('to' in rest ? rest.to : 'seconds' in rest ? rest.seconds : 0)));
}

/** What was said to a client is not asked for again. */
function saidTwice(byRequest: ReadonlyMap<string, readonly Call[]>): readonly string[] {
  return [...byRequest].flatMap(([request, calls]) => {
    const at = calls.findIndex(({ said }) => said > 0);
    return at >= 0 && at < calls.length - 1 ? [`${request} was asked again after content had come`] : [];
  });
}

/** Rests that last longer than the table lets them. */
export function overlong(cooldowns: readonly JsonObject[], { transient }: Setting): readonly string[] {
  return cooldowns.flatMap((one) => {
    const failures = Number(one.failures);
    const seconds = (Date.parse(String(one.until)) - Date.parse(String(one.since))) / 1000;
    const doubled = Math.max(toldSeconds, 2 ** (failures - 1));
    const most = { quota: doubled, unreachable: Math.min(60, doubled) * stagger, transient: transient * stagger };
    const label = String(one.reason) as keyof typeof most;
    return seconds <= (most[label] ?? 0) + 0.01
      ? []
      : [`${one.credential} ${one.model ?? ''} rests ${seconds} s (${label}, ${failures} failures in a row)`];
  });
}
