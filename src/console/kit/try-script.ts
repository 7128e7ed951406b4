/**
 * The chat box of "Try it": sends the conversation to the real endpoint and writes the stream into the page.
 * All text goes in as text nodes. Written for the browser as text, as copy-script is.
 */
export const tryScript = `
const form = document.getElementById('try');
const log = document.getElementById('conversation');
const template = document.getElementById('turn');
const texts = form.dataset;
let messages = [];
let running = null;

function addTurn(name, text) {
  const turn = template.content.firstElementChild.cloneNode(true);
  const find = (part) => turn.querySelector('[data-part=' + part + ']');
  find('name').textContent = name;
  find('text').textContent = text;
  log.append(turn);
  document.getElementById('nothing').hidden = true;
  return find;
}

function* eventsOf(text) {
  for (const block of text.split('\\n\\n')) {
    const data = block.split('\\n').filter((line) => line.startsWith('data:')).map((line) => line.slice(5).trim()).join('');
    if (data && data !== '[DONE]') yield JSON.parse(data);
  }
}

async function readStream(body, onEvent) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    rest += value;
    const end = rest.lastIndexOf('\\n\\n');
    if (end < 0) continue;
    for (const event of eventsOf(rest.slice(0, end))) onEvent(event);
    rest = rest.slice(end + 2);
  }
  for (const event of eventsOf(rest)) onEvent(event);
}

function showFailure(find, error) {
  const note = find('error');
  note.hidden = false;
  note.textContent = texts.failed + ': ' + (error.message || error) + (error.code ? ' (' + error.code + ')' : '');
}

// A cursor key's reasoning comes as text, in a leading <think> block.
function showAnswer(find, content) {
  const [, thoughts, rest] = /^<think>\\n([^]*?)(?:\\n<\\/think>\\n\\n([^]*))?$/.exec(content) ?? [];
  if (thoughts !== undefined) {
    find('reasoning').hidden = false;
    find('thoughts').textContent = thoughts;
  }
  find('text').textContent = thoughts === undefined ? content : (rest ?? '');
}

function showEvent(find, answer, event) {
  if (event.error) return showFailure(find, event.error);
  const delta = event.choices?.[0]?.delta ?? {};
  const reasoning = delta.reasoning_content ?? delta.reasoning;
  if (reasoning) {
    find('reasoning').hidden = false;
    find('thoughts').textContent += reasoning;
  }
  if (delta.content) {
    answer.content += delta.content;
    showAnswer(find, answer.content);
  }
  if (event.usage) {
    find('usage').textContent = texts.tokens + ' ' + event.usage.prompt_tokens + ' / ' + event.usage.completion_tokens + ' · ';
  }
}

async function ask(find, answer, signal) {
  const response = await fetch('/api/v1/chat/completions', {
    method: 'POST',
    signal,
    headers: { authorization: 'Bearer ' + form.key.value.trim(), 'content-type': 'application/json' },
    body: JSON.stringify({ model: form.model.value, messages, stream: true, stream_options: { include_usage: true } }),
  });
  const id = response.headers.get('x-request-id');
  // A key that nobody knows leaves no request to see.
  if (id && response.status !== 401) {
    const link = find('link');
    link.href = '/admin/requests/' + encodeURIComponent(id);
    link.hidden = false;
  }
  if (!response.ok) throw (await response.json()).error;
  find('text').textContent = '';
  await readStream(response.body, (event) => showEvent(find, answer, event));
}

async function send() {
  const question = form.message.value.trim();
  if (!question || running) return;
  messages.push({ role: 'user', content: question });
  addTurn(texts.you, question);
  form.message.value = '';
  const find = addTurn(form.model.value, texts.waiting + ' …');
  const answer = { role: 'assistant', content: '' };
  running = new AbortController();
  // Stopping must not wait for a next message to be written.
  form.noValidate = true;
  form.send.textContent = texts.stop;
  try {
    await ask(find, answer, running.signal);
    messages.push(answer);
  } catch (error) {
    if (!answer.content) find('text').textContent = '';
    if (error.name === 'AbortError') find('text').textContent = answer.content + ' [' + texts.stopped + ']';
    else {
      showFailure(find, error);
      form.message.value ||= question;
    }
    messages.pop();
  }
  running = null;
  form.noValidate = false;
  form.send.textContent = texts.sendText;
  form.message.focus();
}

form.hidden = false;
form.addEventListener('submit', (event) => {
  event.preventDefault();
  if (running) running.abort();
  else send();
});
form.message.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    send();
  }
});
document.getElementById('clear').addEventListener('click', () => {
  running?.abort();
  messages = [];
  for (const turn of log.querySelectorAll('.turn')) turn.remove();
  document.getElementById('nothing').hidden = false;
  form.message.focus();
});
`;
