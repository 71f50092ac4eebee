// Compares the gateway with relays that do nothing else, side by side in one run. Usage: npm run bench -- [--quick] [--only names]

import { parseArgs } from 'node:util';
import { reply, started } from './children.ts';
import { type Contender, contenderNames, openStage } from './contenders.ts';
import type { Slice, SliceResult } from './load.ts';
import { cpuSeconds, residentMegabytes } from './process-tree.ts';
import { claims, type Finding, type Samples, table, unitsOf } from './report.ts';
import { type Workload, workloads } from './workloads.ts';

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string', default: '' } },
});
const plan = options.quick
  ? {
      lives: 1,
      rounds: 2,
      seconds: 0.3,
      warmUp: { bare: 0.2, twin: 0.2, lean: 0.2, gateway: 0.2, translated: 0.2 },
      starts: 2,
    }
  : // How V8 lays out its memory in the first seconds of a process decides a third of what a request costs it: one life is one draw.
    // The compilers come to rest after some 8 s of load on the gateway and 2 s on a relay, which is much less code.
    { lives: 3, rounds: 5, seconds: 0.7, warmUp: { bare: 3, twin: 3, lean: 3, gateway: 8, translated: 8 }, starts: 2 };
const only = options.only.split(',').filter((name) => name !== '');
const unknown = only.filter((name) => !contenderNames.includes(name) && !workloads.some((one) => one.name === name));
if (unknown.length > 0) throw new Error(`--only knows no ${unknown.join(', ')}; it knows ${names().join(', ')}.`);

function names(): string[] {
  return [...contenderNames, ...workloads.map(({ name }) => name)];
}

/** Those that were asked for; all, where none of their sort was. */
function chosen(all: readonly string[]): readonly string[] {
  const some = all.filter((name) => only.includes(name));
  return some.length > 0 ? some : all;
}

const stub = started('stub.ts');
const stubPort = await reply<number>(stub);
const load = started('load.ts');
const stage = openStage(stubPort, plan.starts);
const faults: string[] = [];

async function slice(contender: Contender, workload: Workload, seconds: number): Promise<SliceResult> {
  const { kind, size, connections, rate } = workload;
  const { port, dialect } = contender;
  const order: Slice = { port, dialect, kind, size, connections, rate, seconds };
  load.send(order);
  return reply<SliceResult>(load);
}

/** The most memory with 64 streams under way, before anything else was asked of the process. */
async function residentUnderStreams(contender: Contender, pid: number): Promise<number> {
  const paced = workloads.find(({ name }) => name === 'paced');
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, residentMegabytes(pid));
  }, 50);
  if (paced) await slice(contender, paced, 1);
  clearInterval(timer);
  return most;
}

/** A contender that does not give the right answers is out, and said so. */
async function answers(contender: Contender, asked: readonly Workload[]): Promise<boolean> {
  for (const workload of asked) {
    const { fault } = await slice(contender, { ...workload, connections: 1 }, 0.02);
    if (fault !== undefined) {
      faults.push(`${contender.name}, ${workload.name}: ${fault}`);
      return false;
    }
  }
  return true;
}

async function measure(contender: Contender, samples: Samples): Promise<void> {
  const { workload } = samples;
  const pid = contender.child?.pid;
  const before = pid === undefined ? 0 : cpuSeconds(pid);
  const result = await slice(contender, workload, plan.seconds);
  const units = result.requests * unitsOf(workload);
  if (pid !== undefined) samples.cpu.at(-1)?.push(((cpuSeconds(pid) - before) * 1e6) / units);
  samples.p50.push(result.p50);
  samples.p99.push(result.p99);
  samples.first50.push(result.first50);
  if (result.fault !== undefined) faults.push(`${contender.name}, ${workload.name}: ${result.fault}`);
}

/** What is to be found of each contender: without a process no processor time, so that only its latencies are of interest. */
function opened(asked: readonly Workload[]): Finding[] {
  return chosen(contenderNames).map((contender) => ({
    contender,
    samples: asked
      .filter(({ rate }) => contender !== 'direct' || rate !== undefined)
      .map((workload) => ({ workload, cpu: [], p50: [], p99: [], first50: [] })),
    resident: [],
    starts: [],
  }));
}

interface Pair {
  readonly contender: Contender;
  readonly samples: Samples;
}

/** Starts all contenders; memory is looked at while nothing else was asked of a process. */
async function begun(findings: readonly Finding[], asked: readonly Workload[]): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for (const contender of await stage.contenders(findings.map((finding) => finding.contender))) {
    const { child, name } = contender;
    const finding = findings.find((one) => one.contender === name);
    if (child) {
      finding?.starts.push(child.starts);
      finding?.resident.push(await residentUnderStreams(contender, child.pid));
    }
    if (!(await answers(contender, asked))) continue;
    for (const samples of finding?.samples ?? []) pairs.push({ contender, samples });
  }
  return pairs;
}

/** One life of all contenders. */
async function live(findings: readonly Finding[], asked: readonly Workload[], life: number): Promise<void> {
  const pairs = await begun(findings, asked);
  for (const [name, seconds] of Object.entries(plan.warmUp))
    for (const { contender, samples } of pairs)
      if (contender.name === name && samples.workload.rate === undefined)
        await slice(contender, samples.workload, seconds);
  for (const { samples } of pairs) samples.cpu.push([]);
  for (let round = 1; round <= plan.rounds; round++) {
    process.stderr.write(`life ${life} of ${plan.lives}, round ${round} of ${plan.rounds}\n`);
    for (const workload of asked) {
      const turns = pairs.filter(({ samples }) => samples.workload === workload);
      // Who is first after another workload pays a fifth more: each is, in its turn.
      const first = (life * plan.rounds + round) % turns.length;
      for (const { contender, samples } of [...turns.slice(first), ...turns.slice(0, first)])
        await measure(contender, samples);
    }
  }
  await stage.clear();
}

async function compete(): Promise<void> {
  const asked = workloads.filter(({ name }) => chosen(workloads.map((one) => one.name)).includes(name));
  // The stub and the load generator come to rest too, or the first contender would meet them cold.
  for (const workload of asked)
    await slice({ name: 'direct', dialect: 'chat', port: stubPort }, workload, plan.seconds);
  const findings = opened(asked);
  // Where one failed, what was found until then is shown.
  for (let life = 1; life <= plan.lives && stage.failed.length + faults.length === 0; life++)
    await live(findings, asked, life);
  const contenders = findings.filter(({ samples }) => samples.some(({ p50 }) => p50.length > 0));
  const found = { contenders, workloads: asked };
  process.stdout.write(`\n${table(found)}\n\n${claims(found)}\n`);
}

try {
  await compete();
} finally {
  stage.close();
  stub.disconnect();
  load.disconnect();
}
for (const fault of [...stage.failed, ...faults]) process.stderr.write(`\nFAILED ${fault}\n`);
if (stage.failed.length + faults.length > 0) process.exitCode = 1;
