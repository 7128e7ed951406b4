import type { SessionSum } from '../../store/session-sum.ts';
import { compact, count, money, shortTime } from '../kit/format.ts';
import { Time } from '../kit/time.tsx';
import { useView } from '../kit/view.ts';

/** What a session has come to, in one line. */
export function SessionLine({ sum }: { sum: SessionSum }) {
  const view = useView();
  const { requests } = view.texts;
  const { firstAt, lastAt } = sum;
  const isLong = firstAt !== null && lastAt !== null && shortTime(firstAt, view) !== shortTime(lastAt, view);
  return (
    <p class="note">
      {requests.sessionCost} <b>{money(sum.costNanoUsd)}</b> · {requests.sessionRequests(count(sum.requests))} ·{' '}
      {requests.sessionTokens(compact(sum.inputTokens), compact(sum.outputTokens))}
      {firstAt !== null && (
        <>
          {' · '}
          <Time at={firstAt} look="short" />
        </>
      )}
      {isLong && (
        <>
          {' – '}
          <Time at={lastAt} look="short" />
        </>
      )}
      {!sum.complete && ` · ${requests.sessionPart}`}
    </p>
  );
}
