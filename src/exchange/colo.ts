/** The datacentre's code, where the platform tells. */
export function coloOf(request: Request): string | null {
  const colo = request.cf?.['colo'];
  return typeof colo === 'string' ? colo : null;
}
