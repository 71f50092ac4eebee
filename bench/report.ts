// The bench's table, and what became of each claim the project makes about its pace.

import { median, yardsticks } from './contenders.ts';
import { deltasOf, type Workload } from './workloads.ts';

/** All slices of one contender under one workload. */
export interface Samples {
  readonly workload: Workload;
  /** Microseconds of processor time per request or delta, by life; in each, by round. */
  readonly cpu: number[][];
  readonly p50: number[];
  readonly p99: number[];
  readonly first50: number[];
}

/** What was found of one contender in all its lives. */
export interface Finding {
  readonly contender: string;
  readonly samples: readonly Samples[];
  /** Megabytes with 64 streams under way, in each life. */
  readonly resident: number[];
  /** Milliseconds that each start took, by life. */
  readonly starts: (readonly number[])[];
}

export interface Findings {
  readonly workloads: readonly Workload[];
  readonly contenders: readonly Finding[];
}

export function table(findings: Findings): string {
  const loaded = findings.workloads.filter((workload) => workload.rate === undefined);
  const timed = findings.workloads.filter((workload) => workload.rate !== undefined);
  const heads = [
    'contender',
    ...loaded.map(loadedHead),
    ...timed.map(timedHead),
    'RSS MB, 64 streams',
    'cold start ms',
  ];
  const rows = findings.contenders.map(({ contender, resident, starts }) => [
    contender,
    ...loaded.map((workload) => loadedCell(findings, contender, workload)),
    ...timed.map((workload) => timedCell(findings, contender, workload)),
    shown(median(resident), 0),
    shown(median(starts.flat()), 0),
  ]);
  return lines([heads, ...rows]);
}

/** Each claim with what was measured. */
export function claims(findings: Findings): string {
  const rows: string[][] = [];
  /** Of values by life: the median of all, and those of the lives; without a limit it is for those who want to know. */
  const claim = (
    what: string,
    lives: readonly (readonly number[])[],
    limit: number | undefined,
    unit: string,
  ): void => {
    const value = median(lives.flat());
    if (Number.isNaN(value)) return;
    const decimals = unit === 'x' ? 2 : 0;
    const each = lives.map((life) => shown(median(life), decimals)).join(', ');
    rows.push([
      limit === undefined ? '' : value <= limit ? 'pass' : 'miss',
      what,
      `${value.toFixed(decimals)} ${unit}`,
      limit === undefined ? '' : `<= ${limit} ${unit}`,
      lives.length > 1 ? `lives: ${each}` : '',
    ]);
  };
  for (const workload of findings.workloads.filter(({ rate }) => rate === undefined)) {
    const { name, per } = workload;
    const against = (contender: string, others: readonly string[], limit?: number): void => {
      const whom = contender === 'translated' ? contender : 'same dialect';
      const what = `${whom}, ${name}: CPU per ${per} against ${others[0]}`;
      claim(what, ratios(findings, contender, workload, others), limit, 'x');
    };
    against('gateway', yardsticks, 1.3);
    against('gateway', ['lean']);
    if (per === 'delta') against('translated', yardsticks, 4);
  }
  const gateway = findings.contenders.find(({ contender }) => contender === 'gateway');
  claim('memory with 64 streams', gateway?.resident.map((megabytes) => [megabytes]) ?? [], 120, 'MB');
  claim('cold start', gateway?.starts ?? [], 600, 'ms');
  return lines(rows);
}

function loadedHead({ name, per }: Workload): string {
  return `${name} us/${per}`;
}

function timedHead({ name, rate }: Workload): string {
  return name === 'first-token' ? `first token ms at ${rate}/s` : `p50/p99 ms at ${rate}/s`;
}

function loadedCell(findings: Findings, name: string, workload: Workload): string {
  const cpu = median(samplesOf(findings, name, workload)?.cpu.flat() ?? []);
  if (Number.isNaN(cpu)) return '';
  const times = median(ratios(findings, name, workload).flat());
  return `${cpu.toFixed(cpu < 10 ? 2 : 0)}${Number.isNaN(times) ? '' : ` (${times.toFixed(2)}x)`}`;
}

function timedCell(findings: Findings, name: string, workload: Workload): string {
  const own = samplesOf(findings, name, workload);
  if (!own) return '';
  if (workload.kind === 'first') return shown(median(own.first50), 2);
  return `${shown(median(own.p50), 2)}/${shown(median(own.p99), 2)}`;
}

function samplesOf({ contenders }: Findings, name: string, workload: Workload): Samples | undefined {
  return contenders
    .find(({ contender }) => contender === name)
    ?.samples.find((samples) => samples.workload === workload);
}

/** Against the mean of others, by life: the ratio of each round, in which all stood side by side. */
function ratios(findings: Findings, contender: string, workload: Workload, others = yardsticks): number[][] {
  const own = samplesOf(findings, contender, workload)?.cpu ?? [];
  const measured = others.map((name) => samplesOf(findings, name, workload)?.cpu ?? []);
  return own.map((rounds, life) =>
    rounds.flatMap((value, round) => {
      const beside = measured.flatMap((lives) => lives[life]?.[round] ?? []);
      return beside.length > 0 ? [value / mean(beside)] : [];
    }),
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** What one request of a workload brings of what is counted. */
export function unitsOf({ per, kind }: Workload): number {
  return per === 'delta' ? deltasOf[kind] : 1;
}

function shown(value: number, decimals: number): string {
  return Number.isNaN(value) ? '' : value.toFixed(decimals);
}

/** Rows of a table, padded. */
export function lines(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
