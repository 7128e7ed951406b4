import { mendCalls } from '../../dialects/shared/call-text.ts';
import { checkCalls, pairCalls, tellCallsApart } from '../../dialects/shared/pair-calls.ts';
import type { ChatCompletion } from '../../protocol/chat.ts';
import type { StreamStep } from '../../protocol/event.ts';
import type { Conversation, Pipeline, PipelineContext } from '../pipeline.ts';
import { type Recorder, recordReasoning } from './recorder.ts';
import { type Restored, restoreReasoning } from './restore.ts';

/** The recorder of an exchange, or null where there is nothing to remember or nowhere to. */
export function openRecorder(exchange: PipelineContext, { conversation, thinks }: Restored): Recorder | null {
  if (exchange.memory === null || conversation === null) return null;
  return recordReasoning(conversation, thinks, exchange.memory);
}

function recordingStep(recorder: Recorder): StreamStep {
  return {
    transform(event, controller) {
      recorder.observe(event.chunk);
      controller.enqueue(event);
    },
    flush: () => recorder.end(),
    repeat(field, texts) {
      recorder.repeat(field, texts.read());
      return true;
    },
  };
}

/** For any client that shows reasoning by itself and forgets to send it back. */
export const reasoningPipeline: Pipeline = {
  purpose: 'reasoning',
  description:
    'Passes answers as they are, and gives the model back the reasoning that the client drops. For agents: the openai SDK in a loop, LangChain, Continue.',
  async open(request, exchange): Promise<Conversation> {
    checkCalls(request.messages);
    const messages = pairCalls(request.messages.map(mendCalls));
    const restored = await restoreReasoning({ ...request, messages }, [], exchange);
    const told = { ...restored.request, messages: tellCallsApart(restored.request.messages, exchange.repeatsCallIds) };
    const recorder = openRecorder(exchange, restored);
    const { notice } = restored;
    if (recorder === null) return { request: told, notice };
    return {
      request: told,
      notice,
      step: recordingStep(recorder),
      completion(completion: ChatCompletion) {
        recorder.observeCompletion(completion);
        return completion;
      },
    };
  },
};
