/** The middle value; of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  return Number.isInteger(middle) ? (upper + (sorted[middle - 1] ?? Number.NaN)) / 2 : upper;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** How far the mean of other such rounds would lie from this one's, in two of three cases. */
export function standardError(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)) / values.length);
}

/** What was measured of one target, a value for each round. */
export type Rounds = number[];

/** A target's ratio to its baseline, round by round: what disturbs a round disturbs both. */
export function ratios(values: Rounds, baseline: Rounds): Rounds {
  return values.map((value, round) => value / (baseline[round] ?? Number.NaN));
}
