import * as z from 'zod/mini';
import type { AlertWebhook } from '../config.ts';
import { logFault } from '../log-line.ts';
import { parseJson } from '../protocol/json.ts';
import { type Database, openDatabase } from '../store/database.ts';
import { keep, readKept } from '../store/deployment.ts';
import type { Alert, AlertBook, AlertSubject } from './alert-book.ts';
import { WINDOWS } from './windows.ts';

/** How long a receiver may take. */
const PATIENCE_MS = 10_000;

const deliverySchema = z.object({
  /** Ms since 1970. */
  at: z.number(),
  /** How long it took. */
  ms: z.number(),
  /** What was answered; null where nothing was. */
  status: z.nullable(z.number()),
  outcome: z.enum(['delivered', 'refused', 'timeout', 'unreachable']),
  /** What it told of, as far as a person wants to know; null for a test. */
  about: z.nullable(
    z.object({
      level: z.enum(['key', 'user', 'team']),
      name: z.string(),
      window: z.enum(WINDOWS),
      percent: z.number(),
    }),
  ),
});
/** How sending an alert went. */
export type Delivery = z.infer<typeof deliverySchema>;

const encoder = new TextEncoder();

function base64(bytes: ArrayBuffer): string {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)));
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** An id that is the same whenever the same alert is sent again, so that a repeat does no harm. */
async function idOf(subject: AlertSubject, name: string): Promise<string> {
  const whose = 'level' in subject ? `${subject.level}/${subject.id}` : `key/${subject.key_id}`;
  const hash = await crypto.subtle.digest('SHA-256', encoder.encode(`${whose}/${name}`));
  return `msg_${hex(new Uint8Array(hash, 0, 16))}`;
}

/** The headers that say which message it is, and prove who sent it. https://www.standardwebhooks.com/ */
async function webhookHeaders(
  id: string,
  now: number,
  body: string,
  secret: AlertWebhook['secret'],
): Promise<Record<string, string>> {
  const timestamp = String(Math.floor(now / 1000));
  const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp };
  if (secret === null) return headers;
  const key = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const signature = await crypto.subtle.sign('HMAC', key, encoder.encode(`${id}.${timestamp}.${body}`));
  return { ...headers, 'webhook-signature': `v1,${base64(signature)}` };
}

/** Sends one message, and says how that went. Never throws. */
async function post({ url, secret }: AlertWebhook, id: string, content: object): Promise<Omit<Delivery, 'about'>> {
  const at = Date.now();
  const took = () => Date.now() - at;
  try {
    const body = JSON.stringify(content);
    const proof = await webhookHeaders(id, at, body, secret);
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...proof },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const { ok, status } = response;
    await response.body?.cancel();
    return { at, ms: took(), status, outcome: ok ? 'delivered' : 'refused' };
  } catch (cause) {
    const isLate = cause instanceof Error && cause.name === 'TimeoutError';
    return { at, ms: took(), status: null, outcome: isLate ? 'timeout' : 'unreachable' };
  }
}

/** Keeps how the last message went, for the console. That it cannot be kept holds no alert up. */
async function keepDelivery(database: Database, delivery: Delivery): Promise<void> {
  try {
    await keep(database, 'alertDelivery', JSON.stringify(delivery));
  } catch (cause) {
    logFault('alert_delivery_not_kept', cause);
  }
}

/** How the last message went; null where none was sent yet. */
export async function readDelivery(database: Database): Promise<Delivery | null> {
  const kept = deliverySchema.safeParse(parseJson((await readKept(database, 'alertDelivery')) ?? ''));
  return kept.success ? kept.data : null;
}

function aboutOf(alert: Alert): Delivery['about'] {
  const { percent, window } = alert;
  if ('level' in alert) return { level: alert.level, name: alert.name, window, percent };
  return { level: 'key', name: `${alert.owner} · ${alert.name || alert.key_id}`, window, percent };
}

/** Sends what is due, one after the other. Never throws: what failed stays in the book. */
export async function sendAlerts(book: AlertBook, webhook: AlertWebhook, binding: D1Database): Promise<void> {
  for (const [name, alert] of book.due(Date.now())) {
    const delivery = await post(webhook, await idOf(alert, name), alert);
    book.done(name, delivery.outcome === 'delivered', Date.now());
    await keepDelivery(openDatabase(binding), { ...delivery, about: aboutOf(alert) });
  }
}

/** Sends an alert that tells of nothing, so that somebody can see that alerts arrive. `now` is ms since 1970. */
export async function sendTestAlert(webhook: AlertWebhook, binding: D1Database, now: number): Promise<Delivery> {
  const alert = {
    ...{ test: true, key_id: 'key_test', owner: 'test', name: 'test', window: 'day', percent: 80 },
    ...{ spent_usd: '0.8', limit_usd: '1', reset_at: new Date(now + 86_400_000).toISOString() },
  };
  const id = `msg_${hex(crypto.getRandomValues(new Uint8Array(16)))}`;
  const delivery = { ...(await post(webhook, id, alert)), about: null };
  await keepDelivery(openDatabase(binding), delivery);
  return delivery;
}
