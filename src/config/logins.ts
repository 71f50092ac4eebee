// Settings of logins, by the kind of login ("channel"). They do not concern keys of the configuration.

import * as z from 'zod';
import { errorRules } from './error-rules.ts';
import { type Frozen, field, text } from './fields.ts';

const alias = z.strictObject({
  name: field(text().default(''), 'The model as the upstream knows it.', 'gpt-5-codex'),
  alias: field(text().default(''), 'The name clients use.', 'codex'),
  fork: field(z.boolean().default(false), 'Offer both names. Otherwise the alias takes the place of the name.'),
  'display-name': field(text().optional(), 'The title shown in model lists.'),
  'force-mapping': field(z.boolean().default(false), 'Replies name the alias instead of the upstream name.'),
});
/** One alias as the schema reads it: name and alias may still be empty. */
export type LoginAliasItem = Frozen<z.output<typeof alias>>;

const byChannel = <T extends z.ZodType>(items: T) => z.record(z.string(), items).default({});

/** Which models logins offer, and under which names. */
export const loginKeys = {
  'oauth-model-alias': field(
    byChannel(z.array(alias)),
    'Other names for the models of logins, by kind of login: codex, claude, gemini-cli, antigravity and so on.',
    { codex: [{ name: 'gpt-5-codex', alias: 'codex', fork: true }] },
  ),
  'oauth-model-mappings': field(
    byChannel(z.array(alias)),
    'The older name of oauth-model-alias; counts for kinds of login that are not there.',
    {},
  ),
  'oauth-excluded-models': field(
    byChannel(z.array(text())),
    'Models of logins that are not offered, by kind of login; `*` stands for any run of characters, case does not count.',
    { codex: ['*-preview'] },
  ),
};

/** What errors of logins mean. Apart from the others, as the reference page has it under another heading. */
export const loginErrorKeys = {
  'oauth-request-scoped-errors': field(
    byChannel(errorRules()),
    'Your own verdicts on errors of logins, by kind of login; as request-scoped-errors of an entry.',
    { codex: [{ status: 400, match: ['unsupported_region'], action: 'continue-and-cooldown' }] },
  ),
};
