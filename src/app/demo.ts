// The demo: a simulator in this process and the credentials that reach it, there only while they are wanted.

import { demoProviders } from '../providers/demo.ts';
import { type Credential, credentialId, plainRouting } from '../routing/credential.ts';
import type { Simulator } from '../simulator/server.ts';

/** Starts the simulator and ends it, as configurations come that want it and others that do not. */
export interface Demo {
  /** The credentials of the demo if it is wanted; it is started for the first of them. */
  credentials(wanted: boolean): Promise<readonly Credential[]>;
  /** Ends a demo that nobody is offered any more, once those who use it are done. */
  retire(): void;
  /** Ends it at once, whoever uses it. */
  close(): Promise<void>;
}

/** Milliseconds: a request that was given to the demo by the configuration before has come there by then. */
const grace = 2000;

/** No simulator runs yet. */
export function createDemo(): Demo {
  let current: Simulator | undefined;
  const all = new Set<Simulator>();
  const timers = new Set<NodeJS.Timeout>();
  const end = async (simulator: Simulator): Promise<void> => {
    if (!all.delete(simulator)) return;
    await simulator.close();
  };
  return {
    async credentials(wanted) {
      if (!wanted) return [];
      current ??= await startSimulator();
      all.add(current);
      return demoCredentials(current);
    },
    retire() {
      const simulator = current;
      if (!simulator) return;
      current = undefined;
      const timer = setTimeout(() => {
        timers.delete(timer);
        void simulator.idle().then(() => end(simulator));
      }, grace);
      timers.add(timer.unref());
    },
    async close() {
      for (const timer of timers) clearTimeout(timer);
      await Promise.all([...all].map(end));
    },
  };
}

/** Loaded only where it is wanted: most gateways start without it. */
async function startSimulator(): Promise<Simulator> {
  const simulator = await import('../simulator/server.ts');
  return simulator.startSimulator({ seed: 'demo' });
}

function demoCredentials({ url }: Simulator): readonly Credential[] {
  return demoProviders(url).map((provider) => {
    const baseUrl = provider.baseUrl ?? url;
    const key = 'demo';
    return {
      id: credentialId(provider.models[0]?.id ?? 'demo', key, baseUrl),
      provider,
      label: 'demo',
      key,
      baseUrl,
      home: true,
      headers: {},
      excluded: [],
      ...plainRouting,
    };
  });
}
