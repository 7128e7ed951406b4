import { createMiddleware } from 'hono/factory';

/** Whether a browser says that a request was sent by one of our own pages. */
function isSameOrigin(request: Request): boolean {
  const origin = request.headers.get('origin');
  if (origin !== null) return origin === new URL(request.url).origin;
  return request.headers.get('sec-fetch-site') === 'same-origin';
}

/** Lets a change through only when it comes from a page of our own. Reading is not touched. */
export const requireSameOrigin = createMiddleware(async (context, next) => {
  const { method } = context.req;
  if (method !== 'GET' && method !== 'HEAD' && !isSameOrigin(context.req.raw)) {
    return context.text('This form was not sent from a page of this router, so nothing was changed.', 403);
  }
  return await next();
});
