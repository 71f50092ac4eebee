// The gateway under 200 streaming clients while a third of its upstream calls fail, and under the same load without faults. Fails where
// a client sees what the rules do not allow, or something is left over. Usage: npm run bench:faults -- [--seconds 60] [--seed 1]

import { parseArgs } from 'node:util';
import { reply, started } from './children.ts';
import { sleep } from './contenders.ts';
import type { Heard, Run } from './faults/clients.ts';
import { type Gateway, startGateway } from './faults/gateway.ts';
import { judge, overlong } from './faults/judge.ts';
import { accounts, clientModels, type Ports, type Setting, settings } from './faults/pool.ts';
import { type Claim, type Phase, perAttempt, printClaims, sightings, table } from './faults/report.ts';
import type { Ledger, Order } from './faults/upstream.ts';
import type { Sight } from './faults/watch.ts';

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    clients: { type: 'string', default: '200' },
  },
});
const seconds = Number(options.seconds);
const seed = Number(options.seed);
const clients = Number(options.clients);
if (!(seconds > 0 && clients > 0 && Number.isFinite(seed)))
  throw new Error('--seconds and --clients take numbers above 0, --seed a number.');

/** Seconds until the compilers have come to rest, as far as a load of this size brings them to it. */
const warmUp = Math.min(20, seconds / 3);
/** A load without faults reaches every candidate in so many seconds: half of the clients begin a conversation with each request. */
const shortest = 10;
/** Milliseconds in which connections without a request must be closed, and rests of the quick setting be over. */
const restful = 20_000;
const lookEvery = 250;
/** Against the same load without faults, per attempt. */
const dearest = 1.15;

const upstream = started('faults/upstream.ts');
const ports = await reply<Ports>(upstream);
const load = started('faults/clients.ts');

function play(faulty: boolean): void {
  upstream.send((faulty ? { do: 'play', seed } : { do: 'play' }) satisfies Order);
}

async function ledgerOf(): Promise<Ledger> {
  const told = reply<Ledger>(upstream);
  upstream.send({ do: 'tell' } satisfies Order);
  return await told;
}

async function loadFor(gateway: Gateway, time: number, prefix: string): Promise<Heard> {
  const heard = reply<Heard>(load);
  load.send({ port: gateway.port, clients, seconds: time, prefix } satisfies Run);
  return await heard;
}

/** How things were before a load. */
interface Calm {
  readonly sight: Sight;
  readonly sockets: number;
}

async function calmOf(gateway: Gateway): Promise<Calm> {
  return { sight: await gateway.look('measure'), sockets: gateway.sockets() };
}

/** Waits until nothing is under way and no more open than before, and tells what remains. */
async function settle(gateway: Gateway, before: Calm): Promise<readonly string[]> {
  const end = performance.now() + restful;
  for (;;) {
    const { underWay } = await gateway.counts();
    const { resources } = await gateway.look();
    const sockets = gateway.sockets();
    const left = [
      ...(underWay > 0 ? [`${underWay} upstream calls are under way`] : []),
      ...(sockets > before.sockets ? [`${sockets} sockets are open, ${before.sockets} were before`] : []),
      ...Object.entries(resources)
        .filter(([kind, count]) => count > (before.sight.resources[kind] ?? 0))
        .map(([kind, count]) => `${count} of ${kind}, ${before.sight.resources[kind] ?? 0} before`),
    ];
    if (left.length === 0 || performance.now() > end) return left;
    await sleep(lookEvery);
  }
}

/** The loads that are held against each other. */
interface Compared {
  readonly before: Phase;
  readonly faulty: Phase;
  readonly after: Phase;
}

interface Conditions {
  readonly name: string;
  readonly setting: Setting;
  readonly faulty: boolean;
  readonly seconds: number;
}

async function phaseOf(gateway: Gateway, conditions: Conditions): Promise<Phase> {
  const { name, setting, faulty } = conditions;
  process.stderr.write(`${name}, ${conditions.seconds} s\n`);
  await ledgerOf();
  const before = await calmOf(gateway);
  const [counts, cpu] = [await gateway.counts(), gateway.cpu()];
  play(faulty);
  const heard = await loadFor(gateway, conditions.seconds, `${faulty ? 'f' : 'c'}${Date.now().toString(36)}`);
  const spent = gateway.cpu() - cpu;
  play(false);
  const loaded = await gateway.look('measure');
  const cooldowns = await gateway.cooldowns();
  const left = await settle(gateway, before);
  const [ledger, end, after] = [await ledgerOf(), await gateway.counts(), await calmOf(gateway)];
  const attempts = end.attempts - counts.attempts;
  return {
    name,
    seconds: conditions.seconds,
    heard,
    judged: judge(heard, ledger, setting, loaded.delay.max),
    attempts,
    failed: end.failed - counts.failed,
    cpu: spent,
    before: before.sight,
    loaded,
    after: after.sight,
    sockets: [before.sockets, after.sockets],
    stuck: [
      ...left,
      ...overlong(cooldowns, setting),
      ...ledger.calls.filter(({ over }) => !over).map(({ request }) => `a call of ${request} never ended`),
      ...miscounted(attempts - (end.atDoor - counts.atDoor), ledger),
      ...(faulty ? [] : unasked(ledger)),
    ],
  };
}

/** Calls that only one side knows of, but at the door, where the system itself ends connections. */
function miscounted(counted: number, { calls }: Ledger): readonly string[] {
  const seen = calls.filter(({ account }) => !account.startsWith('door ')).length;
  return counted === seen ? [] : [`the gateway counts ${counted} calls that found the door open, the upstream ${seen}`];
}

/** Candidates that nobody asked although nothing fails any more. */
function unasked({ calls }: Ledger): readonly string[] {
  const asked = new Set(calls.map(({ account, model }) => `${account} ${model}`));
  const all = accounts.length * clientModels.length;
  return asked.size === all ? [] : [`${all - asked.size} of ${all} candidates were not asked any more`];
}

/**
 * Everybody takes part: rests are over soon. The load without faults comes in two halves, before and after, since the machine is not
 * equally quiet all the time; the second half also finds what the faults have left resting for good.
 */
async function quickly(setting: Setting): Promise<Compared> {
  const gateway = await startGateway(ports, setting);
  const half = Math.max(seconds / 2, shortest);
  const run = (name: string, faulty: boolean, time: number): Promise<Phase> =>
    phaseOf(gateway, { name: `${setting.name}, ${name}`, setting, faulty, seconds: time });
  try {
    const calm = await calmOf(gateway);
    for (const faulty of [true, false]) {
      play(faulty);
      await loadFor(gateway, warmUp, `w${Date.now().toString(36)}`);
    }
    await settle(gateway, calm);
    await restless(gateway);
    const before = await run('none before', false, half);
    const faulty = await run('a third fails', true, seconds);
    const lasting = await restless(gateway);
    const after = await run('none after', false, half);
    return { before, faulty: { ...faulty, stuck: [...faulty.stuck, ...lasting] }, after };
  } finally {
    await gateway.close();
  }
}

/** As it comes: what failed rests for a minute, and what is left must do. Cleared, all of it serves again. */
async function usually(setting: Setting): Promise<readonly Phase[]> {
  const gateway = await startGateway(ports, setting);
  try {
    const calm = await calmOf(gateway);
    await loadFor(gateway, warmUp / 2, `w${Date.now().toString(36)}`);
    await settle(gateway, calm);
    const faulty = await phaseOf(gateway, { name: `${setting.name}, a third fails`, setting, faulty: true, seconds });
    await gateway.clearCooldowns();
    const left = await gateway.cooldowns();
    const clean = await phaseOf(gateway, {
      name: `${setting.name}, cleared`,
      setting,
      faulty: false,
      seconds: shortest,
    });
    return [{ ...faulty, stuck: [...faulty.stuck, ...left.map((one) => `${one.credential} rests, cleared`)] }, clean];
  } finally {
    await gateway.close();
  }
}

/** Waits until nothing rests, and tells what does for too long. */
async function restless(gateway: Gateway): Promise<readonly string[]> {
  const end = performance.now() + restful;
  for (;;) {
    const resting = await gateway.cooldowns();
    if (resting.length === 0) return [];
    if (performance.now() > end)
      return resting.map((one) => `${one.credential} ${one.model ?? ''} still rests, until ${one.until}`);
    await sleep(lookEvery);
  }
}

function claimsOf(phases: readonly Phase[], { before, faulty, after }: Compared): readonly Claim[] {
  const wrong = phases.flatMap(complaints);
  const stuck = phases.flatMap((one) => one.stuck);
  const clean = ((before.cpu + after.cpu) * 1e6) / (before.attempts + after.attempts);
  const times = perAttempt(faulty) / clean;
  return [
    { what: 'clients see only what the rules allow', said: `${wrong.length} they do not`, holds: wrong.length === 0 },
    { what: 'nothing is left over', said: `${stuck.length} things are`, holds: stuck.length === 0 },
    {
      what: 'CPU per attempt, a third failing, against none',
      said: `${times.toFixed(2)} x, <= ${dearest} x`,
      holds: times <= dearest,
    },
  ];
}

function complaints({ judged }: Phase): readonly string[] {
  return [...judged.wrong, ...[...judged.sorts.values()].flatMap((one) => one.wrong)];
}

/** Lines of one sort of trouble that are shown. */
const shown = 10;

function complain(title: string, troubles: readonly string[]): void {
  if (troubles.length === 0) return;
  process.stderr.write(
    `\n${title}\n${troubles
      .slice(0, shown)
      .map((line) => `  ${line}\n`)
      .join('')}`,
  );
  if (troubles.length > shown) process.stderr.write(`  … and ${troubles.length - shown} more\n`);
}

try {
  const [quick, usual] = settings;
  const compared = await quickly(quick);
  const phases = [compared.before, compared.faulty, compared.after, ...(await usually(usual))];
  const claims = claimsOf(phases, compared);
  process.stdout.write(`\n${table(phases)}\n\n${sightings(phases)}\n\n${printClaims(claims)}\n`);
  for (const phase of phases) {
    complain(`${phase.name}: not allowed`, complaints(phase));
    complain(`${phase.name}: left over`, phase.stuck);
  }
  if (claims.some(({ holds }) => !holds)) process.exitCode = 1;
} finally {
  upstream.disconnect();
  load.disconnect();
}
