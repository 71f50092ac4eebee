// The bench's table, and what became of each claim the project makes about its pace.

import { type Contender, median } from './contenders.ts';
import { deltasOf, type Workload } from './workloads.ts';

/** All slices of one contender under one workload. */
export interface Samples {
  readonly contender: string;
  readonly workload: Workload;
  /** Microseconds of processor time per request or delta. */
  readonly cpu: number[];
  readonly perSecond: number[];
  readonly p50: number[];
  readonly p99: number[];
  readonly first50: number[];
}

export interface Findings {
  readonly contenders: readonly Contender[];
  readonly workloads: readonly Workload[];
  readonly samples: readonly Samples[];
  /** Megabytes with 64 streams under way, by contender. */
  readonly resident: ReadonlyMap<string, number>;
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
  const rows = findings.contenders.map((contender) => [
    contender.name,
    ...loaded.map((workload) => loadedCell(findings, contender, workload)),
    ...timed.map((workload) => timedCell(findings, contender, workload)),
    shown(findings.resident.get(contender.name), 0),
    contender.name === 'translated' ? '' : shown(contender.child?.start, 0),
  ]);
  return lines([heads, ...rows]);
}

/** Each claim with what was measured. */
export function claims(findings: Findings): string {
  const rows: string[][] = [];
  const claim = (what: string, value: number | undefined, limit: number, unit: string): void => {
    if (value === undefined || Number.isNaN(value)) return;
    const decimals = unit === 'x' ? 2 : 0;
    rows.push([value <= limit ? 'pass' : 'miss', what, `${value.toFixed(decimals)} ${unit}`, `<= ${limit} ${unit}`]);
  };
  for (const workload of findings.workloads.filter(({ rate }) => rate === undefined)) {
    claim(
      `same dialect, ${workload.name}: CPU per ${workload.per} against bare`,
      ratio(findings, 'gateway', workload),
      1.3,
      'x',
    );
    if (workload.per === 'delta')
      claim(
        `translated, ${workload.name}: CPU per delta against bare`,
        ratio(findings, 'translated', workload),
        4,
        'x',
      );
  }
  claim('memory with 64 streams', findings.resident.get('gateway'), 120, 'MB');
  claim('cold start', findings.contenders.find(({ name }) => name === 'gateway')?.child?.start, 600, 'ms');
  return lines(rows);
}

function loadedHead({ name, per }: Workload): string {
  return `${name} us/${per}`;
}

function timedHead({ name, rate }: Workload): string {
  return name === 'first-token' ? `first token ms at ${rate}/s` : `p50/p99 ms at ${rate}/s`;
}

function loadedCell(findings: Findings, { name }: Contender, workload: Workload): string {
  const cpu = cpuOf(findings, name, workload);
  if (cpu === undefined) return '';
  const times = ratio(findings, name, workload);
  return `${cpu.toFixed(cpu < 10 ? 2 : 0)}${times === undefined ? '' : ` (${times.toFixed(2)}x)`}`;
}

function timedCell(findings: Findings, { name }: Contender, workload: Workload): string {
  const own = samplesOf(findings, name, workload);
  if (!own) return '';
  if (workload.kind === 'first') return shown(median(own.first50), 2);
  return `${shown(median(own.p50), 2)}/${shown(median(own.p99), 2)}`;
}

function samplesOf({ samples }: Findings, contender: string, workload: Workload): Samples | undefined {
  return samples.find((one) => one.contender === contender && one.workload === workload);
}

function cpuOf(findings: Findings, contender: string, workload: Workload): number | undefined {
  const cpu = samplesOf(findings, contender, workload)?.cpu ?? [];
  return cpu.length > 0 ? median(cpu) : undefined;
}

/** Against the bare relay: the median of the rounds' own ratios, since the two stood side by side in each. */
function ratio(findings: Findings, contender: string, workload: Workload): number | undefined {
  const own = samplesOf(findings, contender, workload)?.cpu ?? [];
  const bare = samplesOf(findings, 'bare', workload)?.cpu ?? [];
  const ratios = own.flatMap((value, round) => (bare[round] ? [value / bare[round]] : []));
  return ratios.length > 0 ? median(ratios) : undefined;
}

/** What one request of a workload brings of what is counted. */
export function unitsOf({ per, kind }: Workload): number {
  return per === 'delta' ? deltasOf[kind] : 1;
}

function shown(value: number | undefined, decimals: number): string {
  return value === undefined || Number.isNaN(value) ? '' : value.toFixed(decimals);
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
