// Payload rules as they are written: which requests they concern, and what of the body they set or take away.

import * as z from 'zod';
import type { DialectId } from '../envelope.ts';
import { choice, type Frozen, field, text, word } from './fields.ts';

/** What protocols are called: by older configurations, and here. */
export const protocols = {
  openai: 'openai-chat',
  'openai-response': 'openai-responses',
  claude: 'anthropic-messages',
  gemini: 'gemini',
  codex: 'openai-responses',
  antigravity: 'gemini',
  'gemini-cli': 'gemini',
  'openai-chat': 'openai-chat',
  'openai-responses': 'openai-responses',
  'anthropic-messages': 'anthropic-messages',
  'openai-completions': 'openai-completions',
  // Of CLIProxyAPI, and nobody's here.
  interactions: undefined,
  kiro: undefined,
} as const satisfies Record<string, DialectId | undefined>;

/** Whether a matcher can fit any request. */
export function isSpoken({ protocol, 'from-protocol': from }: PayloadMatcherItem): boolean {
  return [protocol, from].every((word) => word === undefined || protocols[word] !== undefined);
}

const protocol = () =>
  choice(Object.keys(protocols) as (keyof typeof protocols)[], {
    responses: 'openai-response',
    response: 'openai-response',
    anthropic: 'claude',
  }).optional();

const values = () => z.record(z.string(), z.unknown());

const matcher = z.strictObject({
  name: field(
    text().optional(),
    'The model; `*` stands for any run of characters, case counts. The upstream’s name and the client’s, with and without suffix, are looked at.',
    'gemini-*',
  ),
  protocol: field(protocol(), 'What the upstream speaks.', 'gemini'),
  'from-protocol': field(protocol(), 'What the client speaks.', 'openai'),
  headers: field(
    z.record(z.string(), text()).optional(),
    'Headers the client sends, all of them; in values `*` stands for any run of characters.',
    { 'X-Team': 'a*' },
  ),
  match: field(z.array(values()).optional(), 'Paths of the body with the values they must have.', [{ stream: true }]),
  'not-match': field(z.array(values()).optional(), 'Paths of the body with values they must not have.'),
  exist: field(z.array(word()).optional(), 'Paths that must be there and not null.', ['tools']),
  'not-exist': field(z.array(word()).optional(), 'Paths that must not be there, or be null.'),
});
/** One matcher of a rule as the schema reads it: all that it says must hold. */
export type PayloadMatcherItem = Frozen<z.output<typeof matcher>>;

const models = () =>
  field(z.array(matcher), 'The requests concerned: any of these. Within one, all that is said must hold.', [
    { name: 'gemini-*', protocol: 'gemini' },
  ]);

const pathNote =
  'Paths are dotted; a number is a place in a list, `-1` adds to it, `#(name=="x")` finds its first item with a value and `#(…)#` all.';

const rules = () =>
  z
    .array(
      z.strictObject({
        models: models(),
        params: field(values(), `Paths and values. ${pathNote}`, { 'generationConfig.temperature': 0.2 }),
      }),
    )
    .default([]);

const rawRules = () =>
  z
    .array(
      z.strictObject({
        models: models(),
        params: field(z.record(z.string(), text()), 'Paths and values as JSON text.', { stop: '["END"]' }),
      }),
    )
    .default([]);

const filters = () =>
  z
    .array(z.strictObject({ models: models(), params: field(z.array(word()), 'Paths to take away.', ['user']) }))
    .default([]);

/** The block `payload`. */
export const payload = z.strictObject({
  default: field(rules(), 'Set where the client’s body has nothing at the path; the first rule for a path wins.'),
  'default-raw': field(rawRules(), 'The same with values as JSON text.'),
  override: field(rules(), 'Always set; the last rule for a path wins.'),
  'override-raw': field(rawRules(), 'The same with values as JSON text.'),
  filter: field(filters(), 'Taken away, after all others; here params is a list of paths.'),
});
