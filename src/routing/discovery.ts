// What services say they have: each list is fetched once its credential is known and again from time to time, never in anyone's way.
// The last good list is kept when a fetch fails, and over reloads for as long as its credential is there.

import { GatewayError, toGatewayError } from '../errors.ts';
import { readJson } from '../json.ts';
import type { Observe } from '../observe/observation.ts';
import type { Listing, Model } from '../providers/provider.ts';
import { readAll, type Transport } from '../transport/http.ts';
import { userAgent } from '../version.ts';
import { type Credential, markOf } from './credential.ts';
import { cleanError } from './secrets.ts';

/** The services' own lists of models. A fetch that fails is told of, and tried again. */
export interface Discovery {
  /** What is known now, by credential id. */
  readonly known: ReadonlyMap<string, readonly Model[]>;
  /**
   * Fetches for these credentials and for no others from now on: at once for those that are new or changed, and then for ever.
   * Settles after these first fetches.
   */
  follow(credentials: readonly Credential[]): Promise<void>;
  /** Whether the list of this credential is fetched and none has come yet. */
  awaits(credential: Credential): boolean;
  /** Ends all fetching. What is known stays. */
  stop(): void;
}

/** How lists are fetched, and who hears of them. */
export interface DiscoveryOptions {
  readonly transport: Pick<Transport, 'send'>;
  readonly observe: Observe;
  /** Called when a list changed. */
  readonly onChange: () => void;
}

/** One credential whose list is fetched. */
interface Followed {
  readonly mark: string;
  readonly stopped: AbortController;
  timer?: NodeJS.Timeout;
}

const refreshAfter = 3_600_000;
/** After failures: so long, then twice as long each time, until it is the usual time. */
const retryAfter = 5_000;
const timeouts = { connect: 10_000, headers: 15_000, idle: 15_000 };
const listLimit = 16 << 20;
/** Characters of an unusable answer that are told; the log cuts them where no secret is cut any more. */
const mostTold = 4000;

/** Fetches nothing before `follow`. */
export function createDiscovery({ transport, observe, onChange }: DiscoveryOptions): Discovery {
  const known = new Map<string, readonly Model[]>();
  const followed = new Map<string, Followed>();

  const refresh = async (credential: Credential, following: Followed, failures = 0): Promise<void> => {
    const { signal } = following.stopped;
    const names = { provider: credential.provider.id, credential: credential.label };
    let failed = 0;
    try {
      const models = await fetchModels(transport, credential, signal);
      if (signal.aborted) return;
      const changed = JSON.stringify(models) !== JSON.stringify(known.get(credential.id));
      known.set(credential.id, models);
      observe({ type: 'models-listed', ...names, models: models.length });
      if (changed) onChange();
    } catch (thrown) {
      if (signal.aborted) return;
      failed = failures + 1;
      observe({ type: 'models-unlisted', ...names, error: cleanError(toGatewayError(thrown), credential) });
    }
    following.timer = setTimeout(() => void refresh(credential, following, failed), waitAfter(failed)).unref();
  };
  const drop = (id: string): void => {
    const following = followed.get(id);
    following?.stopped.abort();
    clearTimeout(following?.timer);
    followed.delete(id);
  };

  return {
    known,
    async follow(credentials) {
      const wanted = new Map(credentials.filter(listable).map((credential) => [credential.id, credential]));
      for (const id of known.keys()) if (!wanted.has(id)) known.delete(id);
      for (const id of followed.keys()) if (!wanted.has(id)) drop(id);
      const first: Promise<void>[] = [];
      for (const [id, credential] of wanted) {
        const mark = markOf(credential);
        if (followed.get(id)?.mark === mark) continue;
        drop(id);
        const following = { mark, stopped: new AbortController() };
        followed.set(id, following);
        first.push(refresh(credential, following));
      }
      await Promise.all(first);
    },
    awaits: ({ id }) => followed.has(id) && !known.has(id),
    stop() {
      for (const id of [...followed.keys()]) drop(id);
    },
  };
}

function waitAfter(failures: number): number {
  return failures === 0 ? refreshAfter : Math.min(refreshAfter, retryAfter * 2 ** (failures - 1));
}

/** Only where the operator did not list the models. */
function listable({ models, provider, unusable }: Credential): boolean {
  return models === undefined && provider.listing !== undefined && unusable === undefined;
}

async function fetchModels(
  transport: Pick<Transport, 'send'>,
  credential: Credential,
  signal: AbortSignal,
): Promise<readonly Model[]> {
  const { listing } = credential.provider;
  if (!listing) return [];
  const reply = await transport.send(
    {
      method: 'GET',
      url: new URL(listing.url(credential.baseUrl)),
      headers: headersOf(credential, listing),
      timeouts,
      ...(credential.proxy !== undefined && { proxy: credential.proxy }),
    },
    signal,
  );
  const text = (await readAll(reply.body, listLimit)).toString('utf8');
  if (reply.status !== 200)
    throw new GatewayError('upstream', `its list of models answered ${reply.status}`, {
      status: reply.status,
      detail: text.slice(0, mostTold),
    });
  const list = readJson(text);
  // What a base-url without its /v1 leads to: the service's home page.
  if (list === undefined)
    throw new GatewayError('upstream', 'its list of models is no JSON: check base-url', {
      detail: text.slice(0, 200),
    });
  const models = listing.read(list);
  if (models.length === 0)
    throw new GatewayError('upstream', 'its list of models is empty or of unknown shape', {
      detail: text.slice(0, mostTold),
    });
  return models;
}

/** As calls have them: the operator's own last. A `$Name` of theirs copies a client's header, and no client asks here. */
function headersOf({ key, home, headers }: Credential, { sign }: Listing): Readonly<Record<string, string>> {
  const own = Object.entries(headers).filter(([, text]) => !text.startsWith('$'));
  return {
    accept: 'application/json',
    'user-agent': userAgent,
    ...(key !== undefined && sign(key, home)),
    ...Object.fromEntries(own.map(([name, text]) => [name.toLowerCase(), text])),
  };
}
