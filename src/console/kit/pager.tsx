import { useView } from './view.ts';

interface PagerProps {
  path: string;
  /** What the list is narrowed by. */
  query?: URLSearchParams;
  cursor: string | null;
  next: string | null;
  /** What the cursor is called in the address, where a page has two lists. */
  name?: string;
}

/** The links below a list that goes on. */
export function Pager({ path, query, cursor, next, name = 'cursor' }: PagerProps) {
  const { texts } = useView();
  if (cursor === null && next === null) return null;
  const link = (to: string | null) => {
    const params = new URLSearchParams(query);
    params.delete(name);
    if (to !== null) params.set(name, to);
    const text = params.toString();
    return text === '' ? path : `${path}?${text}`;
  };
  return (
    <nav class="row" aria-label={texts.more}>
      {cursor !== null && (
        <a class="button plain" href={link(null)}>
          {texts.newest}
        </a>
      )}
      {next !== null && (
        <a class="button plain" href={link(next)} rel="next">
          {texts.older}
        </a>
      )}
    </nav>
  );
}
