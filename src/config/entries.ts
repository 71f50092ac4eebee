// The entries of the upstream lists: one key of a vendor, one key of a service, one compatible service of the operator's own,
// and the models each of them may name.

import * as z from 'zod';
import { errorRules, sampleErrorRules } from './error-rules.ts';
import { field, forgiving, later, never, seconds, text, word } from './fields.ts';

const thinking = z.strictObject({
  min: field(forgiving(z.int().min(0).optional()), 'Smallest thinking budget in tokens.'),
  max: field(forgiving(z.int().min(0).optional()), 'Largest thinking budget in tokens; 0 or unset: it takes none.'),
  'zero-allowed': field(z.boolean().optional(), 'Thinking can be switched off.'),
  'dynamic-allowed': field(z.boolean().optional(), 'The model can decide itself how much it thinks.'),
  levels: field(
    z.array(text()).optional(),
    'Effort levels the model takes: none, minimal, low, medium, high, xhigh, max, auto.',
    ['low', 'high'],
  ),
});

const modelFields = {
  name: field(text().default(''), 'The model as the upstream knows it. Unset: its alias.', 'model-id'),
  alias: field(text().optional(), 'The name clients use instead; models of one alias take turns.', 'fast'),
  'display-name': field(text().optional(), 'The title shown in model lists.'),
  'force-mapping': field(z.boolean().default(false), 'Replies name the alias instead of the upstream name.'),
  'max-context-length': field(
    forgiving(z.int().min(0).optional()),
    'Tokens the model can read and write in one exchange; 0 or unset: unknown.',
  ),
  thinking: field(
    thinking.optional(),
    'What the model allows of thinking; unset means unknown, and nothing is clamped.',
  ),
};

const model = z.strictObject(modelFields);

const compatibleModel = z.strictObject({
  ...modelFields,
  image: later(z.boolean(), 'The model makes images.'),
  'input-modalities': field(z.array(text()).optional(), 'What the model reads: text, image, audio, video, document.', [
    'text',
    'image',
  ]),
  'output-modalities': later(z.array(text()), 'What the model writes: text, image, audio.'),
  'is-compat': later(z.boolean(), 'The model only looks like its name.'),
});

const limit = () => z.int().min(0).optional();

const rateLimit = z.strictObject({
  concurrency: field(limit(), 'Requests under way at one time.', 4),
  rpm: field(limit(), 'Requests in a minute.', 60),
  tpm: field(limit(), 'Tokens in a minute.', 100_000),
  rpd: field(limit(), 'Requests in a day.', 1000),
  tpd: field(limit(), 'Tokens in a day.', 1_000_000),
  'wait-on-limit': later(z.boolean(), 'Wait at the limit instead of passing over.'),
  'max-wait-seconds': later(z.int(), 'Longest such wait.'),
});

const timeouts = z.strictObject({
  connect: field(seconds().optional(), 'Until the connection stands.', 10),
  'first-byte': field(seconds().optional(), 'Until the reply begins.', 60),
  idle: field(seconds().optional(), 'Longest silence within a reply.', 60),
  total: field(seconds().optional(), 'From the call to the end of its reply.', 600),
});

const entryFields = {
  'base-url': field(
    text().optional(),
    'Where the service listens: an http or https URL. Unset means its home address.',
    'https://gateway.example.com/v1',
  ),
  prefix: field(text().optional(), 'Clients may also say `prefix/model`; with force-model-prefix they must.', 'team-a'),
  headers: field(
    z.record(z.string(), text()).optional(),
    'Headers added to upstream requests. A value `$Name` is the client’s own header of that name.',
    { 'X-Title': 'my-laptop' },
  ),
  priority: field(z.int().default(0), 'Higher goes first.'),
  weight: field(
    z.int().max(1_000_000).default(1),
    'Share of the requests among equals, with routing.strategy weighted; 0 or less: none.',
  ),
  tier: field(
    text().optional(),
    'Its place in routing.tiers: a word of your own, or subscription, paid or free. Unset: paid; free where no key is needed.',
    'subscription',
  ),
  'excluded-models': field(
    z.array(text()).optional(),
    'Models that are not offered; `*` stands for any run of characters, case does not count.',
    ['*-preview'],
  ),
  'disable-cooling': field(
    z.boolean().optional(),
    'Never rest it after errors; false: rest it. Wins over the global one.',
  ),
  'request-retry': field(
    forgiving(z.int().min(0).max(100).optional()),
    'Extra rounds, instead of the global number.',
    1,
  ),
  'request-scoped-errors': field(
    errorRules().optional(),
    'Your own verdicts on its errors, before those of the gateway; the first rule that fits counts.',
    sampleErrorRules,
  ),
  'rate-limit': field(rateLimit.optional(), 'What each of its keys may be asked for; 0 or unset: no limit.', {
    concurrency: 4,
    rpm: 60,
  }),
  timeouts: field(timeouts.optional(), 'Its own upstream-timeouts, in seconds; 0 means for ever.', {
    'first-byte': 60,
  }),
};

const proxyUrl = () =>
  field(
    text().optional(),
    'The proxy of this entry: http, https, socks5 or socks5h; `direct` or `none` for none. Wins over the global proxy-url.',
    'socks5://127.0.0.1:1080',
  );

const vendorFields = {
  'api-key': field(text().optional(), 'The key the vendor gave you.', `\${API_KEY}`),
  ...entryFields,
  'proxy-url': proxyUrl(),
  models: field(z.array(model).optional(), 'The models offered, instead of the list the service gives.', [
    { name: 'model-id', alias: 'fast' },
  ]),
};

/** One key of a vendor. */
export const vendorEntry = z.strictObject({
  ...vendorFields,
  'auto-cache': field(
    z.boolean().optional(),
    'claude-api-key only: mark conversations of other dialects for Anthropic’s prompt cache if their client marked nothing. Unset: yes at the home address, no at a `base-url`.',
  ),
  websockets: later(z.boolean(), 'Speak to the upstream over websockets.'),
  'alpha-search': later(z.boolean(), 'Offer the search endpoint.'),
  'rebuild-mid-system-message': later(z.boolean(), 'Rewrite system messages in mid-conversation.'),
  cloak: never('Makes requests look like another client.'),
  'fingerprint-profile': never('Makes requests look like another client.'),
  'experimental-cch-signing': never('Signs requests as another client.'),
});

const tokenFile = () =>
  field(
    text().optional(),
    'A file that holds the key, instead of api-key; `~` is your home.',
    '~/.secrets/service-key',
  );

/** One key of a named service. */
export const serviceEntry = z.strictObject({ ...vendorFields, 'token-file': tokenFile() });

const compatibleKey = z.strictObject({
  'api-key': field(text().optional(), 'The key.', `\${API_KEY}`),
  'token-file': tokenFile(),
  'proxy-url': proxyUrl(),
  weight: field(z.int().max(1_000_000).optional(), 'Its own share, instead of that of the entry.', 2),
});

/** One service of the operator's own that speaks OpenAI Chat. */
export const compatibleEntry = z.strictObject({
  name: field(word(), 'What you call it: the provider shown in lists and logs.', 'my-service'),
  disabled: field(z.boolean().default(false), 'Leave it out.'),
  ...entryFields,
  'base-url': field(
    text().optional(),
    'Required: where it listens, up to and with the version.',
    'https://llm.example.com/v1',
  ),
  'api-key-entries': field(z.array(compatibleKey).optional(), 'Its keys; none for a service without sign-in.', [
    { 'api-key': `\${MY_SERVICE_KEY}` },
  ]),
  'api-keys': field(z.array(text()).optional(), 'Its keys as older configurations write them: a list of texts.', [
    `\${MY_SERVICE_KEY}`,
  ]),
  models: field(z.array(compatibleModel).optional(), 'The models offered, instead of the list the service gives.', [
    { name: 'model-id', alias: 'fast' },
  ]),
  'proxy-url': proxyUrl(),
  'support-prompt-cache-key': field(z.boolean().default(false), 'The service knows prompt_cache_key.'),
  'support-cache-control': field(
    z.boolean().default(false),
    'The service takes Anthropic’s cache marks (cache_control) on messages and tools.',
  ),
  'models-endpoint': later(text(), 'Where the service lists its models.'),
});
