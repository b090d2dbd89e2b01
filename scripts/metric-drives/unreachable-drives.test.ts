import { expect, it } from "vitest";
import { drivenBy } from "./drives.ts";
import { unreachableDrives } from "./unreachable-drives.ts";

const FILES: Readonly<Record<string, string>> = {
  "tests/a.test.ts": `import { start } from "./support/start.ts";`,
  "tests/b.test.ts": `import { expect } from "vitest";`,
  "tests/c.test.ts": `await noteExposition("metrics", text);`,
  "tests/support/start.ts": `import { noteDrive } from "@sark/testkit"; import "../a.test.ts"; await noteDrive("gateway", recorder);`,
};

function problems(file: string): string[] {
  const drives = drivenBy(file, "test_calls_total");
  return unreachableDrives({ service: "gateway", drives }, (path) => FILES[path] ?? null);
}

it("finds without a run that the file named for a metric is not there, is no test, or drives another service [MET-12]", () => {
  const named = (file: string) => `test_calls_total: ${file}, which is named for it,`;
  expect(problems("tests/a.test.ts")).toEqual([]);
  expect(problems("tests/z.test.ts")).toEqual([`${named("tests/z.test.ts")} does not exist`]);
  expect(problems("tests/support/start.ts")).toEqual([`${named("tests/support/start.ts")} is no test`]);
  for (const file of ["tests/b.test.ts", "tests/c.test.ts"]) {
    expect(problems(file)).toEqual([`${named(file)} drives nothing of the service (noteDrive)`]);
  }
});
