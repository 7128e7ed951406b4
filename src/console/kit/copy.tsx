import { useView } from './view.ts';

interface CopyProps {
  /** Unique in the page. */
  id: string;
  label: string;
  text: string;
  /** For texts of several lines. */
  block?: boolean;
}

/** A text with a button that copies it. The button appears where a script can make it work. */
export function Copy({ id, label, text, block }: CopyProps) {
  const { texts } = useView();
  return (
    <div class="copy">
      <span class="label">{label}</span>
      <div>
        {block ? <pre id={id}>{text}</pre> : <code id={id}>{text}</code>}
        <button type="button" class="plain tight" data-copies={id} aria-live="polite" hidden>
          <span>{texts.copy}</span>
          <span class="quiet"> {label}</span>
        </button>
      </div>
    </div>
  );
}
