// The scripts of package.json start here: plain JavaScript, so that an old Node gets a sentence and no stack.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `This needs Node 22.18 or newer, and here is ${process.versions.node}. On Linux "npm install" brings one along ` +
      '(without --omit=optional); elsewhere install Node 24 from https://nodejs.org.',
  );
  process.exit(1);
}
await import('./main.ts');
