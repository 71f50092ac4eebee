// Numbers in the text format of Prometheus: counters and histograms that count as they are told, gauges that are read when asked.

/** One metric with all its label sets. */
export interface Family {
  /** Its lines, with the two comments that describe it; empty where nothing was counted. */
  print(): string;
}
type Labels = readonly string[];

/** Values of labels one by one: counting happens all the time, and makes nothing for sets that were seen before. */
export interface Counter extends Family {
  /** The labels of what is counted, in the order of `Naming.labels`. */
  add(amount: number, first?: string, second?: string, third?: string): void;
}
/** Values by the bounds that they keep within, their number and their sum; labels as a counter has them. */
export interface Histogram extends Family {
  /** In the unit of the bounds. */
  observe(value: number, first?: string, second?: string, third?: string): void;
}

/** What a metric is called, what it says, and the names of its labels. */
export interface Naming {
  /** As Prometheus wants it: the unit, and `_total` for counters, at its end. */
  readonly name: string;
  /** One line. */
  readonly help: string;
  readonly labels?: Labels;
}

/** A number that only rises. Sets of labels are there once something was counted for them, and stay. */
export function createCounter(naming: Naming): Counter {
  const totals = createCells(() => ({ total: 0 }));
  return {
    add(amount, first, second, third) {
      totals.of(first, second, third).total += amount;
    },
    print: () =>
      printed(
        naming,
        'counter',
        totals.all.map(([values, { total }]) => line(naming, '', values, total)),
      ),
  };
}

/** `bounds` rise; whatever is above the last counts in `+Inf` alone. */
export function createHistogram(naming: Naming, bounds: readonly number[]): Histogram {
  const cells = createCells(() => ({ buckets: bounds.map(() => 0), sum: 0, count: 0 }));
  return {
    observe(value, first, second, third) {
      const one = cells.of(first, second, third);
      one.sum += value;
      one.count += 1;
      let bucket = 0;
      for (const bound of bounds) {
        if (value <= bound) break;
        bucket += 1;
      }
      if (bucket < bounds.length) one.buckets[bucket] = (one.buckets[bucket] ?? 0) + 1;
    },
    print: () =>
      printed(
        naming,
        'histogram',
        cells.all.flatMap(([values, { buckets, sum, count }]) => {
          let below = 0;
          const rising = buckets.map((number, index) => {
            below += number;
            return line(naming, '_bucket', values, below, `le="${bounds[index]}"`);
          });
          return [
            ...rising,
            line(naming, '_bucket', values, count, 'le="+Inf"'),
            line(naming, '_sum', values, sum),
            line(naming, '_count', values, count),
          ];
        }),
      ),
  };
}

interface Cells<Cell> {
  /** What is counted for a set of labels. */
  of(first?: string, second?: string, third?: string): Cell;
  /** In the order in which they came. */
  readonly all: readonly (readonly [values: Labels, cell: Cell])[];
}

function createCells<Cell>(open: () => Cell): Cells<Cell> {
  const all: (readonly [Labels, Cell])[] = [];
  const known = new Map<string, Map<string, Map<string, Cell>>>();
  const add = (first: string, second: string, third: string): Cell => {
    const cell = open();
    all.push([[first, second, third], cell]);
    const seconds = known.get(first) ?? new Map<string, Map<string, Cell>>();
    const thirds = seconds.get(second) ?? new Map<string, Cell>();
    known.set(first, seconds.set(second, thirds.set(third, cell)));
    return cell;
  };
  return {
    all,
    of: (first = '', second = '', third = '') => known.get(first)?.get(second)?.get(third) ?? add(first, second, third),
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
        Array.from(read(), ([values, value]) => line(naming, '', values, value)),
      ),
  };
}

function printed({ name, help }: Naming, type: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('\n')}\n`;
}

function line({ name, labels = [] }: Naming, suffix: string, values: Labels, value: number, more?: string): string {
  const pairs = labels.map((label, index) => `${label}="${escaped(values[index] ?? '')}"`);
  if (more !== undefined) pairs.push(more);
  return `${name}${suffix}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
