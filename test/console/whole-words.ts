/** A page without the places where its long words may break. */
export function wholeWords(html: string): string {
  return html.replaceAll('<wbr/>', '');
}
