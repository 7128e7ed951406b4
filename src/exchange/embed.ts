import type { Embedding } from '../catalog/model.ts';
import { embeddingsDoor } from '../dialects/embeddings/embeddings.ts';
import { printEmbeddings } from '../dialects/embeddings/print-answer.ts';
import { type EmbeddingsRequest, readEmbeddingsRequest } from '../dialects/embeddings/read-request.ts';
import { type EmbeddingRequest, readEmbeddings } from '../protocol/embeddings.ts';
import { RouterError } from '../protocol/errors.ts';
import { callProvider } from '../providers/call.ts';
import { secretsOf } from '../providers/credentials.ts';
import { failureIn200 } from '../providers/failure.ts';
import { answerWithBody, failedAt200, type WholeReader } from './answer-with-body.ts';
import { type Ask, askOf, readDocument } from './ask.ts';
import { refuseKnown } from './ask-ledger.ts';
import { begin } from './begin.ts';
import type { Exchange } from './exchange.ts';
import { findRoute } from './find-route.ts';
import type { Incoming } from './incoming.ts';
import { keepAlive } from './keep-alive.ts';
import type { Leg, Settled } from './leg.ts';
import { type Choice, nameOf, withTargets } from './order.ts';
import { NOTHING_TOLD } from './outcome.ts';
import { orRefused, refuse } from './refused.ts';
import { wrongDoor } from './wrong-door.ts';

/** What is asked for, beside what every ask has. */
interface EmbeddingAsk extends Ask {
  readonly wanted: EmbeddingsRequest;
}

async function readAsk(incoming: Incoming): Promise<EmbeddingAsk> {
  const document = await readDocument(incoming);
  const wanted = readEmbeddingsRequest(document.value);
  return { ...askOf(incoming, embeddingsDoor, document, wanted.request), wanted };
}

/** Why a model does not take what is wanted; null where it does. */
function refusalOf({ wanted }: EmbeddingAsk, name: string, { dimensions, maxInputs }: Embedding): RouterError | null {
  if (maxInputs !== null && wanted.inputs.length > maxInputs) {
    return new RouterError(
      'invalid_value',
      `'input' has ${wanted.inputs.length} texts, and ${name} takes ${maxInputs} a request. Send fewer at once.`,
      { param: 'input' },
    );
  }
  if (wanted.dimensions === null || dimensions === null || dimensions.includes(wanted.dimensions)) return null;
  return new RouterError('invalid_value', `'dimensions' must be one of ${dimensions.join(', ')} for ${name}.`, {
    param: 'dimensions',
  });
}

/** Which models make the embeddings. Throws RouterError where the name stands for none, or none takes what is wanted. */
function findEmbedders(incoming: Incoming, ask: EmbeddingAsk): Choice[] {
  const found = findRoute(incoming, ask);
  if (found.kind === 'unknown') throw found.error;
  let refusal = wrongDoor(ask.request.model, 'chat');
  const choices = withTargets(found.choices, (target) => {
    const { embedding } = target.model;
    const refused = embedding === undefined ? refusal : refusalOf(ask, nameOf(target), embedding);
    refusal = refused ?? refusal;
    return refused === null;
  });
  if (choices.length === 0) throw refusal;
  return choices;
}

async function prepareLeg(incoming: Incoming, { wanted }: EmbeddingAsk, { price, target }: Settled): Promise<Leg> {
  const { provider, baseUrl } = target.configured;
  const asked: EmbeddingRequest = {
    model: target.model.id,
    input: wanted.inputs,
    ...(wanted.dimensions === null ? {} : { dimensions: wanted.dimensions }),
  };
  return {
    ...{ target, price, notice: null, pricedTools: [] },
    call: (signal, credential) =>
      provider.embed?.(asked) ??
      callProvider({
        provider,
        credential,
        baseUrl,
        path: provider.embeddingsPath,
        body: JSON.stringify(asked),
        signal,
        askedAt: incoming.request.url,
      }),
  };
}

/** Reads the vectors of the try that is under way. */
function openVectorReader({ ask, leg }: Exchange<EmbeddingAsk>): WholeReader {
  const { configured } = leg.target;
  let vectors: number[][] = [];
  let told = NOTHING_TOLD;
  return {
    read(text) {
      const read = readEmbeddings(text, ask.wanted.inputs.length);
      if (read.kind !== 'vectors') {
        return failedAt200(configured.provider.error(failureIn200(text, secretsOf(configured))), false);
      }
      vectors = read.vectors;
      told = { ...NOTHING_TOLD, usage: configured.provider.readUsage(read.usage), finishReason: 'stop' };
      return null;
    },
    told: () => told,
    print: ({ usage }) => JSON.stringify(printEmbeddings(vectors, ask.wanted.encoding, ask.request.model, usage)),
  };
}

async function run(incoming: Incoming): Promise<() => Promise<Response>> {
  const nothing = { endpoint: embeddingsDoor.endpoint, ask: null, target: null, price: null };
  const read = await orRefused(nothing, () => {
    refuseKnown(incoming);
    return readAsk(incoming);
  });
  if (read.kind === 'refused') return refuse(incoming, read);
  const ask = read.value;
  const found = await orRefused({ ...nothing, ask }, () => findEmbedders(incoming, ask));
  if (found.kind === 'refused') return refuse(incoming, found);
  const begun = await begin(incoming, ask, found.value, (settled) => prepareLeg(incoming, ask, settled));
  if (begun.kind === 'refused') return refuse(incoming, begun);
  return () => answerWithBody(begun.exchange, () => openVectorReader(begun.exchange));
}

/** Serves one request for embeddings. Rejects with RouterError where it is refused, or its answer is an error. */
export function serveEmbeddings(incoming: Incoming): Promise<Response> {
  return keepAlive(incoming, run(incoming));
}
