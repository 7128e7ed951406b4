import type { SessionSum } from '../../store/session-sum.ts';
import { compact, count, money, shortTime } from '../kit/format.ts';
import { useView } from '../kit/view.ts';

/** What a session has come to, in one line. */
export function SessionLine({ sum }: { sum: SessionSum }) {
  const view = useView();
  const { requests } = view.texts;
  const span = [sum.firstAt, sum.lastAt].flatMap((at) => (at === null ? [] : [shortTime(at, view)]));
  return (
    <p class="note">
      {requests.sessionCost} <b>{money(sum.costNanoUsd)}</b> · {requests.sessionRequests(count(sum.requests))} ·{' '}
      {requests.sessionTokens(compact(sum.inputTokens), compact(sum.outputTokens))}
      {span.length > 0 && ` · ${[...new Set(span)].join(' – ')}`}
      {!sum.complete && ` · ${requests.sessionPart}`}
    </p>
  );
}
