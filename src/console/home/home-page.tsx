import { EXAMPLE_MODELS } from '../../connect/example-models.ts';
import { Connect } from '../kit/connect.tsx';
import { Copy } from '../kit/copy.tsx';
import { LonePage } from '../kit/document.tsx';
import { useView } from '../kit/view.ts';

interface HomePageProps {
  /** The router's address without a path. */
  origin: string;
  /** False where nobody could sign in. */
  hasConsole: boolean;
}

/** What this is, the address to copy, and where to go on. */
export function HomePage({ origin, hasConsole }: HomePageProps) {
  const { home, product } = useView().texts;
  const baseUrl = `${origin}/api/v1`;
  const curl = `curl ${baseUrl}/models -H "Authorization: Bearer $KEY"`;
  return (
    <LonePage title={product}>
      <h1>{home.title}</h1>
      <p>{home.lead}</p>
      <section class="panel">
        <Copy id="base-url" label={home.baseUrl} text={baseUrl} />
        <p>{home.use}</p>
        <Copy id="models" label={home.models} text={curl} block />
      </section>
      <nav aria-label={home.links}>
        <ul class="lines">
          <li>
            <a href="/me">{home.usage}</a> <small>{home.usageHint}</small>
          </li>
          {hasConsole && (
            <li>
              <a href="/admin">{home.console}</a> <small>{home.consoleHint}</small>
            </li>
          )}
        </ul>
      </nav>
      <Connect reach={{ origin, key: 'sk-…', ...EXAMPLE_MODELS }} keyPurpose={null} />
    </LonePage>
  );
}
