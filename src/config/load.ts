// The text of config.yaml to a Config with what is to be said of it, or to every problem at once.

import { readFileSync, statSync } from 'node:fs';
import { readClientKeys } from './client-keys.ts';
import { contradictions } from './contradictions.ts';
import { readDocument } from './document.ts';
import { isIdle, withoutEffect } from './effects.ts';
import { type Environment, type Substituted, substitute } from './environment.ts';
import { expandHome } from './home.ts';
import { type Notary, type Notice, notary, type Problem } from './notice.ts';
import { printPath } from './outline.ts';
import { type Config, defaultDirectory, type ParsedConfig, settingsSchema } from './schema.ts';
import { settle } from './settle.ts';
import { soundAliases, soundLoginRules, soundPayload } from './sound-rules.ts';
import { readUpstreamLists, type Sources } from './upstream-lists.ts';

/** What a text refers to beyond itself. */
export interface LoadOptions {
  readonly env: Environment;
  /** The file the text is from; named in messages. */
  readonly path: string;
  /** Reads a token file; default: from disk. */
  readonly read?: (path: string) => string;
}
/** A configuration that can be served by, and what is to be said of it, in the order of the file. */
export interface Loaded {
  readonly config: Config;
  readonly notices: readonly Notice[];
}
/** Why a text cannot be used: every problem that was found, in the order of the file, and what else is to be said of it. */
export interface Rejected {
  readonly problems: readonly Problem[];
  readonly notices: readonly Notice[];
}

/** Reads a configuration. Nothing that stands in a file makes this throw. */
export function loadConfig(text: string, { env, path, read = readText }: LoadOptions): Loaded | Rejected {
  const document = readDocument(text);
  if ('problems' in document) return { problems: document.problems, notices: [] };
  const content = document.value ?? {};
  if (typeof content !== 'object' || Array.isArray(content)) return { problems: [notABlock(path)], notices: [] };
  const notes = notary(document.locate);
  const { value, missing } = substitute(content, env);
  const settled = settle(value, document, notes);
  const idle = withoutEffect(value, notes);
  const { parsed } = settled;
  const unset = unsetVariables(missing, notes);
  // What stands there instead of the variable's value says nothing more.
  const named = new Set(unset.map(({ path }) => path));
  const others = [...settled.problems, ...(parsed ? contradictions(parsed, notes) : [])];
  const problems = [...unset, ...others.filter((other) => !named.has(other.path))];
  if (!parsed || problems.length > 0) {
    return { problems: inOrder(problems), notices: inOrder([...settled.notices, ...idle]) };
  }
  const { config, notices } = complete(parsed, notes, { env, read });
  return { config, notices: inOrder([...settled.notices, ...notices, ...idle]) };
}

function complete(parsed: ParsedConfig, notes: Notary, sources: Sources): Loaded {
  const clients = readClientKeys(parsed['api-keys'], notes);
  const { lists, notices } = readUpstreamLists(parsed, notes, sources);
  const payload = soundPayload(parsed.payload, notes);
  const aliases = soundAliases(parsed, notes);
  const loginRules = soundLoginRules(parsed['oauth-request-scoped-errors'], notes);
  const { env } = sources;
  const settings = settingsSchema.parse(parsed);
  const { cert, key } = settings.tls;
  return {
    config: {
      ...settings,
      ...lists,
      'auth-dir': settings['auth-dir'] || defaultDirectory,
      'api-keys': clients.keys,
      tls: { ...settings.tls, cert: expandHome(cert, env), key: expandHome(key, env) },
      payload: payload.rules,
      'oauth-model-alias': aliases.rules,
      'oauth-model-mappings': {},
      'oauth-request-scoped-errors': loginRules.rules,
    },
    notices: [clients, { notices }, payload, aliases, loginRules].flatMap((part) => part.notices),
  };
}

function unsetVariables(missing: Substituted['missing'], notes: Notary): readonly Problem[] {
  return missing
    .filter(({ path }) => !isIdle(path))
    .map(({ path, name }) =>
      problem(
        notes.at(
          'problem',
          path,
          `${printPath(path)} asks for the environment variable ${name}, which is not set`,
          `Set ${name} before the start, or write the value here. For a literal \${ write $\${.`,
        ),
      ),
    );
}

function notABlock(path: string): Problem {
  return {
    level: 'problem',
    path: '',
    line: 1,
    column: 1,
    message: `failed to parse config file: ${path} must be a block of keys, but holds a list or a single value`,
    advice: 'Write keys and values, for example: port: 8317',
  };
}

function readText(path: string): string {
  // A pipe would be waited for, and everybody with it.
  if (!statSync(path).isFile()) throw new Error('it is no regular file');
  return readFileSync(path, 'utf8');
}

const problem = (notice: Notice): Problem => ({ ...notice, level: 'problem' });

function inOrder<Item extends Notice>(notices: readonly Item[]): readonly Item[] {
  return notices.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}
