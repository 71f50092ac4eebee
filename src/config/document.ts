// YAML text as plain values, with the way back from a key path to its line and to the text that was written there.

import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
} from 'yaml';
import type { Position, Problem } from './notice.ts';
import type { KeyPath } from './outline.ts';

/** A text that could be read. What an alias repeats is located where its anchor has it. */
export interface SourceDocument {
  /** The file as plain values; undefined when there is nothing in it. */
  readonly value: unknown;
  /** Where a key path, or its nearest existing ancestor, is written. */
  locate(path: KeyPath, part: 'key' | 'value'): Position | undefined;
  /** A scalar as it is written in the file: `007` where the value is 7. */
  written(path: KeyPath): string | undefined;
  /** Whether something in it is an anchor (&name) that stands elsewhere too (*name). */
  repeats(path: KeyPath): boolean;
}

/** Reads YAML, or says what keeps it from being read. */
export function readDocument(text: string): SourceDocument | { readonly problems: readonly Problem[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const isDuplicate = ({ code }: { code: string }) => code === 'DUPLICATE_KEY';
  // One syntax error makes others after it; only the first is told.
  const broken = document.errors.find((error) => !isDuplicate(error));
  if (broken) return { problems: [brokenAt(text, broken, position)] };
  if (document.errors.length > 0) {
    return { problems: document.errors.map(({ pos: [offset] }) => duplicate(text, position(offset), offset)) };
  }
  const lost = unresolvedAlias(document);
  if (lost !== undefined) return { problems: [unreadable(noAnchor, 'ALIAS', position(lost))] };
  let value: unknown;
  try {
    value = document.toJS();
    // Throws for an anchor that holds itself.
    JSON.stringify(value);
  } catch (error) {
    const reason =
      error instanceof ReferenceError
        ? 'aliases (*name) of aliases stand for too much to write out'
        : 'an anchor (&name) holds itself';
    return { problems: [unreadable(reason, 'LOOP', undefined)] };
  }
  const anchored = (node: unknown): unknown => (isAlias(node) ? node.resolve(document) : node);
  return {
    value: value ?? undefined,
    locate: (path, part) => {
      const offset = offsetOf(document.contents, path, part, anchored);
      return offset === undefined ? undefined : position(offset);
    },
    written: (path) => {
      const node = walk(document.contents, path, anchored).node;
      return isScalar(node) ? node.source : undefined;
    },
    repeats: (path) => isRepeated(document, walk(document.contents, path, (node) => node).node as Node),
  };
}

function unreadable(reason: string, code: string, at: Position | undefined): Problem {
  const where = at ? `line ${at.line}, column ${at.column}: ` : '';
  return {
    level: 'problem',
    path: '',
    ...at,
    // The parser adds what it stumbled over, which may be a key.
    message: `failed to parse config file: yaml: ${where}${reason.replace(/: ".*"$/s, '')}`,
    advice: adviceFor[code] ?? 'Look at this line and the one above it: indentation, colons, quotes and brackets.',
  };
}

const noAnchor = 'what begins with * is an alias, and there is no anchor (&name) of that name before it';

/** Where an alias stands that repeats nothing. */
function unresolvedAlias(document: Document): number | undefined {
  let found: number | undefined;
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document) !== undefined) return undefined;
      found = alias.range?.[0];
      return visit.BREAK;
    },
  });
  return found;
}

/** The parser sees only where a quote that was not closed ends, which is at the next quote or nowhere. */
function brokenAt(
  text: string,
  { message, code, pos: [offset] }: { message: string; code: string; pos: readonly [number, number] },
  position: (offset: number) => Position,
): Problem {
  const quote = openQuote(text, offset);
  if (quote !== undefined) return unreadable('the quote that opens here is not closed', 'QUOTE', position(quote));
  return unreadable(plainWords[code] ?? message, code, position(offset));
}

/** Where a quote opens that is still open at the end of its line, and that reaches to this place. */
function openQuote(text: string, until: number): number | undefined {
  let start = 0;
  for (const token of new Lexer().lex(text)) {
    const end = start + token.length;
    const open = /^["']/.test(token) && !/^(["'])[^\n]*\1$/.test(token);
    if (open && start <= until && until <= end) return start;
    // The lexer marks the beginning of a document and of a plain text with characters of its own.
    if (!marks.has(token)) start = end;
  }
  return undefined;
}

const marks: ReadonlySet<string> = new Set(['\u0002', '\u0018', '\u001f']);

const plainWords: Readonly<Record<string, string>> = {
  MULTIPLE_DOCS: 'a second document begins here, with ---',
};

const adviceFor: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'Indent with spaces; YAML allows no tabs.',
  BAD_INDENT: 'Indent the keys of one block equally, and close every bracket and quote that was opened.',
  MULTIPLE_DOCS: 'Keep one document in the file: remove the `---` line within it.',
  MISSING_CHAR: `Within [ ] and { }, put values such as \${NAME} into quotes, and commas between items.`,
  ALIAS:
    'Put a text that begins with * into quotes, as in "*flash*"; or define the anchor (&name) before it is used (*name).',
  LOOP: 'Write the values themselves in place of the aliases (*name).',
  QUOTE: 'Close it at the end of the text, with the same character.',
};

function duplicate(text: string, at: Position, offset: number): Problem {
  const key = /^["']?([^"':\s]+)/.exec(text.slice(offset))?.[1] ?? 'a key';
  return {
    level: 'problem',
    path: key,
    ...at,
    message: `the key "${key}" is set a second time on line ${at.line}`,
    advice: 'Keep one of the two; in a list, check that each entry begins with "- ".',
  };
}

/** Whether an alias outside of a node repeats an anchor within it. */
function isRepeated(document: Document, part: Node): boolean {
  const within = new Set<Node>();
  visit(part, { Node: (_, node) => void within.add(node) });
  let found = false;
  visit(document, {
    Alias(_, alias) {
      const repeated = alias.resolve(document);
      found ||= repeated !== undefined && within.has(repeated) && !within.has(alias);
    },
  });
  return found;
}

interface Walked {
  readonly node: unknown;
  readonly pair?: Pair;
  readonly complete: boolean;
}

/** As far along the path as the document goes. */
function walk(root: unknown, path: KeyPath, anchored: (node: unknown) => unknown): Walked {
  let node: unknown = anchored(root);
  let pair: Pair | undefined;
  for (const step of path) {
    const next = stepInto(node, step);
    if (!next) return { node, ...(pair && { pair }), complete: false };
    pair = next.pair;
    node = anchored(next.node);
  }
  return { node, ...(pair && { pair }), complete: true };
}

function stepInto(node: unknown, step: string | number): { node: unknown; pair?: Pair } | undefined {
  if (isSeq(node) && typeof step === 'number') return step < node.items.length ? { node: node.items[step] } : undefined;
  if (!isMap(node)) return undefined;
  const pair = node.items.find(({ key }) => (isScalar(key) ? String(key.value) : key) === step);
  return pair && { node: pair.value, pair };
}

function offsetOf(
  root: unknown,
  path: KeyPath,
  part: 'key' | 'value',
  anchored: (node: unknown) => unknown,
): number | undefined {
  const { node, pair, complete } = walk(root, path, anchored);
  const key = pair && isScalar(pair.key) ? pair.key.range?.[0] : undefined;
  const value = (node as Node | null)?.range?.[0];
  return complete && part === 'value' ? (value ?? key) : (key ?? value);
}
