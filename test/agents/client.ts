import type { Step } from './task.ts';

/** What a client's process is started with. */
interface Start {
  args: string[];
  env: Record<string, string>;
  /** Files to be written into its home before, by path. */
  home?: Record<string, string>;
}

/** A run that goes on with the conversation of the one before. */
interface Sequel {
  args: string[];
  /** What the model says in it, a list of steps a turn, none being its last words. */
  turns: readonly Step[][];
}

/** How a client reaches the router. */
export interface Reach {
  /** Without a path. */
  origin: string;
  secret: string;
  model: string;
  home: string;
  work: string;
}

/** A call of one of the client's own tools. */
export interface ToolCall {
  name: string;
  arguments: Record<string, unknown>;
}

/** A real agent: which package it is, how it is started, and how it is asked to do a step. */
export interface Client {
  name: string;
  /** The package and its version. */
  package: string;
  version: string;
  /** The program in its installation; a script runs in this Node. */
  program: string;
  endpoint: 'chat' | 'messages' | 'responses';
  start(reach: Reach): Start;
  /** Resuming, making the history shorter, and going on behind that; null where this is not tried. */
  sequels: ((reach: Reach) => Sequel[]) | null;
  call(step: Step, reach: Reach): ToolCall;
}
