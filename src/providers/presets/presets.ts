import { anthropic } from './anthropic.ts';
import { ark } from './ark.ts';
import { google } from './google.ts';
import { groq } from './groq.ts';
import { minimax } from './minimax.ts';
import { mistral } from './mistral.ts';
import { openai } from './openai.ts';
import { openrouter } from './openrouter.ts';
import type { Preset } from './preset.ts';
import { qwen } from './qwen.ts';
import { siliconflow } from './siliconflow.ts';
import { xai } from './xai.ts';

/** Every provider that can be added by its name. A new one is its file and its line here. */
export const PRESETS: readonly Preset[] = [
  ...[openai, anthropic, google, qwen, minimax, ark],
  ...[siliconflow, openrouter, groq, xai, mistral],
];
