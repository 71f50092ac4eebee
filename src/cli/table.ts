// Text for a terminal of 80 columns: tables whose widest columns give way, and paragraphs that are broken at words.

const columns = 80;
const gap = 2;
/** No column is cut below this. */
const narrowest = 8;

/** A table without lines: a row of headings, then the rows. What does not fit is cut with an ellipsis. */
export function printTable(headings: readonly string[], rows: readonly (readonly string[])[], indent = 0): string {
  const all = [headings, ...rows];
  const widths = headings.map((_, column) => Math.max(...all.map((row) => lengthOf(row[column] ?? ''))));
  shrink(widths, columns - indent - gap * (headings.length - 1));
  return all
    .map((row) =>
      `${' '.repeat(indent)}${row.map((cell, at) => padded(cell, widths[at] ?? 0)).join(' '.repeat(gap))}`.trimEnd(),
    )
    .join('\n');
}

/** The widest columns become narrower, a letter at a time, until all fit. */
function shrink(widths: number[], room: number): void {
  let sum = widths.reduce((total, width) => total + width, 0);
  while (sum > room) {
    const widest = widths.indexOf(Math.max(...widths));
    const width = widths[widest] ?? 0;
    if (width <= narrowest) return;
    widths[widest] = width - 1;
    sum -= 1;
  }
}

function padded(text: string, width: number): string {
  const letters = [...text];
  const fitted = letters.length > width ? `${letters.slice(0, width - 1).join('')}…` : text;
  return fitted + ' '.repeat(Math.max(0, width - lengthOf(fitted)));
}

function lengthOf(text: string): number {
  return [...text].length;
}

/** A paragraph in lines that fit, each indented. Words longer than a line stay whole: they are to be copied. */
export function printText(text: string, indent = 0): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && lengthOf(longer) > columns - indent) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  lines.push(line);
  return lines.map((one) => `${' '.repeat(indent)}${one}`).join('\n');
}

/** A span of seconds in words: `45 s`, `29 min`, `5 h`. */
export function printSpan(seconds: number): string {
  if (seconds < 100) return `${Math.max(0, Math.ceil(seconds))} s`;
  return seconds < 100 * 60 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
