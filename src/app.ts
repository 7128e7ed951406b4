import { Hono } from 'hono';
import { cors } from 'hono/cors';
import type { AppEnv } from './middleware/app-env.ts';
import { methodNotAllowed, onError, onNotFound } from './middleware/error-response.ts';
import { keyAuth } from './middleware/key-auth.ts';
import { requestContext } from './middleware/request-context.ts';
import { admin } from './routes/admin/admin.tsx';
import { chat } from './routes/chat.ts';
import { home } from './routes/home/home.tsx';
import { internal } from './routes/internal/internal.ts';
import { key } from './routes/key.ts';
import { models } from './routes/models.ts';
import { usagePage } from './routes/usage-page/usage-page.tsx';
import { worker } from './routes/worker.ts';

const EXPOSED = [
  'x-request-id',
  'x-llm-provider',
  'x-llm-model',
  'x-llm-cost-usd',
  'retry-after',
  'x-should-retry',
  ...['limit', 'remaining', 'reset'].flatMap((what) => [`x-ratelimit-${what}-requests`, `x-ratelimit-${what}-tokens`]),
];

// Cursor's key check runs in its desktop app, which is a browser to us. Keys travel in a header, so no cookie is at stake.
const anyOrigin = cors({ origin: '*', exposeHeaders: EXPOSED, maxAge: 86_400 });

const api = new Hono<AppEnv>({ strict: false })
  .route('/', chat)
  .route('/', key)
  .get('/models/*', keyAuth())
  .get('/models', keyAuth())
  .route('/', models)
  .all('/models/*', methodNotAllowed('GET', 'OPTIONS'));

export const app = new Hono<AppEnv>({ strict: false })
  .use(requestContext)
  .use('/api/*', anyOrigin)
  .use('/v1/*', anyOrigin)
  .route('/api/v1', api)
  .route('/v1', api)
  .route('/worker', worker)
  .route('/internal', internal)
  .route('/admin', admin)
  .route('/usage', usagePage)
  .route('/', home)
  .onError(onError)
  .notFound(onNotFound);
