// What a history holds of other vendors: seals, hosted tools' blocks, file ids. It is stripped, told in plain text, or refused,
// since no vendor can read another's.

import type { DialectId } from '../envelope.ts';
import { badRequest } from '../errors.ts';
import { asObject, asString, objects } from '../json.ts';
import type { Report } from '../loss.ts';
import type { Limits } from './limits.ts';
import type { ForeignPart, Meaning, MediaPart, Part, ReasoningPart, Turn } from './request.ts';

/** Who will read the history. */
interface Reader {
  readonly dialect: DialectId;
  readonly maker: string;
  readonly unsealedReasoning: Limits['unsealedReasoning'];
}

/** The turns without what only others can read. Throws `bad-request` where meaning would go with it. */
export function dropForeign(turns: readonly Turn[], reader: Reader, report: Report): readonly Turn[] {
  return turns.map((turn) => {
    const kept = !reader.unsealedReasoning && turn.parts.some((part) => holdsThoughts(part, reader));
    const parts = turn.parts.filter((part) => !kept || part.type !== 'reasoning' || part.seal !== undefined);
    const items = parts.flatMap((part) => {
      const told = part.type === 'foreign';
      return readable(part, reader, report).map((value) => ({ value, told }));
    });
    return { ...turn, parts: setApart(items) };
  });
}

/** Gemini seals a thought on the call or the text that follows it: what was shown of the thought is not wanted back. */
function holdsThoughts(part: Part, reader: Reader): boolean {
  return part.type !== 'reasoning' && 'seal' in part && part.seal?.maker === reader.maker;
}

/** Something of a turn, and whether it was told in place of what its reader cannot read. */
export interface Item<T> {
  readonly value: T;
  readonly told: boolean;
}

/**
 * What was told stands on lines of its own among the texts of its turn, which several dialects join without a gap. That depends on
 * nothing outside the turn, so a prompt cache keeps it.
 */
export function setApart<T>(items: readonly Item<T>[]): T[] {
  const isText = ({ value }: Item<T>): boolean => textOf(value).trim() !== '';
  const last = items.findLast(isText);
  let before: Item<T> | undefined;
  return items.map((item) => {
    if (!isText(item)) return item.value;
    const gap = before?.told === false ? '\n\n' : '';
    const end = item === last ? '' : '\n\n';
    before = item;
    return item.told ? { ...item.value, text: `${gap}${textOf(item.value)}${end}` } : item.value;
  });
}

function textOf(value: unknown): string {
  const part = asObject(value);
  return part?.type === 'text' ? (asString(part.text) ?? '') : '';
}

function readable(part: Part, reader: Reader, report: Report): readonly Part[] {
  switch (part.type) {
    case 'reasoning':
      return readableReasoning(part, reader, report);
    case 'foreign':
      return part.origin === reader.dialect ? [part] : tell(part, reader, report);
    case 'tool-result':
      return [{ ...part, content: part.content.flatMap((inner) => readable(inner, reader, report)) }];
    case 'media':
      checkFile(part, reader);
      return [unsealed(part, reader, report)];
    default:
      return [unsealed(part, reader, report)];
  }
}

/**
 * Anthropic: "Invalid `signature` in `thinking` block"; OpenAI: `invalid_encrypted_content`; both refuse thoughts without a seal.
 * Thought is never replayed as ordinary text, since the model would take it for something it said.
 */
function readableReasoning(part: ReasoningPart, reader: Reader, report: Report): readonly Part[] {
  if (part.seal?.maker === reader.maker) return [part];
  const { seal: _, ...text } = part;
  if (part.seal) report(sealedLoss);
  else if (!reader.unsealedReasoning) report(unsealedLoss);
  return reader.unsealedReasoning && !part.redacted && part.text !== '' ? [text] : [];
}

const sealedLoss = {
  what: 'reasoning_history',
  why: 'Earlier reasoning carries a signature that only its maker accepts, so it was not sent to another maker’s model.',
};

const unsealedLoss = {
  what: 'reasoning_history',
  why: 'Earlier reasoning came back without a signature, and this model takes none that is not signed.',
};

/** Gemini: "Invalid thought signature" where another's token hangs on a call or a text; the part itself stays. */
function unsealed(part: Part, reader: Reader, report: Report): Part {
  if (!('seal' in part) || part.seal === undefined || part.seal.maker === reader.maker) return part;
  report(sealedLoss);
  const { seal: _, ...bare } = part;
  return bare;
}

/** A file id names something in one vendor's store; to leave it out would change what was asked. */
function checkFile(part: MediaPart, reader: Reader): void {
  if (!('file' in part.source) || sharesStore(part.source.origin, reader)) return;
  throw badRequest(
    `The file '${part.source.file}' lies in another vendor's store, which this model cannot read. Send its content instead.`,
    'file_id',
  );
}

/** Both of OpenAI's dialects name files of its one store. */
function sharesStore(origin: DialectId, { dialect, maker }: Reader): boolean {
  return origin === dialect || (maker === 'openai' && origin.startsWith('openai-') && dialect.startsWith('openai-'));
}

/** Other vendors answer 400 to block types they do not know; what such a block found or did is told as text. */
function tell(part: ForeignPart, reader: Reader, report: Report): readonly Part[] {
  const [first] = objects(Array.isArray(part.value) ? part.value : [part.value]);
  const type = asString(first?.type) ?? 'block';
  if (type.includes('compaction')) return tellCompaction(part, type);
  const text = part.meaning && summary(part.meaning);
  if (!text) {
    const why = `A block that only ${part.origin} knows (${type}) was left out of the history.`;
    report({ what: 'hosted_history_omitted', why });
    return [];
  }
  report({
    what: 'hosted_history',
    why: `A block that only ${part.origin} knows (${type}) was told as plain text.`,
  });
  const shown = part.meaning?.shown;
  return [{ type: 'text', text }, ...(shown ? readable(shown, reader, report) : [])];
}

/** A compaction stands for all that was said before it. */
function tellCompaction(part: ForeignPart, type: string): readonly Part[] {
  const text = asString(asObject(part.value)?.content);
  if (text) return [{ type: 'text', text }];
  throw badRequest(
    `The history begins with a '${type}' item that only its own vendor can read. Send the conversation itself, or use that vendor's model.`,
    'input',
  );
}

const verbs: Partial<Record<Meaning['tool'], string>> = {
  'web-search': 'Searched',
  'file-search': 'Searched files',
  'tool-search': 'Searched tools',
  'web-fetch': 'Fetched',
  'code-execution': 'Ran code',
  shell: 'Ran',
  'image-generation': 'Made an image',
  computer: 'Used the computer',
};

/** One short paragraph: what was asked for, what came of it, and the links. Empty where nothing is known. */
export function summary({ tool, input, output, failed, shown, links = [] }: Meaning): string {
  const verb = verbs[tool] ?? `Used ${tool}`;
  const ending = failed ? 'Failed' : 'Result';
  const lines = [
    ...(input ? [`${verb}: ${input}`] : []),
    ...(output ? [`${input ? ending : `${verb}, ${ending.toLowerCase()}`}: ${output}`] : []),
    ...(failed && !output ? [input ? 'Failed.' : `${verb}, failed.`] : []),
    ...(shown ? [`${verb}, which showed:`] : []),
    ...(!input && !output && links.length > 0 ? [`${verb}:`] : []),
    ...links.map(({ url, title }) => (title ? `- ${title}: ${url}` : `- ${url}`)),
  ];
  return lines.join('\n').trimEnd();
}
