/* What nobody can do without: the body is unpacked, decoded and parsed. */

async function bytesOf(request: Request): Promise<Uint8Array> {
  const bytes = await request.bytes();
  if (request.headers.get('content-encoding') !== 'gzip') return bytes;
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return await new Response(unpacked).bytes();
}

export default {
  async fetch(request: Request) {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(await bytesOf(request));
    let kind = 'nothing';
    try {
      kind = typeof JSON.parse(text);
    } catch {
      kind = 'not JSON';
    }
    return new Response(kind);
  },
} satisfies ExportedHandler;
