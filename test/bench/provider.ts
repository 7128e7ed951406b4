import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Plan, planIn } from './plan.ts';
import { COMPLETION, eventAt, FIRST, LAST } from './provider-events.ts';

/* The provider double, a process of its own. It listens on loopback, tells its port over IPC, and ends with its parent. */

const WRITE_BYTES = 8 * 1024;

// Streams are made once for each length asked for: what it costs to make them is no part of the bench.
const streams = new Map<number, Buffer>();

function streamOf(events: number): Buffer {
  const known = streams.get(events);
  if (known !== undefined) return known;
  const made = Buffer.from([FIRST, ...Array.from({ length: events }, (_, at) => eventAt(at, events)), LAST].join(''));
  streams.set(events, made);
  return made;
}

function burst(response: ServerResponse, body: Buffer): void {
  let sent = 0;
  function more(): void {
    while (sent < body.length && !response.destroyed) {
      const goesOn = response.write(body.subarray(sent, sent + WRITE_BYTES));
      sent += WRITE_BYTES;
      if (!goesOn) return void response.once('drain', more);
    }
    response.end();
  }
  more();
}

function paced(response: ServerResponse, { events, paceMs }: Plan): void {
  let at = 0;
  response.write(FIRST);
  const timer = setInterval(() => {
    if (at < events) response.write(eventAt(at, events));
    else response.end(LAST);
    at += 1;
  }, paceMs);
  response.on('close', () => clearInterval(timer));
}

function answer(body: Buffer, response: ServerResponse): void {
  const plan = planIn(body);
  if (plan === null) {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(COMPLETION) });
    response.end(COMPLETION);
  } else if (plan.waitMs > 0) setTimeout(() => stream(plan, response), plan.waitMs);
  else stream(plan, response);
}

function stream(plan: Plan, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  if (plan.paceMs === 0) burst(response, streamOf(plan.events));
  else paced(response, plan);
}

const server = createServer((request: IncomingMessage, response) => {
  const pieces: Buffer[] = [];
  response.socket?.setNoDelay(true);
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => answer(Buffer.concat(pieces), response));
});
// Never closes a connection that a runtime may be about to use again.
server.keepAliveTimeout = 0;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object') process.send?.(address?.port);
});
process.on('disconnect', () => process.exit());
