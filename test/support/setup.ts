import { env } from 'cloudflare:workers';

// Not by `applyD1Migrations`: its module loads the whole Worker, which most tests of a rule never need.
for (const { queries } of env.TEST_MIGRATIONS) await env.DB.batch(queries.map((query) => env.DB.prepare(query)));
