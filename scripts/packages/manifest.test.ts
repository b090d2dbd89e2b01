import { expect, it } from "vitest";
import { publishedManifest, type Manifest } from "./manifest.ts";

const SOURCE: Manifest = {
  name: "@sark/example",
  version: "0.1.0",
  private: true,
  license: "Apache-2.0",
  scripts: { prepack: "exit 1" },
  exports: {
    ".": "./src/index.ts",
    "./store": "./src/exports/store.ts",
    "./testing": "./src/testing.ts",
    "./reference": "./src/reference.ts",
  },
  dependencies: { pg: "8.23.1", "pino-like": "0.3.0", linked: ">=2" },
  peerDependencies: { "@opentelemetry/api": "^1.9.0" },
  devDependencies: { vitest: "5.1.1" },
};

it("exports what was built, with its types first, and nothing for this repository alone", () => {
  const { exports } = publishedManifest(SOURCE) as { exports: Record<string, unknown> };
  expect(exports).toEqual({
    ".": { types: "./dist/index.d.ts", default: "./dist/index.js" },
    "./store": { types: "./dist/exports/store.d.ts", default: "./dist/exports/store.js" },
    "./package.json": "./package.json",
  });
  expect(Object.keys(exports["."] as object)).toEqual(["types", "default"]);
});

it("takes newer versions of dependencies that are compatible", () => {
  expect(publishedManifest(SOURCE)).toMatchObject({
    dependencies: { pg: "^8.23.1", "pino-like": "^0.3.0", linked: ">=2" },
    peerDependencies: { "@opentelemetry/api": "^1.9.0" },
  });
});

it("leaves out what only the repository needs, and keeps the rest", () => {
  const published = publishedManifest(SOURCE);
  expect(Object.keys(published).toSorted()).toEqual(
    ["name", "version", "license", "exports", "dependencies", "peerDependencies", "publishConfig"].toSorted(),
  );
});

it("refuses an export that is no source", () => {
  expect(() => publishedManifest({ ...SOURCE, exports: { "./x": "./lib/x.js" } })).toThrow(
    'The export "./x" is ./lib/x.js: give a source below ./src/.',
  );
});
