// docs/reference/config.md: every key with its type, default and meaning, from the schema.

import { expectation, nodeAt, type OutlineNode, outline } from '../src/config/outline.ts';
import { sections } from '../src/config/schema.ts';
import { providers } from '../src/providers/index.ts';
import { cell, table } from './markdown.ts';

const introduction = `# Configuration

<!-- Generated from src/config by "npm run docs". -->

\`cliproxy\` reads one YAML file, the first of:

1. \`--config FILE\`
2. \`$CLIPROXY_CONFIG\`, \`$CLIPROXY_CONFIG_PATH\`; \`$CONFIG\` and \`$CONFIG_PATH\` when they name a \`.yaml\` or \`.yml\` file
3. \`./config.yaml\`
4. \`~/.cli-proxy-api/config.yaml\`

If there is none, the last one is written: on 127.0.0.1, with a new client key. \`cliproxy config path\` tells which file
counts, \`cliproxy config check\` what is wrong with it, with line and column. \`--host\`, \`--port\`, \`$CLIPROXY_HOST\` and
\`$CLIPROXY_PORT\` win over the file, as do \`$CLIPROXY_AUTH_DIR\` and \`$CLIPROXY_LOG_LEVEL\` (\`debug\` or
\`info\`). A \`.env\` file in the working directory adds to the environment.

- \`\${NAME}\` anywhere in a value is taken from the environment; a variable that is not set is an error. A literal \`\${\` is
  written \`$\${\`.
- An unknown key is a warning, a value of the wrong type is an error, and all of them are told at once.
- An upstream entry that cannot be used (no key, a broken proxy, a base-url that is no URL) is listed with the reason and
  never tried; the others work. A broken proxy never leads to a direct connection.
- A rule that cannot be applied (a regular expression or JSON text that cannot be read) is left out with a warning.
- Without a client key nobody is let in. When \`api-keys\` holds none that counts, one is made and written into the file, and
  for this run the gateway listens on this machine only. Published sample keys (\`your-api-key-1\`) do not count.
`;

/** The page. */
export function configReference(): string {
  const kinds = entryKinds();
  return [
    introduction,
    ...sections.map(({ title, keys }) => section(title, keys)),
    ...kinds.map(({ title, node }) => entryTable(title, node)),
    idleKeys(
      'Not yet in effect',
      'later',
      'These keys of older configurations are understood and change nothing in this version. Each one that is set is mentioned at start.',
    ),
    idleKeys(
      'Never in effect',
      'never',
      'These keys make a gateway pass for another program. This one never disguises itself: it ignores them and says so.',
    ),
  ].join('\n');
}

function section(title: string, keys: readonly string[]): string {
  const rows = keys.flatMap((key) => rowsOf(key, topLevel(key)));
  const home = keys.some((key) => providers.some(({ configKey }) => configKey === key));
  return `## ${title}\n\n${home ? upstreamTable(keys) : table(keyHead, rows)}`;
}

/** A key and, where it is a block, the keys in it. */
function rowsOf(path: string, node: OutlineNode): (readonly string[])[] {
  if (node.effect) return [];
  const inner = Object.entries(node.properties ?? {}).flatMap(([key, child]) => rowsOf(`${path}.${key}`, child));
  return [[`\`${path}\``, expectation(node), defaultOf(node), cell(node.description ?? '')], ...inner];
}

const keyHead = ['Key', 'Type', 'Default', 'Meaning'];

/** What an upstream list is for, and where its service is at home. */
function upstreamTable(keys: readonly string[]): string {
  const rows = keys.map((key) => {
    const provider = providers.find(({ configKey }) => configKey === key);
    const dialects = Object.keys(provider?.endpoints ?? {}).join(', ');
    return `| \`${key}\` | ${cell(topLevel(key).description ?? '')} | ${provider?.baseUrl ?? 'base-url is required'} | ${dialects} |\n`;
  });
  return `| Key | Meaning | Home address | Dialects spoken |\n|---|---|---|---|\n${rows.join('')}`;
}

interface EntryKind {
  readonly title: string;
  readonly node: OutlineNode;
}

/** The kinds of entries, each once, and then what they hold in turn. */
function entryKinds(): readonly EntryKind[] {
  const entry = (key: string): OutlineNode => topLevel(key).items ?? {};
  const inner = (node: OutlineNode, key: string): OutlineNode => node.properties?.[key]?.items ?? {};
  const compatible = entry('openai-compatibility');
  const payloadRule = nodeAt(['payload', 'default', 0]) ?? {};
  return [
    { title: 'Entries of model makers', node: entry('claude-api-key') },
    { title: 'Entries of services', node: entry('deepseek') },
    { title: 'Entries of `openai-compatibility`', node: compatible },
    { title: 'Entries of its `api-key-entries`', node: inner(compatible, 'api-key-entries') },
    { title: 'Entries of `models`', node: inner(entry('claude-api-key'), 'models') },
    { title: 'Entries of `models` of `openai-compatibility`', node: inner(compatible, 'models') },
    { title: 'Entries of `request-scoped-errors`', node: inner(compatible, 'request-scoped-errors') },
    { title: 'Entries of `chains`', node: entry('chains') },
    { title: 'Entries of a chain’s `models`', node: inner(entry('chains'), 'models') },
    { title: 'Entries of `oauth-model-alias`', node: nodeAt(['oauth-model-alias', 'channel', 0]) ?? {} },
    { title: 'Rules of `payload`', node: payloadRule },
    { title: 'Entries of a payload rule’s `models`', node: inner(payloadRule, 'models') },
  ];
}

function entryTable(title: string, node: OutlineNode): string {
  return `## ${title}\n\n${table(
    keyHead,
    Object.entries(node.properties ?? {}).flatMap(([key, child]) => rowsOf(key, child)),
  )}`;
}

function idleKeys(title: string, effect: 'later' | 'never', explanation: string): string {
  const rows = [...idleOf('', outline, effect)].map(([path, meaning]) => `| \`${path}\` | ${cell(meaning)} |\n`);
  return `## ${title}\n\n${explanation}\n\n| Key | Meaning |\n|---|---|\n${rows.join('')}`;
}

/** Keys of one effect. Those of entries are named once for all the lists that have them. */
function idleOf(path: string, node: OutlineNode, effect: string): ReadonlyMap<string, string> {
  const found = Object.entries(node.properties ?? {}).flatMap(([key, child]) => {
    const here = path === '' ? key : `${path}${path.endsWith(' ') ? '' : '.'}${key}`;
    return [
      ...(child.effect === effect ? [[here, child.description ?? ''] as const] : []),
      ...idleOf(here, child, effect),
      ...(child.items ? idleOf('of an entry: ', child.items, effect) : []),
    ];
  });
  return new Map(found);
}

function defaultOf(node: OutlineNode): string {
  if (node.default === undefined || node.type === 'object') return '';
  if (Array.isArray(node.default)) return 'none';
  return node.default === '' ? '' : `\`${String(node.default)}\``;
}

const topLevel = (key: string): OutlineNode => outline.properties?.[key] ?? {};
