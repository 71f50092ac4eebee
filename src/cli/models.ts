// `cliproxy models`: every name that a client can use, with who offers it, its limits and whether it could be answered now.

import { asNumber, asString, type JsonObject, objects, strings } from '../json.ts';
import { aloneNote, nobodyAt } from './explain.ts';
import { findGateway, type Gateway, type GatewayFlags } from './running.ts';
import { printSpan, printTable } from './table.ts';
import type { Terminal } from './terminal.ts';

/** The options as typed. `json`: print the gateway's answer as it came. */
export interface ModelsFlags extends GatewayFlags {
  readonly json?: boolean;
}

/** Prints the models of the running gateway, else those of the configuration alone. Throws StartFailure where there is neither. */
export async function listModels(flags: ModelsFlags, terminal: Terminal): Promise<void> {
  const gateway = await findGateway(flags, terminal);
  const running = await gateway.ask('GET', '/v1/catalogue');
  const answer = running ?? (await offersAlone(gateway));
  if (flags.json) {
    terminal.print(`${JSON.stringify(answer, null, 2)}\n`);
    return;
  }
  const offers = objects(answer.data);
  if (!running) terminal.print(`${aloneNote(gateway)}\n\n`);
  if (offers.length === 0) terminal.print('Nothing is offered yet: add an upstream to the configuration.\n');
  else terminal.print(`${printTable(['MODEL', 'PROVIDER', 'CONTEXT', 'OUTPUT', 'STATE'], offers.map(rowOf))}\n`);
}

async function offersAlone(gateway: Gateway): Promise<JsonObject> {
  if (!gateway.config) throw nobodyAt(gateway);
  const { openAlone } = await import('../app/alone.ts');
  const alone = await openAlone(gateway.config);
  try {
    return alone.offers();
  } finally {
    await alone.close();
  }
}

function rowOf(offer: JsonObject): readonly string[] {
  const [first = '', ...others] = strings(offer.providers);
  const provider = others.length > 0 ? `${first} +${others.length}` : first;
  return [`${offer.id}`, provider, tokens(offer.context_length), tokens(offer.max_completion_tokens), stateOf(offer)];
}

/** `200k`, `1M`: as model cards say it. */
function tokens(value: unknown): string {
  const number = asNumber(value);
  if (number === undefined) return '-';
  if (number >= 1_000_000) return `${Math.round(number / 100_000) / 10}M`;
  return number >= 1000 ? `${Math.round(number / 1000)}k` : `${number}`;
}

function stateOf(offer: JsonObject): string {
  const ready = asNumber(offer.ready) ?? 0;
  const all = asNumber(offer.candidates) ?? 0;
  if (ready > 0) return all > ready ? `${ready} of ${all} ready` : 'ready';
  const because = asString(offer.because) ?? '';
  const until = asString(offer.until);
  if (until === undefined) return because === '' ? `${offer.state}` : `unusable: ${because}`;
  return `rests ${printSpan((Date.parse(until) - Date.now()) / 1000)}: ${because}`;
}
