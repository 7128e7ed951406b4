/** A text as one word of a shell, whatever stands in it: names come from clients. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

const PROMPT = '…';
const message = { messages: [{ role: 'user', content: PROMPT }] };
const BODIES: Readonly<Record<string, { path: string; body: object }>> = {
  chat: { path: 'chat/completions', body: message },
  messages: { path: 'messages', body: { max_tokens: 1024, ...message } },
  responses: { path: 'responses', body: { input: PROMPT } },
  embeddings: { path: 'embeddings', body: { input: PROMPT } },
};

/** A logged request as a command to send again. What was asked is not kept, nor is the key: both are to be filled in. */
export function curlOf(
  { endpoint, model, stream }: { endpoint: string | null; model: string; stream: boolean },
  origin: string,
): string | null {
  const door = BODIES[endpoint ?? ''];
  if (door === undefined) return null;
  const body = { model, ...(stream ? { stream } : {}), ...door.body };
  return [
    `curl ${quoted(`${origin}/api/v1/${door.path}`)}`,
    `  -H "Authorization: Bearer $ROUTER_KEY"`,
    `  -H 'content-type: application/json'`,
    `  -d ${quoted(JSON.stringify(body))}`,
  ].join(' \\\n');
}
