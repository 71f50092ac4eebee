// `cliproxy cooldowns`: what rests in the running gateway, why and for how long; and the end of it.

import { StartFailure } from '../config/failure.ts';
import { asNumber, type JsonObject, objects } from '../json.ts';
import { nobodyAt } from './explain.ts';
import { findGateway, type GatewayFlags } from './running.ts';
import { printSpan, printTable, printText } from './table.ts';
import type { Terminal } from './terminal.ts';

/** The options as typed. */
export interface CooldownsFlags extends GatewayFlags {
  /** A credential by label or id; true: all. */
  readonly clear?: string | true;
  /** Only rests of this model, by the upstream's id; goes with `clear`. */
  readonly model?: string;
  /** Print the gateway's answer as it came. */
  readonly json?: boolean;
}

/** Prints what rests, or ends it and prints how much that was. Throws StartFailure where no gateway answers, or refuses. */
export async function cooldowns(flags: CooldownsFlags, terminal: Terminal): Promise<void> {
  if (flags.model !== undefined && flags.clear === undefined)
    throw new StartFailure('--model says which rests to end', 'Add --clear, or leave --model out to see all rests.');
  const gateway = await findGateway(flags, terminal);
  const answer = await (flags.clear === undefined
    ? gateway.ask('GET', '/v1/cooldowns')
    : gateway.ask('DELETE', `/v1/cooldowns${queryOf(flags)}`));
  if (!answer) throw nobodyAt(gateway);
  if (flags.json) terminal.print(`${JSON.stringify(answer, null, 2)}\n`);
  else terminal.print(`${flags.clear === undefined ? printRests(objects(answer.data)) : printCleared(answer)}\n`);
}

function queryOf({ clear, model }: CooldownsFlags): string {
  const query = new URLSearchParams({
    ...(typeof clear === 'string' && { credential: clear }),
    ...(model !== undefined && { model }),
  });
  return query.size > 0 ? `?${query}` : '';
}

function printCleared({ cleared }: JsonObject): string {
  const number = asNumber(cleared) ?? 0;
  if (number === 0) return 'Nothing rested.';
  return number === 1 ? 'One rest is over.' : `${number} rests are over.`;
}

function printRests(rests: readonly JsonObject[]): string {
  if (rests.length === 0) return 'Nothing rests.';
  const table = printTable(
    ['CREDENTIAL', 'RESTS', 'REASON', 'STILL', 'FAILURES'],
    rests.map((one) => [
      `${one.credential}`,
      whatOf(one),
      `${one.reason}`,
      printSpan(asNumber(one.reset_seconds) ?? 0),
      `${one.failures}`,
    ]),
  );
  const causes = new Set(rests.map((one) => `${one.credential}: ${one.cause}`));
  return [table, '', ...[...causes].map((cause) => printText(cause))].join('\n');
}

function whatOf({ scope, model }: JsonObject): string {
  if (scope === 'model') return `${model}`;
  return scope === 'provider' ? 'its address' : 'all models';
}
