import { isObject } from './json.ts';

/** What stands at a JSON pointer (RFC 6901); undefined where nothing does. */
export function valueAt(value: unknown, pointer: string): unknown {
  let inner = value;
  for (const step of pointer.split('/').slice(1)) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(inner)) inner = /^\d+$/.test(name) ? inner[Number(name)] : undefined;
    else if (isObject(inner) && Object.hasOwn(inner, name)) inner = inner[name];
    else return undefined;
  }
  return inner;
}
