import * as z from 'zod/mini';
import { nanoToAlignedUsd } from '../protocol/money.ts';
import { noPositional, onlyPositional, readArguments } from './arguments.ts';
import { Mistake } from './mistake.ts';
import { PLACE_OPTIONS, type Place, readPlace } from './place.ts';
import { note, say, sayJson, table, terminalWidth } from './print.ts';
import { askRouter, findRouter, type Router } from './router.ts';

const HELP = `npm run ledger -- check                       exit 1 where the sums of a key differ
npm run ledger -- repair                      sends the rows again that D1 has lost
npm run ledger -- dead-letters list           messages that could not be written
npm run ledger -- dead-letters retry ID|all   puts them back into the queue
npm run ledger -- dead-letters delete ID|all

These ask the running router, not the database: ROUTER_URL and INTERNAL_SECRET say where it is and open it.
Without them it is the one of "npm start" on this machine. One that is elsewhere needs --remote.
  --json             JSON on standard output`;

// A router of the version before answers all keys at once.
const nextCursor = z._default(z.nullable(z.string()), null);

const checkSchema = z.object({
  ok: z.boolean(),
  next_cursor: nextCursor,
  ledgers: z._default(z.number(), 0),
  data: z.array(
    z.looseObject({
      key_id: z.string(),
      ledger_nano_usd: z.number(),
      d1_nano_usd: z.number(),
      daily_nano_usd: z.number(),
      held_nano_usd: z.number(),
      open_leases: z.number(),
      outbox: z.number(),
    }),
  ),
  // A router of the version before has none.
  shared: z.optional(
    z.array(
      z.looseObject({
        level: z.string(),
        name: z.string(),
        shared_nano_usd: z.number(),
        daily_nano_usd: z.number(),
        reserved_nano_usd: z.number(),
        outbox: z._default(z.number(), 0),
      }),
    ),
  ),
});
type Row = z.output<typeof checkSchema>['data'][number];
const repairSchema = z.object({ repaired: z.array(z.string()), next_cursor: nextCursor });
type Shared = NonNullable<z.output<typeof checkSchema>['shared']>[number];
const lettersSchema = z.object({
  data: z.array(z.looseObject({ id: z.string(), reason: z.string(), arrived_at: z.string() })),
  next_cursor: z.nullable(z.string()),
});

/** Where a walk over all keys goes on; the first slice has none. */
function slicePath(path: string, cursor: string | null): string {
  return cursor === null ? path : `${path}?cursor=${encodeURIComponent(cursor)}`;
}

const TELL_EVERY_MS = 2_000;

/** Says how far a long walk is, now and then. */
function openProgress(): (line: string) => void {
  let toldAt = Date.now();
  return (line) => {
    if (Date.now() - toldAt < TELL_EVERY_MS) return;
    toldAt = Date.now();
    note(line);
  };
}

interface Sums {
  ok: boolean;
  data: Row[];
  shared: Shared[];
  slices: number;
}

/** The sums of every key, slice by slice. */
async function readSums(router: Router): Promise<Sums> {
  const all: Sums = { ok: true, data: [], shared: [], slices: 0 };
  const tell = openProgress();
  let cursor: string | null = null;
  do {
    const slice: z.output<typeof checkSchema> = await askRouter(
      router,
      'GET',
      slicePath('/internal/ledger/check', cursor),
      checkSchema,
    );
    all.ok &&= slice.ok;
    all.data.push(...slice.data);
    all.shared.push(...(slice.shared ?? []));
    all.slices += 1;
    cursor = slice.next_cursor;
    const of = Math.max(slice.ledgers, all.data.length).toLocaleString('en-US');
    const budgets = all.shared.length === 0 ? '' : `, and ${all.shared.length.toLocaleString('en-US')} shared budgets`;
    if (cursor !== null) tell(`${all.data.length.toLocaleString('en-US')} of ${of} keys are checked${budgets}.`);
  } while (cursor !== null);
  return all;
}

function agrees(row: Row): boolean {
  return row.ledger_nano_usd === row.d1_nano_usd && row.d1_nano_usd === row.daily_nano_usd;
}

function sharesAgree(row: Shared): boolean {
  return row.shared_nano_usd === row.daily_nano_usd;
}

/** The budgets of users and teams, one a line. */
function sharedTable(shared: readonly Shared[]): string {
  const right = (title: string) => ({ title, right: true });
  const columns = [{ title: 'BUDGET OF', flexible: true }, ...['SHARED USD', 'DAILY USD', 'RESERVED USD'].map(right)];
  const rows = shared.map((row) => [
    `${row.level} ${row.name}`,
    ...[row.shared_nano_usd, row.daily_nano_usd, row.reserved_nano_usd].map(nanoToAlignedUsd),
  ]);
  return table(columns, rows, terminalWidth());
}

function saySums({ ok, data, shared, slices }: Sums): void {
  const right = (title: string) => ({ title, right: true });
  const columns = [
    { title: 'KEY', flexible: true },
    ...['LEDGER USD', 'LOG USD', 'DAILY USD', 'HELD USD', 'OPEN', 'UNSENT'].map(right),
  ];
  // Of many keys those that differ are what is looked for.
  const shown = slices === 1 ? data : data.filter((row) => !agrees(row));
  const rows = shown.map((row) => [
    row.key_id,
    ...[row.ledger_nano_usd, row.d1_nano_usd, row.daily_nano_usd, row.held_nano_usd].map(nanoToAlignedUsd),
    String(row.open_leases),
    String(row.outbox),
  ]);
  if (rows.length > 0) say(table(columns, rows, terminalWidth()));
  const shownShared = slices === 1 ? shared : shared.filter((row) => !sharesAgree(row));
  if (shownShared.length > 0) say(sharedTable(shownShared));
  const budgets = shared.length === 0 ? '' : ` and ${shared.length.toLocaleString('en-US')} shared budgets`;
  const keys = slices === 1 ? '' : `${data.length.toLocaleString('en-US')} keys${budgets} are checked. `;
  say(`${keys}${ok ? 'The sums agree.' : 'The sums differ.'}`);
}

async function checkSums(router: Router, place: Place): Promise<number> {
  const result = await readSums(router);
  const { ok, data, shared } = result;
  if (place.json) sayJson(shared.length === 0 ? { ok, data } : { ok, data, shared });
  else saySums(result);
  const waiting = [...data, ...shared].some((row) => row.outbox > 0) || data.some((row) => row.open_leases > 0);
  if (!ok && waiting) note('Rows are on their way: check again in ten seconds.');
  else if (data.some((row) => row.d1_nano_usd !== row.daily_nano_usd))
    note(
      'Log and daily sums differ: one was edited by hand. .github/docs/operating.md, "When something is wrong", says what to do.',
    );
  else if (!ok && data.every(agrees))
    note('A shared budget differs and no key does: it asks its ledgers anew within the hour. Check again then.');
  else if (!ok) note('Send the rows again: npm run ledger -- repair');
  return ok ? 0 : 1;
}

/** Has every ledger send its rows again whose rows D1 has lost, slice by slice. */
async function repair(router: Router, place: Place): Promise<void> {
  const repaired: string[] = [];
  const tell = openProgress();
  let cursor: string | null = null;
  do {
    const slice: z.output<typeof repairSchema> = await askRouter(
      router,
      'POST',
      slicePath('/internal/ledger/repair', cursor),
      repairSchema,
    );
    repaired.push(...slice.repaired);
    cursor = slice.next_cursor;
    if (cursor !== null) tell(`All keys up to ${cursor} are looked at.`);
  } while (cursor !== null);
  if (place.json) sayJson(repaired);
  else say(`${repaired.length} ${repaired.length === 1 ? 'ledger sends its' : 'ledgers send their'} rows again.`);
}

async function allLetters(router: Router): Promise<z.output<typeof lettersSchema>['data']> {
  const letters: z.output<typeof lettersSchema>['data'] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const page: z.output<typeof lettersSchema> = await askRouter(
      router,
      'GET',
      `/internal/ledger/dead-letters?limit=200&cursor=${encodeURIComponent(cursor)}`,
      lettersSchema,
    );
    letters.push(...page.data);
    cursor = page.next_cursor;
  }
  return letters;
}

async function listLetters(router: Router, place: Place): Promise<void> {
  const letters = await allLetters(router);
  if (place.json) sayJson(letters);
  else if (letters.length === 0) note('There are no dead letters.');
  else {
    const columns = [{ title: 'ID' }, { title: 'ARRIVED' }, { title: 'REASON', flexible: true }];
    say(
      table(
        columns,
        letters.map((letter) => [letter.id, letter.arrived_at, letter.reason]),
        terminalWidth(),
      ),
    );
  }
}

async function actOnLetter(router: Router, verb: 'retry' | 'delete', id: string): Promise<void> {
  const path = `/internal/ledger/dead-letters/${encodeURIComponent(id)}`;
  if (verb === 'retry') await askRouter(router, 'POST', `${path}/retry`, z.unknown());
  else await askRouter(router, 'DELETE', path, z.unknown());
}

/** Retries or deletes one letter, or all that there are: one that is refused does not keep back the others. */
async function actOnLetters(router: Router, place: Place, verb: 'retry' | 'delete', id: string): Promise<number> {
  const ids = id === 'all' ? (await allLetters(router)).map((letter) => letter.id) : [id];
  const done: string[] = [];
  for (const each of ids) {
    try {
      await actOnLetter(router, verb, each);
      done.push(each);
    } catch (cause) {
      if (id !== 'all' || !(cause instanceof Mistake)) throw cause;
      note(cause.message);
    }
  }
  if (place.json) sayJson(done);
  else say(`${done.length} ${done.length === 1 ? 'letter' : 'letters'} ${verb === 'retry' ? 'put back' : 'deleted'}.`);
  return done.length === ids.length ? 0 : 1;
}

async function deadLetters(
  positionals: readonly string[],
  router: () => Promise<Router>,
  place: Place,
): Promise<number> {
  const [verb, ...rest] = positionals;
  if (verb === 'list') {
    noPositional(rest);
    await listLetters(await router(), place);
    return 0;
  }
  if (verb === 'retry' || verb === 'delete') {
    const id = onlyPositional(rest, 'letter', `npm run ledger -- dead-letters ${verb} ID, or "all"`);
    return await actOnLetters(await router(), place, verb, id);
  }
  throw new Mistake('Say what to do with dead letters: list, retry or delete. --help explains.');
}

/** `npm run ledger`. */
export async function run(args: string[]): Promise<number | undefined> {
  const { values, positionals } = readArguments(args, PLACE_OPTIONS);
  if (values.help) {
    say(HELP);
    return 0;
  }
  const place = readPlace(values);
  if (place.sql)
    throw new Mistake('--sql is for commands that ask the database: the ledger is asked through the router.');
  const router = async () => {
    const found = await findRouter(place);
    if (found.kind === 'found') return found.router;
    throw new Mistake(
      `The running router is asked, and ${found.variable} is not set. Start it with npm start, or set ROUTER_URL and INTERNAL_SECRET.`,
    );
  };
  const [verb, ...rest] = positionals;
  switch (verb) {
    case 'check':
      noPositional(rest);
      return await checkSums(await router(), place);
    case 'repair': {
      noPositional(rest);
      await repair(await router(), place);
      return 0;
    }
    case 'dead-letters':
      return await deadLetters(rest, router, place);
    default:
      throw new Mistake('Say what to do: check, repair or dead-letters. --help explains.');
  }
}
