import type { Context } from 'hono';
import type { Child } from 'hono/jsx';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { type View, ViewContext } from './view.ts';

/** Sends a page. */
export async function respond(
  c: Context,
  view: View,
  page: Child,
  status: ContentfulStatusCode = 200,
): Promise<Response> {
  const html = await (<ViewContext.Provider value={view}>{page}</ViewContext.Provider>).toString();
  return c.html(`<!DOCTYPE html>${html}`, status);
}
