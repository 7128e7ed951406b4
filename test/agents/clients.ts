import { join } from 'node:path';
import { CLIENTS as SET_UPS } from '../../src/connect/clients.ts';
import type { Client, Reach, ToolCall } from './client.ts';
import { LIST, MORE, MORE_TURNS, PROMPT, type Step } from './task.ts';

/*
 * The clients. Versions are exact, so that a failure is the router's or the version's, and one line moves on to the next.
 * Their programs are taken out of the package of this platform, since install scripts may be switched off.
 */

const PLATFORM = `${process.platform}-${process.arch}`;

/** What the router's own pages print for a client, so that this is what is tried: variables, and files in its home. */
function printedSetUp(id: string, { origin, secret, model }: Pick<Reach, 'origin' | 'secret' | 'model'>) {
  const steps =
    SET_UPS.find((client) => client.id === id)?.steps({ origin, key: secret, model, smallModel: model }) ?? [];
  const env = steps.flatMap((step) => (step.kind === 'environment' ? step.variables : []));
  const files = steps.flatMap((step) =>
    step.kind === 'file' ? [[step.path.replace('~/', ''), step.text] as const] : [],
  );
  return { env: Object.fromEntries(env), home: Object.fromEntries(files) };
}

/** A shell's own form of a text. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Any step as a command, for clients that have a shell and little else. */
function asCommand(step: Step): string {
  switch (step.do) {
    case 'write':
      return `printf %s ${quoted(step.text)} > ${step.file}`;
    case 'read':
      return `cat ${step.file}`;
    case 'edit':
      return `sed -i s/${step.old}/${step.text}/ ${step.file}`;
    case 'run':
      return step.command;
  }
}

/** How a client calls its tools: their names, and what it calls their arguments. */
interface ToolWords {
  write: [name: string, path: string, text: string];
  read: [name: string, path: string];
  edit: [name: string, path: string, old: string, text: string];
  run: [name: string, command: string];
  /** What a command has beside. */
  also?: Record<string, unknown>;
}

function callWith(words: ToolWords, step: Step, { work }: Reach): ToolCall {
  switch (step.do) {
    case 'write': {
      const [name, path, text] = words.write;
      return { name, arguments: { [path]: join(work, step.file), [text]: step.text } };
    }
    case 'read': {
      const [name, path] = words.read;
      return { name, arguments: { [path]: join(work, step.file) } };
    }
    case 'edit': {
      const [name, path, old, text] = words.edit;
      return { name, arguments: { [path]: join(work, step.file), [old]: step.old, [text]: step.text } };
    }
    case 'run': {
      const [name, command] = words.run;
      return { name, arguments: { [command]: step.command, ...words.also } };
    }
  }
}

const CLAUDE_FLAGS = ['--allowedTools', 'Bash', 'Read', 'Write', 'Edit', '--permission-mode', 'acceptEdits'];

const claudeCode: Client = {
  name: 'Claude Code',
  package: '@anthropic-ai/claude-code',
  version: '2.1.332',
  program: `@anthropic-ai/claude-code-${PLATFORM}/claude`,
  endpoint: 'messages',
  start: (reach) => ({
    args: ['-p', PROMPT, ...CLAUDE_FLAGS],
    env: { ...printedSetUp('claude-code', reach).env, DISABLE_AUTOUPDATER: '1' },
  }),
  sequels: () => [
    { args: ['-p', '--continue', MORE, ...CLAUDE_FLAGS], turns: MORE_TURNS },
    { args: ['-p', '--continue', '/compact', ...CLAUDE_FLAGS], turns: [] },
    { args: ['-p', '--continue', MORE, ...CLAUDE_FLAGS], turns: MORE_TURNS },
  ],
  call: (step, reach) =>
    callWith(
      {
        write: ['Write', 'file_path', 'content'],
        read: ['Read', 'file_path'],
        edit: ['Edit', 'file_path', 'old_string', 'new_string'],
        run: ['Bash', 'command'],
        also: { description: 'Runs a command' },
      },
      step,
      reach,
    ),
};

const CODEX_FLAGS = ['--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox'];
// Less than any conversation has: the next turn begins with a summary.
const COMPACT = ['-c', 'model_auto_compact_token_limit=1000'];

/** Codex takes the tools it offers, and where it offers them, from the model's name. */
function codex(name: string, modelName: string | null, call: Client['call'], flags: string[] = []): Client {
  const resume = (...own: string[]) => ['exec', 'resume', '--last', ...CODEX_FLAGS, ...flags, ...own, MORE];
  return {
    name,
    package: '@openai/codex',
    version: '0.171.0',
    program: '@openai/codex/bin/codex.js',
    endpoint: 'responses',
    start: (reach) => ({
      args: ['exec', ...CODEX_FLAGS, ...flags, '-C', reach.work, PROMPT],
      ...printedSetUp('codex', { ...reach, model: modelName ?? reach.model }),
    }),
    sequels: () => [
      { args: resume(), turns: MORE_TURNS },
      { args: resume(...COMPACT), turns: [[]] },
      { args: resume(), turns: MORE_TURNS },
    ],
    call,
  };
}

const shellCall: Client['call'] = (step) => ({ name: 'exec_command', arguments: { cmd: asCommand(step) } });

/** A file as Codex's apply_patch takes it. */
function patchOf({ file, text }: Extract<Step, { do: 'write' }>): string {
  const added = text
    .trimEnd()
    .split('\n')
    .map((line) => `+${line}`);
  return ['*** Begin Patch', `*** Add File: ${file}`, ...added, '*** End Patch'].join('\n');
}

/** The custom tool of Codex, whose input is a bare text for it and one string for the provider; and its search for tools. */
const patchCall: Client['call'] = (step, reach) => {
  if (step.do === 'write') return { name: 'apply_patch', arguments: { input: patchOf(step) } };
  if (step.do === 'run' && step.command === LIST) return { name: 'tool_search', arguments: { query: 'list files' } };
  return shellCall(step, reach);
};

/**
 * The newest names get all tools in the input, in namespaces: one is custom, and its input is a script that calls the
 * others; the last step is a function of another namespace.
 */
const scriptCall: Client['call'] = (step) => {
  if (step.do === 'run' && step.command === LIST) return { name: 'collaboration__list_agents', arguments: {} };
  const call =
    step.do === 'write'
      ? `apply_patch(${JSON.stringify(patchOf(step))})`
      : `exec_command(${JSON.stringify({ cmd: asCommand(step) })})`;
  return { name: 'exec', arguments: { input: `text(await tools.${call});` } };
};

const qwen = (
  name: string,
  authType: 'openai' | 'anthropic' | 'openai-responses',
  endpoint: Client['endpoint'],
): Client => ({
  name,
  package: '@qwen-code/qwen-code',
  version: '0.24.4',
  program: '@qwen-code/qwen-code/cli-entry.js',
  endpoint,
  sequels: null,
  start: ({ model, origin, secret }) => ({
    args: ['--yolo', '--auth-type', authType, '-m', model, '-p', PROMPT],
    env: {
      ...printedSetUp('qwen-code', { origin, secret, model }).env,
      ANTHROPIC_API_KEY: secret,
      ANTHROPIC_BASE_URL: origin,
      ANTHROPIC_MODEL: model,
    },
  }),
  call: (step, reach) =>
    callWith(
      {
        write: ['write_file', 'file_path', 'content'],
        read: ['read_file', 'file_path'],
        edit: ['edit', 'file_path', 'old_string', 'new_string'],
        run: ['run_shell_command', 'command'],
        also: { is_background: false },
      },
      step,
      reach,
    ),
});

/** opencode has a provider package for each dialect; without one it is set up as the pages say. */
const opencode = (name: string, endpoint: Client['endpoint'], own: ((reach: Reach) => object) | null): Client => ({
  name,
  package: 'opencode-ai',
  version: '1.18.33',
  program: `opencode-${PLATFORM}/bin/opencode`,
  endpoint,
  sequels: null,
  start: (reach) => ({
    args: ['run', '-m', `router/${reach.model}`, '--auto', '--title', 'Notes', PROMPT],
    env: { OPENCODE_DISABLE_AUTOUPDATE: '1', OPENCODE_DISABLE_MODELS_FETCH: '1' },
    home:
      own === null
        ? printedSetUp('opencode', reach).home
        : { '.config/opencode/opencode.json': JSON.stringify({ provider: { router: own(reach) } }) },
  }),
  call: (step, reach) =>
    callWith(
      {
        write: ['write', 'filePath', 'content'],
        read: ['read', 'filePath'],
        edit: ['edit', 'filePath', 'oldString', 'newString'],
        run: ['bash', 'command'],
        also: { description: 'Runs a command' },
      },
      step,
      reach,
    ),
});

const anthropicProvider = ({ model, origin, secret }: Reach) => ({
  npm: '@ai-sdk/anthropic',
  name: 'Router',
  options: { baseURL: `${origin}/v1`, apiKey: secret },
  models: {
    [model]: { reasoning: true, tool_call: true, options: { thinking: { type: 'enabled', budgetTokens: 4096 } } },
  },
});

/** Its tools take lists, and one editor writes and edits. */
const clineCall: Client['call'] = (step, { work }) => {
  switch (step.do) {
    case 'write':
      return { name: 'editor', arguments: { path: join(work, step.file), new_text: step.text } };
    case 'read':
      return { name: 'read_files', arguments: { files: [{ path: join(work, step.file) }] } };
    case 'edit':
      return {
        name: 'editor',
        arguments: { path: join(work, step.file), old_text: step.old, new_text: step.text },
      };
    case 'run':
      return { name: 'run_commands', arguments: { commands: [step.command] } };
  }
};

const cline: Client = {
  name: 'Cline',
  package: 'cline',
  version: '3.0.65',
  program: `@cline/cli-${PLATFORM}/bin/cline`,
  endpoint: 'chat',
  sequels: null,
  start: ({ model, origin, secret }) => ({
    args: ['-P', 'openai-compatible', PROMPT],
    env: { CLINE_TELEMETRY_DISABLED: '1' },
    home: {
      '.cline/data/settings/providers.json': JSON.stringify({
        version: 1,
        lastUsedProvider: 'openai-compatible',
        modes: {},
        providers: {
          'openai-compatible': {
            settings: { provider: 'openai-compatible', apiKey: secret, model, baseUrl: `${origin}/v1` },
            updatedAt: '2026-11-28T00:00:00.000Z',
            tokenSource: 'manual',
          },
        },
      }),
    },
  }),
  call: clineCall,
};

export const CLIENTS: readonly Client[] = [
  claudeCode,
  codex('Codex', null, shellCall),
  codex('Codex with apply_patch', 'gpt-5.5', patchCall),
  codex('Codex with a script', 'gpt-6.2-sol', scriptCall, ['-c', 'model_reasoning_summary=detailed']),
  opencode('opencode', 'chat', null),
  opencode('opencode, Messages', 'messages', anthropicProvider),
  cline,
  qwen('Qwen Code', 'openai', 'chat'),
  qwen('Qwen Code, Messages', 'anthropic', 'messages'),
  qwen('Qwen Code, Responses', 'openai-responses', 'responses'),
];
