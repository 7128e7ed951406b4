import { lowerCustomTools } from '../../dialects/shared/custom-tools.ts';
import { checkCalls, pairCalls, tellCallsApart } from '../../dialects/shared/pair-calls.ts';
import type { ChatRequest } from '../../protocol/chat.ts';
import type { Conversation, Pipeline, PipelineContext } from '../pipeline.ts';
import { openRecorder, reasoningPipeline } from '../reasoning/reasoning.ts';
import { restoreReasoning } from '../reasoning/restore.ts';
import { showReasoning, showWholeReasoning } from './answer-step.ts';
import { blockFrame } from './block.ts';
import { answerKeyCheck } from './key-check.ts';
import { readMixedBody } from './read-mixed-body.ts';
import { tidyMessages } from './tidy.ts';

async function open(request: ChatRequest, exchange: PipelineContext): Promise<Conversation> {
  checkCalls(request.messages);
  const lowered = lowerCustomTools(request);
  const { messages, shown } = tidyMessages(pairCalls(lowered.request.messages));
  const restored = await restoreReasoning({ ...lowered.request, messages }, shown, exchange);
  const form = {
    model: exchange.requestedModel,
    frame: blockFrame(exchange.display),
    customTools: lowered.customTools,
    recorder: openRecorder(exchange, restored),
  };
  return {
    request: { ...restored.request, messages: tellCallsApart(restored.request.messages, exchange.repeatsCallIds) },
    notice: restored.notice,
    step: showReasoning(form),
    completion: (completion) => showWholeReasoning(completion, form),
  };
}

/** For Cursor's agent mode with a custom OpenAI base URL. */
export const cursorPipeline: Pipeline = {
  purpose: 'cursor',
  description:
    'For Cursor: shows reasoning in the text, reads all its dialects, and gives the model its reasoning back.',
  // The other doors have a place of their own for reasoning, and one dialect each.
  translated: reasoningPipeline,
  read: readMixedBody,
  localAnswer: answerKeyCheck,
  open,
};
