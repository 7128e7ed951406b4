import type { KeyName } from '../../store/key-names.ts';
import { nameOfKey } from '../kit/key-names.ts';

/** The way to a key by what it is called and whose it is; its id where there is room, and alone for one that is gone. */
export function KeyLink({ id, names }: { id: string; names: ReadonlyMap<string, KeyName> }) {
  const key = names.get(id);
  const path = `/admin/keys/${encodeURIComponent(id)}`;
  if (key === undefined) {
    return (
      <a class="mono" href={path}>
        {id}
      </a>
    );
  }
  return (
    <>
      <a href={path} title={id}>
        {nameOfKey(key)}
      </a>
      <small>
        {key.owner} <span class="mono wide-only">{id}</span>
      </small>
    </>
  );
}
