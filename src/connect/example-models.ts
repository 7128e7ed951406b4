import type { Reach } from './client.ts';

/** The models of an example, best first, and those for small work. */
const PREFERRED = ['kimi-k3', 'deepseek-flash', 'glm-5.3', 'test/reason'];
const PREFERRED_SMALL = ['deepseek-flash', 'glm-5.3-flash', 'test/echo'];

type Models = Pick<Reach, 'model' | 'smallModel'>;

/** What an example names where nobody's key is known. */
export const EXAMPLE_MODELS: Models = { model: 'kimi-k3', smallModel: 'deepseek-flash' };

/** The models that an example names, out of those that a key may use. */
export function exampleModels(usable: readonly string[]): Models {
  const first = usable[0];
  if (first === undefined) return EXAMPLE_MODELS;
  const model = PREFERRED.find((name) => usable.includes(name)) ?? first;
  return { model, smallModel: PREFERRED_SMALL.find((name) => usable.includes(name)) ?? model };
}
