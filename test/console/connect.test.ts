import { beforeAll, describe, expect, it } from 'vitest';
import { baseUrlFor } from '../../src/connect/client.ts';
import { CLIENTS } from '../../src/connect/clients.ts';
import { routerFetch } from '../support/router.ts';
import { makeThroughForm, type Operator } from './key-form.ts';
import { browse, newOperator } from './operator.ts';

let operator: Operator;

beforeAll(async () => {
  operator = await newOperator();
});

/** What a page says of each client: whether it is open, and what is in it. */
function setUpsIn(html: string): Map<string, { open: boolean; text: string }> {
  const all = html.matchAll(/<details name="client"( open="")?><summary>([^<]+)<\/summary>(.*?)<\/details>/gs);
  return new Map(Array.from(all, ([, open, name = '', text = '']) => [name, { open: open !== undefined, text }]));
}

function openIn(html: string): string[] {
  return Array.from(setUpsIn(html)).flatMap(([name, { open }]) => (open ? [name] : []));
}

const names = CLIENTS.map(({ name }) => name);

describe('the home page', () => {
  it.each([
    ['en', 'Set up your client', 'Ask for a key with the purpose cursor.'],
    ['zh', '设置你的客户端', '请索取用途为 cursor 的密钥。'],
  ] as const)('in %s has the set-up of each client, with its own address', async (language, title, purpose) => {
    const headers = { cookie: `language=${language}` };
    const html = await (await browse('/', { headers })).text();
    const setUps = setUpsIn(html);
    expect([...setUps.keys()]).toEqual(names);
    expect(html).toContain(title);
    expect(setUps.get('Cursor')?.text).toContain(purpose);
    for (const client of CLIENTS) {
      const text = setUps.get(client.name)?.text ?? '';
      expect(text, client.name).toContain(baseUrlFor(client, 'http://router.test'));
      expect(text, client.name).toContain(client.works[language]);
    }
    expect(openIn(html)).toEqual([]);
  });

  it('says on this machine that Cursor cannot reach it, and of no other client', async () => {
    const local = await (await routerFetch('http://127.0.0.1:8787/')).text();
    const warned = [...setUpsIn(local)].flatMap(([name, { text }]) => (text.includes('own servers') ? [name] : []));
    expect(warned).toEqual(['Cursor']);
    expect(await (await browse('/')).text()).not.toContain('own servers');
  });
});

describe('the page of a new key', () => {
  it.each([
    ['cursor', 'Cursor'],
    ['default', 'Claude Code'],
    ['reasoning', 'Continue'],
  ])('of the purpose %s opens %s, and has the key in the set-up of each client', async (purpose, first) => {
    const { html, secret } = await makeThroughForm(operator, { username: 'connect', purpose });
    expect(openIn(html)).toEqual([first]);
    const setUps = setUpsIn(html);
    expect([...setUps.keys()]).toEqual(names);
    for (const [name, { text }] of setUps) expect(text, name).toContain(secret);
  });

  it('says which client is better served by a key of another purpose', async () => {
    const { html } = await makeThroughForm(operator, { username: 'connect', purpose: 'reasoning' });
    const warned = [...setUpsIn(html)].flatMap(([name, { text }]) => (text.includes('best served') ? [name] : []));
    expect(warned).toEqual(['Cursor']);
    const plain = await makeThroughForm(operator, { username: 'connect' });
    expect(setUpsIn(plain.html).get('LangChain')?.text).toContain(
      'This client is best served by a key with the purpose reasoning; this one has default.',
    );
  });

  it('names models that the key may use', async () => {
    const { html } = await makeThroughForm(operator, { username: 'connect', models: 'test/echo, zai/embedding-3' });
    expect(setUpsIn(html).get('Claude Code')?.text).toContain('ANTHROPIC_MODEL=test/echo\n');
    expect(setUpsIn(html).get('curl')?.text).toContain('&quot;model&quot;:&quot;test/echo&quot;');
  });
});
