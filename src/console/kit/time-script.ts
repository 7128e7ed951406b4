/**
 * Tells an instant in the viewer's own zone, where they point at it, come to it by keyboard or touch it. One line for
 * all of the page's, laid beside the one that is asked for; Escape takes it away. Written for the browser as text, as
 * copy-script is.
 */
export const timeScript = `
const clock = new Intl.DateTimeFormat(document.documentElement.lang, {
  weekday: 'short', year: 'numeric', month: 'short', day: 'numeric',
  hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23', timeZoneName: 'short',
});
const line = document.createElement('div');
line.id = 'own-time';
line.setAttribute('role', 'tooltip');
line.hidden = true;
document.body.append(line);
let shown = null;
let described = null;

for (const time of document.querySelectorAll('time')) {
  time.removeAttribute('title');
  // In a link, or in a row that is one, it is told with the link.
  if (!time.closest('a, button, summary, .whole-rows')) time.tabIndex = 0;
}

function hide() {
  line.hidden = true;
  shown = null;
  described?.removeAttribute('aria-describedby');
  described = null;
}

function show(time) {
  if (time === shown) return;
  hide();
  shown = time;
  line.textContent = clock.format(new Date(time.dateTime));
  line.hidden = false;
  place();
}

function place() {
  if (!shown) return;
  const at = shown.getBoundingClientRect();
  const left = Math.max(8, Math.min(at.left, document.documentElement.clientWidth - line.offsetWidth - 8));
  line.style.left = left + 'px';
  line.style.top = (at.top > line.offsetHeight + 8 ? at.top - line.offsetHeight : at.bottom) + 'px';
}

/** The instant that something one can come to is about. */
function timeOf(element) {
  if (element.matches('time')) return element;
  const row = element.closest('.whole-rows tr');
  if (row && element.closest('th')) return row.querySelector('time');
  return element.matches('a, button, summary') ? element.querySelector('time') : null;
}

function point(event) {
  // A row's link lies over what stands in the row.
  const under = document.elementsFromPoint(event.clientX, event.clientY);
  const time = under.find((element) => element.matches('time'));
  if (time) show(time);
  else if (!under.includes(line) && !described) hide();
}

addEventListener('pointermove', point);
addEventListener('pointerdown', point);
addEventListener('focusin', ({ target }) => {
  const time = timeOf(target);
  if (!time) return;
  show(time);
  described = target;
  target.setAttribute('aria-describedby', line.id);
});
addEventListener('focusout', hide);
addEventListener('scroll', place, { capture: true, passive: true });
addEventListener('keydown', ({ key }) => { if (key === 'Escape') hide(); });
`;
