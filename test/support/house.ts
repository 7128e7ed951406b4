/* Reads src/ as rooms and imports, and tells what a plan of the house does not allow. test/architecture.test.ts has the plan. */

/** One room: a folder of src/, or a file right in it. */
interface Room {
  /** What belongs there. */
  holds: string;
  /** Rooms it may import, types included; its own files always. */
  imports: readonly string[];
  /** Packages it may import. */
  packages: readonly string[];
  /** Its files and folders that may touch the platform; `*` for all. */
  platform: readonly string[];
}

/** The rooms by name. */
export type Plan = ReadonlyMap<string, Room>;

/** Texts of files, by path. */
export type Sources = Readonly<Record<string, string>>;

interface Import {
  from: string;
  /** A path of this project, or a package's name. */
  to: string;
}

const IMPORT = /^(?:import|export)\b[^'"`;]*?\sfrom\s+'([^']+)'|^import\s+'([^']+)'|\bimport\('([^']+)'\)/gm;
const COMMENT = /^\s*\/\*[\s\S]*?\*\/|^\s*\/\/.*$|\s\/\/ .*$/gm;

/** What only some files may touch, and what to call it. */
const PLATFORM: readonly [pattern: RegExp, what: string][] = [
  [/\bDate\.now\(|\bnew Date\(\)|\bperformance\./, 'reads the clock'],
  [/\bset(?:Timeout|Interval)\(|\bscheduler\./, 'waits by a timer'],
  [/(?<![.\w])fetch\(/, 'reaches the network'],
  [/\bCloudflare\.Env\b/, 'sees the variables and bindings'],
  [/\b(?:KVNamespace|D1Database|DurableObject\w*|ExecutionContext)\b/, 'sees a binding'],
];

const words = (cell = '') => cell.split(' ').filter((word) => word !== '');

/** The cells of a table: a line a row, columns apart by `|`. The first line names the columns. */
function readTable(table: string): string[][] {
  const [, ...lines] = table.trim().split('\n');
  return lines.map((line) => line.split('|').map((cell) => cell.trim()));
}

/** The rooms a cell names: one by one, or `all above`, or `all above but` some. Every room may import protocol. */
function roomsIn(cell: string, above: readonly string[]): string[] {
  const all = /^all above(?: but (.*))?$/.exec(cell);
  if (all === null) return ['protocol', ...words(cell)];
  const left = words(all[1]);
  return above.filter((room) => !left.includes(room));
}

/** Reads a plan from its two tables: room, holds, may import, packages; and room, what may touch the platform. */
export function readPlan(rooms: string, platform: string): Plan {
  const touching = new Map(readTable(platform).map(([name = '', files]) => [name, words(files)]));
  const plan = new Map<string, Room>();
  for (const [name = '', holds = '', seen = '', packages] of readTable(rooms)) {
    const imports = roomsIn(seen, [...plan.keys()]).filter((room) => room !== name);
    plan.set(name, { holds, imports, packages: words(packages), platform: touching.get(name) ?? [] });
  }
  return plan;
}

/** The room of a file: `src/keys/limits.ts` is in `keys`, `src/config.ts` is a room of its own. */
export function roomOf(path: string): string {
  return path.split('/')[1] ?? path;
}

function resolve(from: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier;
  const steps = from.split('/').slice(0, -1);
  for (const step of specifier.split('/')) {
    if (step === '..') steps.pop();
    else if (step !== '.') steps.push(step);
  }
  return steps.join('/');
}

/** All imports of the files, those of types and those at run time too. */
export function importsOf(sources: Sources): Import[] {
  return Object.entries(sources).flatMap(([from, text]) =>
    [...text.replace(COMMENT, '').matchAll(IMPORT)].map(([, named, bare, late]) => ({
      from,
      to: resolve(from, named ?? bare ?? late ?? ''),
    })),
  );
}

const packageOf = (specifier: string) => (specifier.includes(':') ? specifier.replace(/:.*/, ':') : specifier);

function isIn(packages: readonly string[], specifier: string): boolean {
  return packages.some(
    (allowed) => allowed === packageOf(specifier) || specifier === allowed || specifier.startsWith(`${allowed}/`),
  );
}

function either(rooms: readonly string[]): string {
  const names = rooms.map((room) => (room.endsWith('.ts') ? room : `${room}/`));
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}

function roomsWhere(plan: Plan, fits: (name: string, room: Room) => boolean): string[] {
  return [...plan].filter(([name, room]) => fits(name, room)).map(([name]) => name);
}

const FOLDER = /^[^.]+$/;

function judgeImport(plan: Plan, { from, to }: Import): string | null {
  const here = roomOf(from);
  const room = plan.get(here);
  if (room === undefined) return `${from}: the plan has no room ${here}. Give it a line, or move the file to its room.`;
  const about = `${from} imports ${to}, and ${either([here])} (${room.holds}) may not.`;
  if (to.startsWith('src/')) {
    const there = roomOf(to);
    if (there === here || room.imports.includes(there)) return null;
    const homes = roomsWhere(
      plan,
      (name, { imports }) =>
        FOLDER.test(name) && [here, there].every((seen) => seen === name || imports.includes(seen)),
    );
    return homes.length === 0
      ? `${about} No room sees both: what they share belongs in one that both may import.`
      : `${about} What needs both belongs in ${either(homes)}. Or it is passed in.`;
  }
  if (to === 'package.json' || isIn(room.packages, to)) return null;
  const homes = roomsWhere(plan, (name, { packages }) => FOLDER.test(name) && isIn(packages, to));
  return homes.length === 0
    ? `${about} Nor may any other room: if the Worker needs it, say so in the plan.`
    : `${about} What needs it belongs in ${either(homes)}.`;
}

function judgePlatform(plan: Plan, path: string, text: string): string[] {
  const here = roomOf(path);
  const { platform = [], holds = '' } = plan.get(here) ?? {};
  const name = path.split('/').slice(2).join('/');
  if (platform.some((allowed) => allowed === '*' || allowed === name || name.startsWith(`${allowed}/`))) return [];
  return text
    .replace(COMMENT, (comment) => comment.replace(/[^\n]/g, ''))
    .split('\n')
    .flatMap((line, index) => {
      const touched = PLATFORM.find(([pattern]) => pattern.test(line))?.[1];
      const where = `${path}:${index + 1}`;
      return touched === undefined
        ? []
        : [`${where} ${touched}: this part of ${here}/ (${holds}) is pure, and gets passed in what it needs.`];
    });
}

/** What the plan does not allow, a sentence each. */
export function faultsOf(plan: Plan, sources: Sources): { rooms: string; sentence: string }[] {
  const imports = importsOf(sources).flatMap((found) => {
    const sentence = judgeImport(plan, found);
    const there = found.to.startsWith('src/') ? roomOf(found.to) : found.to;
    return sentence === null ? [] : [{ rooms: `${roomOf(found.from)} → ${there}`, sentence }];
  });
  const touches = Object.entries(sources).flatMap(([path, text]) =>
    judgePlatform(plan, path, text).map((sentence) => ({ rooms: `${roomOf(path)} → platform`, sentence })),
  );
  return [...imports, ...touches];
}

/** One circle, if there is any: its members in the order in which they import each other, the first one twice. */
export function circleIn(imports: readonly Import[]): string[] | null {
  const targets = new Map<string, string[]>();
  for (const { from, to } of imports) targets.set(from, [...(targets.get(from) ?? []), to]);
  const done = new Set<string>();
  function walk(path: readonly string[]): string[] | null {
    const last = path.at(-1) ?? '';
    const first = path.indexOf(last);
    if (first < path.length - 1) return path.slice(first);
    if (done.has(last)) return null;
    for (const to of targets.get(last) ?? []) {
      const circle = walk([...path, to]);
      if (circle !== null) return circle;
    }
    done.add(last);
    return null;
  }
  for (const from of targets.keys()) {
    const circle = walk([from]);
    if (circle !== null) return circle;
  }
  return null;
}
