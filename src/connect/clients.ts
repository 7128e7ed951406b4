import type { Client } from './client.ts';
import { CODING_AGENTS } from './coding-agents.ts';
import { cursor } from './cursor.ts';
import { EDITORS } from './editors.ts';
import { LIBRARIES } from './libraries.ts';

/** Every client that a set-up is known for. */
export const CLIENTS: readonly Client[] = [cursor, ...CODING_AGENTS, ...EDITORS, ...LIBRARIES];
