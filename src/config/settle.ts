// From plain values to the schema's types: what is merely untidy (unknown keys, numbers where text is meant, other spellings) is put right and
// mentioned, what cannot be understood becomes a problem.

import type * as z from 'zod';
import { nearest } from '../nearest.ts';
import type { SourceDocument } from './document.ts';
import type { Notary, Notice, Problem } from './notice.ts';
import { childOf, expectation, type KeyPath, nodeAt, type OutlineNode, outline, printPath } from './outline.ts';
import { configSchema, type ParsedConfig } from './schema.ts';

/** What came of a value: what the schema makes of it, or problems; and what was put right on the way. */
export interface Settled {
  /** Absent when there are problems. */
  readonly parsed?: ParsedConfig;
  readonly notices: readonly Notice[];
  readonly problems: readonly Problem[];
}

type Issue = z.core.$ZodIssue;

/** Checks a value against the schema. */
export function settle(value: unknown, document: SourceDocument, notary: Notary): Settled {
  const draft = withoutEmpty(structuredClone(value), outline);
  const notices: Notice[] = [];
  for (;;) {
    const result = configSchema.safeParse(draft);
    if (result.success) return { parsed: result.data, notices, problems: [] };
    const remedied = result.error.issues.filter((issue) => remedy(issue, draft, document, notary, notices));
    if (remedied.length === 0) {
      const problems = result.error.issues.map((issue) => problemOf(issue, draft, document, notary));
      return { notices, problems };
    }
  }
}

/** A key with nothing behind it is a key that is not set; where any value may stand, nothing is a value too. */
function withoutEmpty(value: unknown, node: OutlineNode | undefined): unknown {
  if (node && isFree(node)) return value;
  if (Array.isArray(value)) return value.map((item) => withoutEmpty(item, node && childOf(node, 0)));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, member]) => {
      const child = node && childOf(node, key);
      return member === null && !(child && isFree(child)) ? [] : [[key, withoutEmpty(member, child)]];
    }),
  );
}

const isFree = ({ type, anyOf, effect }: OutlineNode): boolean => type === undefined && !anyOf && !effect;

/** Puts one issue right in the draft, if that is possible without guessing. */
function remedy(issue: Issue, draft: unknown, document: SourceDocument, notary: Notary, notices: Notice[]): boolean {
  const path = issue.path as KeyPath;
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) {
      notices.push(...unknownKey([...path, key], document, notary));
      Reflect.deleteProperty(valueAt(draft, path) as object, key);
    }
    return true;
  }
  const meant =
    meantAt(issue, valueAt(draft, path), document.written(path)) ?? forgiven(issue, draft, document, notary, notices);
  if (meant === undefined) return false;
  const holder = valueAt(draft, path.slice(0, -1)) as Record<string | number, unknown>;
  holder[path.at(-1) ?? ''] = meant;
  return true;
}

/** What a value is meant to be, as far as that is certain. */
function meantAt(issue: Issue, value: unknown, written: string | undefined): unknown {
  const path = issue.path as KeyPath;
  if (issue.code === 'invalid_value' && typeof value === 'string') return respelt(value, nodeAt(path));
  if (issue.code !== 'invalid_type') return undefined;
  const { shorthand } = (issue.expected === 'object' && nodeAt(path)) || {};
  if (shorthand === undefined) return reread(value, issue.expected, written);
  const text = typeof value === 'string' ? value : reread(value, 'string', written);
  return text === undefined || value === null ? undefined : { [shorthand]: text };
}

/** One of the words the schema knows, written in another way. */
function respelt(value: string, node: OutlineNode | undefined): unknown {
  const word = value.trim().toLowerCase();
  const { spellings = {} } = node ?? {};
  const meant = Object.hasOwn(spellings, word) ? spellings[word] : word;
  return meant !== value && node?.enum?.includes(meant) ? meant : undefined;
}

/** Booleans of YAML 1.1, which CLIProxyAPI reads. */
const booleans: ReadonlyMap<string, boolean> = new Map([
  ...['true', 'yes', 'on', 'y'].map((word) => [word, true] as const),
  ...['false', 'no', 'off', 'n'].map((word) => [word, false] as const),
]);

/** A scalar as the schema wants it: YAML reads `123` as a number where a text may be meant, and the environment holds only text. */
function reread(value: unknown, expected: string, written: string | undefined): unknown {
  if (expected === 'string') {
    if (value === null) return '';
    return typeof value === 'number' || typeof value === 'boolean' ? (written ?? String(value)) : undefined;
  }
  if (typeof value !== 'string') return undefined;
  if (expected === 'boolean') return booleans.get(value.trim().toLowerCase());
  if (expected !== 'number' && expected !== 'int') return undefined;
  return /^-?\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : undefined;
}

/** What takes the place of a value that CLIProxyAPI would have started with. */
function forgiven(issue: Issue, draft: unknown, document: SourceDocument, notary: Notary, notices: Notice[]): unknown {
  const node = nodeAt(issue.path as KeyPath);
  if (!node?.forgiving || issue.code === 'invalid_type') return undefined;
  const used = issue.code === 'too_small' ? node.minimum : issue.code === 'too_big' ? node.maximum : node.default;
  const { message, ...rest } = problemOf(issue, draft, document, notary);
  notices.push({ ...rest, level: 'warning', message: `${message}; ${used} is used` });
  return used;
}

/** Names that elsewhere, too, are the writer's own. */
const ownName = /^(?:x-|[._])/;

/** What is to be said of it: nothing of one at the top that is there for its anchors, unless its name is nearly a known one. */
function unknownKey(path: KeyPath, document: SourceDocument, notary: Notary): readonly Notice[] {
  const key = String(path.at(-1));
  const siblings = Object.keys(nodeAt(path.slice(0, -1))?.properties ?? {});
  const [best] = nearest(key, siblings, 1);
  if (path.length === 1 && (best === undefined || ownName.test(key)) && document.repeats(path)) return [];
  const message = `unknown key ${printPath(path)} is ignored`;
  if (best !== undefined) return [notary.atKey('warning', path, message, `Did you mean "${best}"?`)];
  // Keys of an upstream must not become keys of clients.
  const foreign = key === 'api-keys' && path.some((step) => typeof step === 'number');
  const known = Object.hasOwn(outline.properties ?? {}, key) && !foreign;
  const advice = known
    ? `"${key}" belongs at the top level, without indentation.`
    : 'Remove it, or check its spelling.';
  return [notary.atKey('warning', path, message, advice)];
}

function problemOf(issue: Issue, draft: unknown, document: SourceDocument, notary: Notary): Problem {
  const path = issue.path as KeyPath;
  const name = printPath(path);
  const node = nodeAt(path) ?? {};
  const found = valueAt(draft, path);
  const line = document.locate(path, 'value')?.line;
  const said = line === undefined ? `it is ${shown(path, found)}` : `line ${line} says ${shown(path, found)}`;
  const blank = typeof found === 'string' && found.trim() === '' && node.type === 'string';
  const fault = blank ? 'must not be empty' : `must be ${expectation(node)}, but ${said}`;
  const message = `${name} ${found === undefined ? 'is missing' : fault}`;
  return { ...notary.at('problem', path, message, adviceFor(path, node)), level: 'problem' };
}

function adviceFor(path: KeyPath, node: OutlineNode): string {
  const key = path.findLast((step) => typeof step === 'string') ?? '';
  const example = node.sample ?? node.default;
  if (node.type === 'array') return `Write one "- " item per line below "${key}:".`;
  if (node.type === 'object') return `Write the keys it takes below it, indented by two spaces.`;
  if (example === undefined || typeof example === 'object') return 'Correct it, or remove the key to use its default.';
  return `For example: ${key}: ${String(example)}`;
}

/** What stands in the file, without giving away secrets. */
function shown(path: KeyPath, value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (value === null) return 'nothing';
  if (typeof value === 'object') return 'a block of keys';
  const key = path.findLast((step) => typeof step === 'string') ?? '';
  const secret = path.includes('headers') || isSecret(key) || holdsSecrets(nodeAt(path) ?? {});
  return secret ? 'something else' : JSON.stringify(value);
}

const isSecret = (key: string): boolean => /key|secret|password|token(?!s)|proxy/i.test(key);

/** Whether a key, or whatever the schema does not know, belongs below: often that is what was written one level too high. */
function holdsSecrets({ type, effect, properties = {}, items }: OutlineNode): boolean {
  if (effect !== undefined) return type === 'object' || type === 'array';
  if (items && holdsSecrets(items)) return true;
  return Object.entries(properties).some(([key, node]) => isSecret(key) || holdsSecrets(node));
}

function valueAt(root: unknown, path: KeyPath): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}
