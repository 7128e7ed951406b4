import type { Page } from '../../store/page.ts';
import type { DeadLetter } from '../../store/schema.ts';
import { dateTime } from '../kit/format.ts';
import type { View } from '../kit/view.ts';
import { Scroll } from './frame.tsx';

/** Messages that could not be written into D1, the oldest of them, and what to do; nothing where there are none. */
export function DeadLetters({ view, letters }: { view: View; letters: Page<DeadLetter> }) {
  const texts = view.texts.deadLetters;
  if (letters.data.length === 0) return null;
  return (
    <section>
      <h2>{texts.title}</h2>
      <p class="soft">{texts.lead}</p>
      <Scroll label={texts.title}>
        <table class="dense">
          <caption class="quiet">{texts.title}</caption>
          <thead>
            <tr>
              <th scope="col">{texts.id}</th>
              <th scope="col" class="wide-only">
                {texts.arrived}
              </th>
              <th scope="col">{texts.reason}</th>
            </tr>
          </thead>
          <tbody>
            {letters.data.map(({ id, arrivedAt, reason }) => (
              <tr>
                <th scope="row" class="mono">
                  {id}
                </th>
                <td class="nowrap wide-only">{dateTime(arrivedAt, view)}</td>
                <td>{reason}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {letters.nextCursor !== null && <p class="small soft">{texts.more}</p>}
    </section>
  );
}
