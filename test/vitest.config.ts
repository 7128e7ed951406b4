import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-pool-workers';
import { defineConfig } from 'vitest/config';

const root = new URL('..', import.meta.url).pathname;

// Hono is not among them: what reads a page's context has to be the one that gave it.
const PACKAGES = ['drizzle-orm', 'drizzle-orm/d1', 'drizzle-orm/sqlite-core', 'jose', 'zod/mini'];

export default defineConfig({
  test: {
    // For two cores: files wait for their modules and for clocks, and two of them leave a third of the cores unused.
    maxWorkers: 3,
    projects: [
      {
        root,
        plugins: [
          cloudflareTest(async () => ({
            wrangler: { configPath: `${root}wrangler.jsonc` },
            miniflare: {
              bindings: {
                TEST_MIGRATIONS: await readD1Migrations(`${root}migrations`),
                TEST_PROVIDER: 'true',
                INTERNAL_SECRET: 'a-secret-for-tests-of-32-characters-or-more',
                MOONSHOT_API_KEY: 'vendor-key-moonshot',
                DEEPSEEK_API_KEY: 'vendor-key-deepseek',
                ZAI_API_KEY: 'vendor-key-zai',
                // Whatever stands in somebody's .dev.vars, tests play the providers at their own addresses.
                MOONSHOT_BASE_URL: '',
                DEEPSEEK_BASE_URL: '',
                ZAI_BASE_URL: '',
              },
            },
          })),
        ],
        test: {
          name: 'worker',
          include: ['test/**/*.test.ts'],
          exclude: [
            'test/*.test.ts',
            'test/cli/**',
            'test/e2e/**',
            'test/browser/**',
            'test/bench/**',
            'test/bounds/**',
            'test/faults/**',
          ],
          setupFiles: ['test/support/setup.ts'],
          // Each test file loads the house anew: a package in one piece takes a seventh less of that than in its many files.
          deps: { optimizer: { ssr: { enabled: true, include: PACKAGES } } },
          // Only a hang takes as long: the default of 5 s is less than a busy machine needs for some of them.
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        root,
        test: {
          name: 'node',
          include: ['test/*.test.ts', 'test/cli/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        root,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
