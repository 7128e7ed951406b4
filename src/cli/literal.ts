/*
 * `wrangler d1 execute` takes no bound parameters, so values are written into the statement here and nowhere else.
 * Text with anything but harmless characters goes as hexadecimal: no quoting rule of any shell or parser matters.
 * https://github.com/cloudflare/workers-sdk/issues/8352
 */

const HARMLESS = /^[A-Za-z0-9 _.,:@+/*%-]*$/;

/** A value as SQL. Throws TypeError for what is neither text, finite number, bigint, boolean nor null. */
export function literal(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (typeof value !== 'string') throw new TypeError(`No SQL for a ${typeof value}.`);
  if (HARMLESS.test(value)) return `'${value}'`;
  return `CAST(X'${Buffer.from(value, 'utf8').toString('hex')}' AS TEXT)`;
}

/** Puts values in the place of the `?` of a statement; those inside quotes are text and stay. */
export function inlineParameters(statement: string, parameters: readonly unknown[]): string {
  let index = 0;
  const text = statement.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"|\?/g, (part) => {
    if (part !== '?') return part;
    if (index >= parameters.length) throw new RangeError('The statement has more places than values.');
    const value = literal(parameters[index]);
    index += 1;
    return value;
  });
  if (index !== parameters.length) throw new RangeError('The statement has fewer places than values.');
  return text;
}
