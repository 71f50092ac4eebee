// The text format of Prometheus, read strictly: what its own parser refuses, this one throws at.

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Metric {
  readonly type: string;
  readonly samples: readonly Sample[];
}

const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const sampleForm = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const labelForm = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\n"])*)"(?:,|$)/;
const types = ['counter', 'gauge', 'histogram'];

/** The metrics of a page. Throws at the first line that is not as it must be. */
export function readMetrics(text: string): ReadonlyMap<string, Metric> {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  const metrics = new Map<string, { type: string; samples: Sample[] }>();
  let name = '';
  for (const line of text.slice(0, -1).split('\n')) {
    if (line.startsWith('# HELP ')) name = /^# HELP (\S+) ./.exec(line)?.[1] ?? '';
    else if (line.startsWith('#')) {
      if (metrics.has(name)) throw new Error(`a second type: ${line}`);
      metrics.set(name, { type: readType(line, name), samples: [] });
    } else metrics.get(name)?.samples.push(readSample(line, name));
  }
  for (const [described, metric] of metrics) check(described, metric);
  return metrics;
}

function readType(line: string, described: string): string {
  const [, name = '', type = ''] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
  if (!metricName.test(name) || name !== described) throw new Error(`no help before ${line}`);
  if (!types.includes(type)) throw new Error(`an unknown type: ${line}`);
  return type;
}

function readSample(line: string, described: string): Sample {
  const [, name = '', labels = '', value = ''] = sampleForm.exec(line) ?? [];
  if (name === '' || !/^(?:[+-]?Inf|NaN|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/.test(value))
    throw new Error(`no sample: ${line}`);
  if (name !== described && name.replace(/_(?:bucket|sum|count)$/, '') !== described)
    throw new Error(`out of place: ${line}`);
  return { name, labels: readLabels(labels, line), value: Number(value.replace('Inf', 'Infinity')) };
}

function readLabels(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  let rest = text;
  while (rest !== '') {
    const [whole, name = '', value = ''] = labelForm.exec(rest) ?? [];
    if (whole === undefined || name in labels) throw new Error(`labels are broken or come twice: ${line}`);
    labels[name] = value.replace(/\\(.)/g, (_, letter: string) => (letter === 'n' ? '\n' : letter));
    rest = rest.slice(whole.length);
  }
  return labels;
}

/** No series twice; counters do not fall below zero; buckets rise to the count. */
function check(name: string, { type, samples }: Metric): void {
  const series = new Set(
    samples.map((sample) => JSON.stringify([sample.name, Object.entries(sample.labels).toSorted()])),
  );
  if (series.size !== samples.length) throw new Error(`a series of ${name} comes twice`);
  if (type === 'counter' && samples.some(({ value }) => !(value >= 0))) throw new Error(`${name} is no count`);
  if (type !== 'histogram') return;
  const groups = Map.groupBy(samples, ({ labels: { le: _, ...labels } }) => JSON.stringify(labels));
  for (const [group, of] of groups) {
    const buckets = of.filter((sample) => sample.name === `${name}_bucket`);
    const values = buckets.map(({ value }) => value);
    const bounds = buckets.map(({ labels }) => Number(`${labels.le}`.replace('Inf', 'Infinity')));
    const count = of.find((sample) => sample.name === `${name}_count`)?.value;
    const rises = (numbers: readonly number[]) =>
      numbers.every((number, at) => at === 0 || number >= (numbers[at - 1] ?? 0));
    if (!rises(values) || !rises(bounds) || bounds.at(-1) !== Infinity || values.at(-1) !== count)
      throw new Error(`the buckets of ${name} ${group} do not rise to its count`);
    if (!of.some((sample) => sample.name === `${name}_sum`)) throw new Error(`${name} ${group} has no sum`);
  }
}
