/** Names longer than this are not compared beyond it: the work grows with the product of both lengths. */
const COMPARED_LENGTH = 80;

/** How many letters must be put in, left out, replaced or swapped to make one text of the other. */
export function editDistance(left: string, right: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const same = left[row - 1] === right[column - 1];
      let best = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (swapped) best = Math.min(best, (beforePrevious[column - 2] ?? best) + 1);
      current.push(best);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[right.length] ?? 0;
}

function sharedStart(left: string, right: string): number {
  let length = 0;
  while (length < left.length && left[length] === right[length]) length += 1;
  return length;
}

/** The names that someone who wrote `wanted` most likely meant, best first, at most three. */
export function nearestNames(wanted: string, names: Iterable<string>): string[] {
  const text = wanted.slice(0, COMPARED_LENGTH).toLowerCase();
  const tolerance = Math.max(2, Math.floor(text.length * 0.4));
  const scored: { name: string; distance: number; shared: number }[] = [];
  for (const name of names) {
    // Who left the provider out is compared without it.
    const comparable = (text.includes('/') ? name : name.slice(name.indexOf('/') + 1)).toLowerCase();
    // A name that was only begun is nearly right, however much is missing.
    const isBegun = text.length >= 3 && comparable.startsWith(text);
    const distance = isBegun ? 1 : editDistance(text, comparable);
    if (distance <= tolerance) scored.push({ name, distance, shared: sharedStart(text, comparable) });
  }
  scored.sort(
    (one, other) => one.distance - other.distance || other.shared - one.shared || one.name.localeCompare(other.name),
  );
  return scored.slice(0, 3).map(({ name }) => name);
}
