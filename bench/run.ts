// Compares the gateway with the least a relay can do, side by side in one run. Usage: npm run bench -- [--quick] [--only names]

import { parseArgs } from 'node:util';
import { reply, started } from './children.ts';
import { type Contender, contenderNames, openStage } from './contenders.ts';
import type { Slice, SliceResult } from './load.ts';
import { cpuSeconds, residentMegabytes } from './process-tree.ts';
import { claims, type Samples, table, unitsOf } from './report.ts';
import { type Workload, workloads } from './workloads.ts';

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string', default: '' } },
});
const plan = options.quick
  ? { rounds: 2, seconds: 0.3, warmUp: 0.2, starts: 2 }
  : // The compilers come to rest after some 8 s of load on the gateway and 2 s on the bare relay, which is much less code.
    { rounds: 15, seconds: 0.7, warmUp: 8, starts: 5 };
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

async function measure(samples: Samples, contender: Contender): Promise<void> {
  const { workload } = samples;
  const pid = contender.child?.pid;
  const began = performance.now();
  const before = pid === undefined ? 0 : cpuSeconds(pid);
  const result = await slice(contender, workload, plan.seconds);
  const seconds = (performance.now() - began) / 1000;
  const units = result.requests * unitsOf(workload);
  if (pid !== undefined) samples.cpu.push(((cpuSeconds(pid) - before) * 1e6) / units);
  samples.perSecond.push(units / seconds);
  samples.p50.push(result.p50);
  samples.p99.push(result.p99);
  samples.first50.push(result.first50);
  if (result.fault !== undefined) faults.push(`${contender.name}, ${workload.name}: ${result.fault}`);
}

async function compete(): Promise<void> {
  const asked = workloads.filter(({ name }) => chosen(workloads.map((one) => one.name)).includes(name));
  const contenders: Contender[] = [];
  const resident = new Map<string, number>();
  for (const contender of await stage.contenders(chosen(contenderNames))) {
    const { child, name } = contender;
    if (child && !contenders.some((one) => one.child === child))
      resident.set(name, await residentUnderStreams(contender, child.pid));
    if (await answers(contender, asked)) contenders.push(contender);
  }
  // Without a process there is no processor time to tell of: straight to the stub, only the latencies are of interest.
  const pairs = asked.flatMap((workload) =>
    contenders
      .filter(({ child }) => child !== undefined || workload.rate !== undefined)
      .map((contender) => {
        const samples: Samples = {
          contender: contender.name,
          workload,
          cpu: [],
          perSecond: [],
          p50: [],
          p99: [],
          first50: [],
        };
        return { contender, samples };
      }),
  );
  for (const { contender, samples } of pairs) await slice(contender, samples.workload, plan.warmUp);
  for (let round = 0; round < plan.rounds; round++) {
    process.stderr.write(`round ${round + 1} of ${plan.rounds}\n`);
    for (const { contender, samples } of pairs) await measure(samples, contender);
  }
  const findings = { contenders, workloads: asked, samples: pairs.map(({ samples }) => samples), resident };
  process.stdout.write(`\n${table(findings)}\n\n${claims(findings)}\n`);
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
