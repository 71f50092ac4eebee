// Runs of code that the gateway made an item of, since another vendor ran them: they name no container, and OpenAI takes none
// without. On the way back to a Responses service they are told as text.

import type { Body } from '../../body.ts';
import { summary } from '../../ir/foreign.ts';
import { asArray, asObject, type Json } from '../../json.ts';
import type { Report } from '../../loss.ts';
import { decodeMeaning } from './builtin.ts';

/** The end of `"container_id":""`, with and without a space. */
const nameless = ['iner_id":""', 'iner_id": ""'];

/** The body with such runs as what the assistant said. Untouched where it holds none. */
export function tellMadeRuns(body: Body, report: Report): Body {
  const { bytes } = body;
  if (!bytes.includes('iner_id') || !nameless.some((text) => bytes.includes(text))) return body;
  const input = asArray(body.get('input'));
  if (!input?.some(isMadeRun)) return body;
  report({
    what: 'hosted_history',
    why: 'Code ran at another vendor, and OpenAI takes only runs in its own containers; it was told as plain text.',
  });
  return body.set('input', input.map(tell), input);
}

function isMadeRun(item: Json): boolean {
  const run = asObject(item);
  return run?.type === 'code_interpreter_call' && run.container_id === '';
}

function tell(item: Json): Json {
  if (!isMadeRun(item)) return item;
  const meaning = decodeMeaning(asObject(item) ?? {});
  const text = (meaning && summary(meaning)) || 'Ran code.';
  return { type: 'message', role: 'assistant', content: [{ type: 'output_text', text, annotations: [] }] };
}
