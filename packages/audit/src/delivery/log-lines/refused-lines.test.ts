import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import { toLogLine } from "./log-line.ts";
import { openRefusedLines, type RefusedLines } from "./refused-lines.ts";

let directory: string;
let path: string;
let refused: RefusedLines;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "sark-refused-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  path = join(directory, "exceptions.refused");
  refused = openRefusedLines(directory, "exceptions");
});

function keep(number: number, reason = "too odd"): Promise<void> {
  const event = toLogLine("exceptions", { number, text: `line ${number}`, since: 0 }, 0);
  return refused.keep([{ event, reason }]);
}
const numbers = async () => (await refused.list()).map(({ number }) => number);

it("refused lines are kept with their reason, the newest of them when they become many [LOG-3]", async () => {
  expect(await refused.list()).toEqual([]);
  await keep(1);
  await keep(2);
  expect(await refused.list()).toMatchObject([
    { number: 1, reason: "too odd", attempts: 1, replay_requested_at: null, line: "line 1" },
    { number: 2, reason: "too odd", line: "line 2" },
  ]);
  writeFileSync(`${path}.old`, "older");
  truncateSync(path, 16 * 1024 * 1024 + 1);
  await keep(3);
  expect(readdirSync(directory).sort()).toEqual(["exceptions.refused", "exceptions.refused.old"]);
  expect(readFileSync(path, "utf8")).toMatch(/^\{"number":3,.*\}\n$/);
  expect(readFileSync(`${path}.old`, "utf8")).toMatch(/^\{"number":1,/);
  expect(await numbers()).toEqual([1, 2, 3]);
});

it("are revised in both files, and what cannot be read is left as it is [LOG-3]", async () => {
  await keep(1);
  truncateSync(path, 16 * 1024 * 1024 + 1);
  await keep(2);
  await keep(3);
  const seen = await refused.revise((line) => (line.number === 3 ? line : null));
  expect(seen).toBe(2);
  expect(await numbers()).toEqual([3]);
  appendFileSync(path, '{"number":4,"refu');
  await keep(5);
  await refused.revise((line) => (line.number === 3 ? { ...line, attempts: 2 } : line));
  expect(await refused.list()).toMatchObject([{ number: 3, attempts: 2 }, { number: 5 }]);
  expect(readFileSync(path, "utf8").split("\n")[1]).toBe('{"number":4,"refu');
});

it("stand once in the list though a crash made them be written twice, and nothing falls between [LOG-3]", async () => {
  await Promise.all([keep(7, "first"), keep(7, "again"), refused.revise((line) => line), keep(8)]);
  expect(await refused.list()).toMatchObject([{ number: 7, reason: "again" }, { number: 8 }]);
  expect(await refused.revise(() => null)).toBe(2);
  expect(readFileSync(path, "utf8")).toBe("");
});
