// What a reply says, without what dialects may say differently: for comparing one reply told in two ways.

import type { FinishReason, Reply, Usage } from '../../src/ir/reply.ts';
import type { Part } from '../../src/ir/request.ts';

export interface Gist {
  readonly text: string;
  readonly refusal: string;
  readonly reasoning: string;
  readonly calls: readonly unknown[];
  readonly media: readonly string[];
  readonly sources: readonly unknown[];
  readonly finish: FinishReason;
  readonly usage: Pick<Usage, 'input' | 'output' | 'cacheRead' | 'reasoning'> | undefined;
}

function joined(parts: readonly Part[], pick: (part: Part) => string | undefined): string {
  return parts.map((part) => pick(part) ?? '').join('');
}

/** Arguments as values: spelling of the JSON is the dialect's. */
function argumentsOf(input: string): unknown {
  try {
    return JSON.parse(input === '' ? '{}' : input);
  } catch {
    return input;
  }
}

/** What each source stands for, counted over all the text, since dialects cut it differently. */
function sourcesOf(parts: readonly Part[]): readonly unknown[] {
  let before = 0;
  return parts.flatMap((part) => {
    if (part.type !== 'text' || part.refusal) return [];
    const from = before;
    before += part.text.length;
    return (part.citations ?? []).map(({ url, start = 0, end = part.text.length }) => [url, from + start, from + end]);
  });
}

export function gist(reply: Reply): Gist {
  const { parts, finish, usage } = reply;
  return {
    text: joined(parts, (part) => (part.type === 'text' && !part.refusal ? part.text : undefined)),
    refusal: joined(parts, (part) => (part.type === 'text' && part.refusal ? part.text : undefined)),
    reasoning: joined(parts, (part) => (part.type === 'reasoning' ? part.text : undefined)),
    calls: parts.flatMap((part) =>
      part.type === 'tool-call' ? [{ id: part.id, name: part.name, input: argumentsOf(part.input) }] : [],
    ),
    media: parts.flatMap((part) => (part.type === 'media' && 'data' in part.source ? [part.source.data] : [])),
    sources: sourcesOf(parts),
    finish: finish.reason,
    usage: usage && {
      input: usage.input ?? 0,
      output: usage.output ?? 0,
      cacheRead: usage.cacheRead ?? 0,
      reasoning: usage.reasoning ?? 0,
    },
  };
}
