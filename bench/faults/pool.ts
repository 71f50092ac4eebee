// Whom the gateway of the fault load may ask: twelve keys of four services behind every model, one of which speaks another dialect
// than most clients. Known to the gateway's configuration, to the upstream that plays them, and to the judge.

import { maskedKey } from '../../src/routing/credential.ts';

export type Service = 'left' | 'right' | 'door' | 'claude';

export interface Account {
  readonly service: Service;
  readonly key: string;
  /** What the gateway calls it. */
  readonly label: string;
}

/** `door` is the one whose port is closed now and then; `claude` speaks Anthropic Messages, the others OpenAI Chat. */
const keys: Readonly<Record<Service, number>> = { left: 5, right: 4, door: 2, claude: 1 };

/** Each is a candidate for every model. A trace shows pools of up to twelve in full, and the judge needs that. */
export const accounts: readonly Account[] = (Object.keys(keys) as Service[]).flatMap((service) =>
  Array.from({ length: keys[service] }, (_, index) => {
    const key = `bench-${service}-key-000${index}`;
    return { service, key, label: `${service} ${maskedKey(key)}` };
  }),
);

/** So many that a failure, which rests one model of one account, leaves most candidates of most models ready. */
const modelCount = 16;
export const clientModels: readonly string[] = Array.from({ length: modelCount }, (_, index) => `bench-${index}`);

/** What upstream calls a model that clients call so. */
export function upstreamModel(name: string): string {
  return name.replace('bench-', 'upstream-');
}

export const clientKey = 'bench-client-key-0000';

export interface Ports {
  readonly open: number;
  readonly door: number;
}

/** How the gateway is set: for a load in which everybody takes part, or as it comes. */
export interface Setting {
  readonly name: string;
  readonly lines: readonly string[];
  /** Seconds that follow from it, for the judge. */
  readonly transient: number;
}

export const settings: readonly [quick: Setting, usual: Setting] = [
  {
    name: 'short rests',
    lines: [
      'transient-error-cooldown-seconds: 1',
      'request-retry: 1',
      'max-retry-interval: 2',
      'upstream-timeouts: { first-byte: 5, idle: 1 }',
    ],
    transient: 1,
  },
  { name: 'defaults', lines: [], transient: 60 },
];

/** The configuration of a gateway at this port, as an operator would write it. */
export function gatewayConfig(port: number, ports: Ports, { lines }: Setting): string {
  const models = clientModels.map((name) => `{ name: ${upstreamModel(name)}, alias: ${name} }`).join(', ');
  const url = (service: Service): string =>
    `http://127.0.0.1:${service === 'door' ? ports.door : ports.open}/${service}`;
  const of = (service: Service): readonly Account[] => accounts.filter((one) => one.service === service);
  const compatible = (['left', 'right', 'door'] as const).flatMap((service) => [
    `  - name: ${service}`,
    `    base-url: ${url(service)}/v1`,
    '    api-key-entries:',
    ...of(service).map(({ key }) => `      - api-key: ${key}`),
    `    models: [${models}]`,
  ]);
  const claude = of('claude').flatMap(({ key }) => [
    `  - api-key: ${key}`,
    `    base-url: ${url('claude')}`,
    `    models: [${models}]`,
  ]);
  return [
    'host: 127.0.0.1',
    `port: ${port}`,
    'auth-dir: auth',
    `api-keys: [${clientKey}]`,
    ...lines,
    'openai-compatibility:',
    ...compatible,
    'claude-api-key:',
    ...claude,
    '',
  ].join('\n');
}
