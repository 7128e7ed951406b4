import { deepseek } from './deepseek.ts';
import { moonshot } from './moonshot.ts';
import type { Provider } from './provider.ts';
import { test } from './test.ts';
import { zai } from './zai.ts';

/** Every provider there is. A new one is its file, its line here and its variables in `.dev.vars.example`. */
export const PROVIDERS: readonly Provider[] = [moonshot, deepseek, zai, test];
