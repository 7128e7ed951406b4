import { Hono } from 'hono';
import { anyOrigin } from './middleware/any-origin.ts';
import type { AppEnv } from './middleware/app-env.ts';
import { onError, onNotFound } from './middleware/error-response.ts';
import { configuration, requestContext } from './middleware/request-context.ts';
import { admin } from './routes/admin/admin.tsx';
import { chat } from './routes/chat.ts';
import { home } from './routes/home/home.tsx';
import { internal } from './routes/internal/internal.ts';
import { key } from './routes/key.ts';
import { models } from './routes/models.ts';
import { usagePage } from './routes/usage-page/usage-page.tsx';
import { worker } from './routes/worker.ts';

const api = new Hono<AppEnv>({ strict: false }).route('/', chat).route('/', key).route('/', models);

/** Everything that the Worker answers over HTTP. */
export const app = new Hono<AppEnv>({ strict: false })
  .use(requestContext)
  .use('/api/*', anyOrigin)
  .use('/v1/*', anyOrigin)
  .use(configuration)
  .route('/api/v1', api)
  .route('/v1', api)
  .route('/worker', worker)
  .route('/internal', internal)
  .route('/admin', admin)
  .route('/usage', usagePage)
  .route('/', home)
  .onError(onError)
  .notFound(onNotFound);
