// In the repository a library exports its sources, which no other project could run: Node.js strips types only outside of
// `node_modules`. What is published is put together elsewhere.
console.error(
  "This folder is not what is published. Run `npm run pack`: it builds the libraries and packs them.",
);
process.exitCode = 1;
