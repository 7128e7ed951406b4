import { Hono } from 'hono';
import type { AdminEnv } from '../../middleware/admin-session.ts';
import { runAfterIn } from '../../middleware/run-after.ts';
import { findOffered } from '../../offer/read-offered.ts';
import { assets } from '../kit/asset-list.ts';
import { respond } from '../kit/respond.tsx';
import { useView, viewOf } from '../kit/view.ts';
import { Frame, Head } from './frame.tsx';

interface TryProps {
  models: readonly string[];
  /** The one that a link has led to. */
  wanted: string | null;
}

/** What the script makes each turn of. */
function TurnTemplate() {
  const { tryIt } = useView().texts;
  return (
    <template id="turn">
      <article class="turn">
        <b data-part="name"></b>
        <details data-part="reasoning" open hidden>
          <summary>{tryIt.reasoning}</summary>
          <p class="text" data-part="thoughts"></p>
        </details>
        <p class="text" data-part="text"></p>
        <p class="note bad" data-part="error" role="alert" hidden></p>
        <small>
          <span data-part="usage"></span>
          <a href="/admin/requests" data-part="link" hidden>
            {tryIt.see}
          </a>
        </small>
      </article>
    </template>
  );
}

function ChatForm({ models, wanted }: TryProps) {
  const { tryIt } = useView().texts;
  return (
    <form
      id="try"
      class="panel"
      hidden
      data-you={tryIt.you}
      data-waiting={tryIt.waiting}
      data-failed={tryIt.failed}
      data-stopped={tryIt.stopped}
      data-stop={tryIt.stop}
      data-send-text={tryIt.send}
      data-tokens={tryIt.tokens}
    >
      <div class="row">
        <div class="field grow">
          <label for="client-key">{tryIt.key}</label>
          <input id="client-key" name="key" type="password" autocomplete="off" required />
        </div>
        <div class="field grow">
          <label for="model">{tryIt.model}</label>
          <select id="model" name="model">
            {models.map((name) => (
              <option value={name} selected={name === wanted}>
                {name}
              </option>
            ))}
          </select>
        </div>
      </div>
      <div class="field">
        <label for="message">{tryIt.message}</label>
        <textarea id="message" name="message" placeholder={tryIt.placeholder} required></textarea>
      </div>
      <div class="row">
        <button type="submit" name="send">
          {tryIt.send}
        </button>
        <button type="button" id="clear" class="plain">
          {tryIt.clear}
        </button>
      </div>
    </form>
  );
}

function TryPage({ models, wanted }: TryProps) {
  const { tryIt } = useView().texts;
  return (
    <Frame title={tryIt.title} place="tryIt" scripts={[assets.tryScript]}>
      <Head title={tryIt.title} lead={tryIt.lead} />
      <noscript>
        <p class="note">{tryIt.noScript}</p>
      </noscript>
      <section id="conversation" class="chat" role="log" aria-label={tryIt.conversation} aria-live="polite">
        <p id="nothing" class="soft">
          {tryIt.empty}
        </p>
      </section>
      <TurnTemplate />
      <ChatForm models={models} wanted={wanted} />
    </Frame>
  );
}

/** `/admin/try`: the one page that needs its script, to read the stream. */
export const tryIt = new Hono<AdminEnv>().get('/try', async (c) => {
  const { catalog } = await findOffered(c.env, runAfterIn(c.executionCtx));
  const listed = catalog.list();
  const names = listed.filter(({ kind }) => kind === 'model' || kind === 'route').map(({ name }) => name);
  return respond(c, viewOf(c), <TryPage models={names} wanted={c.req.query('model') ?? null} />);
});
