import type { Place } from './place.ts';
import { note, say, sayJson } from './print.ts';
import type { Way } from './way.ts';

/* The end of every command: what came of it, in words or as JSON, and which way it took. */

/** Shows one thing: as JSON where that was asked for, else in words. */
export function sayShown(place: Place, shown: unknown, words: string): void {
  if (place.json) sayJson(shown);
  else say(words);
}

/** Says which way a command took. */
export function noteWay(way: Way): void {
  if (way.sentence !== null) note(way.sentence);
}

/** Says when a change holds, and which way it took. */
export function noteChange(way: Way, isAtOnce: boolean): void {
  note(isAtOnce ? 'It holds from the next request on.' : 'It holds within 60 s.');
  noteWay(way);
}
