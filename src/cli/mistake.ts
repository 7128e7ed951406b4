/** A mistake of the person at the terminal: one line that says what to do, exit 1. */
export class Mistake extends Error {
  override name = 'Mistake';
}
