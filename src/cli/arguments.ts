import { type ParseArgsConfig, parseArgs } from 'node:util';
import type * as z from 'zod/mini';
import { Mistake } from './mistake.ts';

type Options = NonNullable<ParseArgsConfig['options']>;

/** `--rpm -1` as `--rpm=-1`: Node takes a dash for the next flag, and its complaint says nothing of what -1 may not be. */
function joinNegatives(args: readonly string[], options: Options): string[] {
  return args.flatMap((arg, index) => {
    const takesValue = (flag: string | undefined) =>
      flag?.startsWith('--') && options[flag.slice(2)]?.type === 'string';
    const isNegative = (text: string | undefined) => /^-[\d.]/.test(text ?? '');
    if (isNegative(arg) && takesValue(args[index - 1])) return [];
    return takesValue(arg) && isNegative(args[index + 1]) ? [`${arg}=${args[index + 1]}`] : [arg];
  });
}

/** Reads flags and positionals strictly. Throws Mistake with what is wrong. */
export function readArguments<T extends Options>(args: string[], options: T) {
  try {
    return parseArgs({ args: joinNegatives(args, options), options, allowPositionals: true, strict: true });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const first = message.split(/\n|\. /)[0] ?? message;
    throw new Mistake(`${first.replace(/\.$/, '')}. See --help for what can be given.`);
  }
}

/** Checks a value with a schema, and says what is wrong by the name that was typed. */
export function check<T extends z.ZodMiniType>(schema: T, value: unknown, name: string): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Mistake(`${name} ${parsed.error.issues[0]?.message ?? 'is not valid'}.`);
}

/** The one positional that a verb takes after itself. */
export function onlyPositional(positionals: readonly string[], what: string, example: string): string {
  const [value, ...rest] = positionals;
  if (value === undefined || value === '') throw new Mistake(`Say which ${what}: ${example}`);
  if (rest.length > 0) throw new Mistake(`One ${what} at a time: "${rest.join(' ')}" is too much.`);
  return value;
}

/** Refuses positionals where a verb takes none. */
export function noPositional(positionals: readonly string[]): void {
  if (positionals.length > 0) {
    throw new Mistake(`"${positionals.join(' ')}" is not understood here. See --help for what can be given.`);
  }
}
