// Gemini's generateContent as a service speaks it: one object, server-sent events, or one JSON array written piece by piece.

import type { JsonObject } from '../json.ts';
import { asNumber, asObject, asString, compact } from '../json.ts';
import { callMark, hearGemini, member } from './gemini-ask.ts';
import { ratedTokens, type Token } from './likelihood.ts';
import { inputObject } from './plan.ts';
import type { Signer } from './signature.ts';
import type { Ask, Complaint, Ending, Piece, Plan, Said, Speaker } from './speaker.ts';
import { checkGemini } from './strict-gemini.ts';
import { pick, wordsOf } from './words.ts';

/** The Gemini API and Vertex AI, which differ in their paths and in whether calls have ids. */
export const gemini: Speaker = {
  tongue: 'gemini',
  title: 'Gemini generateContent',
  hear: hearGemini,
  check: checkGemini,
  whole,
  stream,
  keepAlive: (ask) => (ask.array === true ? '\r\n' : ': keep-alive\r\n\r\n'),
  failure: (ask, _plan, complaint, said) =>
    framed(ask, errorOf(complaint), said === 0) + (ask.array === true ? ']' : ''),
  error: errorOf,
};

const endings: Readonly<Record<Ending, string>> = {
  stop: 'STOP',
  length: 'MAX_TOKENS',
  tool: 'STOP',
  refusal: 'SAFETY',
  filter: 'PROHIBITED_CONTENT',
  pause: 'STOP',
  sequence: 'STOP',
  context: 'MAX_TOKENS',
  failed: 'OTHER',
};

function whole(ask: Ask, plan: Plan, signer: Signer): JsonObject {
  if (plan.blocked === true) return blockedReply(ask, plan);
  const parts = plan.pieces.flatMap((piece, index) => partsOf(piece, ask, signer, firstCall(plan, index)));
  const closing = closingPart(plan, signer);
  const said = closing === undefined ? parts : withSignature(parts, closing);
  return replyOf(ask, plan, said, true);
}

/** In a whole answer the closing signature rides on the last text, not on an empty part of its own. */
function withSignature(parts: readonly JsonObject[], closing: JsonObject): readonly JsonObject[] {
  const last = parts.at(-1);
  if (last === undefined || last.text === undefined || last.thought === true) return parts;
  return [...parts.slice(0, -1), { ...last, ...compact({ thoughtSignature: closing.thoughtSignature }) }];
}

/** Only the first of parallel calls carries a signature. */
const firstCall = (plan: Plan, index: number): boolean =>
  plan.pieces.findIndex((piece) => piece.kind === 'call') === index;

function partsOf(piece: Piece, ask: Ask, signer: Signer, signed: boolean): readonly JsonObject[] {
  switch (piece.kind) {
    case 'text':
      return [{ text: piece.text }];
    case 'think':
      return piece.form === 'shown' ? [{ text: piece.text, thought: true }] : [];
    case 'call':
      return [
        compact({
          functionCall: compact({
            id: ask.vertex === true ? undefined : piece.id.slice(0, 8),
            name: piece.name,
            args: inputObject(piece.input),
          }),
          thoughtSignature: signed ? signer.issue('thought', callMark(piece.name)) : undefined,
        }),
      ];
    case 'image':
      return [{ inlineData: { mimeType: piece.mediaType, data: piece.data } }];
    case 'refusal':
      return [];
  }
}

function replyOf(ask: Ask, plan: Plan, parts: readonly JsonObject[], last: boolean): JsonObject {
  const count = Math.max(
    1,
    Math.min(asNumber(member(asObject(member(ask.body, 'generationConfig')), 'candidateCount')) ?? 1, 8),
  );
  const refused = plan.pieces.find((piece) => piece.kind === 'refusal');
  const candidate = (index: number): JsonObject =>
    compact({
      content: parts.length === 0 && refused !== undefined ? undefined : { role: 'model', parts },
      finishReason: last ? (endings[plan.ending] ?? plan.ending) : undefined,
      finishMessage: last && refused !== undefined ? refused.text : undefined,
      index,
      ...ratingsOf(ask, parts),
    });
  return compact({
    candidates: Array.from({ length: count }, (_, index) => candidate(index)),
    usageMetadata: usageOf(ask, plan, last),
    modelVersion: ask.model,
    responseId: plan.id,
  });
}

function ratingsOf({ logprobs }: Ask, parts: readonly JsonObject[]): JsonObject {
  const text = parts.flatMap((part) => (part.thought === true ? [] : (asString(part.text) ?? []))).join('');
  const tokens = logprobs === undefined ? [] : ratedTokens(text, logprobs);
  if (tokens.length === 0) return {};
  const told = ({ token, logprob }: Token) => ({ token, tokenId: pick(200_000, token), logProbability: logprob });
  return {
    avgLogprobs: tokens.reduce((sum, { logprob }) => sum + logprob, 0) / tokens.length,
    logprobsResult: compact({
      chosenCandidates: tokens.map(told),
      topCandidates: logprobs ? tokens.map(({ top }) => ({ candidates: top.map(told) })) : undefined,
    }),
  };
}

function blockedReply(ask: Ask, plan: Plan): JsonObject {
  return compact({
    promptFeedback: { blockReason: 'PROHIBITED_CONTENT' },
    usageMetadata: usageOf(ask, plan, false),
    modelVersion: ask.model,
    responseId: plan.id,
  });
}

function usageOf(ask: Ask, plan: Plan, last: boolean): JsonObject | undefined {
  if (plan.usage === undefined) return undefined;
  const { input, output, cached, reasoning } = plan.usage;
  return compact({
    promptTokenCount: input,
    candidatesTokenCount: last ? output - reasoning : undefined,
    totalTokenCount: last ? input + output : input,
    cachedContentTokenCount: cached > 0 ? cached : undefined,
    thoughtsTokenCount: last && reasoning > 0 ? reasoning : undefined,
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: input }],
    trafficType: ask.vertex === true ? 'ON_DEMAND' : undefined,
  });
}

/** The part that ends an answer without calls: empty text, which carries the signature where there was thinking. */
function closingPart(plan: Plan, signer: Signer): JsonObject | undefined {
  if (plan.pieces.at(-1)?.kind === 'call') return undefined;
  const thought = plan.pieces.find((piece) => piece.kind === 'think');
  if (thought === undefined) return { text: '' };
  return { text: '', thoughtSignature: signer.issue('thought', thought.text) };
}

function* stream(ask: Ask, plan: Plan, signer: Signer): Iterable<Said> {
  let first = true;
  const wire = (reply: JsonObject): string => framed(ask, reply, first);
  const said = (part: Said['part'], reply: JsonObject): Said => {
    const event: Said = { part, wire: wire(reply) };
    first = false;
    return event;
  };
  if (plan.blocked === true) yield said('close', blockedReply(ask, plan));
  else {
    const chunks = plan.pieces.flatMap((piece, index) => chunksOf(piece, ask, signer, firstCall(plan, index)));
    const closing = closingPart(plan, signer);
    const last = closing === undefined ? chunks.pop() : closing;
    for (const part of chunks) yield said('content', replyOf(ask, plan, [part], false));
    const empty = closing !== undefined && plan.pieces.some((piece) => piece.kind === 'refusal');
    const parts = last === undefined || empty ? [] : [last];
    const unclosed = closing === undefined ? { unclosed: wire(replyOf(ask, plan, parts, false)) } : {};
    yield { ...said('close', replyOf(ask, plan, parts, true)), ...unclosed };
  }
  if (ask.array === true) yield { part: 'close', wire: ']' };
}

function chunksOf(piece: Piece, ask: Ask, signer: Signer, signed: boolean): readonly JsonObject[] {
  const parts = partsOf(piece, ask, signer, signed);
  if (piece.kind === 'text' && piece.whole !== true) return wordsOf(piece.text).map((text) => ({ text }));
  if (piece.kind === 'think' && parts.length > 0) return wordsOf(piece.text).map((text) => ({ text, thought: true }));
  return parts;
}

function framed(ask: Ask, value: JsonObject, first: boolean): string {
  if (ask.array !== true) return `data: ${JSON.stringify(value)}\r\n\r\n`;
  return `${first ? '[' : ',\r\n'}${JSON.stringify(value)}`;
}

const statuses: Readonly<Record<number, readonly [status: string, message: string]>> = {
  400: ['INVALID_ARGUMENT', 'Request contains an invalid argument.'],
  401: ['UNAUTHENTICATED', 'API key not valid. Please pass a valid API key.'],
  402: ['FAILED_PRECONDITION', 'Billing is not enabled for this project.'],
  403: ['PERMISSION_DENIED', 'The caller does not have permission.'],
  404: ['NOT_FOUND', 'Requested entity was not found.'],
  409: ['ABORTED', 'The operation was aborted.'],
  429: ['RESOURCE_EXHAUSTED', 'You exceeded your current quota.'],
  499: ['CANCELLED', 'The operation was cancelled.'],
  500: ['INTERNAL', 'An internal error has occurred.'],
  503: ['UNAVAILABLE', 'The model is overloaded. Please try again later.'],
  504: ['DEADLINE_EXCEEDED', 'The request timed out.'],
};

function errorOf(complaint: Complaint): JsonObject {
  const fallback = complaint.status >= 500 ? 500 : 400;
  const [status, message] = statuses[complaint.status] ?? statuses[fallback] ?? ['INTERNAL', 'Internal error.'];
  const retry =
    complaint.retryAfter === undefined
      ? []
      : [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${complaint.retryAfter}s` }];
  const details = [...(complaint.details ?? []), ...reasonOf(complaint), ...retry];
  return {
    error: compact({
      code: complaint.status,
      message: complaint.message ?? message,
      status: complaint.type ?? status,
      details: details.length > 0 ? details : undefined,
    }),
  };
}

function reasonOf(complaint: Complaint): readonly JsonObject[] {
  const reason = complaint.code ?? (complaint.status === 401 ? 'API_KEY_INVALID' : undefined);
  if (reason === undefined) return [];
  return [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: 'googleapis.com' }];
}
