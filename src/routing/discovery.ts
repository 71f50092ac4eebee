// What services say they have: each list is fetched once after start and again from time to time, never in anyone's way. The last
// good list is kept when a fetch fails.

import { GatewayError, toGatewayError } from '../errors.ts';
import { parseJson } from '../json.ts';
import type { Observe } from '../observe/observation.ts';
import type { Model } from '../providers/provider.ts';
import { readAll, type Transport } from '../transport/http.ts';
import { userAgent } from '../version.ts';
import type { Credential } from './credential.ts';

export interface Discovery {
  /** What is known now, by credential id. */
  readonly known: ReadonlyMap<string, readonly Model[]>;
  /** Begins fetching for these credentials, at once and then for ever; settles after the first round. */
  start(credentials: readonly Credential[]): Promise<void>;
  stop(): void;
}

export interface DiscoveryOptions {
  readonly transport: Transport;
  readonly observe: Observe;
  /** Called when a list changed. */
  readonly onChange: () => void;
}

const refreshAfter = 3_600_000;
/** After failures: so long, then twice as long each time, until it is the usual time. */
const retryAfter = 5_000;
const timeouts = { connect: 10_000, headers: 15_000, idle: 15_000 };
const listLimit = 16 << 20;

export function createDiscovery({ transport, observe, onChange }: DiscoveryOptions): Discovery {
  const known = new Map<string, readonly Model[]>();
  const timers = new Set<NodeJS.Timeout>();
  const stopped = new AbortController();

  const refresh = async (credential: Credential, failures = 0): Promise<void> => {
    const names = { provider: credential.provider.id, credential: credential.label };
    let failed = 0;
    try {
      const models = await fetchModels(transport, credential, stopped.signal);
      const changed = JSON.stringify(models) !== JSON.stringify(known.get(credential.id));
      known.set(credential.id, models);
      observe({ type: 'models-listed', ...names, models: models.length });
      if (changed) onChange();
    } catch (thrown) {
      if (stopped.signal.aborted) return;
      failed = failures + 1;
      observe({ type: 'models-unlisted', ...names, error: toGatewayError(thrown) });
    }
    const timer = setTimeout(() => {
      timers.delete(timer);
      void refresh(credential, failed);
    }, waitAfter(failed));
    timers.add(timer.unref());
  };

  return {
    known,
    async start(credentials) {
      await Promise.all(credentials.filter(listable).map((credential) => refresh(credential)));
    },
    stop() {
      stopped.abort();
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
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
  transport: Transport,
  credential: Credential,
  signal: AbortSignal,
): Promise<readonly Model[]> {
  const { listing } = credential.provider;
  if (!listing) return [];
  const headers = {
    accept: 'application/json',
    'user-agent': userAgent,
    ...(credential.key === undefined ? {} : listing.sign(credential.key)),
  };
  const reply = await transport.send(
    {
      method: 'GET',
      url: new URL(listing.url(credential.baseUrl)),
      headers,
      timeouts,
      ...(credential.proxy !== undefined && { proxy: credential.proxy }),
    },
    signal,
  );
  const text = (await readAll(reply.body, listLimit)).toString('utf8');
  if (reply.status !== 200)
    throw new GatewayError('upstream', `its list of models answered ${reply.status}`, {
      status: reply.status,
      detail: text.slice(0, 200),
    });
  const models = listing.read(parseJson(text));
  if (models.length === 0)
    throw new GatewayError('upstream', 'its list of models is empty or of unknown shape', {
      detail: text.slice(0, 200),
    });
  return models;
}
