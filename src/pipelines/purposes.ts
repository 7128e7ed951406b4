import { PIPELINES } from './registry.ts';

/** What a key can be for. Apart from the registry, so that the command line can know it too. */
export const PURPOSES: readonly string[] = PIPELINES.map((pipeline) => pipeline.purpose);
