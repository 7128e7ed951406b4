const ENTITIES: Readonly<Record<string, string>> = {
  '&quot;': '"',
  '&#39;': "'",
  '&lt;': '<',
  '&gt;': '>',
  '&amp;': '&',
};

function plain(text: string): string {
  return text.replaceAll(/&(?:quot|#39|lt|gt|amp);/g, (entity) => ENTITIES[entity] ?? entity);
}

function attribute(tag: string, name: string): string {
  return plain(new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1] ?? '');
}

/** What a browser would send of a page's form, by its action, if nobody touched it. */
export function fieldsIn(html: string, action: string): Record<string, string> {
  const form = html
    .split('<form ')
    .find((part) => attribute(` ${part.slice(0, part.indexOf('>'))}`, 'action') === action);
  if (form === undefined) throw new Error(`The page has no form for ${action}.`);
  const fields: Record<string, string> = {};
  const inside = form.slice(0, form.indexOf('</form>'));
  for (const [tag] of inside.matchAll(/<input [^>]*>/g)) {
    if (/^(radio|checkbox)$/.test(attribute(tag, 'type')) && !/ checked=/.test(tag)) continue;
    const name = attribute(tag, 'name');
    // What is sent several times is read as one list.
    fields[name] = [fields[name] ?? '', attribute(tag, 'value')].filter((value) => value !== '').join(',');
  }
  for (const [select, name = ''] of inside.matchAll(/<select [^>]*name="([^"]*)".*?<\/select>/gs)) {
    fields[name] = attribute(/<option [^>]*selected=[^>]*>/.exec(select)?.[0] ?? '', 'value');
  }
  return fields;
}
