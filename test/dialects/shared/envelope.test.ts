import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openEnvelope, sealEnvelope } from '../../../src/dialects/shared/envelope.ts';

const wellFormed = fc.string({ unit: 'grapheme', maxLength: 300 });

it('what is sealed is opened letter by letter, and only letters that every client keeps are in it', () => {
  fc.assert(
    fc.property(fc.string(), fc.option(wellFormed), (model, text) => {
      const sealed = sealEnvelope({ model: model.toWellFormed(), text });
      expect(sealed).toMatch(/^rt1\.[A-Za-z0-9_-]+$/);
      expect(openEnvelope(sealed)).toEqual({ model: model.toWellFormed(), text });
    }),
  );
});

it('a text of a megabyte too', () => {
  const text = 'Warum? 我想 👩‍💻\n'.repeat(60_000);
  expect(openEnvelope(sealEnvelope({ model: 'deepseek/deepseek-flash', text }))?.text).toBe(text);
});

it('nothing else is opened, and nothing makes it throw', () => {
  const whole = sealEnvelope({ model: 'm', text: 'why' });
  fc.assert(
    fc.property(
      fc.oneof(
        fc.anything(),
        fc.string().map((text) => `rt1.${text}`),
      ),
      (value) => {
        const opened = openEnvelope(value);
        expect(opened === null || typeof opened.model === 'string').toBe(true);
      },
    ),
  );
  for (const value of ['', 'rt1.', 'rt2.abc', 'gAAAAABn', whole.slice(0, -3), `${whole}!`, whole.slice(1), null, {}])
    expect(openEnvelope(value)).toBeNull();
  expect(openEnvelope(`rt1.${'A'.repeat(9 * 1024 * 1024)}`)).toBeNull();
});
