// docs/failures.md: its prose is written by hand, its table is made from the table that the gateway goes by.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ErrorKind, errorKinds } from '../src/errors.ts';
import { type Rest, type Verdict, verdicts } from '../src/routing/verdicts.ts';
import { cell, table } from './markdown.ts';

/** Relative to the project's root. */
export const failuresPage = 'docs/failures.md';

const marks = [
  '<!-- Generated from src/routing/verdicts.ts by "npm run docs". -->\n',
  '<!-- End of the generated part. -->\n',
] as const;

/** The page as it is, with the table of now. */
export async function failuresReference(): Promise<string> {
  const page = await readFile(join(import.meta.dirname, '..', failuresPage), 'utf8');
  const [before, rest] = page.split(marks[0]);
  const after = rest?.split(marks[1])[1];
  if (before === undefined || after === undefined)
    throw new Error(`${failuresPage} has lost the marks around its table`);
  return `${before}${marks[0]}\n${verdictTable()}\n${marks[1]}${after}`;
}

const head = ['What failed', 'Status', 'Why', 'Then', 'What rests', 'For', 'Shown as'];

function verdictTable(): string {
  return table(
    head,
    (Object.keys(verdicts) as ErrorKind[]).map((kind) => row(kind, verdicts[kind])),
  );
}

function row(kind: ErrorKind, { why, cool, ...verdict }: Verdict): readonly string[] {
  const { status } = errorKinds[kind];
  const next = nexts[verdict.next] + (verdict.again ? ', then another round' : '');
  if (!cool) return [`\`${kind}\``, `${status}`, cell(why), next, 'nothing', '', ''];
  const scope = scopes[cool.scope] + (verdict.passing ? ', unless it is the last that is ready' : '');
  return [`\`${kind}\``, `${status}`, cell(why), next, scope, length(cool.rest), `\`${cool.label}\``];
}

const nexts = {
  candidate: 'the next account',
  unsealed: 'the same once more without sealed reasoning',
  none: 'the client gets the error',
} as const satisfies Record<Verdict['next'], string>;

const scopes = {
  model: 'the model of this account',
  credential: 'the account',
  provider: 'the address',
} as const;

function length(rest: Rest): string {
  if ('transient' in rest) return '`transient-error-cooldown-seconds` (60 s)';
  return 'seconds' in rest ? span(rest.seconds) : `${span(rest.from)}, doubling to ${span(rest.to)}`;
}

function span(seconds: number): string {
  if (seconds % 3600 === 0) return `${seconds / 3600} h`;
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}
