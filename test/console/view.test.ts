import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { Hono } from 'hono';
import { jsx } from 'hono/jsx';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { respond } from '../../src/console/kit/respond.tsx';
import { useView, viewOf } from '../../src/console/kit/view.ts';
import type { AppEnv } from '../../src/middleware/app-env.ts';
import { getDirectly } from '../support/router.ts';
import { newOperator } from './operator.ts';

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** What a component finds where it asks now. */
function language(): string {
  try {
    return useView().language;
  } catch {
    return 'nothing';
  }
}

function Plain() {
  return jsx('i', {}, language());
}

/** What it finds before its first await and behind it, with a plain component inside that is made behind it. */
async function Waiting({ milliseconds }: { milliseconds: number }) {
  const before = language();
  await pause(milliseconds);
  return jsx('p', {}, `${before} ${language()} `, jsx(Plain, {}));
}

const app = new Hono<AppEnv>()
  .use(async (c, next) => {
    c.set('config', readConfig(c.env));
    await next();
  })
  .get('/plain', (c) => respond(c, viewOf(c), jsx('main', {}, jsx(Plain, {}), jsx(Plain, {}))))
  .get('/waiting/:ms', (c) => {
    const inner = jsx(Waiting, { milliseconds: Number(c.req.param('ms')) });
    return respond(c, viewOf(c), jsx('main', {}, jsx(Plain, {}), inner, jsx(Plain, {})));
  });

async function open(path: string, asked: string): Promise<string> {
  const request = new Request(`http://router.test${path}`, { headers: { cookie: `language=${asked}` } });
  return (await app.fetch(request, env, createExecutionContext())).text();
}

describe('the view of a page', () => {
  it('is its own in every component, however many pages are made at once', async () => {
    const asked = Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? 'en' : 'zh'));
    const pages = await Promise.all(asked.map((each) => open('/plain', each)));
    expect(pages).toEqual(asked.map((each) => `<!DOCTYPE html><main><i>${each}</i><i>${each}</i></main>`));
  });

  it('is never another page’s, where a component waits', async () => {
    const asked = Array.from({ length: 30 }, (_, index) => (index % 3 === 0 ? 'zh' : 'en'));
    const pages = await Promise.all(asked.map((each, index) => open(`/waiting/${(index * 7) % 40}`, each)));
    for (const [index, page] of pages.entries()) {
      const own = asked[index] ?? '';
      const [, first, before, behind, inside, last] =
        /<main><i>(\w+)<\/i><p>(\w+) (\w+) <i>(\w+)<\/i><\/p><i>(\w+)<\/i><\/main>/.exec(page) ?? [];
      expect([first, before, inside, last], page).toEqual([own, own, own, own]);
      // Only where the runtime can follow a rendering over an await.
      expect([own, 'nothing']).toContain(behind);
    }
  });

  it('is missed aloud outside of a page', () => {
    expect(() => String(jsx(() => jsx('i', {}, useView().language), {}))).toThrow('outside of a page');
  });
});

describe('pages of the console', () => {
  it('come whole in their reader’s language when many are asked for at once', async () => {
    const readers = await Promise.all([newOperator('language=en'), newOperator('language=zh')]);
    const paths = ['/admin', '/admin/keys', '/admin/keys/new', '/admin/models', '/admin/users', '/admin/changes'];
    const asked = Array.from({ length: 4 }, () =>
      paths.flatMap((path) => [0, 1].map((reader) => ({ path, reader }))),
    ).flat();
    const pages = await Promise.all(
      asked.map(async ({ path, reader }) => {
        const response = await getDirectly(path, { headers: { cookie: readers[reader]?.cookie ?? '' } });
        return { path, reader, html: await response.text() };
      }),
    );
    for (const { path, reader, html } of pages) {
      const [own, foreign] = reader === 0 ? ['Skip to the content', '跳'] : ['跳', 'Skip to the content'];
      expect(html, path).toContain(own);
      expect(html, path).not.toContain(foreign);
    }
  });
});
