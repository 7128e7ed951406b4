import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DatabaseSync } from 'node:sqlite';

/*
 * Of Cloudflare's API what `wrangler deploy` and its siblings ask for: databases that run SQL, namespaces, queues and
 * their consumers, Workers with their bindings and secrets. Point wrangler at it with CLOUDFLARE_API_BASE_URL.
 * https://developers.cloudflare.com/api
 */

/** A Worker as it was uploaded. */
interface UploadedWorker {
  metadata: Record<string, unknown>;
  /** The size of the upload, in bytes. */
  size: number;
  uploads: number;
  secrets: Map<string, string>;
  schedules: unknown;
}

interface Answer {
  status: number;
  body: unknown;
}

const ok = (result: unknown, more: Record<string, unknown> = {}): Answer => ({
  status: 200,
  body: { success: true, errors: [], messages: [], result, ...more },
});
const no = (status: number, code: number, message: string): Answer => ({
  status,
  body: { success: false, errors: [{ code, message }], messages: [], result: null },
});

interface Account {
  databases: Map<string, { uuid: string; name: string; sqlite: DatabaseSync }>;
  namespaces: Map<string, { id: string; title: string }>;
  queues: Map<string, { queue_id: string; queue_name: string; consumers: Record<string, unknown>[] }>;
  workers: Map<string, UploadedWorker>;
  /** Every call, as `METHOD /path`. */
  calls: string[];
  /** Calls that are refused. */
  broken: RegExp | null;
}

interface Call {
  method: string;
  /** Behind `/accounts/ID`. */
  path: string;
  query: URLSearchParams;
  type: string;
  body: Buffer;
}

type Route = [
  method: string,
  path: RegExp,
  answer: (account: Account, call: Call, ...names: string[]) => Answer | Promise<Answer>,
];

const json = ({ body }: Call) => JSON.parse(body.toString() || '{}');

function databaseOf(account: Account, nameOrId: string) {
  return account.databases.get(nameOrId) ?? [...account.databases.values()].find(({ uuid }) => uuid === nameOrId);
}

const DATABASES: Route[] = [
  ['GET', /^\/d1\/database$/, ({ databases }) => ok([...databases.values()].map(({ uuid, name }) => ({ uuid, name })))],
  [
    'POST',
    /^\/d1\/database$/,
    ({ databases }, call) => {
      const { name } = json(call);
      if (databases.has(name)) return no(400, 7502, 'A database with that name already exists');
      const made = { uuid: randomUUID(), name, sqlite: new DatabaseSync(':memory:') };
      databases.set(name, made);
      return ok({ uuid: made.uuid, name });
    },
  ],
  [
    'GET',
    /^\/d1\/database\/([^/]+)$/,
    (account, _call, nameOrId = '') => {
      const found = databaseOf(account, nameOrId);
      return found === undefined
        ? no(404, 7404, 'The database could not be found')
        : ok({ uuid: found.uuid, name: found.name });
    },
  ],
  [
    'POST',
    /^\/d1\/database\/([^/]+)\/query$/,
    (account, call, id = '') => {
      const found = databaseOf(account, id);
      if (found === undefined) return no(404, 7404, 'The database could not be found');
      return runSql(found.sqlite, json(call).sql);
    },
  ],
];

function runSql(sqlite: DatabaseSync, sql: string): Answer {
  try {
    const isOne = !/;\s*\S/.test(sql);
    const results = isOne ? sqlite.prepare(sql).all() : [];
    if (!isOne) sqlite.exec(sql);
    return ok([{ success: true, results, meta: { duration: 1, changes: 0, rows_read: 0, rows_written: 0 } }]);
  } catch (error) {
    return no(400, 7500, error instanceof Error ? error.message : String(error));
  }
}

const NAMESPACES: Route[] = [
  [
    'GET',
    /^\/storage\/kv\/namespaces$/,
    ({ namespaces }, { query }) => {
      // Wrangler asks for pages until one is empty.
      const isFirst = (query.get('page') ?? '1') === '1';
      return ok(isFirst ? [...namespaces.values()] : [], { result_info: { count: namespaces.size } });
    },
  ],
  [
    'POST',
    /^\/storage\/kv\/namespaces$/,
    ({ namespaces }, call) => {
      const { title } = json(call);
      if (namespaces.has(title)) return no(400, 10_014, 'a namespace with this account ID and title already exists');
      const made = { id: randomUUID().replaceAll('-', ''), title };
      namespaces.set(title, made);
      return ok(made);
    },
  ],
];

function queueById({ queues }: Account, id: string) {
  return [...queues.values()].find(({ queue_id }) => queue_id === id);
}

const QUEUES: Route[] = [
  [
    'GET',
    /^\/queues$/,
    ({ queues }, { query }) => {
      const name = query.get('name');
      const found = [...queues.values()].filter(({ queue_name }) => name === null || queue_name === name);
      return ok(found, {
        result_info: { page: 1, per_page: 100, total_pages: 1, count: found.length, total_count: found.length },
      });
    },
  ],
  [
    'POST',
    /^\/queues$/,
    ({ queues }, call) => {
      const { queue_name } = json(call);
      if (queues.has(queue_name)) return no(409, 11_009, 'Queue name is already taken');
      const made = { queue_id: randomUUID().replaceAll('-', ''), queue_name, consumers: [] };
      queues.set(queue_name, made);
      return ok(made);
    },
  ],
  [
    'POST',
    /^\/queues\/([^/]+)\/consumers$/,
    (account, call, id = '') => {
      const made = { consumer_id: randomUUID().replaceAll('-', ''), ...json(call), type: 'worker' };
      queueById(account, id)?.consumers.push({ ...made, script: made.script_name });
      return ok(made);
    },
  ],
  [
    'PUT',
    /^\/queues\/([^/]+)\/consumers\/([^/]+)$/,
    (account, call, id = '', consumer = '') => {
      const known = queueById(account, id)?.consumers.find(({ consumer_id }) => consumer_id === consumer);
      return known === undefined ? no(404, 11_001, 'There is no such consumer') : ok(Object.assign(known, json(call)));
    },
  ],
];

const noWorker = () => no(404, 10_007, 'This Worker does not exist on your account.');

const WORKERS: Route[] = [
  [
    'GET',
    /^\/workers\/services\/([^/]+)$/,
    ({ workers }, _call, name = '') => {
      if (!workers.has(name)) return no(404, 10_090, 'workers.api.error.service_not_found');
      const environment = { environment: 'production', script: { last_deployed_from: 'wrangler', tag: 'tag-1' } };
      return ok({ id: name, default_environment: environment, environments: [environment] });
    },
  ],
  [
    'GET',
    /^\/workers\/scripts\/([^/]+)\/deployments$/,
    ({ workers }, _call, name = '') => {
      if (!workers.has(name)) return noWorker();
      const versions = [{ version_id: '11111111-1111-4111-8111-111111111111', percentage: 100 }];
      return ok({
        deployments: [
          {
            id: randomUUID(),
            source: 'wrangler',
            strategy: 'percentage',
            author_email: 'a@example.com',
            created_on: '2026-11-28T00:00:00Z',
            annotations: {},
            versions,
          },
        ],
      });
    },
  ],
  [
    'GET',
    /^\/workers\/scripts\/([^/]+)\/settings$/,
    ({ workers }, _call, name = '') => {
      const worker = workers.get(name);
      return worker === undefined ? noWorker() : ok({ bindings: bindingsOf(worker), compatibility_date: '2026-08-15' });
    },
  ],
  [
    'PUT',
    /^\/workers\/scripts\/([^/]+)$/,
    async ({ workers }, call, name = '') => {
      const form = await new Response(new Uint8Array(call.body), { headers: { 'content-type': call.type } }).formData();
      const metadata = JSON.parse(String(form.get('metadata')));
      const before = workers.get(name);
      workers.set(name, {
        metadata: withInherited(metadata, before),
        size: call.body.length,
        uploads: (before?.uploads ?? 0) + 1,
        // What `keep_bindings` names outlives an upload.
        secrets: metadata.keep_bindings?.includes('secret_text') ? (before?.secrets ?? new Map()) : new Map(),
        schedules: before?.schedules ?? null,
      });
      return ok({
        id: name,
        etag: 'e',
        tag: 'tag-1',
        deployment_id: randomUUID().replaceAll('-', ''),
        startup_time_ms: 12,
      });
    },
  ],
  [
    'PUT',
    /^\/workers\/scripts\/([^/]+)\/schedules$/,
    ({ workers }, call, name = '') => {
      const worker = workers.get(name);
      if (worker === undefined) return noWorker();
      worker.schedules = json(call);
      return ok({ schedules: worker.schedules });
    },
  ],
  [
    'PUT',
    /^\/workers\/scripts\/([^/]+)\/secrets$/,
    ({ workers }, call, name = '') => {
      const { name: secret, text } = json(call);
      workers.get(name)?.secrets.set(secret, text);
      return workers.has(name) ? ok({ name: secret, type: 'secret_text' }) : noWorker();
    },
  ],
  [
    'GET',
    /^\/workers\/scripts\/([^/]+)\/secrets$/,
    ({ workers }, _call, name = '') => {
      const worker = workers.get(name);
      if (worker === undefined) return noWorker();
      return ok([...worker.secrets.keys()].map((secret) => ({ name: secret, type: 'secret_text' })));
    },
  ],
  [
    'GET',
    /^\/workers\/workers\/([^/]+)$/,
    (_account, _call, name = '') => ok({ name, subdomain: { enabled: true, previews_enabled: true } }),
  ],
  ['GET', /^\/workers\/subdomain$/, () => ok({ subdomain: 'nobody' })],
  ['GET', /^\/workers\/scripts\/([^/]+)\/subdomain$/, () => ok({ enabled: true, previews_enabled: true })],
  ['POST', /^\/workers\/scripts\/([^/]+)\/subdomain$/, () => ok({ enabled: true, previews_enabled: true })],
];

type Binding = Record<string, unknown> & { type: string; name: string };

/** A Worker's bindings as `settings` tells them, secrets without their text. */
function bindingsOf({ metadata, secrets }: UploadedWorker): Binding[] {
  const named = [...secrets.keys()].map((name) => ({ type: 'secret_text', name }));
  return [...(metadata['bindings'] as Binding[]), ...named];
}

/** A binding of the type `inherit` is what the Worker before had by that name. */
function withInherited(metadata: Record<string, unknown>, before: UploadedWorker | undefined) {
  const old = before === undefined ? [] : bindingsOf(before);
  const bindings = (metadata['bindings'] as Binding[]).map((binding) =>
    binding.type === 'inherit' ? (old.find(({ name }) => name === binding.name) ?? binding) : binding,
  );
  return { ...metadata, bindings };
}

// What `d1 info` tells of a database's use.
const ANALYTICS: Route[] = [
  ['POST', /^\/graphql$/, () => ({ status: 200, body: { data: { viewer: { accounts: [] } }, errors: null } })],
];

const ROUTES: Route[] = [...DATABASES, ...NAMESPACES, ...QUEUES, ...WORKERS, ...ANALYTICS];

/** Starts an empty account. */
export async function startCloudflare() {
  const account: Account = {
    databases: new Map(),
    namespaces: new Map(),
    queues: new Map(),
    workers: new Map(),
    calls: [],
    broken: null,
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      const url = new URL(request.url ?? '/', 'http://double');
      const path = url.pathname.replace(/^\/client\/v4(\/accounts\/[^/]+)?/, '');
      const type = request.headers['content-type'] ?? '';
      const call: Call = {
        method: request.method ?? '',
        path,
        query: url.searchParams,
        type,
        body: Buffer.concat(chunks),
      };
      account.calls.push(`${call.method} ${path}`);
      const { status, body } = await answer(account, call);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port
  return {
    account,
    /** What makes wrangler take this for Cloudflare. */
    environment: {
      CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${port}/client/v4`,
      CLOUDFLARE_API_TOKEN: 'a-token-of-nobody',
      CLOUDFLARE_ACCOUNT_ID: '0123456789abcdef0123456789abcdef',
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(account: Account, call: Call): Promise<Answer> {
  if (account.broken?.test(`${call.method} ${call.path}`))
    return no(400, 10_021, 'The double was told to refuse this.');
  for (const [method, pattern, handle] of ROUTES) {
    const match = method === call.method ? pattern.exec(call.path) : null;
    if (match !== null) return await handle(account, call, ...match.slice(1).map(decodeURIComponent));
  }
  return no(404, 7003, `There is nothing at ${call.method} ${call.path}`);
}
