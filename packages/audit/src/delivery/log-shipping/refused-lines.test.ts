import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { toLogLine } from "./log-line.ts";
import { keepRefused } from "./refused-lines.ts";

it("refused lines are kept with their reason, the newest of them when they become many [LOG-3]", async () => {
  const directory = mkdtempSync(join(tmpdir(), "sark-refused-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const path = join(directory, "exceptions.refused");
  const keep = (number: number) => {
    const event = toLogLine("exceptions", { number, text: `line ${number}`, since: 0 }, 0);
    return keepRefused(directory, "exceptions", [{ event, reason: "too odd" }]);
  };
  await keep(1);
  await keep(2);
  const kept = readFileSync(path, "utf8").trim().split("\n");
  expect(kept.map((text) => JSON.parse(text) as unknown)).toMatchObject([
    { number: 1, reason: "too odd", line: "line 1" },
    { number: 2, reason: "too odd", line: "line 2" },
  ]);
  writeFileSync(`${path}.old`, "older");
  truncateSync(path, 16 * 1024 * 1024 + 1);
  await keep(3);
  expect(readdirSync(directory).sort()).toEqual(["exceptions.refused", "exceptions.refused.old"]);
  expect(readFileSync(path, "utf8")).toMatch(/^\{"number":3,.*\}\n$/);
  expect(readFileSync(`${path}.old`, "utf8")).toMatch(/^\{"number":1,/);
});
