/** Waits for a job, but no longer than this. The job goes on; its failure is for whoever runs it. */
export async function atMost(milliseconds: number, job: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([job.catch(() => undefined), late]);
  if (timer !== undefined) clearTimeout(timer);
}
