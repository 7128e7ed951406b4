/**
 * Shows the copy buttons, which are hidden without a script, and makes them work.
 * Written for the browser as text: the bundler would put helpers of its own into a function's source.
 */
export const copyScript = `
for (const button of document.querySelectorAll('button[data-copies]')) {
  const { copy, copied } = document.body.dataset;
  button.hidden = !navigator.clipboard;
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent);
    button.firstChild.textContent = copied;
    setTimeout(() => { button.firstChild.textContent = copy; }, 2000);
  });
}
`;
