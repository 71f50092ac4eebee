// Numbers in the text format of Prometheus: counters and histograms that count as they are told, gauges that are read when asked.

/** One metric with all its label sets. */
export interface Family {
  /** Its lines, with the two comments that describe it; empty where nothing was counted. */
  print(): string;
}
type Labels = readonly string[];

export interface Counter extends Family {
  add(values: Labels, amount?: number): void;
}
export interface Histogram extends Family {
  observe(values: Labels, value: number): void;
}

/** What a metric is called, what it says, and the names of its labels. */
export interface Naming {
  readonly name: string;
  readonly help: string;
  readonly labels?: Labels;
}

/** Stands between the values of a label set; no value of ours holds it. */
const between = '\u0000';

/** By hand: joining an array takes longer than all else about counting. */
function keyOf(values: Labels): string {
  let key = values[0] ?? '';
  for (let at = 1; at < values.length; at++) key += between + values[at];
  return key;
}

export function createCounter(naming: Naming): Counter {
  const totals = new Map<string, number>();
  return {
    add(values, amount = 1) {
      const key = keyOf(values);
      totals.set(key, (totals.get(key) ?? 0) + amount);
    },
    print: () =>
      printed(
        naming,
        'counter',
        [...totals].map(([key, total]) => line(naming, '', key, total)),
      ),
  };
}

/** `bounds` rise; whatever is above the last counts in `+Inf` alone. */
export function createHistogram(naming: Naming, bounds: readonly number[]): Histogram {
  const all = new Map<string, { readonly buckets: number[]; sum: number; count: number }>();
  return {
    observe(values, value) {
      const key = keyOf(values);
      let one = all.get(key);
      if (!one) {
        one = { buckets: bounds.map(() => 0), sum: 0, count: 0 };
        all.set(key, one);
      }
      const bucket = bounds.findIndex((bound) => value <= bound);
      if (bucket >= 0) one.buckets[bucket] = (one.buckets[bucket] ?? 0) + 1;
      one.sum += value;
      one.count += 1;
    },
    print: () =>
      printed(
        naming,
        'histogram',
        [...all].flatMap(([key, { buckets, sum, count }]) => {
          let below = 0;
          const rising = buckets.map((number, index) => {
            below += number;
            return line(naming, '_bucket', key, below, `le="${bounds[index]}"`);
          });
          return [
            ...rising,
            line(naming, '_bucket', key, count, 'le="+Inf"'),
            line(naming, '_sum', key, sum),
            line(naming, '_count', key, count),
          ];
        }),
      ),
  };
}

/** A number that is looked up when it is asked for; `type` counter where it only rises. */
export function readGauge(
  naming: Naming,
  read: () => Iterable<readonly [values: Labels, value: number]>,
  type: 'gauge' | 'counter' = 'gauge',
): Family {
  return {
    print: () =>
      printed(
        naming,
        type,
        Array.from(read(), ([values, value]) => line(naming, '', values.join(between), value)),
      ),
  };
}

function printed({ name, help }: Naming, type: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('\n')}\n`;
}

function line({ name, labels = [] }: Naming, suffix: string, key: string, value: number, more?: string): string {
  const values = labels.length > 0 ? key.split(between) : [];
  const pairs = labels.map((label, index) => `${label}="${escaped(values[index] ?? '')}"`);
  if (more !== undefined) pairs.push(more);
  return `${name}${suffix}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
