import type { Page } from '../../store/page.ts';
import type { DeadLetter } from '../../store/schema.ts';
import { Table } from '../kit/table.tsx';
import { Time } from '../kit/time.tsx';
import { useView } from '../kit/view.ts';

/** Messages that could not be written into D1, the oldest of them, and what to do; nothing where there are none. */
export function DeadLetters({ letters }: { letters: Page<DeadLetter> }) {
  const texts = useView().texts.deadLetters;
  if (letters.data.length === 0) return null;
  return (
    <section>
      <h2>{texts.title}</h2>
      <p class="soft">{texts.lead}</p>
      <Table
        caption={texts.title}
        look="dense"
        rows={letters.data}
        columns={[
          { head: texts.id, cells: 'mono', cell: ({ id }) => id },
          {
            head: texts.arrived,
            look: 'wide-only',
            cells: 'nowrap',
            cell: ({ arrivedAt }) => <Time at={arrivedAt} />,
          },
          { head: texts.reason, cell: ({ reason }) => reason },
        ]}
      />
      {letters.nextCursor !== null && <p class="small soft">{texts.more}</p>}
    </section>
  );
}
