import { Table } from './table.tsx';
import { useView } from './view.ts';

/** A column's part: the class that colours it, and its height in the chart's unit. */
interface Part {
  tone: string;
  value: number;
}

interface Column {
  /** What a pointer is told, and the table's first cell. */
  name: string;
  /** Written under the column; most columns have none. */
  tick: string | null;
  /** From the bottom up. */
  parts: readonly Part[];
}

interface Series {
  tone: string;
  name: string;
  /** Its sum, as text. */
  sum: string;
}

interface ChartProps {
  /** What the chart shows, for those who do not see it. */
  label: string;
  columns: readonly Column[];
  series: readonly Series[];
  /** The least height of the scale. */
  leastTop: number;
  format(value: number): string;
  /** Shorter: for the scale. */
  formatScale(value: number): string;
}

/** In CSS pixels. The style sheet's `.scale` is as high. */
const HEIGHT = 160;
/** Each has a half that is easy to read too. */
const STEPS = [1, 2, 3, 4, 6, 8, 10];

/** The round number at the top of a scale that holds `most`. */
function roundTop(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most));
  return (STEPS.find((step) => step * power >= most) ?? 10) * power;
}

function total(column: Column): number {
  return column.parts.reduce((sum, part) => sum + part.value, 0);
}

function Bar({ column, index, share, top }: { column: Column; index: number; share: number; top: number }) {
  let base = HEIGHT;
  const x = `${(index + 0.14) * share}%`;
  const width = `${0.72 * share}%`;
  return (
    <g class="column">
      {column.parts.map(({ tone, value }) => {
        const height = (value / top) * HEIGHT;
        base -= height;
        return <rect class={tone} x={x} y={base.toFixed(2)} width={width} height={height.toFixed(2)} />;
      })}
    </g>
  );
}

function Swatch({ tone }: { tone: string }) {
  return (
    <svg viewBox="0 0 10 10" aria-hidden="true">
      <rect class={tone} width="10" height="10" rx="2" />
    </svg>
  );
}

/** What a column is made of, shown to who points at it, comes to it by keyboard or touches it: the place holds it all, without a script. */
function Tip({
  column,
  series,
  format,
  side,
}: Pick<ChartProps, 'series' | 'format'> & { column: Column; side: string }) {
  const parts = column.parts
    .filter(({ value }) => value > 0)
    .map(({ tone, value }) => ({
      tone,
      text: format(value),
      name: series.find((each) => each.tone === tone)?.name ?? '',
    }))
    .toReversed();
  if (parts.length === 0) return <div></div>;
  const words = parts.map(({ name, text }) => `${name} ${text}`);
  return (
    <div role="img" tabindex={0} aria-label={`${column.name}: ${format(total(column))}. ${words.join(', ')}`}>
      <div class={`tip ${side}`}>
        <b>
          {column.name} <span>{format(total(column))}</span>
        </b>
        {parts.map(({ tone, name, text }) => (
          <span>
            <Swatch tone={tone} /> {name} <span>{text}</span>
          </span>
        ))}
      </div>
    </div>
  );
}

/** Under its column, and never past the end of the chart. */
function Tick({ text, index, columns }: { text: string; index: number; columns: number }) {
  const isLast = index === columns - 1;
  return (
    <text
      x={isLast ? '100%' : `${((index + 0.5) * 100) / columns}%`}
      y={HEIGHT + 18}
      text-anchor={isLast ? 'end' : 'middle'}
    >
      {text}
    </text>
  );
}

function Plot({ label, columns, series, leastTop, format, formatScale }: ChartProps) {
  const top = roundTop(Math.max(leastTop, ...columns.map(total)));
  const share = 100 / columns.length;
  return (
    <div class="plot">
      <div class="scale" aria-hidden="true">
        {[top, top / 2, 0].map((value) => (
          <span>{formatScale(value)}</span>
        ))}
      </div>
      <div class="canvas">
        <svg height={HEIGHT + 24} role="img" aria-label={label}>
          {[0, HEIGHT / 2, HEIGHT].map((y) => (
            <line class="grid" x1="0" x2="100%" y1={y} y2={y} />
          ))}
          {columns.map((column, index) => (
            <Bar column={column} index={index} share={share} top={top} />
          ))}
          {columns.map(
            ({ tick }, index) => tick !== null && <Tick text={tick} index={index} columns={columns.length} />,
          )}
        </svg>
        <div class="tips">
          {columns.map((column, index) => (
            <Tip column={column} series={series} format={format} side={index * 2 < columns.length ? 'left' : 'right'} />
          ))}
        </div>
      </div>
    </div>
  );
}

function DataTable({ label, columns, series, format }: ChartProps) {
  const { texts } = useView();
  const partOf = (column: Column, tone: string) => column.parts.find((part) => part.tone === tone)?.value ?? 0;
  return (
    <details>
      <summary>{texts.table}</summary>
      <Table
        caption={label}
        rows={columns.filter((column) => total(column) > 0)}
        columns={[
          { head: <span class="quiet">{label}</span>, cells: 'nowrap', cell: ({ name }) => name },
          ...series.map(({ name, tone }) => ({
            head: name,
            look: 'number',
            cell: (column: Column) => format(partOf(column, tone)),
          })),
        ]}
      />
    </details>
  );
}

/** Stacked columns with a scale, a legend, and the same numbers as a table. Text keeps its size at every width. */
export function Chart(props: ChartProps) {
  return (
    <figure class="chart stack">
      <Plot {...props} />
      <figcaption>
        <ul class="legend">
          {props.series.map(({ tone, name, sum }) => (
            <li>
              <Swatch tone={tone} />
              {name} <b>{sum}</b>
            </li>
          ))}
        </ul>
      </figcaption>
      <DataTable {...props} />
    </figure>
  );
}
