import { Hono } from 'hono';
import { getPathNoStrict } from 'hono/utils/url';
import { chatCompletions } from './api/chat-completions.ts';
import { embeddings } from './api/embeddings.ts';
import { internal } from './api/internal/internal.ts';
import { key } from './api/key.ts';
import { messages } from './api/messages.ts';
import { models } from './api/models.ts';
import { responses } from './api/responses.ts';
import { worker } from './api/worker.ts';
import { admin } from './console/admin/admin.tsx';
import { home } from './console/home/home.tsx';
import { invitation } from './console/me/invitation.tsx';
import { me, usage } from './console/me/me.tsx';
import { anyOrigin } from './middleware/any-origin.ts';
import type { AppEnv } from './middleware/app-env.ts';
import { onError, onNotFound } from './middleware/error-response.ts';
import { configuration, requestContext } from './middleware/request-context.ts';

/** A base URL that was typed with a slash at its end gives `/api/v1//chat/completions` in clients that join naively. */
function pathOf(request: Request): string {
  const path = getPathNoStrict(request);
  if (!path.includes('//') || !/^\/+(?:api|v1)\//.test(path)) return path;
  return path.replace(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '');
}

const api = new Hono<AppEnv>({ strict: false })
  .route('/', chatCompletions)
  .route('/', messages)
  .route('/', responses)
  .route('/', embeddings)
  .route('/', key)
  .route('/', models);

/** Everything that the Worker answers over HTTP. */
export const app = new Hono<AppEnv>({ getPath: pathOf })
  .use(requestContext)
  .use('/api/*', anyOrigin)
  .use('/v1/*', anyOrigin)
  .use(configuration)
  .route('/api/v1', api)
  .route('/v1', api)
  .route('/worker', worker)
  .route('/internal', internal)
  .route('/admin', admin)
  .route('/me', me)
  .route('/usage', usage)
  .route('/invitation', invitation)
  .route('/', home)
  .onError(onError)
  .notFound(onNotFound);
