// A simulated service without a socket: a request comes in, the steps of its answer come out. Holds what one service
// remembers (scripts, records, prompt cache, stored responses); any number may live side by side.

import { isObject, type JsonObject, parseJson } from '../json.ts';
import { admin } from './admin.ts';
import { chat } from './chat.ts';
import { type Clock, realClock } from './clock.ts';
import { conversations } from './conversations.ts';
import { geminiEmbeddings, openaiEmbeddings } from './embeddings.ts';
import { type Answer, type Step, stepsOf } from './faults.ts';
import { gemini } from './gemini.ts';
import { geminiPath } from './gemini-ask.ts';
import { checkKey, keyOf } from './keys.ts';
import { messages } from './messages.ts';
import { isMissing, missingModel, modelEntry, modelList } from './models.ts';
import { countInput, planAnswer } from './plan.ts';
import { promptCache } from './prompt-cache.ts';
import { type Recorded, type Report, recorder } from './recorder.ts';
import { responses } from './responses.ts';
import { type Route, routeOf } from './routes.ts';
import { readScript, type Script, scriptInPrompt, strongest } from './script.ts';
import { ScriptError } from './script-words.ts';
import { type ScriptOrder, scripts } from './scripts.ts';
import { signerFor } from './signature.ts';
import { type Ask, type Call, type Complaint, Refusal, refuse, type Speaker, type Tongue } from './speaker.ts';
import { digest } from './words.ts';

/** How a service shall behave. */
export interface SimulationOptions {
  /** Decides every id, word and signature; default `simulator`. */
  readonly seed?: string;
  /** Refuse what the real services refuse; default true. */
  readonly strict?: boolean;
  /** Default: the time of day. */
  readonly clock?: Clock;
}

/** One service, in memory. */
export interface Simulation {
  readonly clock: Clock;
  /** The answer to a request, to be played step by step, each reported. */
  respond(call: Call): { readonly steps: Iterable<Step>; readonly report: Report };
  /** Scripts requests to come. Throws ScriptError. */
  script(order: ScriptOrder): void;
  /** What it got so far, oldest first. */
  recorded(): readonly Recorded[];
  /** Resolves when no request is under way. */
  idle(): Promise<void>;
  /** Forgets everything: records, scripts, caches, stored responses. */
  reset(): void;
}

const speakers: Readonly<Record<Tongue, Speaker>> = {
  'openai-chat': chat,
  'openai-responses': responses,
  'anthropic-messages': messages,
  gemini,
};

/** A service that speaks all four dialects. */
export function simulation(options: SimulationOptions = {}): Simulation {
  const clock = options.clock ?? realClock;
  const records = recorder(() => clock.now());
  const waiting = scripts();
  const cache = promptCache();
  const stored = conversations();
  const service: Service = {
    seed: options.seed ?? 'simulator',
    strict: options.strict ?? true,
    now: () => clock.now(),
    signer: signerFor(options.seed ?? 'simulator'),
    waiting,
    cache,
    stored,
  };
  const forget = (): void => {
    for (const memory of [records, waiting, cache, stored]) memory.clear();
  };
  let count = 0;
  return {
    clock,
    respond(call) {
      const own = admin(call, { records, waiting, forget });
      if (own !== undefined) return { steps: stepsOf(own, {}), report: silent };
      const report = records.begin(call);
      const requestId = `req_${digest(service.seed, String(count++)).slice(0, 20)}`;
      return { steps: answerTo(service, call, report, requestId), report };
    },
    script: (order) => waiting.add(order),
    recorded: () => records.recorded(),
    idle: () => records.idle(),
    reset: forget,
  };
}

const nothing = (): void => undefined;
const silent: Report = { know: nothing, head: nothing, sent: nothing, done: nothing, left: nothing };

interface Service {
  readonly seed: string;
  readonly strict: boolean;
  readonly now: () => number;
  readonly signer: ReturnType<typeof signerFor>;
  readonly waiting: ReturnType<typeof scripts>;
  readonly cache: ReturnType<typeof promptCache>;
  readonly stored: ReturnType<typeof conversations>;
}

/** Answers a request; a refusal on the way is an answer too, in the words of the dialect. */
function answerTo(service: Service, call: Call, report: Report, requestId: string): Iterable<Step> {
  const route = routeOf(call);
  if (route === undefined) return stepsOf(nowhere(call), {});
  const speaker = speakers[route.tongue];
  report.know({ tongue: route.tongue, operation: route.operation });
  try {
    return exchange(service, route, call, report, requestId);
  } catch (thrown) {
    if (thrown instanceof Refusal) return stepsOf(complaintAnswer(speaker, thrown.complaint, requestId), {});
    if (thrown instanceof ScriptError)
      return stepsOf(complaintAnswer(speaker, { status: 400, message: thrown.message }, requestId), {});
    // What walks a value has a stack that ends.
    if (thrown instanceof RangeError)
      return stepsOf(
        complaintAnswer(speaker, { status: 400, message: 'The body is nested too deeply.' }, requestId),
        {},
      );
    throw thrown;
  }
}

function exchange(service: Service, route: Route, call: Call, report: Report, requestId: string): Iterable<Step> {
  const speaker = speakers[route.tongue];
  const key = keyOf(call);
  if (key !== undefined) report.know({ key });
  checkKey(route.tongue, key);
  const body = call.method === 'GET' ? {} : bodyOf(call);
  const full = route.tongue === 'openai-responses' ? service.stored.continued(body) : body;
  const ask = speaker.hear(full, call);
  const model = route.model ?? ask.model;
  if (model !== '') report.know({ model });
  if (isMissing(model)) throw new Refusal(missingModel(route.tongue, model));
  const script = scriptFor(service, route, call, ask, { model, key });
  const asks = route.operation === 'generate' || (route.operation === 'count' && ask.tongue !== 'gemini');
  if (service.strict && (asks || route.operation === 'count')) speaker.check(ask, call, service.signer);
  const faulty = faultyAnswer(speaker, script, ask, requestId);
  if (faulty !== undefined) return stepsOf(faulty, script);
  if (route.operation !== 'generate')
    return stepsOf(jsonAnswer(speaker, 200, other(route, ask, call, model), requestId), script);
  return stepsOf(generated(service, speaker, ask, script, requestId), script);
}

function bodyOf(call: Call): JsonObject {
  try {
    const body = parseJson(call.body);
    if (isObject(body)) return body;
  } catch {
    // Told below, as for any other body that is no object.
  }
  refuse('We could not parse the JSON body of your request. The body must be a JSON object.');
}

/** The prompt's directives, the header's and the waiting script's, the last being the strongest. */
function scriptFor(
  service: Service,
  route: Route,
  call: Call,
  ask: Ask,
  facts: { readonly model: string; readonly key: string | undefined },
): Script {
  const { model, key } = facts;
  const path = call.path.split('?')[0] ?? '';
  const waiting = service.waiting.take({ model, path, tongue: route.tongue, ...(key === undefined ? {} : { key }) });
  return strongest([
    route.operation === 'generate' ? scriptInPrompt(ask.prompt) : { lines: [] },
    readScript(call.headers['x-simulate'] ?? ''),
    waiting ?? { lines: [] },
  ]);
}

/** An error or a page in place of the answer, where the script says so. */
function faultyAnswer(speaker: Speaker, script: Script, ask: Ask, requestId: string): Answer | undefined {
  if (script.status !== undefined) return complaintAnswer(speaker, script.status, requestId);
  if (script.failure !== undefined && !ask.stream)
    return complaintAnswer(speaker, native(speaker, script.failure), requestId);
  if (script.html === undefined) return undefined;
  return { status: script.html, headers: { 'content-type': 'text/html; charset=UTF-8' }, body: page(script.html) };
}

const page = (status: number): string =>
  `<!DOCTYPE html>\n<html>\n<head><title>${status}</title></head>\n<body>\n<center><h1>${status}</h1></center>\n<hr><center>edge</center>\n</body>\n</html>\n`;

/** Anthropic alone has a status of its own for overload. */
function native(speaker: Speaker, complaint: Complaint): Complaint {
  return complaint.status === 529 && speaker.tongue !== 'anthropic-messages'
    ? { ...complaint, status: 503 }
    : complaint;
}

function other(route: Route, ask: Ask, call: Call, model: string): JsonObject {
  switch (route.operation) {
    case 'list':
      return modelList(route.tongue);
    case 'model':
      return modelEntry(route.tongue, model);
    case 'embed':
      return route.tongue === 'gemini' ? geminiEmbeddings(ask.body, call.path) : openaiEmbeddings(ask.body);
    default:
      return counted(ask);
  }
}

function counted(ask: Ask): JsonObject {
  const tokens = countInput(ask);
  if (ask.tongue === 'gemini')
    return { totalTokens: tokens, promptTokensDetails: [{ modality: 'TEXT', tokenCount: tokens }] };
  if (ask.tongue === 'anthropic-messages') return { input_tokens: tokens };
  return { object: 'response.input_tokens', input_tokens: tokens };
}

function generated(service: Service, speaker: Speaker, ask: Ask, script: Script, requestId: string): Answer {
  const { seed, cache, signer, stored } = service;
  const plan = planAnswer(ask, script, { seed, now: service.now(), cache, title: speaker.title });
  if (ask.tongue === 'openai-responses') stored.keep(ask.body, speaker.whole(ask, plan, signer));
  if (!ask.stream) return jsonAnswer(speaker, 200, speaker.whole(ask, plan, signer), requestId);
  return {
    status: 200,
    headers: { ...headersOf(speaker, requestId), ...streamHeaders(ask) },
    body: {
      events: speaker.stream(ask, plan, signer),
      keepAlive: speaker.keepAlive(ask),
      failure: (said) => speaker.failure(ask, plan, native(speaker, script.failure ?? { status: 500 }), said),
    },
  };
}

const streamHeaders = (ask: Ask): Readonly<Record<string, string>> =>
  ask.array === true
    ? { 'content-type': 'application/json; charset=UTF-8' }
    : { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' };

function jsonAnswer(speaker: Speaker, status: number, body: JsonObject, requestId: string): Answer {
  const headers = { ...headersOf(speaker, requestId), 'content-type': 'application/json' };
  return { status, headers, body: JSON.stringify(body) };
}

function complaintAnswer(speaker: Speaker, complaint: Complaint, requestId: string): Answer {
  const answer = jsonAnswer(speaker, complaint.status, speaker.error(complaint, requestId), requestId);
  if (complaint.retryAfter === undefined) return answer;
  return { ...answer, headers: { ...answer.headers, 'retry-after': String(complaint.retryAfter) } };
}

/** Google names no request. */
function headersOf(speaker: Speaker, requestId: string): Readonly<Record<string, string>> {
  if (speaker.tongue === 'gemini') return {};
  return speaker.tongue === 'anthropic-messages' ? { 'request-id': requestId } : { 'x-request-id': requestId };
}

function nowhere(call: Call): Answer {
  const path = call.path.split('?')[0] ?? '';
  const message = geminiPath(path).verb === '' ? `Invalid URL (${call.method} ${path})` : `Unknown method in ${path}`;
  const error = { message, type: 'invalid_request_error', param: null, code: null };
  return { status: 404, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ error }) };
}
