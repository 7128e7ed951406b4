/** A model's name. Lines may end behind the slash, so that its provider stands above it where there is little room. */
export function ModelId({ name }: { name: string }) {
  const behindSlash = name.indexOf('/') + 1;
  return (
    <>
      {name.slice(0, behindSlash)}
      <wbr />
      {name.slice(behindSlash)}
    </>
  );
}
