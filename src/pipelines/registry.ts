import { cursorPipeline } from './cursor/cursor.ts';
import { defaultPipeline } from './default.ts';
import type { Pipeline } from './pipeline.ts';
import { reasoningPipeline } from './reasoning/reasoning.ts';

/** Every pipeline; a new one is its file and its line here. The purposes a key may have are derived from this list. */
export const PIPELINES: readonly Pipeline[] = [defaultPipeline, cursorPipeline, reasoningPipeline];

const byPurpose: ReadonlyMap<string, Pipeline> = new Map(PIPELINES.map((pipeline) => [pipeline.purpose, pipeline]));

/** The pipeline of a key's purpose; the default one for a purpose that nobody knows (any more). */
export function findPipeline(purpose: string): Pipeline {
  return byPurpose.get(purpose) ?? defaultPipeline;
}
