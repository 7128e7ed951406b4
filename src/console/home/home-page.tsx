import { Copy } from '../kit/copy.tsx';
import { LonePage } from '../kit/document.tsx';
import type { View } from '../kit/view.ts';

interface HomePageProps {
  view: View;
  baseUrl: string;
  /** False without INTERNAL_SECRET. */
  hasConsole: boolean;
}

/** What this is, the address to copy, and where to go on. */
export function HomePage({ view, baseUrl, hasConsole }: HomePageProps) {
  const { home } = view.texts;
  const curl = `curl ${baseUrl}/models -H "Authorization: Bearer $KEY"`;
  return (
    <LonePage view={view} title={view.texts.product}>
      <h1>{home.title}</h1>
      <p>{home.lead}</p>
      <section class="panel">
        <Copy view={view} id="base-url" label={home.baseUrl} text={baseUrl} />
        <p>{home.use}</p>
        <Copy view={view} id="curl" label="curl" text={curl} block />
      </section>
      <nav aria-label={home.links}>
        <ul class="lines">
          <li>
            <a href="/usage">{home.usage}</a> <small>{home.usageHint}</small>
          </li>
          {hasConsole && (
            <li>
              <a href="/admin">{home.console}</a> <small>{home.consoleHint}</small>
            </li>
          )}
        </ul>
      </nav>
    </LonePage>
  );
}
