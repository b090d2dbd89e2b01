import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bundlePrograms } from "./bundle.ts";

const SOURCES = "packages/greeter/src";
let root: string;
beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "sark-bundle-")));
  mkdirSync(join(root, SOURCES), { recursive: true });
  writeFileSync(
    join(root, SOURCES, "main.ts"),
    `import { greeting } from "./greeting.ts";
     const { place } = await import("./place.ts");
     process.stdout.write(JSON.stringify([greeting satisfies string, ...place()]));`,
  );
  writeFileSync(
    join(root, SOURCES, "place.ts"),
    `export const place = () => [
       import.meta.url, import.meta.dirname, import.meta.filename, import.meta.resolve("./greeting.ts")];`,
  );
});
afterAll(() => rmSync(root, { recursive: true }));

const write = (greeting: string) =>
  writeFileSync(join(root, SOURCES, "greeting.ts"), `export const greeting = "${greeting}";`);
const bundle = () => bundlePrograms({ greeter: `${SOURCES}/main.ts` }, root);
const run = (folder: string) =>
  JSON.parse(execFileSync(process.execPath, [join(folder, "greeter.mjs")], { encoding: "utf8" })) as string[];

it("bundles what the sources are now, once, and modules know their places still", async () => {
  write("hello");
  // Two runs at once.
  const [one, two] = await Promise.all([bundle(), bundle()]);
  expect(one).toBe(two);
  const folder = join(root, SOURCES);
  expect(run(one)).toEqual([
    "hello",
    `file://${folder}/place.ts`,
    folder,
    `${folder}/place.ts`,
    `file://${folder}/greeting.ts`,
  ]);
  write("good day");
  const edited = await bundle();
  expect(run(edited)[0]).toBe("good day");
  // A run that uses the older one is not disturbed.
  expect(run(one)[0]).toBe("hello");
  write("hello");
  expect(await bundle()).toBe(one);
  expect(readdirSync(join(root, "node_modules/.cache/programs"))).toHaveLength(2);
});
