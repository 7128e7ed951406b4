/** What one part of the script has seen. */
export interface Part {
  name: string;
  figures: readonly string[];
  /** What was wrong, a sentence each. */
  faults: readonly string[];
}
