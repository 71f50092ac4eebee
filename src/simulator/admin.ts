// The calls that script the simulator and ask what it got: under /_simulator, without a key.

import { asArray, type Json, type JsonObject, parseJson } from '../json.ts';
import type { Answer } from './faults.ts';
import type { Recorder } from './recorder.ts';
import { ScriptError } from './script-words.ts';
import { readOrder, type Scripts } from './scripts.ts';
import type { Call } from './speaker.ts';

/** What the admin calls look at and change. */
interface Memory {
  readonly records: Recorder;
  readonly waiting: Scripts;
  /** Forgets everything. */
  forget(): void;
}

/** The answer to an admin call; undefined for any other. */
export function admin(call: Call, memory: Memory): Answer | undefined {
  const path = call.path.split('?')[0] ?? '';
  if (!path.startsWith('/_simulator')) return undefined;
  try {
    const answer = answers[`${call.method} ${path}`];
    if (answer === undefined) return json(404, { error: `Nothing here. Known: ${Object.keys(answers).join(', ')}.` });
    return json(200, answer(call, memory));
  } catch (thrown) {
    if (thrown instanceof ScriptError) return json(400, { error: thrown.message });
    throw thrown;
  }
}

const answers: Readonly<Record<string, (call: Call, memory: Memory) => JsonObject>> = {
  'POST /_simulator/script': (call, { waiting }) => {
    const orders = ordersIn(call.body);
    waiting.add(...orders.map(readOrder));
    return { scripts: orders.length };
  },
  'DELETE /_simulator/script': (_call, { waiting }) => {
    waiting.clear();
    return { ok: true };
  },
  'GET /_simulator/requests': (_call, { records }) => ({ requests: records.recorded() as readonly object[] as Json }),
  'DELETE /_simulator/requests': (_call, { records }) => {
    records.clear();
    return { ok: true };
  },
  'POST /_simulator/reset': (_call, { forget }) => {
    forget();
    return { ok: true };
  },
};

/** One order or a list of them. */
function ordersIn(text: string): readonly Json[] {
  let body: Json;
  try {
    body = parseJson(text);
  } catch {
    throw new ScriptError('The body must be JSON: {"say": "status 429", "match": {"key": "k-1"}, "times": 2}.');
  }
  return asArray(body) ?? [body];
}

function json(status: number, body: JsonObject): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
