// The operator's document: every key of config.yaml with its type, default and description, and the types of what is read.
// The reference page, the example file and the messages of the loader are made from it.

import * as z from 'zod';
import type { compatibleEntry, serviceEntry, vendorEntry } from './entries.ts';
import { type Frozen, field, forgiving, seconds, text } from './fields.ts';
import { laterKeys, neverKeys } from './recognised.ts';
import { choosing, editing, failing } from './routing.ts';
import { compatibleLists, serviceLists, vendorLists } from './upstreams.ts';

const listening = {
  host: field(
    text().default('127.0.0.1'),
    'The address to listen on. 127.0.0.1 is this machine only; 0.0.0.0 is every network it is in, of IPv4 alone; an empty value also those of IPv6, where it has any.',
  ),
  port: field(z.int().min(1).max(65_535).default(8317), 'The port to listen on.'),
  tls: field(
    z
      .strictObject({
        enable: field(z.boolean().default(false), 'Serve HTTPS.'),
        cert: field(text().default(''), 'The certificate file, PEM.', '/etc/ssl/gateway.crt'),
        key: field(text().default(''), 'The private key file, PEM.', '/etc/ssl/gateway.key'),
      })
      .prefault({}),
    'HTTPS; cert and key are both required when it is enabled.',
    { enable: true, cert: '/etc/ssl/gateway.crt', key: '/etc/ssl/gateway.key' },
  ),
  'max-body-size': field(z.int().min(1).max(1024).default(64), 'Largest request body, in MiB.'),
  'shutdown-timeout-seconds': field(
    seconds().default(10),
    'How long open streams may go on after SIGTERM or Ctrl-C before they are cut.',
  ),
};

const clients = {
  'api-keys': field(
    z.array(text()).default([]),
    'Keys that clients must show. Plain, or `sha256:` and the hex digest of the key. Without one, nobody is let in: at start a key is made and written here.',
    [`\${GATEWAY_KEY}`],
  ),
};

const models = {
  demo: field(
    z.boolean().optional(),
    'Offer the built-in demo models, which need no account. Unset: only while no upstream is configured.',
    true,
  ),
  strict: field(
    z.boolean().default(false),
    'Refuse a request that cannot be said without loss in the upstream’s dialect, instead of reporting what was lost.',
  ),
  'force-model-prefix': field(
    z.boolean().default(false),
    'Models of an entry with a prefix are offered as `prefix/model` only; plain names reach entries without one.',
  ),
};

const relaying = {
  'proxy-url': field(
    text().default(''),
    'The proxy for upstream requests: http, https, socks5 or socks5h. An entry’s own proxy-url wins.',
    'http://127.0.0.1:7890',
  ),
  'upstream-timeouts': field(
    z
      .strictObject({
        connect: field(seconds().default(10), 'Until the connection stands.'),
        'first-byte': field(seconds().default(300), 'Until the reply begins.'),
        idle: field(seconds().default(300), 'Longest silence within a reply.'),
        total: field(seconds().default(0), 'From the call to the end of its reply.'),
      })
      .prefault({}),
    'How long upstreams may take, in seconds; 0 means for ever.',
    { connect: 10, 'first-byte': 300, idle: 300, total: 0 },
  ),
  streaming: field(
    z
      .strictObject({
        'keepalive-seconds': field(
          forgiving(seconds().default(15)),
          'Comments that keep a silent stream open; 0 is off.',
        ),
        'bootstrap-retries': field(
          forgiving(z.int().min(0).max(100).default(0)),
          'Extra rounds for streams that have not begun, where that is more than request-retry.',
        ),
      })
      .prefault({}),
    'Streams to clients.',
    { 'keepalive-seconds': 15, 'bootstrap-retries': 1 },
  ),
  'passthrough-headers': field(
    z.boolean().default(false),
    'Let the upstream’s reply headers through to the client, those of the connection excepted.',
  ),
  'responses-store': field(
    z
      .strictObject({
        'max-size-mb': field(z.int().min(0).max(65_536).default(64), 'Memory for it, in MiB; 0 keeps nothing.'),
        'ttl-hours': field(z.number().min(0).default(24), 'How long an answer is kept.'),
      })
      .prefault({}),
    'Answers remembered so that OpenAI Responses clients can continue from previous_response_id.',
    { 'max-size-mb': 64, 'ttl-hours': 24 },
  ),
};

/** Where credentials are, unless the operator says otherwise. */
export const defaultDirectory = '~/.cli-proxy-api';

const operation = {
  'auth-dir': field(
    text().default(defaultDirectory),
    'A directory of credentials, one `*.json` file each: `type` (a provider), `api_key`, and what else an entry may say. Files put in, changed or taken away count at once; nothing is written here.',
  ),
  debug: field(z.boolean().default(false), 'Log more.'),
};

const settings = {
  ...listening,
  ...clients,
  ...models,
  ...choosing,
  ...failing,
  ...editing,
  ...relaying,
  ...operation,
};

/** The keys that have an effect, in the order and under the headings of the reference page. */
export const sections: readonly { readonly title: string; readonly keys: readonly string[] }[] = [
  { title: 'Listening', keys: Object.keys(listening) },
  { title: 'Clients', keys: Object.keys(clients) },
  { title: 'Models', keys: Object.keys(models) },
  { title: 'Routing', keys: Object.keys(choosing) },
  { title: 'When upstreams fail', keys: Object.keys(failing) },
  { title: 'Editing requests', keys: Object.keys(editing) },
  { title: 'Relaying', keys: Object.keys(relaying) },
  { title: 'Operation', keys: Object.keys(operation) },
  { title: 'Upstreams: model makers', keys: Object.keys(vendorLists) },
  { title: 'Upstreams: services', keys: Object.keys(serviceLists) },
  { title: 'Upstreams: your own', keys: Object.keys(compatibleLists) },
];

/** The whole document. Strict: whatever key is not here is unknown, and the loader says so. */
export const configSchema = z.strictObject({
  ...settings,
  ...vendorLists,
  ...serviceLists,
  ...compatibleLists,
  ...laterKeys,
  ...neverKeys,
});

/** What the loader adds to an entry it finds fault with: it is listed with this reason, and never used. */
interface Usability {
  readonly unusable?: string;
  /** The file of `auth-dir` that it is from: what it is known by. */
  readonly source?: string;
}

/** Lists of keys of model makers: `claude-api-key`. */
export type VendorListName = keyof typeof vendorLists;
/** Lists of keys of named services: `deepseek`. */
export type ServiceListName = keyof typeof serviceLists;
/** A list of one provider's keys. */
export type KeyedList = VendorListName | ServiceListName;

/** A key of a model maker, as it will be used. */
export type VendorEntry = Frozen<z.output<typeof vendorEntry>> & Usability;
/** A key of a named service, as it will be used: where it has no `api-key` of its own, that is what its `token-file` holds. */
export type ServiceEntry = Frozen<z.output<typeof serviceEntry>> & Usability;
/** One provider's key, with all that is said of it. */
export type KeyedEntry = VendorEntry | ServiceEntry;
/** A key of a service of the operator's own, as it will be used. */
export type CompatibleKey = NonNullable<Frozen<z.output<typeof compatibleEntry>>['api-key-entries']>[number] &
  Usability;
/** A service of the operator's own. All its keys are in `api-key-entries`, those of the older `api-keys` too. */
export type CompatibleEntry = Omit<Frozen<z.output<typeof compatibleEntry>>, 'api-key-entries' | 'api-keys'> &
  Usability & { readonly 'api-key-entries': readonly CompatibleKey[] };
/** A model that the operator lists for a key, in place of what the service lists. */
export type ModelEntry = NonNullable<VendorEntry['models']>[number];
/** The same for a service of the operator's own, where it may also say what the model reads (`input-modalities`). */
export type CompatibleModelEntry = NonNullable<CompatibleEntry['models']>[number];

/** The keys with an effect, upstream lists excepted; what else there is falls away. */
export const settingsSchema = z.object(settings);

/** Everything read from config.yaml that has an effect. Keys are those of the file. */
export type Config = Frozen<z.output<typeof settingsSchema>> & {
  readonly [List in VendorListName]: readonly VendorEntry[];
} & { readonly [List in ServiceListName]: readonly ServiceEntry[] } & {
  readonly 'openai-compatibility': readonly CompatibleEntry[];
};

/** What the schema yields, before the loader has looked at what the values mean. */
export type ParsedConfig = z.output<typeof configSchema>;
