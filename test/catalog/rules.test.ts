import { describe, expect, it } from 'vitest';
import documents from '../../.github/docs/models-and-routes.md?raw';
import { limitNameOf, rulesSchema } from '../../src/catalog/rules.ts';
import { ODD_RULES } from '../fixtures/odd-provider.ts';

/** What is wrong first, and where. */
function faultOf(rules: unknown): string {
  const parsed = rulesSchema.safeParse(rules);
  if (parsed.success) return 'nothing';
  const [issue] = parsed.error.issues;
  if (issue?.code === 'unrecognized_keys') return `no rule is called ${issue.keys.join(', ')}`;
  return `${issue?.path.join('.')}: ${issue?.message}`;
}

describe('the rules of a provider', () => {
  it('may all be left out', () => {
    expect(rulesSchema.parse({})).toMatchObject({ auth: 'bearer', models_path: '/models', strip: [], rename: {} });
  });

  it('may all be there', () => expect(rulesSchema.parse(ODD_RULES)).toEqual({ ...ODD_RULES, auth: 'x-odd-key' }));

  it.each<[object, string]>([
    [{ colour: 'red' }, 'no rule is called colour'],
    [{ strip: ['messages'] }, 'strip: must not name model, messages, stream'],
    [{ strip: ['a b'] }, 'strip.0: must be the name of a member'],
    [{ strip: 'seed' }, 'strip: '],
    [{ set: { stream_options: {} } }, 'set: must not name model, messages, stream, stream_options'],
    [{ rename: { tools: 'functions_of_mine' } }, 'rename: must not name model, '],
    [{ rename: { n: 'answers' } }, 'rename: must not name model, '],
    [{ rename: { anything: 'tools' } }, 'rename: must not lead to model, '],
    [{ rename: { max_tokens: 'a', max_completion_tokens: 'b' } }, 'rename: must give the limit of an answer one name'],
    [{ rename: { max_tokens: 'size', seed: 'size' } }, 'rename: must not give two members one name'],
    [{ rename: { seed: 'max_tokens' } }, 'rename: must not give two members one name'],
    [{ rename: { a: 'c', b: 'c' } }, 'rename: must not give two members one name'],
    [{ thinking: { on: { model: 'x' } } }, 'thinking.on: must not name model, '],
    [{ reasoning_field: 'content' }, 'reasoning_field: must be a member of its own'],
    [{ finish_reasons: { eos: 'done' } }, 'finish_reasons.eos: '],
    [{ usage: { cached: 'cached' } }, 'usage.cached: must be a JSON pointer'],
    [{ usage: { cost: '/a/~2' } }, 'usage.cost: must be a JSON pointer'],
    [{ auth: 'Cookie' }, 'auth: must be bearer, or the name of a header that may hold a key'],
    [{ auth: 'content-type' }, 'auth: must be bearer'],
    [{ auth: 'a b' }, 'auth: must be bearer'],
    [{ models_path: 'models' }, 'models_path: must be a path'],
    [{ embeddings_path: '//evil.example/x' }, 'embeddings_path: must be a path'],
    [{ error_words: { not_found: ['x y'] } }, 'no rule is called not_found'],
    [{ error_words: { content_filter: ['x'] } }, 'error_words.content_filter.0: must be a text of 2'],
    [{ models: 'all' }, 'models: must be "*"'],
  ])('are refused in words for people: %j', (rules, fault) => expect(faultOf(rules)).toContain(fault));

  it('are all in the documents, with examples that are taken', () => {
    const [, table = ''] = documents.split('## The rules of a provider');
    const rows = table.split('\n').filter((line) => line.startsWith('| `'));
    const cells = rows.map((row) =>
      [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? ''),
    );
    expect(cells.flat().sort()).toEqual(Object.keys(rulesSchema.def.shape).sort());
    for (const [index, row] of rows.entries()) {
      const examples = [...(row.split('|')[2] ?? '').matchAll(/`([^`]+)`/g)];
      for (const [at, [, example = '']] of examples.entries())
        expect(faultOf({ [cells[index]?.[at] ?? '']: JSON.parse(example) }), row).toBe('nothing');
    }
  });

  it('tell what the provider calls the limit of an answer', () => {
    const nameFor = (rename: Record<string, string>) => limitNameOf(rulesSchema.parse({ rename }));
    expect(nameFor({})).toBe('max_tokens');
    expect(nameFor({ max_completion_tokens: 'max_tokens' })).toBe('max_tokens');
    expect(nameFor({ max_tokens: 'max_completion_tokens' })).toBe('max_completion_tokens');
    expect(nameFor({ max_tokens: 'size', max_completion_tokens: 'size' })).toBe('size');
  });
});
