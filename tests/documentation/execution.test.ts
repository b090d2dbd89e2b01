import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requireServer } from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { blocksOf } from "./blocks.ts";
import { examplesOfTools, runExamples } from "./execution/cli-examples.ts";
import { before, beforeStart } from "./execution/before.ts";
import {
  EXAMPLES_NOT_HERE,
  PAGES_ELSEWHERE,
  PROGRAMS_NOT_HERE,
  SCRIPTS_NOT_HERE,
} from "./execution/not-executed.ts";
import { runPage } from "./execution/run-page.ts";
import { startDocumentedSystem, type DocumentedSystem } from "./execution/system.ts";
import { PAGES, readPage } from "./pages.ts";
import type { ScriptRun } from "./run-script.ts";

const EXECUTED = PAGES.filter(
  (page) =>
    !Object.hasOwn(PAGES_ELSEWHERE, page) &&
    blocksOf(readPage(page)).some(({ language }) => language === "sh"),
);
const without = (["prometheus", "alertmanager", "victoria-logs", "redis-server", "opa"] as const).some(
  (server) => requireServer(server) === null,
);

describe.skipIf(without)("commands of the documentation, executed [DOC-1]", () => {
  const folder = mkdtempSync(join(tmpdir(), "sark-documentation-"));
  const runs: ScriptRun[] = [];
  let system: DocumentedSystem;
  beforeAll(async () => {
    system = await startDocumentedSystem(folder);
  });
  afterAll(async () => {
    await system.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(EXECUTED)("of %s succeed", async (page) => {
    const own = join(folder, page.replaceAll("/", "_"));
    mkdirSync(own);
    const run = await runPage(page, {
      folder: own,
      surroundings: await system.surroundings(own),
      before: before[page] ?? "",
      beforeStart: beforeStart[page] ?? "",
    });
    runs.push(run);
    expect(run.failures.length === 0 ? "" : [...run.failures, run.output].join("\n")).toBe("");
  });

  it("in the help and the reference of the command lines succeed", async () => {
    const examples = await examplesOfTools();
    const page = readPage("docs/reference/cli.md");
    expect(examples.filter((example) => !page.includes(example))).toEqual([]);
    // What is listed as not executed is an example still.
    expect(Object.keys(EXAMPLES_NOT_HERE).filter((listed) => !examples.includes(listed))).toEqual([]);
    const own = join(folder, "cli-examples");
    mkdirSync(own);
    const run = await runExamples(examples, {
      folder: own,
      surroundings: await system.surroundings(own),
      quarantined: await system.quarantineTwo(),
    });
    runs.push(run);
    expect(run.failures.length === 0 ? "" : [...run.failures, run.output].join("\n")).toBe("");
  });

  it("are all there, but for pages, programs and scripts that are listed with a reason", () => {
    const withCommands = PAGES.filter((page) =>
      blocksOf(readPage(page)).some(({ language }) => language === "sh"),
    );
    expect(Object.keys(PAGES_ELSEWHERE).filter((page) => !withCommands.includes(page))).toEqual([]);
    const seen = (file: string): string[] => [...new Set(runs.flatMap((run) => run.notes(file)))].toSorted();
    expect(seen("skipped-programs")).toEqual(Object.keys(PROGRAMS_NOT_HERE).toSorted());
    expect(seen("skipped-scripts")).toEqual(Object.keys(SCRIPTS_NOT_HERE).toSorted());
  });
});
