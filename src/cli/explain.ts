// `cliproxy explain`: who would be asked for a model, in which order and how, without sending anything.

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { StartFailure } from '../config/failure.ts';
import { toGatewayError } from '../errors.ts';
import { asNumber, asObject, asString, type JsonObject, objects, parseObject, strings } from '../json.ts';
import { findGateway, type Gateway, type GatewayFlags } from './running.ts';
import { printSpan, printText } from './table.ts';
import type { Terminal } from './terminal.ts';

/** The options as typed. At least one of `model` and `body` is needed; `model` goes before the one that the body names. */
export interface ExplainFlags extends GatewayFlags {
  readonly model?: string;
  /** A file that holds the body of a request. */
  readonly body?: string;
  /** What the body is in; OpenAI Chat when absent. */
  readonly dialect?: string;
  readonly stream?: boolean;
  /** A conversation, as the client would name it. */
  readonly session?: string;
  /** Credentials to plan without, by label or id. */
  readonly without?: readonly string[];
  /** Print the plan as the gateway gives it. */
  readonly json?: boolean;
}

/** Prints the plan. Throws StartFailure where there is none. */
export async function explain(flags: ExplainFlags, terminal: Terminal): Promise<void> {
  const question = await questionOf(flags, terminal);
  const gateway = await findGateway(flags, terminal);
  const running = await gateway.ask('POST', '/v1/explain', question);
  const plan = running ?? (await planAlone(gateway, question));
  if (flags.json) {
    terminal.print(`${JSON.stringify(plan, null, 2)}\n`);
    return;
  }
  if (!running) terminal.print(`${aloneNote(gateway)}\n\n`);
  terminal.print(printPlan(plan));
}

/** Says that what follows is not a running gateway's word. */
export function aloneNote({ url }: Gateway): string {
  return printText(
    `No gateway runs at ${url}: this is from the configuration alone, without the lists of models that services give and with nothing resting.`,
  );
}

async function questionOf(flags: ExplainFlags, terminal: Terminal): Promise<JsonObject> {
  const { model, body, dialect, stream, session, without = [] } = flags;
  if (model === undefined && body === undefined)
    throw new StartFailure('explain needs a model', 'For example: cliproxy explain --model gpt-5.2');
  return {
    ...(model !== undefined && { model }),
    ...(body !== undefined && { request: await readRequest(resolve(terminal.directory, body)) }),
    ...(dialect !== undefined && { dialect }),
    ...(stream && { stream }),
    ...(session !== undefined && { session }),
    ...(without.length > 0 && { without }),
  };
}

async function readRequest(path: string): Promise<JsonObject> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    throw new StartFailure(
      `failed to read ${path}: ${thrown instanceof Error ? thrown.message : thrown}`,
      'Check --body.',
    );
  }
  const request = parseObject(text);
  if (request) return request;
  throw new StartFailure(`${path} holds no JSON object`, 'It must be the body of a request, as a client sends it.');
}

async function planAlone(gateway: Gateway, question: JsonObject): Promise<JsonObject> {
  if (!gateway.config) throw nobodyAt(gateway);
  // Loaded only here: other commands start faster without it.
  const { openAlone } = await import('../app/alone.ts');
  const alone = await openAlone(gateway.config);
  try {
    return alone.explain(question);
  } catch (thrown) {
    const { status, message } = toGatewayError(thrown);
    throw new StartFailure(message, `A gateway with this configuration would answer ${status}.`);
  } finally {
    await alone.close();
  }
}

/** Nobody listens where one was said to be. */
export function nobodyAt({ url }: Gateway): StartFailure {
  return new StartFailure(`no gateway answers at ${url}`, 'Start one with "cliproxy serve", or correct --url.');
}

function printPlan(plan: JsonObject): string {
  const name = asString(plan.model) ?? '';
  const candidates = objects(plan.candidates);
  const passed = objects(plan.passed_over);
  const sentences = [...strings(plan.resolution), ...strings(plan.order)];
  const answer = asObject(plan.answer);
  return `${[
    name,
    ...sentences.map((sentence) => printText(sentence, 2)),
    ...(candidates.length > 0 ? ['', 'Asked in this order, until one answers:'] : []),
    ...candidates.map((one, index) => printCandidate(one, index + 1, asString(plan.dialect) ?? '')),
    ...moreOf(plan.more_candidates),
    ...(answer ? ['', printText(`Nobody would be asked. The answer: ${answer.status} ${answer.message}`)] : []),
    ...(passed.length > 0 ? ['', 'Passed over:'] : []),
    ...passed.map(printPassed),
    ...moreOf(plan.more_passed_over),
  ].join('\n')}\n`;
}

function moreOf(value: unknown): readonly string[] {
  const more = asNumber(value) ?? 0;
  return more > 0 ? [`  and ${more} more`] : [];
}

function printCandidate(one: JsonObject, place: number, client: string): string {
  const spoken = asString(one.dialect);
  const way = one.translated === true ? `${client} is translated to ${spoken}` : `in ${spoken}, as it comes`;
  const refused = asObject(one.refused);
  const losses = objects(one.losses).map(({ what, where, why }) => `loses ${where ?? what}: ${why}`);
  const details = [
    ...(spoken === undefined ? [] : [way]),
    ...strings(one.edits).map((edit) => `edit ${edit}`),
    ...losses,
    ...(refused ? [`would be refused: ${refused.message}`] : []),
  ];
  const endpoint = asString(one.endpoint);
  // An address stays in one piece, so that it can be copied.
  const address = endpoint === undefined ? [] : [`     POST ${endpoint}`];
  return [`  ${place}. ${accountOf(one)}`, ...address, ...details.map((detail) => printText(detail, 5))].join('\n');
}

/** The label begins with the provider's id where it is one of several. */
function accountOf({ provider, credential, model }: JsonObject): string {
  const label = `${credential}`;
  const account = label.startsWith(`${provider}`) ? label : `${provider} ${label}`;
  return `${account}: ${model}`;
}

function printPassed(one: JsonObject): string {
  const seconds = asNumber(one.reset_seconds);
  const still = seconds === undefined ? '' : ` (for ${printSpan(seconds)} more)`;
  return [`  - ${accountOf(one)}`, printText(`${one.because}${still}`, 4)].join('\n');
}
