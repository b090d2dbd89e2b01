import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import {
  findRevision,
  isStatelessName,
  OWN_SESSION_REVISION,
  OWN_STATELESS_REVISION,
  REVISIONS,
  SESSION_REVISIONS,
  STATELESS_REVISIONS,
  unspokenRevision,
} from "./revisions.ts";

const root = fileURLToPath(new URL("../../../../", import.meta.url));

describe("the revisions of MCP that the gateway speaks", () => {
  it("are those that were published, newest first", () => {
    expect(REVISIONS.map(({ name }) => name)).toEqual([
      "2026-07-28",
      "2025-11-25",
      "2025-06-18",
      "2025-03-26",
      "2024-11-05",
    ]);
    expect(SESSION_REVISIONS).toEqual(["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"]);
    expect(STATELESS_REVISIONS).toEqual(["2026-07-28"]);
    expect([OWN_STATELESS_REVISION.name, OWN_SESSION_REVISION.name]).toEqual(["2026-07-28", "2025-11-25"]);
  });

  it("have batches before 2025-06-18, and events without data from 2025-11-25 on", () => {
    const rules = REVISIONS.map(({ batches, emptyEvents, mirrors }) => [
      batches,
      emptyEvents,
      mirrors !== null,
    ]);
    expect(rules).toEqual([
      [false, true, true],
      [false, true, false],
      [false, false, false],
      [true, false, false],
      [true, false, false],
    ]);
  });

  it.each(["2024-10-07", "2025-11-26", "2099-01-01", "", "constructor", "DRAFT-2026-v1", "2025-11-25 "])(
    "are not %j",
    (name) => expect(findRevision(name)).toBeUndefined(),
  );

  it("are stateless from the first of that kind on; what is no date is none of them", () => {
    for (const name of ["2026-07-28", "2026-11-25", "2099-01-01"]) {
      expect([name, isStatelessName(name)]).toEqual([name, true]);
    }
    for (const name of ["2025-11-25", "2024-10-07", "draft", "2026", "9", "2026-07-28x", undefined]) {
      expect([name, isStatelessName(name)]).toEqual([name, false]);
    }
  });

  it("are named to those who chose another one", () => {
    expect(unspokenRevision("2024-10-07")).toContain("2025-11-25, 2025-06-18, 2025-03-26, 2024-11-05");
    expect(unspokenRevision("x".repeat(10_000))?.length).toBeLessThan(300);
    expect([unspokenRevision("2025-06-18"), unspokenRevision(undefined), unspokenRevision(5)]).toEqual([
      null,
      null,
      null,
    ]);
  });

  it("are what the README promises", () => {
    const [newest] = REVISIONS;
    const readme = readFileSync(`${root}README.md`, "utf8");
    expect(readme).toContain(`MCP ${REVISIONS.at(-1)?.name} … ${newest?.name} `);
  });

  it("are spelled in no other source file", () => {
    const home = "services/gateway/src/mcp-protocol/revisions";
    const files = globSync(["{services,packages,tools,bench,tests,scripts}/**/*.{ts,mjs}"], {
      cwd: root,
      exclude: ["**/node_modules/**", "**/dist/**", "**/*.test.ts"],
    }).filter((file) => !file.startsWith(home) && file !== PEERS);
    const names = ["2024-10-07", ...REVISIONS.map(({ name }) => name)].join("|");
    // An example of a time is none of a revision.
    const spelled = new RegExp(`(?:${names})(?!T)`);
    expect(files.length).toBeGreaterThan(500);
    expect(files.filter((file) => spelled.test(readFileSync(`${root}${file}`, "utf8")))).toEqual([]);
  });
});

/** What clients and servers speak that the gateway is tested with: their word must not come from the gateway's list. */
const PEERS = "packages/testkit/src/mcp-revisions.ts";
