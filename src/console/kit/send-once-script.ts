/**
 * Keeps a double click from sending a form twice: the second answer, which is the one seen, could not show a new key.
 * A form that got no answer may be sent again a little later. Written for the browser as text, as copy-script is.
 */
export const sendOnceScript = `
addEventListener('submit', (event) => {
  const form = event.target;
  if (form.method !== 'post') return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = 'yes';
  setTimeout(() => { delete form.dataset.sent; }, 3000);
});
`;
