/** What is asked of the router, and how long it may take; null for what goes on for as long as it must. */
export interface Place {
  name: string;
  path: string;
  method?: 'POST';
  /** Who asks: an administrator in the browser, a person who signed in, the holder of the secret. */
  as: 'administrator' | 'member' | 'secret';
  mostMs: number | null;
}

/** Whom and what the pages are about. */
export interface Filled {
  keyId: string;
  /** As many as are changed at once. */
  keyIds: readonly string[];
  userNames: readonly string[];
  owner: string;
  team: string;
  requestId: string;
}

const PAGE_MS = 300;

function page(path: string, as: Place['as'] = 'administrator'): Place {
  return { name: path, path, as, mostMs: PAGE_MS };
}

const GROUPS = ['day', 'key', 'model', 'user', 'team', 'provider', 'endpoint'];

/** Every page that shows what the database holds. */
function pagesOf({ keyId, keyIds, userNames, owner, team, requestId }: Filled): Place[] {
  const ticked = (ids: readonly string[]) => ids.map((id) => `&id=${id}`).join('');
  return [
    page('/admin'),
    page('/admin?by=key&range=90'),
    page('/admin/keys'),
    page('/admin/keys?q=9999'),
    page(`/admin/keys?owner=${owner}`),
    page('/admin/keys/new'),
    page(`/admin/keys/${keyId}`),
    page('/admin/keys?sort=used'),
    page(`/admin/keys?team=${team}`),
    { ...page(`/admin/several/keys?do=disable${ticked(keyIds)}`), name: '/admin/several/keys?do=disable, fifty' },
    { ...page(`/admin/several/users?do=disable${ticked(userNames)}`), name: '/admin/several/users?do=disable, fifty' },
    page('/admin/users'),
    page('/admin/users?sort=keys'),
    page(`/admin/users?team=${team}`),
    page(`/admin/users/${owner}`),
    page('/admin/teams'),
    page('/admin/teams?sort=members'),
    page(`/admin/teams/${team}`),
    page('/admin/members'),
    page('/admin/requests'),
    page(`/admin/requests?key=${keyId}`),
    page(`/admin/requests?owner=${owner}`),
    page(`/admin/requests?team=${team}`),
    page('/admin/requests?session=s-1'),
    page('/admin/requests?from=2026-01-01T09%3A00&to=2026-01-01T10%3A00'),
    page('/admin/requests?end=failed&model=test%2Fmodel-4'),
    page(`/admin/requests?key=${keyId}&session=s-1`),
    page('/admin/requests?tag=project%3Dnone'),
    page(`/admin/requests/${requestId}`),
    page('/admin/models'),
    page('/admin/changes'),
    page('/admin/alerts'),
    page('/admin/ledger'),
    page('/me', 'member'),
    page('/me?month=last', 'member'),
    page('/me/requests', 'member'),
    page('/me/models', 'member'),
  ];
}

/** Every list and report of the admin API. */
function answersOf({ keyId, owner, team, requestId }: Filled): Place[] {
  const paths = [
    '/internal/users',
    `/internal/users/${owner}`,
    `/internal/users/${owner}/invitations`,
    '/internal/keys?limit=200',
    '/internal/keys?search=9999',
    `/internal/keys?owner=${owner}`,
    `/internal/keys/${keyId}`,
    '/internal/teams',
    `/internal/teams/${team}`,
    '/internal/member-template',
    '/internal/logs',
    `/internal/logs?key=${keyId}`,
    `/internal/logs?user=${owner}&end=failed`,
    '/internal/logs?session=none',
    `/internal/logs?key=${keyId}&session=s-1`,
    `/internal/logs/${requestId}`,
    '/internal/audit',
    '/internal/ledger/dead-letters',
    '/internal/catalog',
    '/internal/providers',
    ...GROUPS.map((by) => `/internal/usage?by=${by}`),
    ...GROUPS.map((by) => `/internal/usage?by=${by}&days=30`),
  ];
  return paths.map((path) => page(path, 'secret'));
}

/** A minute of the cron, as Wrangler lets it be asked for. */
export const CRON: Place = {
  name: 'the cron’s minute',
  path: '/cdn-cgi/handler/scheduled',
  as: 'secret',
  mostMs: null,
};

/** All pages, lists and reports, and a slice of what goes over all keys. */
export function placesOf(filled: Filled): Place[] {
  return [
    ...pagesOf(filled),
    ...answersOf(filled),
    { name: 'check, a slice', path: '/internal/ledger/check', as: 'secret', mostMs: null },
    { name: 'settle, a slice', path: '/worker/settle', method: 'POST', as: 'secret', mostMs: null },
  ];
}

/** What is typed, and what its output must say. */
export const COMMANDS: { args: string[]; says: RegExp }[] = [
  { args: ['keys', 'list'], says: /key_/ },
  { args: ['users', 'list'], says: /user1/ },
  { args: ['usage'], says: /total/ },
  { args: ['usage', '--by', 'key', '--days', '30'], says: /total/ },
  { args: ['ledger', 'check'], says: /The sums agree/ },
];
