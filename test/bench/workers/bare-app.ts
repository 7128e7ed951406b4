import { eq } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import { sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { Hono } from 'hono';
import * as z from 'zod/mini';

/* The least that starts with what the router is made of: one route, one schema, one table. */

const notes = sqliteTable('notes', { id: text('id').primaryKey(), words: text('words').notNull() });
const noteSchema = z.object({ id: z.string(), words: z.string() });

const app = new Hono<{ Bindings: { DB: D1Database } }>()
  .get('/notes/:id', async (c) => {
    const found = await drizzle(c.env.DB)
      .select()
      .from(notes)
      .where(eq(notes.id, c.req.param('id')));
    return c.json(found);
  })
  .post('/notes', async (c) => {
    const note = noteSchema.parse(await c.req.json());
    await drizzle(c.env.DB).insert(notes).values(note);
    return c.json(note, 201);
  });

export default { fetch: app.fetch } satisfies ExportedHandler<{ DB: D1Database }>;
