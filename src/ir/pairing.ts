// Tool calls and their results: each call answered once, directly after its turn and in call order, under ids that the target
// accepts. A result belongs to its call wherever the client put it.

import type { Report } from '../loss.ts';
import { fingerprint } from './fingerprint.ts';
import type { Limits } from './limits.ts';
import type { Part, TextPart, ToolCallPart, ToolResultPart, Turn } from './request.ts';

interface Call {
  readonly part: ToolCallPart;
  /** The id it gets; results get the same. */
  readonly id: string;
  result?: ToolResultPart;
}
/** Calls that a result cannot tell apart, in call order, and how many of them were passed over as answered. */
interface Queue {
  readonly run: number;
  readonly calls: Call[];
  next: number;
}
/** What is known of the history while it is read from the beginning. */
interface Ledger {
  readonly calls: Map<ToolCallPart, Call>;
  /** Results that no call asked for. */
  readonly orphans: Set<ToolResultPart>;
  readonly byId: Map<string, Queue>;
  /** Of the newest run of assistant turns: calls by name, and all of them under the empty name. */
  readonly byName: Map<string, Queue>;
  readonly taken: Map<string, number>;
  /** Counts runs of assistant turns: their calls are answered together. */
  run: number;
}
type PairingLimits = Pick<Limits, 'toolId' | 'pairedTools'>;

/** The turns with calls and results paired and grouped. */
export function pairTools(turns: readonly Turn[], limits: PairingLimits, report: Report): readonly Turn[] {
  const ledger = pair(turns, limits);
  if (ledger.calls.size === 0 && ledger.orphans.size === 0) return turns;
  return turns.flatMap((turn) => {
    const rest = restOf(turn, ledger, limits, report);
    const answers = answersTo(turn, ledger, limits, report);
    return [...(rest ? [rest] : []), ...(answers.length > 0 ? [{ role: 'user' as const, parts: answers }] : [])];
  });
}

function pair(turns: readonly Turn[], limits: PairingLimits): Ledger {
  const ledger: Ledger = {
    calls: new Map(),
    orphans: new Set(),
    byId: new Map(),
    byName: new Map(),
    taken: new Map(),
    run: 0,
  };
  let speaker: Turn['role'] | undefined;
  for (const turn of turns) {
    if (turn.role === 'assistant' && speaker !== 'assistant') {
      ledger.run++;
      ledger.byName.clear();
    }
    speaker = turn.role;
    for (const part of turn.parts) {
      if (part.type === 'tool-call') enterCall(part, ledger, limits);
      else if (part.type === 'tool-result') enterResult(part, ledger);
    }
  }
  return ledger;
}

function enterCall(part: ToolCallPart, ledger: Ledger, limits: PairingLimits): void {
  const call: Call = { part, id: freshId(part, ledger, limits) };
  ledger.calls.set(part, call);
  enqueue(ledger.byId, part.id, call, ledger.run);
  enqueue(ledger.byName, part.name, call, ledger.run);
  enqueue(ledger.byName, '', call, ledger.run);
}

/** Some models count their ids anew each turn (`exec:0`): the newest run of turns with that id is meant. */
function enqueue(queues: Map<string, Queue>, key: string, call: Call, run: number): void {
  const queue = queues.get(key);
  if (queue?.run === run) queue.calls.push(call);
  else queues.set(key, { run, calls: [call], next: 0 });
}

/** By id; old Gemini histories carry none, and then the first open call of that name is meant. */
function enterResult(part: ToolResultPart, ledger: Ledger): void {
  const queue = part.id === '' ? ledger.byName.get(part.name ?? '') : ledger.byId.get(part.id);
  while (queue?.calls[queue.next]?.result) queue.next++;
  // The last payload wins at the first place: clients replay results they have already sent.
  const call = queue?.calls[queue.next] ?? (part.id === '' ? undefined : queue?.calls.at(-1));
  if (call) call.result = part;
  else ledger.orphans.add(part);
}

/** Anthropic wants `^[a-zA-Z0-9_-]+$` and no id twice, OpenAI at most 64 characters. Depends on nothing that comes later. */
function freshId(part: ToolCallPart, { calls, taken }: Ledger, { toolId }: PairingLimits): string {
  const wanted = part.id === '' ? `call_${calls.size}_${fingerprint(part.name + part.input)}` : part.id;
  let id = fitId(wanted, toolId);
  let count = taken.get(id) ?? 0;
  if (count > 0) {
    const stem = id;
    while (taken.has(id)) id = fitId(`${wanted}_${++count}`, toolId);
    taken.set(stem, count);
  }
  taken.set(id, 1);
  return id;
}

function fitId(id: string, { pattern, maxLength }: Limits['toolId']): string {
  if (id.length <= maxLength && pattern.test(id)) return id;
  const tail = `_${fingerprint(id)}`;
  const fitted = id.replace(/[^A-Za-z0-9_-]/gu, '_').slice(0, maxLength - tail.length) + tail;
  return pattern.test(fitted) ? fitted : `call${tail}`.slice(0, maxLength);
}

/** The turn without results that have moved to their calls; undefined where nothing is left of it. */
function restOf(turn: Turn, ledger: Ledger, limits: PairingLimits, report: Report): Turn | undefined {
  const parts = turn.parts.flatMap((part): readonly Part[] => {
    if (part.type === 'tool-call') return [{ ...part, id: ledger.calls.get(part)?.id ?? part.id }];
    if (part.type !== 'tool-result') return [part];
    if (!ledger.orphans.has(part)) return [];
    return limits.pairedTools ? tellOrphan(part, report) : [part];
  });
  return parts.length > 0 || turn.parts.length === 0 ? { ...turn, parts } : undefined;
}

/** Every vendor refuses a result without its call; dropping it would lose what the tool found out. */
function tellOrphan(part: ToolResultPart, report: Report): readonly Part[] {
  report({
    what: 'orphan_tool_result',
    why: 'No call in the history has this result’s id, which the target refuses; it was sent as plain text.',
  });
  const label = `Tool result (${part.id || part.name || 'unknown call'}):`;
  const [first, ...others] = part.content;
  const text: TextPart =
    first?.type === 'text' ? { ...first, text: `${label} ${first.text}` } : { type: 'text', text: label };
  return [text, ...(first?.type === 'text' ? others : part.content)];
}

/**
 * Anthropic and Gemini want the results of a turn together right after it; OpenAI wants each call answered there ("No tool output
 * found for function call"), the last ones of a history too.
 */
function answersTo(turn: Turn, ledger: Ledger, limits: PairingLimits, report: Report): readonly ToolResultPart[] {
  return turn.parts.flatMap((part) => {
    const call = part.type === 'tool-call' ? ledger.calls.get(part) : undefined;
    if (!call || !(call.result || limits.pairedTools)) return [];
    if (!call.result)
      report({
        what: 'missing_tool_result',
        why: 'A call in the history was never answered, which the target refuses; it was told that the result is not available.',
      });
    return [answerTo(call)];
  });
}

/** Chat does not say of a result whether its tool is freeform, nor which tool it was; the call knows. */
function answerTo({ id, part, result }: Call): ToolResultPart {
  const { freeform: _, ...given } = result ?? notAvailable;
  return { ...given, id, name: part.name, ...(part.freeform && { freeform: true }) };
}

const notAvailable: ToolResultPart = {
  type: 'tool-result',
  id: '',
  content: [{ type: 'text', text: 'Tool result not available.' }],
  failed: true,
};
