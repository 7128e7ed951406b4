/** What a change came to, read out by screen readers. */
export function Note({ text, bad }: { text: string | null; bad?: boolean }) {
  if (text === null) return null;
  return (
    <p class={bad ? 'note bad' : 'note'} role={bad ? 'alert' : 'status'}>
      {text}
    </p>
  );
}
