// Whoever reads may stop before we do (`npm run keys -- list | head`): what comes after is for nobody.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

/** What a command prints: results on standard output, everything else on standard error. */
export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** A remark that no script should read. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** A result as JSON, indented for people. */
export function sayJson(value: unknown): void {
  say(JSON.stringify(value, null, 2));
}

/** Cuts a text to a width, in the middle: ids and model names begin alike and differ at their ends. */
function shorten(text: string, width: number): string {
  if (text.length <= width) return text;
  const end = Math.floor((width - 1) / 2);
  return `${text.slice(0, width - 1 - end)}…${text.slice(text.length - end)}`;
}

/** One column of a table. */
interface Column {
  title: string;
  /** Numbers stand to the right. */
  right?: boolean;
  /** May be cut when the terminal is narrow. */
  flexible?: boolean;
  /** Left out, the last one first, where cutting alone does not make the table fit. */
  spare?: boolean;
}

/** Between two columns. */
const GAP = 2;
/** Narrower than this a cut column says nothing. */
const NARROWEST = 8;

function columnWidths(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): number[] {
  const widths = columns.map((column, index) =>
    Math.max(column.title.length, ...rows.map((row) => (row[index] ?? '').length)),
  );
  const total = () => widths.reduce((sum, each) => sum + each + GAP, -GAP);
  // Takes from the widest flexible column, one character at a time, until the table fits.
  while (total() > width) {
    let widest = -1;
    for (const [index, column] of columns.entries()) {
      const candidate = widths[index] ?? 0;
      if (column.flexible && candidate > NARROWEST && candidate > (widths[widest] ?? 0)) widest = index;
    }
    if (widest < 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

/** A table that fits `width` characters where its flexible and spare columns allow it. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): string {
  const widths = columnWidths(columns, rows, width);
  const spare = columns.findLastIndex((column) => column.spare);
  if (spare >= 0 && widths.reduce((sum, each) => sum + each + GAP, -GAP) > width) {
    return table(
      columns.toSpliced(spare, 1),
      rows.map((row) => row.toSpliced(spare, 1)),
      width,
    );
  }
  const line = (cells: readonly string[]) =>
    columns
      .map((column, index) => {
        const cell = shorten(cells[index] ?? '', widths[index] ?? 0);
        return column.right ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0);
      })
      .join(' '.repeat(GAP))
      .trimEnd();
  return [line(columns.map((column) => column.title)), ...rows.map(line)].join('\n');
}

/** The terminal's width; what is piped into a file is not cut. */
export function terminalWidth(): number {
  return process.stdout.isTTY ? (process.stdout.columns ?? 80) : Number.POSITIVE_INFINITY;
}
