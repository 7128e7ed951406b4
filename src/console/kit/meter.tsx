import type { Child } from 'hono/jsx';

/** How full a budget is; a share over 1 is a full bar. */
function Bar({ share }: { share: number }) {
  const tone = share >= 1 ? 'bar bad' : share >= 0.8 ? 'bar warn' : 'bar';
  return (
    <svg class={tone} aria-hidden="true">
      <rect width={`${(100 * Math.min(1, share)).toFixed(1)}%`} height="100%" />
    </svg>
  );
}

/** A budget with its words above its bar, and what there is to say of it below. */
export function Meter({ share, foot, children }: { share: number | null; foot?: Child; children?: Child }) {
  return (
    <div class="meter">
      <span>{children}</span>
      {share !== null && <Bar share={share} />}
      {foot && <small>{foot}</small>}
    </div>
  );
}
